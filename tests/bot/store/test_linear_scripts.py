"""The store's scripts take a time that grows as what they are given: its processor time, compared over doublings."""

import math
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import bot.store
from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Notification, NotificationKind, Observed, Severity
from bot.store import OutboxRow, Store
from providers.model import NumberStatus, PhoneNumber, Rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SMALL, DOUBLINGS = 1_000, 3  # of less the server says little
STEEPEST = 1.5  # the exponent: 1 is linear, 2 is quadratic


async def spent(store: Store) -> float:
    """Seconds of processor time that the server has used so far: what runs beside it does not count."""
    told = await store.ask("INFO", "cpu")
    text = told.decode() if isinstance(told, bytes) else str(told)
    return sum(float(used) for used in re.findall(r"used_cpu_(?:user|sys)'?[=':\s]+([\d.]+)", text))


async def commit(store: Store, n: int) -> None:
    """As many rows as there are incidents, committed and then looked for."""
    rows = [
        OutboxRow(
            f"card:{n}-{i}", Notification(NotificationKind.CARD, f"{n}-{i}", "opened"), "low", f"a{n}", "C1",
            Severity.WARNING, NOW, NOW,
        )
        for i in range(n)
    ]  # fmt: skip
    _, version = await store.alert_state("low", f"a{n}")
    assert await store.commit(AlertState("low", f"a{n}"), version, rows)


async def record(store: Store, n: int) -> None:
    """A reading of so many rows, with names that compress to nothing."""
    rows = Rows(tuple(PhoneNumber(f"{i * 7919 % 10**12:012}", NumberStatus.ACTIVE, f"{i**5}") for i in range(n)))
    for second in range(3):
        await store.record(
            f"a{n}", Kind.NUMBERS, Observed(rows, NOW + timedelta(seconds=second)), keep=timedelta(days=1)
        )
    await store.latest_readings(f"a{n}")


@pytest.mark.parametrize("work", [commit, record])
async def test_a_script_takes_a_time_that_grows_as_what_it_is_given(
    store: Store, work: Callable[[Store, int], Awaitable[None]]
) -> None:
    async def cost(n: int) -> float:
        costs = []
        for more in range(3):  # each under a name of its own, and the cheapest counts
            before = await spent(store)
            await work(store, n + more)
            costs.append(await spent(store) - before)
        return min(costs)

    small, large = await cost(SMALL), await cost(SMALL * 2**DOUBLINGS)
    assert small > 0
    assert math.log2(large / small) / DOUBLINGS < STEEPEST


def test_no_script_looks_for_a_pattern_that_may_begin_anywhere_and_run_far() -> None:
    """Lua's patterns have no limit of their own: ours begin at the beginning, or take runs of one class."""
    folder = Path(bot.store.__file__).parent
    found = {
        pattern
        for path in folder.glob("*.py")
        for pattern in re.findall(
            r"string\.(?:match|gmatch|find|gsub)\((?:[^'\n]|'[^'\n]*' *\.\.|'\w+')*?, '([^']+)'",
            path.read_text("utf-8"),
        )
    }
    assert found, "there are some"
    linear = {"[^\\\\n]+", "(%d+)-(%d+)"}  # runs; and an id of the server's own stream
    assert {pattern for pattern in found if not pattern.startswith("^")} <= linear
