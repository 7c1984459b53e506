"""The whole house on a clock that is moved by hand: five simulated vendors, a local Slack, a store, the service.

Nothing here waits for time. Between two moments at which something is due nothing would happen, so they are skipped.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from copy import deepcopy
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alerts.kinds import Kind
from bot.app.service import Service, catalogue
from bot.demo.manifest import whole_manifest
from bot.demo.slack import Interaction, LocalSlack, Message
from bot.settings import load
from bot.store.alert_states import due_keys
from bot.store.connection import key
from providers.events import Event
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World
from tests.deadlines import PATIENCE

KYIV = ZoneInfo("Europe/Kyiv")
SECOND = timedelta(seconds=1)
EXTENSION = 4  # digits; a customer's number has more
HOOK = "a-long-random-word"
PLACES = {"sales": "momvoip", "helpdesk": "voicenter", "wholesale": "mor", "office": "voipcloud", "branch": "iexpbx"}


class HandScheduler:
    """The service's scheduler with nobody behind it: its jobs are called by name."""

    def __init__(self) -> None:
        self.jobs: dict[str, Callable[[], Awaitable[None]]] = {}

    def every(self, _seconds: float, job: Callable[[], Awaitable[None]], *, name: str, first: float = 0.0) -> None:
        self.jobs[name] = job

    def start(self) -> None:
        """Nothing starts by itself."""

    async def stop(self, _grace: float) -> None:
        self.jobs.clear()


