"""IEXPBX backwards: the simulated call centre answers as IEXPBX would. Never imported by the adapter.

Where the document is silent this is a guess: a write is answered by the same envelope with an empty list, a no is
``success: false`` with a message, and a call that rings at an agent is shown as coming in, not as waiting.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

import httpx
from aiohttp import web

from providers.events import CallEnded, CallStarted, Event, KeysPressed
from providers.iexpbx import encode
from providers.sdk.simulation.faults import MARKUP, chosen, faulty, malformed_json
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World
from providers.sdk.vendor_clock import instant

Query = Mapping[str, str]

OWN_FAULTS = frozenset({"bare_object", "count_wrong", "data_null", "not_gsm", "silent_no"})
CONTACTS = (
    ("John Lash", "12025550170"),
    ("David Copper", "12025550171"),
    ("Ayşe Yıldız & Oğulları", "442079460012"),
)
_ACTIONS = {
    "activecalls": "IEX-1",
    "hangupcall": "IEX-2",
    "cdr": "IEX-3",
    "users": "IEX-4",
    "queues": "IEX-5",
    "callnumber": "IEX-6",
    "callivr": "IEX-7",
    "callback": "IEX-8",
    "record": "IEX-9",
    "phonedirectory": "IEX-10",
}
_LOGIN = '<!DOCTYPE html>\n<html><body><form><input type="password" name="pass"></form></body></html>'


class RefusedError(Exception):
    """The vendor says no, in these words."""


@dataclass(frozen=True, slots=True)
class RecordedWrite:
    """A write that the world does not know: its operation, and what came along."""

    operation: str
    fields: Mapping[str, str]


class IexpbxSandbox:
    """One IEXPBX on one world."""

    pushes = (CallStarted, CallEnded, KeysPressed)

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}
        self.webhook_url: str | None = None
        self.writes: list[RecordedWrite] = []  # announcements and masked calls
        keys = sandbox_settings(world, "")
        self.login = keys["username"], keys["password"]
        self._answer: Mapping[str, Callable[[Query], Sequence[Any]]] = {
            "IEX-1": lambda _: [encode.live(call, world.now) for call in world.live_calls],
            "IEX-2": self._hang_up,
            "IEX-3": self._cdr,
            "IEX-4": lambda _: [encode.extension(agent) for agent in world.agents],
            "IEX-5": lambda _: [encode.queue(queue) for queue in world.queues],
            "IEX-6": self._call,
            "IEX-7": lambda query: self._write("IEX-7", query, "number"),
            "IEX-8": lambda query: self._write("IEX-8", query, "number1", "number2"),
        }

    def app(self) -> web.Application:
        """Returns the application that speaks IEXPBX's wire: everything is `GET /api/old/get?…`."""
        middleware = faulty(
            operation,
            self.faults,
            own=OWN_FAULTS,
            secrets=self.login,
            down=lambda: self.world.out,
            malform=_spoil,
        )
        app = web.Application(middlewares=[middleware])
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def push(self, event: Event) -> int | None:
        """Sends an event to `webhook_url`; returns the status that came back, None without one.

        IEX-11, IEX-12, IEX-13.
        """
        if not self.webhook_url:
            return None
        async with httpx.AsyncClient(timeout=10) as client:
            return (await client.get(f"{self.webhook_url}?{encode.pushed(event)}")).status_code

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = operation(request)
        if not asked or request.method != "GET":
            return web.Response(text=_LOGIN, content_type="text/html")
        self.world.advance()
        query, fault = request.query, chosen(self.faults, asked)
        try:
            if (query.get("username"), query.get("password")) != self.login:
                raise RefusedError("Login failed")
            if fault == "silent_no":
                return _json([{"success": False}])
            if asked == "IEX-9":
                return self._record(query, fault)
            if asked == "IEX-10":
                return _book()
            rows = list(self._answer[asked](query))
        except RefusedError as error:
            return _json([{"success": False, "count": 0, "data": [], "message": str(error)}])
        return _json(_wrapped(rows, fault))

    def _hang_up(self, query: Query) -> Sequence[Any]:
        wanted = query.get("channel", "")
        ids = [call.call_id for call in self.world.live_calls if encode.channel(call) == wanted]
        if not ids or not self.world.hang_up(ids[0]):
            raise RefusedError("No such channel")
        return []

    def _cdr(self, query: Query) -> Sequence[Any]:
        since, until = self._time(query, "date1"), self._time(query, "date2")
        wanted = query.get("number", "")
        calls = self.world.calls_between(since, until)
        rows = [encode.cdr(call, self.world.zone) for call in calls]
        data = {write.fields.get("number"): write.fields.get("uf", "") for write in self.writes}
        if query.get("uf") == "yes":
            rows = [{**row, "userfield": data.get(row["dst"], "")} for row in rows]
        return [row for row in rows if wanted in {"", row["src"], row["dst"]}]

    def _call(self, query: Query) -> Sequence[Any]:
        if not query.get("number", "").isdigit():
            raise RefusedError("Wrong number")
        try:
            self.world.place_call(query.get("internal", ""), query["number"])
        except KeyError:
            raise RefusedError("No such extension") from None
        return []

    def _write(self, asked: str, query: Query, *numbers: str) -> Sequence[Any]:
        if not all(query.get(name, "").isdigit() for name in numbers):
            raise RefusedError("Wrong number")
        fields = {name: value for name, value in query.items() if name not in {"username", "password", "action"}}
        self.writes.append(RecordedWrite(asked, fields))
        return []

    def _record(self, query: Query, fault: str) -> web.Response:
        found = self.world.recording(query.get("id", ""))
        if found is None:
            raise RefusedError("Record not found")
        frames = bytes([0xD0, *(sum(found.call_id.encode()) % 7 for _ in range(32))]) * 50
        sound = b"OggS" + frames[4:] if fault == "not_gsm" else frames
        return web.Response(body=sound, content_type="application/octet-stream")

    def _time(self, query: Query, name: str) -> datetime:
        try:
            naive = datetime.strptime(query[name], "%d%m%Y%H%M")  # noqa: DTZ007 - a wall
        except (KeyError, ValueError):
            raise RefusedError("Wrong date") from None
        at = instant(naive, self.world.zone)
        return at + timedelta(seconds=59) if name == "date2" else at


