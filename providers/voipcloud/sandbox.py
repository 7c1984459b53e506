"""VoIPcloud backwards: the simulated call centre answers as VoIPcloud would. Never imported by the adapter.

v1 answers bare lists and v2 the envelope that public clients read; both mark errors by `code`. It keeps the document's
own limit, and reads the days of a filter on a clock that is not the account's.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from providers.model import CallRecord
from providers.sdk.simulation.faults import chosen, faulty
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World
from providers.voipcloud import encode

Fields = Mapping[str, str]

LIMIT_REQUESTS, WINDOW = 100, timedelta(minutes=15)
ZONE = ZoneInfo("Australia/Sydney")  # where the days of the filters begin
GROUP, GROUP_OF = "Billing, day and night", "630"  # the ring group, and the queue whose calls ring it

_OPERATIONS = {
    "get-user-calls": "VPC-1",
    "get-queue-calls": "VPC-2",
    "get-ringgroup-calls": "VPC-3",
    "call-to-number": "VPC-4",
    "get-system-status": "VPC-5",
}
_MEANINGS = {
    0: "Unknown error",
    400: "Parameters error",
    401: "Authorization error",
    402: "No licence for API integration",
    404: "Tenant or required data not found",
    429: "Too Many Requests",
    500: "Internal error",
}
_AFTER = frozenset({0, 500})  # codes that come once the work is done; the others come instead of it
OWN_FAULTS = frozenset(
    {f"code_{code}" for code in _MEANINGS} | {"data_null", "null_words", "strings", "code_after_end"}
)


class RefusedError(Exception):
    """The vendor says no, with this code."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(message or _MEANINGS[code])
        self.code = code


class VoipcloudSandbox:
    """One VoIPcloud account on one world, in both versions. `status` is what its NOC says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}
        self.token = sandbox_settings(world, "")["token"]
        self.status: Any = {"pbx": "operational", "trunks": "operational", "portal": "degraded"}
        self._asked: deque[datetime] = deque()
        self._answer: Mapping[str, Callable[[Fields, str], Any]] = {
            "VPC-1": self._user_calls,
            "VPC-2": self._queue_calls,
            "VPC-3": self._group_calls,
            "VPC-4": self._call,
            "VPC-5": lambda _fields, _version: self.status,
        }

    def app(self) -> web.Application:
        """Returns the application that speaks VoIPcloud's wire."""
        middleware = faulty(
            operation,
            self.faults,
            own=OWN_FAULTS,
            secrets=(self.token,),
            down=lambda: self.world.out,
        )
        app = web.Application(middlewares=[middleware])
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked, version = operation(request), request.path.split("/")[3] if operation(request) else ""
        if not asked or (request.method == "POST") != (asked == "VPC-4"):
            return web.Response(status=404, text="<html><h1>Not Found</h1></html>", content_type="text/html")
        fields = await _fields(request)
        self.world.advance()
        fault = chosen(self.faults, asked)
        code = int(fault.removeprefix("code_")) if fault.removeprefix("code_").isdigit() else None
        try:
            self._admit(request.headers.get("token", ""))
            if code is not None and code not in _AFTER:
                raise RefusedError(code)
            if fault == "code_after_end" and fields.get("offset", "0") != "0":
                raise RefusedError(404)
            data = self._answer[asked](fields, version)
            if code is not None:
                raise RefusedError(code)
        except RefusedError as error:
            answer = {"code": error.code, "status": "error", "message": str(error)}
            return _json(answer, status=200 if code is not None else error.code)
        return _json(_enveloped(_odd(fault, data), version, asked))

    def _admit(self, token: str) -> None:
        now = self.world.clock()
        while self._asked and self._asked[0] + WINDOW <= now:
            self._asked.popleft()
        if token != self.token:
            raise RefusedError(401)
        if len(self._asked) >= LIMIT_REQUESTS:
            raise RefusedError(429)
        self._asked.append(now)

    def _user_calls(self, fields: Fields, version: str) -> Any:
        rows = [
            encode.user_call(call, self.world.zone, version)
            for call in self._of_days(fields, self.world.calls)
            if call.agent
        ]
        return _cut(fields, [*(self._going_on() if version == "v1" else ()), *rows])

    def _going_on(self) -> list[dict[str, Any]]:
        live = sorted((c for c in self.world.live_calls if c.extension), key=lambda c: c.began_at, reverse=True)
        agents = {agent.extension: agent for agent in self.world.agents}
        return [encode.going_on(c, agents.get(c.extension or ""), self.world.now, self.world.zone) for c in live]

    def _queue_calls(self, fields: Fields, version: str) -> Any:
        names = {queue.ref: queue.name for queue in self.world.queues}
        return self._line(fields, version, "queue_name", names)

    def _group_calls(self, fields: Fields, version: str) -> Any:
        return self._line(fields, version, "ring_group_name", {GROUP_OF: GROUP})

    def _line(self, fields: Fields, version: str, field: str, names: Mapping[str, str]) -> Any:
        calls = [call for call in self.world.calls if call.queue in names]
        rows = [
            encode.line_call(call, field, names[call.queue or ""], self.world.zone, version)
            for call in self._of_days(fields, calls)
        ]
        return _cut(fields, rows)

    def _of_days(self, fields: Fields, calls: Sequence[CallRecord]) -> list[CallRecord]:
        first, last = _day(fields, "from_date", date.min), _day(fields, "to_date", date.max)
        return [call for call in calls if first <= _start(call).astimezone(ZONE).date() <= last]

    def _call(self, fields: Fields, version: str) -> Any:
        user, target = fields.get("user_number", ""), fields.get("number_to_call", "").removeprefix("+")
        agent = self.world.agent(user)
        if agent is None:
            raise RefusedError(404, "User not found")
        if not target.isdigit():
            raise RefusedError(400, "number_to_call is not valid")
        caller_id = fields.get("caller_id") if version == "v2" else None
        placed = self.world.place_call(user, target, caller_id or None)
        told = {"user_name": agent.name, "user_number": user, "dest_number": target}
        return {"unique_call_id": placed.call_id, **told} if version == "v2" else told