class Town:
    """Everything, at the moment that `clock` tells.

    `note` is called with a line for whatever the script does, `pressing` with a message before it is pressed, `hooked`
    with what a webhook's receiver gets and its answer's status. `hook` in the configuration is that receiver's address.
    """

    def __init__(
        self, clock: Any, day: date, start: str, folder: Path, store_url: str, config: Mapping[str, Any]
    ) -> None:
        self.clock, self.day = clock, day
        clock.now = datetime.combine(day, time.fromisoformat(start), KYIV).astimezone(ZoneInfo("UTC"))
        self.folder, self.store_url = folder, store_url
        self.config: dict[str, Any] = deepcopy(dict(config))
        self.note: Callable[[str], None] = lambda _line: None
        self.pressing: Callable[[Message], None] = lambda _message: None
        self.hooked: Callable[[dict[str, Any], int], None] = lambda _body, _status: None
        self.busy = 0  # so many times the receiver answers 503, and to come back in half a minute
        self.zone = KYIV
        self._stack = AsyncExitStack()

    # --- the world outside

    async def build(self) -> "Town":
        """The vendors and Slack, and no service yet."""
        self.worlds = {name: World(seed, clock=self.clock) for seed, name in enumerate(PLACES, start=7)}
        self.sandboxes: dict[str, Any] = {}
        self._accounts: dict[str, dict[str, Any]] = {}
        for name, world in self.worlds.items():
            sandbox = sandbox_of(PLACES[name])
            self.sandboxes[name] = sandbox.open(world)
            server = TestServer(self.sandboxes[name].app())
            await self._stack.enter_async_context(server)
            keys = sandbox.settings(world, str(server.make_url("/")))
            self._accounts[name] = {"provider": PLACES[name], "currency": "USD", "webhook_token": HOOK, **keys}
        receiver = web.Application()
        receiver.router.add_post("/hook", self._receive)
        self._receiver = TestServer(receiver)
        await self._stack.enter_async_context(self._receiver)
        self.slack = LocalSlack(self.clock, manifest=whole_manifest(), patience=PATIENCE)
        await self._stack.enter_async_context(self.slack)
        return self

    async def open(self) -> None:
        """Start the service, on what the store knows."""
        path = self.folder / "ringwatch.yaml"

        def read() -> Any:
            path.write_text(self._text(), encoding="utf-8")
            return load(path, {}, *catalogue())

        self.service = await Service.open(read().settings, clock=self.clock, read_again=read)
        service: Any = self.service
        service.scheduler = HandScheduler()
        await self.service.start()
        service.poller.poll = one_by_one(service.poller.poll)
        self.slack.request_url = f"http://127.0.0.1:{self.service.web.port}/slack/events"

    async def shut(self) -> None:
        """Stop the service."""
        await self.service.stop(6.0)

    async def close(self) -> None:
        """Stop everything."""
        await self.shut()
        await self._stack.aclose()
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    async def _receive(self, request: web.Request) -> web.Response:
        status = 503 if self.busy else 200
        self.busy -= bool(self.busy)
        self.hooked(await request.json(), status)
        return web.Response(status=status, headers={"Retry-After": "30"} if status == 503 else {})

    def _text(self) -> str:
        polls = self.config.get("polls", {})
        accounts = {name: {**keys, "poll": polls.get(name, {})} for name, keys in self._accounts.items()}
        slack = {
            "bot_token": self.slack.bot_token,
            "signing_secret": self.slack.signing_secret,
            "api_url": self.slack.api_url,
            "channel": "#voip-alerts",
        }
        rest = {name: value for name, value in self.config.items() if name not in {"polls", "alerts"}}
        hook = str(self._receiver.make_url("/hook"))
        alerts = [{k: hook if k == "webhook" else v for k, v in alert.items()} for alert in self.config["alerts"]]
        whole = {
            "timezone": "Europe/Kyiv",
            "store": self.store_url,
            "data_dir": str(self.folder / "data"),
            "http": {"port": 0},
            "slack": slack,
            "accounts": accounts,
            "alerts": alerts,
            **rest,
        }
        return yaml.safe_dump(whole, sort_keys=False)

    # --- time

    def moment(self, at: str) -> datetime:
        """``09:30``, ``09:30:15``, or ``+1 08:00`` on the next day, by the clock on the wall."""
        days, _, wall = at.rpartition(" ")
        day = self.day + timedelta(days=int(days or 0))
        return datetime.combine(day, time.fromisoformat(wall), KYIV).astimezone(ZoneInfo("UTC"))

    async def at(self, moment: str, line: str = "") -> None:
        """Let everything happen until then, that moment included; then the script says what it does."""
        until = self.moment(moment)
        assert until >= self.clock.now, f"{moment} is over"
        await self._until(until)
        if line:
            self.note(line)

    async def _until(self, until: datetime) -> None:
        while self.clock.now < until:
            self.clock.now = min(until, await self._next())
            await self.look()

    async def after(self, seconds: float) -> None:
        """Let so many seconds pass, and everything happen in them."""
        await self._until(self.clock.now + timedelta(seconds=seconds))

    def skip(self, seconds: float) -> None:
        """So many seconds in which the service does not run."""
        self.clock.advance(timedelta(seconds=seconds))

    async def look(self) -> None:
        """What the service does at one moment: polls, alerts, deliveries."""
        service: Any = self.service
        jobs = service.scheduler.jobs
        await jobs["polls"]()
        await self.service.poller.drain(PATIENCE)
        await jobs["alerts"]()
        await self.deliver()

    async def deliver(self) -> None:
        """What may be told now."""
        journal, store = self.slack.journal, self.service.store
        while await store.due_rows("slack", self.clock()):
            before = len(journal.entries)
            await self.service.dispatcher.run_once("slack")
            if len(journal.entries) == before:
                break  # what is left waits for its turn
        while await store.due_rows("webhook", self.clock()):
            await self.service.dispatcher.run_once("webhook")

    async def _next(self) -> datetime:
        """The next whole second at which something is due."""
        now, store = self.clock(), self.service.store
        poller = self.service.poller
        dues = [due for due in (await store.next_polls(poller.polls())).values() if due > now]
        dues += [due for due in poller._wanted_at.values() if due > now]
        found = await store.ask("ZRANGEBYSCORE", key("ledgers", "due"), f"({_micros(now)}", "+inf",
                                "WITHSCORES", "LIMIT", 0, 1)  # fmt: skip
        dues += [_moment(score) for score in found[1::2]]
        for index in due_keys():
            found = await store.ask("ZRANGE", index, 0, 0, "WITHSCORES")
            dues += [max(_moment(score), now + SECOND) for score in found[1::2]]
        ahead = min(dues, default=now + timedelta(minutes=1))
        return ahead if not ahead.microsecond else ahead.replace(microsecond=0) + SECOND

    # --- people

    async def press(self, user: str, shown: Message, button: str, **how: Any) -> Interaction:
        """Press, and let the service do what it does of it at this moment."""
        self.pressing(shown)
        pressed = await self.slack.press(user, shown, button, **how)
        assert pressed.acked, pressed
        await self._served()
        return pressed

    async def command(self, user: str, channel: str, words: str) -> Interaction:
        """Type a slash command, and let it be answered."""
        name, _, text = words.partition(" ")
        typed = await self.slack.command(user, channel, name, text)
        assert typed.acked, typed
        await self._served()
        return typed

    async def push(self, account: str, event: Event) -> None:
        """The vendor pushes an event, and the service acts on it at this moment."""
        sandbox = self.sandboxes[account]
        sandbox.webhook_url = f"http://127.0.0.1:{self.service.web.port}/hooks/{account}/{HOOK}"
        assert await sandbox.push(event) == 200
        await self.look()

    async def _served(self) -> None:
        await self.service.slack.listeners.drain(PATIENCE)
        await self.look()

    def customers(self) -> set[str]:
        """The numbers of all who have called lately: nobody may read one in full in a channel."""
        numbers = {caller.caller for world in self.worlds.values() for caller in world.live_calls}
        return {number for number in numbers if len(number) > EXTENSION} | {"12025550177"}

    def shown(self, channel: str, containing: str) -> Message:
        """The newest message in a channel that says so and has buttons."""
        return [message for message in self.slack.messages(channel, containing) if message.elements][-1]


def one_by_one(poll: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Polls that are due together are asked in the order of the configuration: which answers first is chance."""
    turns = asyncio.Lock()

    async def asked(account: str, kind: Kind) -> None:
        async with turns:
            await poll(account, kind)

    return asked


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * 1_000_000 + at.microsecond


def _moment(score: bytes) -> datetime:
    return datetime.fromtimestamp(float(score) / 1_000_000, ZoneInfo("UTC"))
