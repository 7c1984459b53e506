"""One row to an outlet that carries it out: begun at most once, or told as unknown."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from bot.notify.leased_row import ARRIVAL_MARGIN, LeasedRow
from bot.notify.port import Outcome, Outgoing, Performer, SendFate, SendResult
from bot.notify.repeatable_delivery import Contexts
from bot.store import OutboxRow, Store


class SingleDelivery:
    """Delivers rows to a performer. Its caller holds the lease."""

    def __init__(self, performer: Performer, store: Store, contexts: Contexts, clock: Callable[[], datetime]) -> None:
        self._performer = performer
        self._store = store
        self._contexts = contexts
        self._clock = clock

    async def rate_of(self, _row: OutboxRow) -> str:
        """Returns which limit of its place a row is under: there is none."""
        return ""

    async def deliver(self, leased: LeasedRow) -> Outcome:
        """Carries one row out, or says that it may have been: before it is begun, the row is marked in the store."""
        row = leased.row
        context = await self._contexts.context(row)
        if context is None:
            return await leased.settle(Outcome.OBSOLETE, why="its incident is forgotten")
        outgoing = Outgoing(row, context)
        if row.doubt_until is not None:
            return await self._settled(leased, await self._performer.lost(outgoing))
        seconds = self._performer.limits.deadline
        if not await self._store.doubt(row, leased.token, self._clock() + seconds + ARRIVAL_MARGIN):
            return Outcome.FENCED
        try:
            async with asyncio.timeout(seconds.total_seconds()):
                result = await self._performer.send(outgoing)
        except TimeoutError:
            result = await self._performer.lost(outgoing)
        return await self._settled(leased, result)

    async def _settled(self, leased: LeasedRow, result: SendResult) -> Outcome:
        match result.fate:
            case SendFate.DELIVERED:
                return await leased.settle(Outcome.DELIVERED)
            case SendFate.OBSOLETE:
                return await leased.settle(Outcome.OBSOLETE, why=result.why)
            case _:
                return await leased.settle(Outcome.GIVEN_UP, why=result.why)
