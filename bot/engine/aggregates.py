"""The aggregates of the history: read once, then only what is new; after a restart, again."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta, tzinfo

from bot.store import Store
from bot.watches import Aggregate, HistoryWindow

_NEXT = timedelta(microseconds=1)
_Key = tuple[str, HistoryWindow, tzinfo]


class Aggregates:
    """Keeps one aggregate for each account, window and zone; alerts and commands share them.

    Each is computed anew from the store when there is none yet, or when the clock was set back. A window is known by
    its value, so its `begin` has to be the same function each time.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._made: dict[_Key, tuple[Aggregate, datetime]] = {}
        self._turns: defaultdict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)  # no reading is added twice

    async def of(self, account: str, window: HistoryWindow, zone: tzinfo, now: datetime) -> Aggregate:
        """Returns the aggregate of all readings in the window until `now`.

        It is shared and goes on being added to, so change nothing in it. Raises `StoreError`.
        """
        key = (account, window, zone)
        async with self._turns[key]:
            aggregate, until = self._made.get(key, (None, now))
            if aggregate is None or until > now:  # also where two readings share a moment: none may be missed
                aggregate, until = window.begin(zone), now - window.reach
            for reading in await self._store.history(account, window.kind, until):
                aggregate.add(reading)
                until = max(until, reading.at + _NEXT)
            self._made[key] = aggregate, until
            return aggregate
