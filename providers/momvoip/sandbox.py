"""MoMVOIP backwards: the simulated call centre answers as MoMVOIP would. Never imported by the adapter.

Where the document is silent (what a write is answered, how a wrong key is refused, the content type) this is a
guess in the manner of small PHP panels: always 200 and `text/html`, a no is `{"status":"error","message":…}`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from aiohttp import web

from providers.events import Event
from providers.model import Agent, CallRecord, Direction, NumberStatus
from providers.momvoip import encode
from providers.sdk.simulation.faults import chosen, faulty
from providers.sdk.simulation.sandbox import VendorSandbox
from providers.sdk.simulation.world import World
from providers.sdk.vendor_clock import instant

Form = Mapping[str, str]

OWN_FAULTS = frozenset(
    {
        "ignores_page",
        "balance_text",
        "balance_none",
        "balance_comma",
        "balance_negative",
        "balance_nan",
        "balance_words",
        "not_wav",
    }
)
STATS_PAUSE = timedelta(seconds=30)

_OPERATIONS = {
    "voip_api_call": "MOM-1",
    "voip_api_get_status": "MOM-2",
    "voip_api_get_status_exten": "MOM-3",
    "voip_api_get_numbers": "MOM-4",
    "voip_api_number_set_active": "MOM-5",
    "voip_api_number_set_spam": "MOM-6",
    "voip_api_get_balance": "MOM-7",
    "voip_api_get_call_history": "MOM-8",
    "voip_api_get_audio_record": "MOM-10",
    "voip_api_get_call_stat": "MOM-11",
    "voip_api_get_users": "MOM-12",
    "voip_api_get_groups": "MOM-13",
    "voip_api_get_call_history_filter": "MOM-14",
}
_BALANCES: Mapping[str, Any] = {
    "balance_none": None,
    "balance_negative": -5.25,
    "balance_nan": float("nan"),
    "balance_words": "—",
}
_LOGIN = '<!DOCTYPE html>\n<html><body><form><input type="password" name="pass"></form></body></html>'


class RefusedError(Exception):
    """The vendor says no, in these words."""


class MomvoipSandbox:
    """One MoMVOIP account on one world. Its history has agents' calls outwards alone."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: dict[str, str] = {}
        self.webhook_url: str | None = None
        self.api_key = sandbox_settings(world, "")["api_key"]
        self._stats_at: datetime | None = None
        self._answer: Mapping[str, Callable[[Form], Any]] = {
            "MOM-1": self._call,
            "MOM-2": self._agents,
            "MOM-3": self._agent,
            "MOM-4": self._numbers,
            "MOM-5": lambda form: self._mark(form, NumberStatus.ACTIVE),
            "MOM-6": lambda form: self._mark(form, NumberStatus.SPAM),
            "MOM-7": self._balance,
            "MOM-8": self._agent_calls,
            "MOM-11": self._stats,
            "MOM-12": self._users,
            "MOM-13": self._groups,
            "MOM-14": self._calls,
        }

    def app(self) -> web.Application:
        """Returns the application that speaks MoMVOIP's wire: everything is `POST /?loc=…`."""
        middleware = faulty(
            operation,
            self.faults,
            own=OWN_FAULTS,
            secrets=(self.api_key,),
            down=lambda: self.world.out,
        )
        app = web.Application(middlewares=[middleware])
        app.router.add_route("*", "/{path:.*}", self._handle)
        return app

    async def push(self, event: Event) -> int | None:
        """Sends an event to `webhook_url`; returns the status that came back, None where no address is set. MOM-9."""
        if not self.webhook_url:
            return None
        async with httpx.AsyncClient(timeout=10) as client:
            body = {"apikey": self.api_key, **encode.pushed(event, self.world.users, self.world.zone)}
            return (await client.post(self.webhook_url, json=body)).status_code

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = operation(request)
        if not asked or request.method != "POST":
            return web.Response(text=_LOGIN, content_type="text/html")
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.world.advance()
        try:
            if form.get("apikey") != self.api_key:
                raise RefusedError("Wrong apikey")
            if asked == "MOM-10":
                return self._record(form)
            answer = self._answer[asked](form)
        except RefusedError as error:
            answer = {"status": "error", "message": str(error)}
        return web.Response(text=json.dumps(answer), content_type="text/html", charset="utf-8")

    def _fault(self, asked: str) -> str:
        return chosen(self.faults, asked)

    def _call(self, form: Form) -> Any:
        agent = next((a for a in self.world.agents if form.get("user_id") in {a.user_id, a.extension}), None)
        if agent is None:
            raise RefusedError("User not found")
        if not form.get("number", "").isdigit():
            raise RefusedError("Empty number")
        self.world.place_call(agent.extension, form["number"], form.get("ex_number") or None)
        return {"status": "success"}

    def _agents(self, form: Form) -> Any:
        return [self._status(agent) for agent in self.world.agents]

    def _agent(self, form: Form) -> Any:
        agent = self.world.agent(form.get("user_id", ""))
        return self._status(agent) if agent else []

    def _status(self, agent: Agent) -> dict[str, Any]:
        return encode.status(agent, self.world.last_call(agent.extension), self.world.now)

    def _numbers(self, form: Form) -> Any:
        return [{"number": n.number, "status": n.status.value} for n in self.world.numbers]

    def _mark(self, form: Form, status: NumberStatus) -> Any:
        try:
            self.world.set_number_status(form.get("number", ""), status)
        except KeyError:
            raise RefusedError("Number not found") from None
        return {"status": "success"}

    def _balance(self, form: Form) -> Any:
        amount, fault = self.world.balance.money.amount, self._fault("MOM-7")
        texts = {"balance_text": str(amount), "balance_comma": str(amount).replace(".", ",")}
        return {"balance": {**_BALANCES, **texts}.get(fault, float(amount))}

    def _agent_calls(self, form: Form) -> Any:
        calls = [call for call in self._dialled() if call.extension == form.get("user_id")]
        return self._page("MOM-8", form, calls, 10)

    def _calls(self, form: Form) -> Any:
        since, until = self._period(form)
        calls = [
            call
            for call in self._dialled()
            if since <= _start(call) <= until
            and form.get("src", "") in {"", call.caller}
            and form.get("dst", "") in {"", call.callee}
        ]
        return self._page("MOM-14", form, calls, 100)

    def _page(self, asked: str, form: Form, calls: list[CallRecord], size: int) -> Any:
        page = 1 if self._fault(asked) == "ignores_page" else max(1, int(form.get("page") or 1))
        return [encode.cdr(call, self.world.zone) for call in calls[(page - 1) * size : page * size]]

    def _record(self, form: Form) -> web.Response:
        recording = self.world.recording(form.get("call_id", ""))
        if recording is None:
            raise RefusedError("File not found")
        sound = b"OggS" if self._fault("MOM-10") == "not_wav" else recording.content
        return web.Response(body=sound, content_type="audio/x-wav")

    def _stats(self, form: Form) -> Any:
        since, until = self._period(form)
        now = self.world.clock()
        if self._stats_at and now - self._stats_at < STATS_PAUSE:
            raise RefusedError("30 sec timeout after request")
        self._stats_at = now
        calls = [call for call in self._dialled() if since <= _start(call) <= until]
        rows = ((agent, [c for c in calls if c.extension == agent.extension]) for agent in self.world.agents)
        return [encode.stat(agent, theirs) for agent, theirs in rows if theirs]

    def _users(self, form: Form) -> Any:
        return [
            {"id": u.user_id, "login": u.login, "exten": u.extension, "group_id": u.group_id} for u in self.world.users
        ]

    def _groups(self, form: Form) -> Any:
        return [{"id": group.group_id, "name": group.name} for group in self.world.groups]

    def _dialled(self) -> list[CallRecord]:
        return [call for call in self.world.calls if call.direction is Direction.OUTBOUND]

    def _period(self, form: Form) -> tuple[datetime, datetime]:
        try:
            since, until = (datetime.fromisoformat(form[name]) for name in ("sdate", "edate"))
        except (KeyError, ValueError):
            raise RefusedError("Wrong date") from None
        return instant(since, self.world.zone), instant(until, self.world.zone)


def operation(request: web.Request) -> str:
    """Returns which of MoMVOIP's operations this is; ``""`` for none."""
    return _OPERATIONS.get(request.query.get("loc", "").strip(), "")


def sandbox_settings(world: World, base_url: str) -> Mapping[str, str]:
    """Returns the keys of the sandbox's account. The key holds what must be encoded on its way."""
    return {"api_key": f"sandbox+momvoip/key&{world.seed}", "base_url": base_url}


def _start(call: CallRecord) -> datetime:
    return call.started_at or datetime.fromtimestamp(0, UTC)


SANDBOX = VendorSandbox(MomvoipSandbox, sandbox_settings, OWN_FAULTS)
