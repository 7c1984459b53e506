"""The faults between us and a vendor, on demand: an aiohttp middleware for sandboxes. Knows no vendor.

A sandbox says which operation a request is, the middleware spoils the answer. Faults of `REFUSALS` come instead of the
vendor's work; all others come after it, so that a write is done and its answer is lost.
"""

import asyncio
import gzip
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

Spoil = Callable[[str, bytes], bytes]

REFUSALS = frozenset(
    {
        "http_401",
        "http_403",
        "http_404",
        "http_429",
        "http_429_retry_after",
        "redirect",
        "cut_before",
        "outage",
    }
)
MALFORMED = frozenset({"garbled_row", "wrong_shape", "duplicate_rows", "slack_markup"})  # the shape is the vendor's
FAULTS = (
    REFUSALS
    | MALFORMED
    | {"html", "empty", "truncated", "null", "error_json", "http_500", "http_502_html", "slow", "drip", "cut"}
    | {"cut_body", "huge", "gzip_bomb", "secret_echo", "bom"}
)
RETRY_AFTER_SECONDS = 120  # seconds
MAX_HANG_SECONDS = 60.0  # seconds that a hanging answer hangs at most
MARKUP = "<!channel> *big* <https://phish.example/|win>"

_PAGE = b"<!DOCTYPE html>\n<html><head><title>%s</title></head><body><h1>%s</h1></body></html>\n"
_NAMED = re.compile(r"name|login|stage|group|caller|represent", re.IGNORECASE)
_MB = 1024 * 1024
_FLOOD_MB = 64  # MB


def faulty(
    operation: Callable[[web.Request], str],
    faults: Mapping[str, str],
    *,
    own: Iterable[str] = (),
    secrets: Iterable[str] = (),
    down: Callable[[], bool] = lambda: False,
    malform: Spoil | None = None,
) -> Middleware:
    """Returns the middleware. `own` are faults that the sandbox plays itself; `down` is the whole API's outage.

    `secrets` are what `secret_echo` shows; `malform` replaces `malformed_json` where a vendor speaks no JSON.
    """
    known, told = FAULTS | frozenset(own), tuple(secrets)

    @web.middleware
    async def play(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = "outage" if down() else chosen(faults, operation(request))
        if name not in known | {""}:
            raise web.HTTPNotImplemented(text=f"No such fault: {name}. There are: {', '.join(sorted(known))}")
        if name in {"", *own}:
            return await handler(request)
        await request.read()
        if name in REFUSALS:
            return _refusal(name, request)
        answer = await handler(request)
        body = answer.body if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else b""
        if name in MALFORMED:
            return web.Response(body=_reshaped(malform or malformed_json, name, body), content_type=answer.content_type)
        return await _malformed(name, request, body, told)

    return play


def chosen(faults: Mapping[str, str], operation: str) -> str:
    """Returns the fault of this operation, or that of all; ``""`` where all is well."""
    return faults.get(operation, faults.get("*", ""))


def _reshaped(malform: Spoil, name: str, body: bytes) -> bytes:
    """Returns the malformed answer; a sound or a file has no rows and stays as it is."""
    try:
        return malform(name, body)
    except ValueError:
        return body


def _refusal(name: str, request: web.Request) -> web.Response:
    if name == "cut_before":
        return _hung_up(request)
    if name == "redirect":
        return web.Response(status=302, headers={"Location": "/login"})
    if name == "outage":
        return _page(503, "Service Unavailable")
    status = int(name.split("_")[1])
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if name.endswith("retry_after") else {}
    return web.Response(status=status, text="", headers=headers)


async def _malformed(name: str, request: web.Request, body: bytes, secrets: tuple[str, ...]) -> web.StreamResponse:
    match name:
        case "cut":
            return _hung_up(request)
        case "slow":
            await _until_gone(request)
            return _hung_up(request)
        case "cut_body" | "drip" | "huge":
            return await _streamed(name, request, body)
        case "gzip_bomb":
            headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
            return web.Response(body=_bomb(), headers=headers)
        case "http_500":
            return web.json_response({"message": "Internal error"}, status=500)
        case "http_502_html":
            return _page(502, "Bad Gateway")
        case "html":
            return _page(200, "Maintenance")
        case "secret_echo":
            told = " ".join(f"{secret} {quote(secret, safe='')}" for secret in secrets)
            return web.json_response({"status": "error", "message": f"Bad request: {request.rel_url} {told}"})
        case "error_json":
            return web.json_response({"status": "error", "message": "Feature disabled"})
    bodies = {
        "empty": b"",
        "null": b"null",
        "truncated": body[: len(body) * 2 // 3],
        "bom": b"\xef\xbb\xbf" + body,
    }
    return web.Response(body=bodies[name], content_type="application/json")


def _page(status: int, title: str) -> web.Response:
    return web.Response(status=status, body=_PAGE % (title.encode(), title.encode()), content_type="text/html")


def _hung_up(request: web.Request) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _until_gone(request: web.Request) -> None:
    """Waits for the client to give up, for `MAX_HANG_SECONDS` at most."""
    for _ in range(int(MAX_HANG_SECONDS / 0.05)):
        if _gone(request):
            return
        await asyncio.sleep(0.05)


def _gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


async def _streamed(name: str, request: web.Request, body: bytes) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    if name == "cut_body":
        answer.content_length = len(body) + 1
    await answer.prepare(request)
    try:
        if name == "drip":
            for at in range(min(len(body), int(MAX_HANG_SECONDS / 0.1))):
                await answer.write(body[at : at + 1])
                await asyncio.sleep(0.1)
        elif name == "huge":
            await answer.write(b"[")
            for _ in range(_FLOOD_MB):
                await answer.write(b'{"row":"and on and on"},' * (_MB // 24))
        else:
            await answer.write(body)
    except ConnectionError:
        return answer  # the client has heard enough
    if request.transport:
        request.transport.abort()
    return answer


@cache
def _bomb() -> bytes:
    return gzip.compress(b" " * (_FLOOD_MB * _MB))


def malformed_json(name: str, body: bytes) -> bytes:
    """Returns a JSON answer whose first row is none, of another shape, with rows twice, or with markup for names."""
    data = json.loads(body)
    if name == "wrong_shape":
        data = {"answer": {"is": 42}} if isinstance(data, list) else [[1, 2], [3]]
    elif name == "slack_markup":
        data = _marked(data)
    else:
        rows = _rows(data)
        rows[:] = [*rows, *rows] if name == "duplicate_rows" else ["\ufffd", *rows[1:]]
    return json.dumps(data).encode()


def _rows(data: Any) -> list[Any]:
    """Returns the list of rows, wherever the vendor keeps it; of a lone object nothing is left but the row."""
    if isinstance(data, dict):
        return next((value for value in data.values() if isinstance(value, list)), [data])
    return data if isinstance(data, list) else [data]


def _marked(data: Any, key: str = "") -> Any:
    if isinstance(data, dict):
        return {name: _marked(value, name) for name, value in data.items()}
    if isinstance(data, list):
        return [_marked(value, key) for value in data]
    return MARKUP if isinstance(data, str) and _NAMED.search(key) else data
