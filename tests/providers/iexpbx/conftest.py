"""A PBX that answers what a test gives it, and an account opened on it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.iexpbx import Iexpbx, IexpbxSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening

USERNAME = "ApiKullanıcıAdı"
PASSWORD = "p&ss/ŞİFRE+0042"
SAMPLES = Path(__file__).parent / "samples"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Pbx:
    """`answers` by action, or `anything` for all; `asked` remembers (action, fields without the login)."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.anything: object = None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.raw: list[str] = []
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._any)
        self.server = TestServer(app)

    async def _any(self, request: web.Request) -> web.StreamResponse:
        assert (request.method, request.path) == ("GET", "/api/old/get")
        self.raw.append(request.raw_path)
        fields = dict(request.query)
        assert len(fields) == len(request.query)
        assert (fields.pop("username"), fields.pop("password")) == (USERNAME, PASSWORD)
        action = fields.pop("action")
        self.asked.append((action, fields))
        answer = self.answers.get(action, self.anything)
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="text/html")
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(text=text, content_type="text/html")

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def asked_of(self, action: str) -> list[dict[str, str]]:
        return [fields for asked, fields in self.asked if asked == action]


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
def wrapped():
    """Rows in the vendor's envelope."""
    return lambda *rows, **over: [{"success": True, "count": len(rows), "data": list(rows), **over}]


@pytest.fixture
async def pbx() -> AsyncIterator[Pbx]:
    pbx = Pbx()
    await pbx.server.start_server()
    yield pbx
    await pbx.server.close()


@pytest.fixture
async def opened(pbx: Pbx, clock: Clock):
    """Opens accounts on the PBX; all are closed at the end."""
    accounts: list[Iexpbx] = []

    def open_account(*, timezone=None, **settings) -> Iexpbx:
        keys = {"base_url": pbx.url, "username": USERNAME, "password": PASSWORD, **settings}
        accounts.append(
            Iexpbx(
                Opening(
                    account="branch",
                    settings=IexpbxSettings(**keys),
                    throttle=LocalThrottle(clock, "IEXPBX"),
                    clock=clock,
                    timezone=timezone,
                )
            )
        )
        return accounts[-1]

    yield open_account
    for account in accounts:
        await account.close()


@pytest.fixture
def iexpbx(opened) -> Iexpbx:
    return opened()
