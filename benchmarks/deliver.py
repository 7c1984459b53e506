"""A verdict, committed first, then told: from the reading's judging to the request's arrival at a local Slack.

    .venv/bin/python benchmarks/deliver.py

Single alerts, each of another account to another channel. Beside slack-sdk's bare chat.postMessage, which keeps
nothing; with the store in memory, and on the disk, where each step waits until it is written, as a bare write does.
"""

import asyncio
import os
import time
from contextlib import AsyncExitStack, ExitStack
from decimal import Decimal
from pathlib import Path

import aiohttp
from measuring import MINE, ROUNDS, THEIRS, Other, beside, folder, median, now, quantile, quiet, stay_on, table
from slack_sdk.web.async_client import AsyncWebClient
from stand_in import configuration, settings, slack

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.app.service import catalogue
from bot.app.wiring import rules
from bot.dialog.context import Access, Actor, Context
from bot.engine.engine import Engine
from bot.notify.contexts import NotificationContexts
from bot.notify.dispatcher import Dispatcher
from bot.slack.slack_app import SlackApp
from bot.store import Store
from bot.store.embedded import EmbeddedServer
from providers.model import Balance, Money

ALERTS_A_ROUND = 30
BREATH = 0.03  # seconds from one alert's arrival to the next
LOW = Balance(Money(Decimal(5), "USD"))


class Told:
    """Ringwatch from the store to Slack, without its vendors. Each alert is another account's."""

    def __init__(self, api_url: str, place: Path) -> None:
        count = ALERTS_A_ROUND * ROUNDS + 1
        names = [f"a{n}" for n in range(count)]
        keys = {"provider": "momvoip", "api_key": "k"}
        alerts = [
            {"name": f"low-{n}", "watch": "balance", "below": 50, "accounts": [name], "channel": f"#c{n + 1}"}
            for n, name in enumerate(names)
        ]
        config = configuration(api_url, str(place), accounts=dict.fromkeys(names, keys), alerts=alerts)
        self._place, self._told = place, settings(config, place)
        self._left = iter(names)

    async def open(self, rooms: AsyncExitStack) -> None:
        """Start it, and tell one alert, so that all lines are open."""
        stay_on(THEIRS)
        url = await rooms.enter_async_context(EmbeddedServer(self._place / "data"))
        stay_on(MINE)
        self._store = Store(url, clock=now)
        rooms.push_async_callback(self._store.close)
        self._engine = Engine(self._store, rules(self._told, catalogue()[1]), now, told=self._new)
        self._front = SlackApp(
            settings=lambda: self._told,
            store=self._store,
            context=self._context,
            commands={},
            actions={},
            clock=now,
        )
        contexts = NotificationContexts(self._store, self._engine, now)
        outlets = [self._front.messenger]
        self._dispatcher = Dispatcher(outlets, store=self._store, notifications=contexts, clock=now)
        await self._front.start()
        rooms.push_async_callback(self._front.close)
        rooms.push_async_callback(self._front.stop, 3.0)
        self._dispatcher.start()
        rooms.push_async_callback(self._dispatcher.stop, 3.0)

    def _new(self) -> None:
        self._dispatcher.notify()

    def _context(self, actor: Actor, access: Access) -> Context:
        raise NotImplementedError

    async def post(self) -> float:
        """When the verdict began."""
        account = next(self._left)
        await self._store.record(account, Kind.BALANCE, Observed(LOW, now()), keep=self._told.history)
        began = time.perf_counter()
        await self._engine.observe(account, Kind.BALANCE)
        return began


class Bare:
    """Nothing but the post, over a kept session."""

    def __init__(self, api_url: str, session: aiohttp.ClientSession) -> None:
        self._client = AsyncWebClient(token="xoxb-1", base_url=api_url, session=session, retry_handlers=[])

    async def post(self) -> float:
        """When it began."""
        began = time.perf_counter()
        await self._client.chat_postMessage(channel="C1", text="The balance is low", unfurl_links=False)
        return began


async def times(who: Told | Bare, there: Other, count: int) -> list[float]:
    """Seconds until each arrived."""
    took, loop = [], asyncio.get_running_loop()
    for _ in range(count):
        there.pipe.send(1)
        began = await who.post()
        ((_, arrived),) = await loop.run_in_executor(None, there.recv)
        took.append(arrived - began)
        await asyncio.sleep(BREATH)
    return took


def writes(place: Path) -> list[float]:
    """Seconds that a small write to the disk takes until it is there."""
    took = []
    with (place / "written").open("wb", buffering=0) as file:
        for _ in range(ALERTS_A_ROUND):
            began = time.perf_counter()
            file.write(b"x" * 500)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return took


async def main() -> None:
    """All of them in turn, round by round."""
    quiet()
    found: dict[str, list[list[float]]] = {}
    with ExitStack() as stack:
        there = stack.enter_context(beside(slack))
        api_url, disk = there.recv(), stack.enter_context(folder())
        async with AsyncExitStack() as rooms:
            in_memory, on_disk = Told(api_url, stack.enter_context(folder(memory=True))), Told(api_url, disk)
            bare = Bare(api_url, await rooms.enter_async_context(aiohttp.ClientSession()))
            everybody: dict[str, Told | Bare] = {
                "slack-sdk": bare,
                "Ringwatch, store in memory": in_memory,
                "Ringwatch, store on the disk": on_disk,
            }
            for one in (in_memory, on_disk):
                await one.open(rooms)
            for each in everybody.values():
                await times(each, there, 1)
            for _ in range(ROUNDS):
                for name, each in everybody.items():
                    found.setdefault(name, []).append(await times(each, there, ALERTS_A_ROUND))
                found.setdefault("one write to the disk", []).append(writes(disk))
    halves = {name: median([quantile(one, 0.5) for one in each]) * 1e3 for name, each in found.items()}
    tails = {name: median([quantile(one, 0.99) for one in each]) * 1e3 for name, each in found.items()}
    table(
        "a verdict to Slack, single alerts",
        ("", "p50 ms", "p99 ms", "to slack-sdk"),
        [
            (name, f"{halves[name]:.2f}", f"{tails[name]:.2f}", f"{halves[name] / halves['slack-sdk']:.1f}")
            for name in found
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
