"""A PBX that answers what a test gives it, a sandbox in either version, and accounts opened on them."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.sdk.throttle import LocalThrottle, parse_rate_limit
from providers.vendor import Opening
from providers.voipcloud import VENDOR, Voipcloud, VoipcloudSettings
from providers.voipcloud.sandbox import SANDBOX
from tests.clocks import HandClock
from tests.providers.panel import Panel
from tests.worlds import world_at

TOKEN = "t0ken-of-ours-0042"


class Rows(list):
    """Rows of which a server gives what `limit` and `offset` ask for."""

    def cut(self, query):
        offset = int(query["offset"])
        return self[offset : offset + int(query["limit"])]


class VoipcloudPanel(Panel):
    """Answers by operation's name, of `Rows` what was asked for; remembers (method, path, fields)."""

    anything: Any = []  # noqa: RUF012 - never changed in place

    def __init__(self) -> None:
        super().__init__()
        self.types: list[str] = []
        self.token = TOKEN

    async def read(self, request: web.Request) -> tuple[str, tuple[str, str, dict[str, Any]]]:
        assert request.headers["token"] == self.token
        assert "api_key" not in request.path_qs
        is_json = request.content_type == "application/json"
        body = dict(await request.json()) if is_json else dict(await request.post())
        self.types.append(request.content_type)
        return request.path.rpartition("/")[2], (request.method, request.path, {**request.query, **body})

    async def made(self, request: web.Request, answer: Any) -> web.StreamResponse:
        return await super().made(request, answer.cut(request.query) if isinstance(answer, Rows) else answer)

    def asked_of(self, name: str) -> list[dict[str, str]]:
        return [fields for _, path, fields in self.asked if path.endswith(f"/{name}")]


@pytest.fixture
def rows_of_a_server():
    return Rows


@pytest.fixture
async def panel() -> AsyncIterator[VoipcloudPanel]:
    async with VoipcloudPanel() as panel:
        yield panel


@pytest.fixture
def open_account(panel: VoipcloudPanel, clock: HandClock):
    def account(*, timezone=None, throttle=None, **settings) -> Voipcloud:
        keys = VoipcloudSettings(**{"token": TOKEN, "base_url": panel.url, **settings})
        return Voipcloud(Opening("office", keys, throttle or LocalThrottle(clock, "VoIPcloud"), clock, timezone))

    return account


@pytest.fixture
def voipcloud(opened) -> Voipcloud:
    return opened()


class Office:
    """The sandbox on a world, and an account on it that keeps the vendor's own limit."""

    def __init__(self, clock: HandClock, version: str, history: timedelta) -> None:
        self.clock = clock
        self.world = world_at(clock, 7, history)
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


@pytest.fixture
def history() -> timedelta:
    """For how long the office has been at work."""
    return timedelta(hours=3)


@pytest.fixture(params=["v1", "v2"])
async def office(request, clock: HandClock, history: timedelta) -> AsyncIterator[Office]:
    office = Office(clock, request.param, history)
    await office.open()
    yield office
    await office.account.close()
    await office.server.close()