def _json(answer: Any) -> web.Response:
    return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="text/html", charset="utf-8")


def _wrapped(rows: Sequence[Any], fault: str) -> Any:
    count = len(rows) + 7 if fault == "count_wrong" else len(rows)
    data = None if fault == "data_null" and not rows else list(rows)
    answer = {"success": True, "count": count, "data": data}
    return answer if fault == "bare_object" else [answer]


def _book() -> web.Response:
    entries = (
        f"<DirectoryEntry><Name>{escape(name)}</Name><Telephone>{number}</Telephone></DirectoryEntry>"
        for name, number in CONTACTS
    )
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<IPPhoneDirectory>{"".join(entries)}</IPPhoneDirectory>'
    return web.Response(text=text, content_type="text/xml", charset="utf-8")


def _spoil(name: str, body: bytes) -> bytes:
    """Plays the shared faults inside the envelope, or in the phone book."""
    if body.startswith(b"<"):
        return {
            "wrong_shape": b"<answer><is>42</is></answer>",
            "slack_markup": body.replace(b"John Lash", escape(MARKUP).encode()),
        }.get(name, body)
    (inner,) = json.loads(body)
    return json.dumps([json.loads(malformed_json(name, json.dumps(inner).encode()))]).encode()


def operation(request: web.Request) -> str:
    """Returns which of IEXPBX's operations this is; ``""`` for none."""
    return _ACTIONS.get(request.query.get("action", ""), "") if request.path == "/api/old/get" else ""


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """Returns the keys of the sandbox's account. They hold what must be encoded on its way."""
    return {
        "base_url": base_url,
        "username": f"ApiKullanıcı{world.seed}",
        "password": f"sandbox+iexpbx/şifre&{world.seed}",
    }


SANDBOX = VendorSandbox(IexpbxSandbox, sandbox_settings, OWN_FAULTS)
