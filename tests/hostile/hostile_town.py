"""The whole house with all five vendors on their sandboxes, a Slack at the wire, and the service in here or outside."""

import os
import sys
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.app.service import Service, catalogue
from bot.demo.manifest import whole_manifest
from bot.demo.slack.town import MANAGER
from bot.settings import load
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World
from tests.deadlines import PATIENCE, patient_slack

PLACES = {"sales": "momvoip", "helpdesk": "voicenter", "wholesale": "mor", "office": "voipcloud", "branch": "iexpbx"}
HOOK = "a-long-random-word"
KINDS = ("balance", "numbers", "agents", "queues", "calls")
EVERYTHING = ("hangup", "recordings", "reveal", "vendor_edit", "ivr", "mask", "admin")
Respond = Callable[[str, web.Request, Any], Awaitable[web.StreamResponse]]


class Town:
    """Five accounts. `respond` may answer in a sandbox's place; `asked` are the requests that arrived, by account."""

    def __init__(self, folder: Path, store_url: str, clock: Callable[[], datetime]) -> None:
        self.folder, self.store_url, self.clock = folder, store_url, clock
        self.worlds: dict[str, World] = {}
        self.sandboxes: dict[str, Any] = {}
        self.urls: dict[str, str] = {}
        self.asked: dict[str, list[str]] = {}
        self.respond: Respond | None = None
        self.service: Service | None = None
        self._stack = AsyncExitStack()

    async def build(self) -> "Town":
        for number, (name, slug) in enumerate(PLACES.items()):
            self.worlds[name] = World(number + 3, clock=self.clock, history=timedelta(minutes=45))
            self.sandboxes[name] = sandbox_of(slug).open(self.worlds[name])
            self.asked[name] = []
            app = self.sandboxes[name].app()
            app.middlewares.insert(0, self._door(name))
            server = await self._stack.enter_async_context(TestServer(app))
            self.urls[name] = str(server.make_url("/"))
        self.slack = patient_slack(self.clock, manifest=whole_manifest())
        await self._stack.enter_async_context(self.slack)
        return self

    def _door(self, name: str) -> Any:
        @web.middleware
        async def door(request: web.Request, handler: Any) -> web.StreamResponse:
            self.asked[name].append(f"{request.method} {request.path_qs}")
            return await (self.respond(name, request, handler) if self.respond else handler(request))

        return door

    def text(self, mode: str = "http", **over: Any) -> str:
        """ringwatch.yaml: nothing is polled unless `over` says so, and the manager may do everything."""
        accounts = {}
        for name, slug in PLACES.items():
            keys = sandbox_of(slug).settings(self.worlds[name], self.urls[name])
            accounts[name] = {"provider": slug, "currency": "USD", "webhook_token": HOOK, **keys}
        door = {"app_token": self.slack.app_token} if mode == "socket" else {}
        slack = {"bot_token": self.slack.bot_token, "signing_secret": self.slack.signing_secret, **door}
        config = {
            "timezone": "Europe/Kyiv",
            "store": self.store_url,
            "data_dir": str(self.folder / "data"),
            "http": {"port": 0},
            "slack": {**slack, "api_url": self.slack.api_url, "channel": "#voip-alerts"},
            "poll": dict.fromkeys(KINDS, "off"),
            "accounts": accounts,
            "agents": {MANAGER: {"account": "sales", "agent": "1101"}},
            "calls": {"region": "US", "countries": ["US", "GB"]},
            "permissions": {name: [MANAGER] for name in EVERYTHING},
            **over,
        }
        return yaml.safe_dump(config)

    def write(self, mode: str = "http", **over: Any) -> Path:
        path = self.folder / "ringwatch.yaml"
        path.write_text(self.text(mode, **over), encoding="utf-8")
        return path

    async def open(self, mode: str = "http", **over: Any) -> "Town":
        """Start the service in here."""
        path = self.write(mode, **over)

        def read() -> Any:
            return load(path, {}, *catalogue())

        self.service = await Service.open(read().settings, clock=self.clock, read_again=read)
        await self.service.start()
        if mode == "socket":
            await self.slack.connected()
        else:
            self.slack.request_url = self.url("/slack/events")
        return self

    async def outside(self, **over: Any) -> Process:
        """Start the service as a process of its own, on a socket; it logs into `folder`/log."""
        command = [sys.executable, "-m", "bot.cli", "run", "--config", str(self.write("socket", **over))]
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with (self.folder / "log").open("wb") as log:
            process = await create_subprocess_exec(*command, stdout=DEVNULL, stderr=log, env=env)
        await self.slack.connected()
        return process

    def url(self, path: str) -> str:
        assert self.service is not None
        return f"http://127.0.0.1:{self.service.web.port}{path}"

    async def ask(self, line: str, user: str = "ivan", within: float = PATIENCE) -> Any:
        """`/balance sales`, as a person types it; the answer."""
        name, _, words = line.partition(" ")
        done = await self.slack.command(user, "#general", name, words)
        assert done.acked
        return await done.answer(within=within)

    async def close(self) -> None:
        if self.service is not None:
            await self.service.stop(6.0)
        await self._stack.aclose()
