"""A Voicenter that answers what a test gives it, and an account opened on it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from providers.voicenter import VENDOR, Voicenter, VoicenterSettings

CODE = "c0de-of-ours/0042"
SAMPLES = Path(__file__).parent / "samples"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Panel:
    """`answers` by page, or `anything` for all; `asked` remembers (method, path, fields without the code)."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.anything: object = None
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.addresses: list[str] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._any)
        self.server = TestServer(app)

    async def _any(self, request: web.Request) -> web.StreamResponse:
        if request.method == "POST":
            assert request.content_type == "application/json"
            fields = await request.json()
        else:
            fields = dict(request.query)
        assert fields.pop("code") == CODE
        self.addresses.append(request.raw_path)
        self.asked.append((request.method, request.path, fields))
        answer = self.answers.get(request.path.rpartition("/")[2], self.anything)
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="application/json")
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(text=text, content_type="application/json")

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def deeds(self) -> list[dict[str, str]]:
        return [fields for _, path, fields in self.asked if path.endswith(".aspx")]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[Panel]:
    panel = Panel()
    await panel.server.start_server()
    yield panel
    await panel.server.close()


@pytest.fixture
async def opened(panel: Panel, clock: Clock):
    """Opens accounts on the panel; all are closed at the end."""
    accounts: list[Any] = []

    def open_account(**settings) -> Voicenter:
        keys = {"code": CODE, "base_url": f"{panel.url}comet/API/", **settings}
        opening = Opening("helpdesk", VoicenterSettings(**keys), LocalThrottle(clock, "Voicenter"), clock)
        accounts.append(VENDOR.open(opening))
        return accounts[-1]

    yield open_account
    for account in accounts:
        await account.close()


@pytest.fixture
def voicenter(opened) -> Voicenter:
    return opened()


@pytest.fixture
def with_calls(opened, panel):
    return opened(click2call_url=f"{panel.url}ForwardDialer/")


@pytest.fixture
def extension():
    """A row of VC-1."""

    def row(sip="SIP1", status=1, calls=(), **more):
        base = {"name": f"Owner {sip}", "representative": f"Rep {sip}", "username": sip, "extensionID": 1}
        base |= {"userID": 11, "onlineUserID": 22, "onlineUserStatus": status, "calls": list(calls)}
        return base | more

    return row


@pytest.fixture
def extensions(panel, extension):
    """Let VC-1 answer with these rows."""

    def answer(*rows):
        panel.answers["GetExtensionsCalls"] = {"ERR": 0, "DESC": "OK", "EXTENSIONS": list(rows)}

    return answer


@pytest.fixture
def queues(panel):
    """Let VC-2 answer with these rows."""

    def answer(*rows):
        panel.answers["GetQueuesCallers"] = {"ERR": 0, "DESC": "OK", "QUEUES": list(rows)}

    return answer
