"""The whole house, door to door: the service, a simulated MoMVOIP over HTTP, a local Slack at the wire."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app.service import Service, catalogue
from bot.demo.manifest import whole_manifest
from bot.demo.slack.town import MANAGER
from bot.settings import load
from providers.momvoip.sandbox import MomvoipSandbox, operation, sandbox_settings
from providers.sdk.simulation.world import World
from tests.deadlines import PATIENCE, patient_slack

HOOK = "a-long-random-word"
ALERTS = (
    {"name": "low-balance", "watch": "balance", "below": 50, "clear_above": 60},
    {"name": "spam-number", "watch": "number_spam"},
    {"name": "agent-gone", "watch": "agent_offline"},
    {"name": "pbx-down", "watch": "account_down"},
)


@dataclass
class House:
    """Everything that a flow needs. `config` is what is changed of the configuration before `open`."""

    folder: Path
    store_url: str
    clock: Any
    mode: str = "socket"
    config: dict[str, Any] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    services: list[Service] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    again: asyncio.Event = field(default_factory=asyncio.Event)

    async def build(self) -> "House":
        """The world outside: the vendor and Slack."""
        self.world = World(3, clock=self.clock)
        self.sandbox = MomvoipSandbox(self.world)
        app = self.sandbox.app()
        app.middlewares.insert(0, self._count)
        self.vendor = TestServer(app)
        await self.stack.enter_async_context(self.vendor)
        self.slack = patient_slack(self.clock, manifest=whole_manifest())
        await self.stack.enter_async_context(self.slack)
        return self

    @web.middleware
    async def _count(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.world.advance()
        response: web.StreamResponse = await handler(request)
        self.asked.append(operation(request))
        self.again.set()
        return response

    def text(self) -> str:
        """ringwatch.yaml."""
        door = {"app_token": self.slack.app_token} if self.mode == "socket" else {}
        keys = sandbox_settings(self.world, str(self.vendor.make_url("/")))
        config: dict[str, Any] = {
            "timezone": "Europe/Kyiv",
            "store": self.store_url,
            "data_dir": str(self.folder / "data"),
            "http": {"port": 0},
            "slack": {
                "bot_token": self.slack.bot_token,
                "signing_secret": self.slack.signing_secret,
                "api_url": self.slack.api_url,
                "channel": "#voip-alerts",
                **door,
            },
            "poll": dict.fromkeys(("balance", "numbers", "agents", "calls"), "1s"),
            "accounts": {"sales": {"provider": "momvoip", "currency": "USD", "webhook_token": HOOK, **keys}},
            "agents": {MANAGER: {"account": "sales", "agent": "1101"}},
            "calls": {"region": "US", "countries": ["US", "GB"]},
            "alerts": list(ALERTS),
        }
        return yaml.safe_dump(_merged(config, self.config))

    async def open(self) -> Service:
        """Start the service."""
        path = self.folder / "ringwatch.yaml"
        path.write_text(self.text(), encoding="utf-8")

        def read() -> Any:
            return load(path, {}, *catalogue())

        service = await Service.open(
            read().settings, clock=self.clock, steady=lambda: self.clock().timestamp(), read_again=read
        )
        await service.start()
        self.services.append(service)
        if self.mode == "socket":
            await self.slack.connected()
        else:
            self.slack.request_url = f"http://127.0.0.1:{service.web.port}/slack/events"
        return service

    def vendor_requests(self, operation: str) -> int:
        """How often the vendor was asked this."""
        return self.asked.count(operation)

    async def until(self, ask: Callable[[], object], what: str, within: float = PATIENCE) -> None:
        """Wait until the vendor has been asked enough."""
        async with asyncio.timeout(within):
            while not ask():
                self.again.clear()
                await self.again.wait()

    async def close(self) -> None:
        """Stop everything."""
        for service in self.services:
            await service.stop(6.0)
        await self.stack.aclose()


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        nested = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = _merged(out[key], value) if nested else value
    return out


Opener = Callable[..., Awaitable[House]]


@pytest.fixture(params=["socket", "http"])
def mode(request: pytest.FixtureRequest) -> str:
    """Both of Slack's modes. Socket Mode runs on the bundled store server, HTTP mode on a genuine Redis if there is one."""
    return str(request.param)


@pytest.fixture
def store_url(request: pytest.FixtureRequest, redis_servers: Callable[[str], Any]) -> str:
    """An empty store server."""
    mode = request.getfixturevalue("mode") if "mode" in request.fixturenames else "socket"
    genuine = mode == "http" and shutil.which("redis-server")
    server = redis_servers("path" if genuine else "bundled")
    server.flush()
    return str(server.url)


@pytest.fixture
async def build(tmp_path: Path, store_url: str, running_clock: Any) -> AsyncIterator[Opener]:
    """`await build(mode, **config)`: the world outside, and no service yet."""
    houses: list[House] = []

    async def made(mode: str = "socket", **config: Any) -> House:
        house = House(tmp_path, store_url, running_clock, mode, config)
        houses.append(house)
        return await house.build()

    yield made
    for house in houses:
        await house.close()


@pytest.fixture
async def house(build: Opener, mode: str) -> House:
    """A house with its service running, in either mode."""
    house = await build(mode)
    await house.open()
    return house
