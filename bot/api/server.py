"""The read API over HTTP: a token opens it, sixty requests a minute; every answer is JSON with an `ETag`."""

import hashlib
import hmac
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from aiohttp import web
from pydantic import TypeAdapter

from bot.api import mcp, queries
from bot.api.openapi import document
from bot.dialog.context import Context
from bot.settings import ApiKeys
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

MAX_REQUESTS, PERIOD = 60, timedelta(minutes=1)
ROOT = "/api/v1/"
_BEARER = "Bearer "
_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_LISTS: dict[str, Callable[[Context], Awaitable[list[Any]]]] = {
    "balances": queries.balances,
    "agents": queries.agents,
    "queues": queries.queues,
    "numbers": queries.numbers,
    "alerts": queries.alerts,
}


class Api:
    """Serves `/api/v1/` and `/mcp`. `keys` None: both are switched off."""

    def __init__(
        self,
        *,
        keys: Callable[[], ApiKeys | None],
        context: Callable[[str], Context],
        store: Store,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._context = context
        self._store = store
        self._clock = clock

    async def handle(self, request: web.Request) -> web.Response:
        """Answers one request; 404 where the API is switched off."""
        keys = self._keys()
        if keys is None:
            raise web.HTTPNotFound
        name = _client(keys, request.headers.get("Authorization", ""))
        if name is None:
            headers = {"WWW-Authenticate": 'Bearer realm="ringwatch"'}
            return _told(401, "Send one of the tokens under api.tokens: Authorization: Bearer TOKEN.", headers)
        try:
            free_at = await self._store.take_request(f"api:{name}", MAX_REQUESTS, PERIOD)
            if free_at is not None:
                seconds = max(1, math.ceil((free_at - self._clock()).total_seconds()))
                sentence = f"This token has made {MAX_REQUESTS} requests within a minute; come back in {seconds} s."
                return _told(429, sentence, {"Retry-After": str(seconds)})
            if request.path == mcp.PATH:
                return await mcp.handle(request, self._context(name))
            return await self._read(request, name)
        except StoreError as error:
            log.warning("the API waits for the store", error=str(error))
            return _told(503, "The store does not answer: what was read last is not known now.", {"Retry-After": "5"})

    async def _read(self, request: web.Request, name: str) -> web.Response:
        what = request.path.removeprefix(ROOT)
        if what not in {*_LISTS, "accounts", "incidents", "openapi.json"}:
            return _told(404, f"There is no {request.path}; {ROOT}openapi.json lists what there is.")
        if request.method not in {"GET", "HEAD"}:
            return _told(405, "It is read-only: GET.", {"Allow": "GET, HEAD"})
        if what == "openapi.json":
            return _answer(request, document())
        context = self._context(name)
        if what == "accounts":
            return _answer(request, {what: queries.accounts(context)})
        if what == "incidents":
            try:
                since = read_since(request.query.get("since"), self._clock())
            except ValueError as error:
                return _told(400, str(error))
            return _answer(request, {what: await queries.incidents(context, since)})
        return _answer(request, {what: await _LISTS[what](context)})


def read_since(text: str | None, now: datetime) -> datetime:
    """Returns the moment that RFC 3339 writes so, 24 hours ago for None. Raises `ValueError`, a sentence."""
    if text is None:
        return now - queries.DEFAULT_PERIOD
    try:
        # a + that was not percent-encoded arrives as a blank
        read = datetime.fromisoformat(text.strip().replace(" ", "+").upper())
        at = read.astimezone(UTC) if read.tzinfo is not None and "T" in text.upper() else None
    except (ValueError, OverflowError):
        at = None
    if at is None:
        raise ValueError("since is a time as RFC 3339 writes it, with its offset: 2026-11-21T12:00:00Z.")
    return at


def _client(keys: ApiKeys, header: str) -> str | None:
    """Whose token it is; every one is compared, each in constant time."""
    if not header.startswith(_BEARER):
        return None
    given = header.removeprefix(_BEARER).strip().encode("utf-8", "replace")
    found = None
    for name, token in keys.tokens.items():
        if hmac.compare_digest(token.get_secret_value().encode(), given):
            found = name
    return found


def _answer(request: web.Request, tree: Any) -> web.Response:
    body = _ANY.dump_json(tree)
    etag = hashlib.sha256(body).hexdigest()[:32]
    headers = {"ETag": f'"{etag}"', "Cache-Control": "private, no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    if f'"{etag}"' in known or "*" in known:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, content_type="application/json", charset="utf-8", headers=headers)


def _told(status: int, sentence: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": sentence}, status=status, headers=headers)
