"""Voicenter backwards: the simulated call centre answers as Voicenter would. Never imported by the adapter.

Both questions are as the document shows them. Click2Call is as the vendor's public pages show it; what it answers to
a wrong code, and to the end of a call where there is none, is a guess.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from providers.model import Agent, AgentState, Direction, Queue
from providers.sdk.simulation.call_centre import LiveCall
from providers.sdk.simulation.faults import chosen, faulty, malformed_json
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World

OWN_FAULTS = frozenset({"empty_list", "internal_error", "null_list"})

_OPERATIONS = {
    "getextensionscalls": "VC-1",
    "getqueuescallers": "VC-2",
    "click2call.aspx": "VC-click2call",
}
_REASONS = {"Lunch": 3, "Administrative": 5, "Private": 7, "Other": 9, "Training": 11, "Team meeting": 12, "Brief": 13}
_OUT = {AgentState.OFFLINE, AgentState.LOGGED_OUT}

Fields = Mapping[str, str]


class VoicenterSandbox:
    """One Voicenter account on one world. `ahead` is how far its clock runs before the world's."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}
        self.ahead = timedelta()
        self.code = sandbox_settings(world, "")["code"]

    def app(self) -> web.Application:
        """Returns the application that speaks Voicenter's wire: POST of JSON, or GET."""
        middleware = faulty(
            operation,
            self.faults,
            own=OWN_FAULTS,
            secrets=(self.code,),
            down=lambda: self.world.out,
            malform=_spoil,
        )
        app = web.Application(middlewares=[middleware])
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = operation(request)
        if not asked or request.method not in {"GET", "POST"}:
            return web.Response(status=404, text="<html><h1>404</h1></html>", content_type="text/html")
        fields = await _fields(request)
        self.world.advance()
        if asked == "VC-click2call":
            return web.json_response(self._click2call(fields or {}))
        if fields is None:
            return web.json_response({"ERR": 1, "DESC": "The request format is invalid."})
        if fields.get("code") != self.code:
            return web.json_response({"ERR": 1, "DESC": "Authorization failed."})
        return web.json_response(self._event(asked, fields))

    def _event(self, asked: str, fields: Fields) -> Any:
        name = "EXTENSIONS" if asked == "VC-1" else "QUEUES"
        match chosen(self.faults, asked):
            case "internal_error":
                return {"ERR": 2, "DESC": "Internal error."}
            case "empty_list":
                return {"ERR": 0, "DESC": "OK", name: []}
            case "null_list":
                return {"ERR": 0, "DESC": "OK", name: None}
        if asked == "VC-1":
            agents = [a for a in self.world.agents if fields.get("extension", a.extension) == a.extension]
            return {"ERR": 0, "DESC": "OK", name: [self._extension(agent) for agent in agents]}
        queues = [q for q in self.world.queues if fields.get("queue", q.ref) == q.ref]
        if not queues:
            return {"ERR": 2, "DESC": "Queue is not found in this account"}
        return {"ERR": 0, "DESC": "OK", name: [self._queue(queue) for queue in queues]}

    def _extension(self, agent: Agent) -> dict[str, Any]:
        calls = [call for call in self.world.live_calls if call.extension == agent.extension]
        return {
            "name": agent.name,
            "representative": agent.name,
            "username": agent.extension,
            "extensionID": 875_000_000 + int(agent.extension),
            "userID": int(agent.user_id or 0),
            "onlineUserID": 0 if agent.state in _OUT else int(agent.user_id or 0),
            "onlineUserStatus": _status(agent),
            "calls": [self._call(call, agent) for call in calls],
        }

    def _call(self, call: LiveCall, agent: Agent) -> dict[str, Any]:
        outgoing = call.direction is Direction.OUTBOUND
        waiting = "Dialing" if outgoing else "Ringing"
        held = agent.state is AgentState.ON_HOLD
        other = call.callee if outgoing else call.caller
        return {
            "callStarted": self._epoch(call.began_at),
            "callAnswered": self._epoch(call.answered_at) if call.answered_at else 0,
            "answered": 1 if call.answered_at else 0,
            "callername": call.caller_id or "",
            "callerphone": other,
            "callstatus": waiting if call.answered_at is None else "Hold" if held else "Talking",
            "customdata": {},
            "direction": "Outgoing" if outgoing else "Incoming",
            "ivrid": call.call_id,
            "recording": {"Filename": f"{call.call_id}-{agent.extension}-{other}.mp3", "IsMuted": 0},
            "did": "" if outgoing else call.callee,
        }

    def _queue(self, queue: Queue) -> dict[str, Any]:
        return {
            "Name": queue.name,
            "ID": int(queue.ref),
            "Weight": 5,
            "Callers": [
                {
                    "Phone": call.caller,
                    "CallID": call.call_id,
                    "JoinTime": self._epoch(self.world.now - call.waiting),
                    "Duration": int(call.waiting.total_seconds()),
                }
                for call in queue.waiting or ()
            ],
        }

    def _click2call(self, fields: Fields) -> Any:
        agent = self.world.agent(fields.get("phone", ""))
        if fields.get("code") != self.code:
            return _no(1, "Authorization failed")
        if fields.get("format") != "json" or agent is None:
            return _no(1, "Invalid request parameters")
        if fields.get("action") == "terminate":
            up = [call.call_id for call in self.world.live_calls if call.extension == agent.extension]
            ended = [call_id for call_id in up if self.world.hang_up(call_id)]
            return {"ERRORCODE": 0, "ERRORMESSAGE": "OK", "CALLID": ended[0]} if ended else _no(1, "No active call")
        if fields.get("action") != "call" or not fields.get("target", "").isdigit():
            return _no(1, "Invalid request parameters")
        if agent.state in _OUT:
            return _no(3, "Phone is offline")
        placed = self.world.place_call(agent.extension, fields["target"], fields.get("targetcallerid") or None)
        return {"ERRORCODE": 0, "ERRORMESSAGE": "OK", "CALLID": placed.call_id or ""}

    def _epoch(self, at: datetime) -> int:
        return int((at + self.ahead).timestamp())


