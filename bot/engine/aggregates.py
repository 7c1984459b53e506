"""The gists of the history that watches ask for: read once, then only what is new; after a restart, again."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta

from bot.engine.evaluation import Rule
from bot.store import Store
from bot.watches import Aggregate, HistoryWindow

_NEXT = timedelta(microseconds=1)


class Aggregates:
    """One a rule, made anew from the store when there is none yet, or when the clock was set back."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[tuple[str, str], tuple[Aggregate, datetime]] = {}
        self._turns: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)  # no reading is added twice

    async def of(self, rule: Rule, now: datetime) -> Aggregate | None:
        """The gist of all that has been read until now; None where the rule wants none."""
        past = rule.past
        if past is None:
            return None
        async with self._turns[rule.home]:
            return await self._kept_up(rule, past, now)

    async def _kept_up(self, rule: Rule, past: HistoryWindow, now: datetime) -> Aggregate:
        aggregate, until = self._made.get(rule.home, (None, now))
        if aggregate is None or until > now:  # also where two readings share a moment: none may be missed
            aggregate, until = past.begin(rule.zone), now - past.reach
        for reading in await self._store.history(rule.policy.account, past.kind, until):
            aggregate.add(reading)
            until = max(until, reading.at + _NEXT)
        self._made[rule.home] = aggregate, until
        return aggregate
