"""The gists of the history: each reading is taken in once, whoever asks at the same time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bot.alerts.model import Kind, Observed, Policy
from bot.engine.aggregates import Aggregates
from bot.engine.evaluation import Rule
from bot.watches import HistoryWindow, WatchKeys
from bot.watches.registry import watches
from providers.model import Balance, Money


class Seen:
    """A gist that keeps all it was given."""

    def __init__(self):
        self.readings = []

    def add(self, reading):
        self.readings.append(reading)


async def test_it_takes_in_each_reading_once_though_two_ask_at_the_same_time(one_store, clock):
    past = HistoryWindow(Kind.BALANCE, timedelta(hours=1), lambda _zone: Seen())
    watch = replace(watches()["balance"], past=lambda _keys: past)
    rule = Rule(Policy("low", "sales", "balance", "#voip-alerts"), watch, WatchKeys())
    aggregates = Aggregates(one_store)
    for amount in range(5):
        reading = Observed(Balance(Money(Decimal(amount), "USD")), clock.advance(timedelta(minutes=1)))
        await one_store.record("sales", Kind.BALANCE, reading, keep=timedelta(days=1))
        found: list[Any] = await asyncio.gather(*(aggregates.of(rule, clock()) for _ in range(3)))
        assert [len(aggregate.readings) for aggregate in found] == [amount + 1] * 3
