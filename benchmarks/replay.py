"""How long a replay of seven days of minutes takes: out of a real store, and through the live steps.

    .venv/bin/python benchmarks/replay.py

The promise is less than a second on one core. The last line holds on any machine: what a replay costs beside the
bare judging of the same readings, which it cannot do without.
"""

import asyncio
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter, process_time

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Blind, LatestReading, Observed, Reading
from bot.alerts.policy import Policy
from bot.engine.evaluation import EvaluationInput, Rule, evaluated
from bot.engine.replay import WARM_UP, replay, wanted
from bot.store import Store
from bot.store.embedded import EmbeddedServer
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE, DAYS = timedelta(minutes=1), timedelta(days=7)
RUNS = 5
RULE = Rule(
    Policy("low-balance", "sales", "balance", "#alerts", repeat=(timedelta(hours=1), timedelta(hours=4))),
    watches()["balance"],
    BalanceKeys(below=Decimal(50)),
    polled=frozenset({Kind.BALANCE}),
    every={Kind.BALANCE: MINUTE},
)


def spending() -> list[Reading]:
    """A balance that is spent and topped up about twice a day, and now and then not seen."""
    chance, left, at = random.Random(1), Decimal(90), NOW - DAYS - WARM_UP  # nothing is guarded by it
    readings: list[Reading] = []
    while at <= NOW:
        left = left + 60 if left < 40 else left - Decimal(chance.randrange(20)) / 100
        seen = chance.random() > 0.001
        observed = Observed(Balance(Money(left, "USD")), at)
        readings.append(observed if seen else Blind("It timed out.", ErrorKind.UNAVAILABLE, at))
        at += MINUTE
    return readings


def bare(readings: Sequence[Reading]) -> int:
    """Nothing but the judging: how many findings there are."""
    alert_state, latest_reading, found = AlertState(*RULE.home), LatestReading(), 0
    for reading in readings:
        latest_reading = latest_reading.after(reading)
        judgement = evaluated(RULE, alert_state, EvaluationInput(reading.at, {Kind.BALANCE: latest_reading}))
        found += len(judgement.findings) if judgement is not None else 0
    return found


def fastest(of: Callable[[], object]) -> float:
    """The shortest of a few runs, in seconds of one core."""
    times = []
    for _ in range(RUNS):
        started = process_time()
        of()
        times.append(process_time() - started)
    return min(times)


async def reading(store: Store) -> tuple[dict[Kind, list[Reading]], float]:
    """All that the replay takes, and the shortest of a few times that it took to read it."""
    times = []
    history: dict[Kind, list[Reading]] = {}
    for _ in range(RUNS):
        started = perf_counter()
        for kind, begin in wanted(RULE, NOW - DAYS).items():
            history[kind] = await store.history("sales", kind, begin, NOW)
        times.append(perf_counter() - started)
    return history, min(times)


async def main() -> None:
    """Fill a store of our own, replay, and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedServer(Path(folder)) as url:
            store = await Store.connect(url, clock=lambda: NOW)
            for one in spending():
                await store.record("sales", Kind.BALANCE, one, keep=timedelta(days=30))
            history, read = await reading(store)
            await store.close()
    found = replay(RULE, history, NOW - DAYS, NOW)
    replayed = fastest(lambda: replay(RULE, history, NOW - DAYS, NOW))
    judging = fastest(lambda: bare(history[Kind.BALANCE]))
    sys.stdout.write(
        f"seven days: {found.readings:,} readings, {found.blind} of them blind; {len(found.raises)} raises\n"
        f"and a day beforehand, to know what stood already: {len(history[Kind.BALANCE]):,} readings in all\n"
        f"read from the store {read:.3f} s, replayed {replayed:.3f} s: {read + replayed:.3f} s\n"
        f"the replay is {replayed / judging:.1f} times the bare judging\n"
    )


if __name__ == "__main__":
    asyncio.run(main())
