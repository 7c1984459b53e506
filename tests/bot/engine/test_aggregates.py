"""The aggregates of the history: each reading is taken in once, whoever asks at the same time."""

import asyncio
from datetime import UTC, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.engine.aggregates import Aggregates
from bot.watches import HistoryWindow
from bot.watches.registry import watches
from providers.model import Balance, Money


class Seen:
    """An aggregate that keeps all it was given."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone, self.readings = zone, list[Any]()

    def add(self, reading: Any) -> None:
        self.readings.append(reading)


PAST = HistoryWindow(Kind.BALANCE, timedelta(hours=1), Seen)


async def test_it_takes_in_each_reading_once_though_two_ask_at_the_same_time(one_store, clock):
    aggregates = Aggregates(one_store)
    for amount in range(5):
        reading = Observed(Balance(Money(Decimal(amount), "USD")), clock.advance(timedelta(minutes=1)))
        await one_store.record("sales", Kind.BALANCE, reading, keep=timedelta(days=1))
        found: list[Any] = await asyncio.gather(*(aggregates.of("sales", PAST, UTC, clock()) for _ in range(3)))
        assert [len(aggregate.readings) for aggregate in found] == [amount + 1] * 3


async def test_who_asks_for_the_same_gets_the_same_and_for_another_zone_or_account_another(one_store, clock):
    aggregates, kyiv = Aggregates(one_store), ZoneInfo("Europe/Kyiv")
    again = HistoryWindow(Kind.BALANCE, timedelta(hours=1), Seen)
    first = await aggregates.of("sales", PAST, UTC, clock())
    assert await aggregates.of("sales", again, UTC, clock()) is first
    assert await aggregates.of("support", PAST, UTC, clock()) is not first
    other: Any = await aggregates.of("sales", PAST, kyiv, clock())
    assert other.zone is kyiv


def test_every_watch_asks_for_the_same_window_each_time():
    keys = {"balance": {"below": 5}, "queue_wait": {"waiting_above": 3}}
    asking = [watch for watch in watches().values() if watch.past is not None]
    assert {watch.name for watch in asking} == set(keys)
    for watch in asking:
        assert watch.past is not None
        first, again = (watch.past(watch.keys(**keys[watch.name])) for _ in range(2))
        assert first == again, "one that differs each time would be read anew each time, and kept for good"
