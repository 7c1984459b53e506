"""The read API over HTTP: a token opens it, sixty requests a minute; every answer is JSON with an `ETag`."""

import hashlib
import hmac
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.api import alert_queries, mcp, queries
from bot.api.encoding import body_of, plain
from bot.api.openapi import document
from bot.dialog.context import Context
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

MAX_REQUESTS, PERIOD = 60, timedelta(minutes=1)
ROOT = "/api/v1/"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_LISTS: dict[str, Callable[[Context], Awaitable[Any]]] = {
    "balances": queries.balances,
    "agents": queries.agents,
    "queues": queries.queues,
    "numbers": queries.numbers,
    "alerts": alert_queries.alerts,
}


class Api:
    """Serves `/api/v1/` and `/mcp` to whoever has one of the `tokens`, by client."""

    def __init__(
        self,
        *,
        tokens: Callable[[], Mapping[str, SecretStr]],
        context: Callable[[str], Context],
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._tokens = tokens
        self._context = context
        self._store = store
        self._clock = clock

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request."""
        tell = mcp.refused if request.path == mcp.PATH else _told
        name = _client(self._tokens(), request.headers.get("Authorization", ""))
        if name is None:
            headers = {"WWW-Authenticate": 'Bearer realm="ringwatch"'}
            return tell(401, "Send one of the tokens under api.tokens: Authorization: Bearer TOKEN.", headers)
        try:
            free_at = await self._store.take_request(f"api:{name}", MAX_REQUESTS, PERIOD)
            if free_at is not None:
                seconds = max(1, math.ceil((free_at - self._clock()).total_seconds()))
                sentence = f"This token has made {MAX_REQUESTS} requests within a minute; come back in {seconds} s."
                return tell(429, sentence, {"Retry-After": str(seconds)})
            if request.path == mcp.PATH:
                return await mcp.handle(request, self._context(name))
            return await self._read(request, name)
        except StoreError as error:
            log.warning("the API waits for the store", error=str(error))
            return tell(503, "The store does not answer: what was read last is not known now.", {"Retry-After": "5"})

    async def _read(self, request: web.Request, name: str) -> web.Response:
        what = request.path.removeprefix(ROOT)
        if what not in {*_LISTS, "accounts", "incidents", "openapi.json"}:
            return _told(404, f"There is no such address; {ROOT}openapi.json lists what there is.")
        if request.method not in {"GET", "HEAD"}:
            return _told(405, "It is read-only: GET.", {"Allow": "GET, HEAD"})
        context = self._context(name)
        if what == "openapi.json":
            return _answer(request, document())
        if what == "accounts":
            return _answer(request, queries.accounts(context))
        if what == "incidents":
            try:
                since = read_since(request.query.get("since"))
            except ValueError as error:
                return _told(400, str(error))
            return _answer(request, await alert_queries.incidents(context, since))
        return _answer(request, await _LISTS[what](context))


def read_since(text: str | None) -> datetime | None:
    """Returns the moment that RFC 3339 writes so; None for None. Raises `ValueError`, a sentence."""
    if text is None:
        return None
    # a + that was not percent-encoded arrives as a blank
    written = re.sub(r" (?=\d\d:\d\d$)", "+", text)
    try:
        if _RFC3339.fullmatch(written):
            return datetime.fromisoformat(written.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # no such day, or none that a clock shows
    raise ValueError("since is a time as RFC 3339 writes it, with its offset: 2026-11-21T12:00:00Z.")


def _client(tokens: Mapping[str, SecretStr], header: str) -> str | None:
    """Whose token it is; every one is compared, each in constant time."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        return None
    given = token.strip().encode("utf-8", "surrogateescape")
    found = None
    for name, known in tokens.items():
        if hmac.compare_digest(known.get_secret_value().encode(), given):
            found = name
    return found


def _answer(request: web.Request, answer: Any) -> web.Response:
    body = body_of(plain(answer))
    etag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if f'"{etag}"' in known or "*" in known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", headers=headers)


def _told(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=status, headers=headers)
