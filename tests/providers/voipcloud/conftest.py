"""A PBX that answers what a test gives it, a sandbox in either version, and accounts opened on them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.sdk.simulation.world import World
from providers.sdk.throttle import LocalThrottle, parse_rate_limit
from providers.vendor import Opening
from providers.voipcloud import VENDOR, Voipcloud, VoipcloudSettings
from providers.voipcloud.sandbox import SANDBOX

TOKEN = "t0ken-of-ours-0042"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Pbx:
    """`answers` by operation's name, or `anything` for all; `asked` remembers (method, path, fields)."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.anything: object = []
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.types: list[str] = []
        self.token = TOKEN
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._any)
        self.server = TestServer(app)

    async def _any(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["token"] == self.token
        assert "api_key" not in request.path_qs
        name = request.path.rpartition("/")[2]
        is_json = request.content_type == "application/json"
        body = dict(await request.json()) if is_json else dict(await request.post())
        self.types.append(request.content_type)
        self.asked.append((request.method, request.path, {**request.query, **body}))
        answer = self.answers.get(name, self.anything)
        if isinstance(answer, Rows):
            answer = answer.cut(request.query)
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

    def asked_of(self, name: str) -> list[dict[str, str]]:
        return [fields for _, path, fields in self.asked if path.endswith(f"/{name}")]


class Rows(list):
    """Rows of which a server gives what `limit` and `offset` ask for."""

    def cut(self, query):
        offset = int(query["offset"])
        return self[offset : offset + int(query["limit"])]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rows_of_a_server():
    return Rows


@pytest.fixture
async def pbx() -> AsyncIterator[Pbx]:
    pbx = Pbx()
    await pbx.server.start_server()
    yield pbx
    await pbx.server.close()


@pytest.fixture
async def opened(pbx: Pbx, clock: Clock):
    """Opens accounts on the PBX; all are closed at the end."""
    accounts: list[Voipcloud] = []

    def open_account(*, timezone=None, throttle=None, **settings) -> Voipcloud:
        keys = {"token": TOKEN, "base_url": pbx.url, **settings}
        throttle = throttle or LocalThrottle(clock, "VoIPcloud")
        accounts.append(Voipcloud(Opening("office", VoipcloudSettings(**keys), throttle, clock, timezone)))
        return accounts[-1]

    yield open_account
    for account in accounts:
        await account.close()


@pytest.fixture
def voipcloud(opened) -> Voipcloud:
    return opened()


class Office:
    """The sandbox on a world, and an account on it that keeps the vendor's own limit."""

    def __init__(self, clock: Clock, version: str) -> None:
        self.clock = clock
        self.world = World(7, clock=clock, history=timedelta(hours=3))
        self.sandbox = SANDBOX.open(self.world)
        self.statuses: list[tuple[datetime, int]] = []
        app = self.sandbox.app()
        app.middlewares.insert(0, self._counted())
        self.server = TestServer(app)
        self.version = version

    def _counted(self):
        @web.middleware
        async def count(request, handler):
            answer = await handler(request)
            self.statuses.append((self.clock(), answer.status))
            return answer

        return count

    async def open(self) -> Voipcloud:
        await self.server.start_server()
        keys = SANDBOX.settings(self.world, str(self.server.make_url("/")))
        self.throttle = LocalThrottle(self.clock, VENDOR.title, parse_rate_limit(VENDOR.rate_limit))
        settings = VoipcloudSettings(**keys, version=self.version)
        self.account = Voipcloud(Opening("office", settings, self.throttle, self.clock, self.world.zone))
        return self.account


@pytest.fixture(params=["v1", "v2"])
async def office(request, clock: Clock) -> AsyncIterator[Office]:
    office = Office(clock, request.param)
    await office.open()
    yield office
    await office.account.close()
    await office.server.close()
