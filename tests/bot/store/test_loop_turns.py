"""A reading of thousands of rows is put into its stored form beside the event loop: turns are counted, not seconds."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.store import Store, readings
from providers.model import NumberStatus, PhoneNumber, Rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ROWS = 20_000


def numbers(spam: int) -> Rows[PhoneNumber]:
    def status(n: int) -> NumberStatus:
        return NumberStatus.SPAM if n == spam else NumberStatus.ACTIVE

    return Rows(tuple(PhoneNumber(f"38067{n:07}", status(n), "") for n in range(ROWS)))


@pytest.mark.parametrize(
    ("most", "held"), [(readings.MAX_INLINE_ROWS, False), (ROWS, True)], ids=["beside", "on the loop"]
)
async def test_many_rows_leave_the_loop_to_others(
    store: Store, monkeypatch: pytest.MonkeyPatch, most: int, held: bool
) -> None:
    turns = 0
    made: list[int] = []
    entry = readings._entry

    def counted(*given: Any) -> Any:
        before = turns
        found = entry(*given)
        made.append(turns - before)
        return found

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    monkeypatch.setattr(readings, "_entry", counted)
    monkeypatch.setattr(readings, "MAX_INLINE_ROWS", most)
    counting = asyncio.create_task(count())
    last = Observed(numbers(2), NOW + timedelta(seconds=9))
    for reading in (Observed(numbers(1), NOW), last):
        await store.record("sales", Kind.NUMBERS, reading, keep=timedelta(days=1))
    counting.cancel()
    assert all(number == 0 if held else number > 50 for number in made), made
    assert len(made) == 2
    assert (await store.latest_reading("sales", Kind.NUMBERS)).observed == last