def operation(request: web.Request) -> str:
    """Returns which of Voicenter's pages this is; ``""`` for none."""
    return _OPERATIONS.get(request.path.rpartition("/")[2].lower(), "")


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """Returns the keys of the sandbox's account, Click2Call included.

    The code holds what must be encoded on its way.
    """
    root = base_url.rstrip("/")
    return {
        "code": f"sandbox+voicenter/code&{world.seed}",
        "base_url": f"{root}/comet/API/",
        "click2call_url": f"{root}/ForwardDialer/",
    }


async def _fields(request: web.Request) -> Fields | None:
    """Returns what was sent; None where that is no object of values."""
    if request.method == "GET":
        return dict(request.query)
    try:
        found = json.loads(await request.text())
    except ValueError:
        return None
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else None


def _status(agent: Agent) -> int:
    if agent.state in _OUT:
        return 2
    return _REASONS.get(agent.reason or "", 9) if agent.state is AgentState.NOT_READY else 1


def _no(code: int, words: str) -> dict[str, Any]:
    return {"ERRORCODE": code, "ERRORMESSAGE": words, "CALLID": ""}


def _spoil(name: str, body: bytes) -> bytes:
    """Spoils it as any JSON, but `username` is a key here and no name that people choose."""
    malformed = malformed_json(name, body)
    if name != "slack_markup":
        return malformed
    was, now = json.loads(body), json.loads(malformed)
    for before, after in zip(was.get("EXTENSIONS", ()), now.get("EXTENSIONS", ()), strict=True):
        after["username"] = before["username"]
    return json.dumps(now).encode()


SANDBOX = VendorSandbox(VoicenterSandbox, sandbox_settings, OWN_FAULTS)