def operation(request: web.Request) -> str:
    """Returns which of VoIPcloud's operations this is; ``""`` for none."""
    start, _, name = request.path.rpartition("/")
    return _OPERATIONS.get(name, "") if start in {"/api/integration/v1", "/api/integration/v2"} else ""


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """Returns the keys of the sandbox's account."""
    return {"token": f"sandbox+voipcloud/token&{world.seed}", "base_url": base_url}


async def _fields(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        return {str(name): str(value) for name, value in dict(await request.json()).items()}
    return {**request.query, **{name: str(value) for name, value in (await request.post()).items()}}


def _json(answer: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, text=json.dumps(answer), content_type="application/json")


def _enveloped(data: Any, version: str, asked: str) -> Any:
    if version == "v1" and asked != "VPC-4":
        return data
    message: Any = {"status": "success"} if asked == "VPC-4" else "OK"
    return {"code": 200, "status": "success", "message": message, "data": data}


def _odd(fault: str, data: Any) -> Any:
    """Returns values as they are seen in the world: null as a word, numbers as strings."""
    if fault == "data_null":
        return None
    if fault not in {"null_words", "strings"} or not isinstance(data, list):
        return data
    odd: Callable[[Any], Any] = (lambda v: "null" if v is None else v) if fault == "null_words" else _string
    return [{name: odd(value) for name, value in row.items()} for row in data]


def _string(value: Any) -> Any:
    return str(value) if isinstance(value, int) else value


def _cut(fields: Fields, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    try:
        limit, offset = int(fields.get("limit") or 100), int(fields.get("offset") or 0)
    except ValueError:
        raise RefusedError(400) from None
    if not 1 <= limit <= 10_000 or offset < 0:
        raise RefusedError(400)
    return rows[offset : offset + limit]


def _day(fields: Fields, name: str, default: date) -> date:
    try:
        return date.fromisoformat(fields[name]) if fields.get(name) else default
    except ValueError:
        raise RefusedError(400) from None


def _start(call: CallRecord) -> datetime:
    return call.started_at or datetime.fromtimestamp(0, UTC)


SANDBOX = VendorSandbox(VoipcloudSandbox, sandbox_settings, OWN_FAULTS)
