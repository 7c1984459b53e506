"""Delivers one row to an outlet whose receiver knows a repetition by the row's id: at least once."""

import asyncio
from typing import Protocol

from bot.notify.leased_row import LeasedRow
from bot.notify.notification_context import NotificationContext
from bot.notify.port import Outcome, Outgoing, Outlet, SendFate, SendResult
from bot.store import OutboxRow


class Contexts(Protocol):
    """Loads the contexts of rows."""

    async def context(self, row: OutboxRow) -> NotificationContext | None:
        """Returns all that is known now about a row's incident; None where it is forgotten."""


class RepeatableDelivery:
    """Delivers rows: what may not have arrived is sent again. Its caller holds the lease."""

    def __init__(self, outlet: Outlet[Outgoing], contexts: Contexts) -> None:
        self._outlet = outlet
        self._contexts = contexts

    async def rate_of(self, _row: OutboxRow) -> str:
        """Returns "": no limit of a place applies."""
        return ""

    async def deliver(self, leased: LeasedRow) -> Outcome:
        """Sends one row, with what is known now, and returns the outcome. Raises `StoreError`."""
        context = await self._contexts.context(leased.row)
        if context is None:
            return await leased.settle(Outcome.OBSOLETE, why="its incident is forgotten")
        result = await self._send(Outgoing(leased.row, context))
        match result.fate:
            case SendFate.DELIVERED:
                return await leased.settle(Outcome.DELIVERED)
            case SendFate.REFUSED:
                return await leased.settle(Outcome.GIVEN_UP, why=result.why)
            case SendFate.OBSOLETE:
                return await leased.settle(Outcome.OBSOLETE, why=result.why)
            case SendFate.LATER | SendFate.UNKNOWN:
                return await leased.later(result.why, wait=result.wait)

    async def _send(self, outgoing: Outgoing) -> SendResult:
        seconds = self._outlet.limits.deadline.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                return await self._outlet.send(outgoing)
        except TimeoutError:
            return SendResult(SendFate.UNKNOWN, f"no answer within {seconds:g} s")
