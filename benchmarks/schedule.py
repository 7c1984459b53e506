"""Ten thousand scheduled polls a minute: how long after its due time each begins, in the steady state after a start.

    .venv/bin/python benchmarks/schedule.py

The vendor costs nothing; all else is real: the clock that calls, turns over a store on the disk, readings, judging.
Beside it bare timers of the event loop at the same pace.
"""

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from measuring import MINE, ROUNDS, THEIRS, folder, median, now, quantile, quiet, stay_on, table
from stand_in import configuration, settings

from bot.alerts.kinds import Kind
from bot.app.scheduler import Scheduler
from bot.app.service import SWEEP_SECONDS, catalogue
from bot.app.wiring import intake, rules
from bot.engine.engine import Engine
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts, OpenAccount
from bot.readings.poller import Poller, PollKey
from bot.settings import Settings
from bot.store import Store
from bot.store.embedded import EmbeddedServer
from providers.model import Agent, AgentState, Balance, Money, NumberStatus, Page, PhoneNumber, Rows

A_MINUTE = 10_000
ACCOUNTS = 411  # with four kinds each, every 8 to 12 seconds: ten thousand a minute
WARM, ROUND, BARE = 25.0, 8.0, 2.0  # seconds
ALERTS = [{"name": "low-balance", "watch": "balance", "below": 50}, {"name": "agent-gone", "watch": "agent_offline"}]

_BALANCE = Balance(Money(Decimal(90), "USD"))
_NUMBERS = Rows((PhoneNumber("380441000001", NumberStatus.ACTIVE, "active"),))
_AGENTS = Rows((Agent("1101", AgentState.AVAILABLE, "online"),))


class Nothing:
    """A vendor that costs nothing. It notes when it is asked."""

    def __init__(self, name: str, asked: Callable[[PollKey], None]) -> None:
        self._name, self._asked = name, asked

    async def close(self) -> None:
        """Nothing to give back."""

    async def balance(self) -> Balance:
        self._asked((self._name, Kind.BALANCE))
        return _BALANCE

    async def numbers(self) -> Rows[PhoneNumber]:
        self._asked((self._name, Kind.NUMBERS))
        return _NUMBERS

    async def agents(self) -> Rows[Agent]:
        self._asked((self._name, Kind.AGENTS))
        return _AGENTS

    async def calls(self, _since: datetime, _until: datetime, **_: Any) -> Page[Any]:
        self._asked((self._name, Kind.CALLS))
        return Page(Rows(()), 1, more=False)


class Noting(Store):
    """A store that notes when each turn was taken."""

    taken: dict[PollKey, datetime]

    async def poll_due(self, account: str, kind: Kind, interval: timedelta, now: datetime) -> bool:
        """As ever."""
        took = await super().poll_due(account, kind, interval, now)
        if took:
            self.taken[account, kind] = now
        return took


def _told(place: Any) -> Settings:
    chance = random.Random(1)  # nothing is guarded by it
    accounts = {
        f"a{n}": {
            "provider": "momvoip",
            "api_key": "k",
            "poll": {kind: f"{chance.randint(8, 12)}s" for kind in ("balance", "numbers", "agents", "calls")},
        }
        for n in range(ACCOUNTS)
    }
    return settings(configuration("http://127.0.0.1:9/api/", str(place), accounts=accounts, alerts=ALERTS), place)


async def bare() -> list[float]:
    """Seconds that timers of the event loop come late."""
    loop, lags = asyncio.get_running_loop(), []
    began, count = loop.time(), int(BARE * A_MINUTE / 60)
    for n in range(count):
        due = began + n * 60 / A_MINUTE
        loop.call_at(due, lambda due=due: lags.append(loop.time() - due))  # type: ignore[misc]
    await asyncio.sleep(BARE + 0.2)
    return lags


async def scheduled(rooms: AsyncExitStack) -> tuple[list[list[float]], float, float]:
    """The lags, in seconds, of each round; polls a minute; and the share of a core that they cost."""
    place = rooms.enter_context(folder())
    stay_on(THEIRS)
    store = Noting(await rooms.enter_async_context(EmbeddedServer(place / "data")), clock=now)
    stay_on(MINE)
    store.taken = {}
    rooms.push_async_callback(store.close)
    told, (vendors, watches) = _told(place), catalogue()
    lags: list[float] = []
    due: dict[PollKey, datetime] = {}

    def asked(poll: PollKey) -> None:
        at = now()
        if poll in due:
            lags.append((at - due[poll]).total_seconds())
        due[poll] = store.taken.get(poll, at) + polls[poll]

    vendor = vendors["momvoip"]
    accounts = Accounts(
        {n: OpenAccount(n, vendor.title, Nothing(n, asked), a, vendor) for n, a in told.accounts.items()}, vendors
    )
    engine = Engine(store, rules(told, watches), now)
    into = intake(store, lambda: told, engine)
    poller = Poller(
        settings=lambda: told, accounts=lambda: accounts, store=store, intake=into, metrics=Metrics(), clock=now
    )
    polls = poller.polls()
    clock = Scheduler(now)
    clock.every(SWEEP_SECONDS, poller.sweep, name="polls")
    clock.start()
    await asyncio.sleep(WARM)
    rounds = []
    began, computed, count = time.perf_counter(), time.process_time(), 0
    for _ in range(ROUNDS):
        lags.clear()
        await asyncio.sleep(ROUND)
        rounds.append(list(lags))
        count += len(lags)
    spent = time.perf_counter() - began
    share = (time.process_time() - computed) / spent
    await clock.stop(1.0)
    await poller.drain(2.0)
    return rounds, count / spent * 60, share


async def main() -> None:
    """The bare timers, then the service."""
    quiet()
    async with AsyncExitStack() as rooms:
        rounds, rate, share = await scheduled(rooms)
        floor = [await bare() for _ in range(ROUNDS)]
    rows = []
    for name, found, more in (
        ("bare timers", floor, ("", "")),
        ("Ringwatch", rounds, (f"{rate:,.0f}", f"{share:.0%}")),
    ):
        half, tail = (median([quantile(one, share) for one in found]) * 1e3 for share in (0.5, 0.99))
        rows.append((name, f"{half:.1f}", f"{tail:.1f}", *more))
    table(
        f"{A_MINUTE:,} scheduled polls a minute of {4 * ACCOUNTS:,}",
        ("", "late p50 ms", "p99 ms", "a minute", "of a core"),
        rows,
    )


if __name__ == "__main__":
    asyncio.run(main())
