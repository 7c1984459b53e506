"""One row under its lease, and how its outcome is recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import structlog

from bot.notify.port import LONGEST_WAIT, Outcome, OutletLimits
from bot.store import KEEP, Delivered, GivenUpDelivery, OutboxRow, Store

log = structlog.get_logger(__name__)

LEASE_TTL = timedelta(seconds=20)  # outlasts a request; whoever takes over from a dead process waits for it
ARRIVAL_MARGIN = timedelta(seconds=2)  # after its deadline a request may still be on its way
POISONED_PAUSE = timedelta(minutes=1)
_LOG_INTERVAL_TRIES = 20  # tries: an outage is no reason to fill a disk


@dataclass(frozen=True, slots=True)
class LeasedRow:
    """A row as it was read under the lease. Each step returns FENCED where the lease is another's meanwhile."""

    row: OutboxRow
    token: int
    lease_until: datetime
    store: Store
    limits: OutletLimits
    clock: Callable[[], datetime]
    chance: Random

    async def settle(
        self, outcome: Outcome, delivered: Delivered | None = None, *, under: str | None = None, why: str = ""
    ) -> Outcome:
        """Removes the row and returns `outcome`; `delivered` is kept as the message called `under`.

        Raises `StoreError`.
        """
        if outcome is Outcome.GIVEN_UP:
            log.error("a delivery was given up", tries=self.row.attempts + 1, **self.names(why))
            row = self.row
            await self.store.note_given_up(GivenUpDelivery(row.outlet, row.alert, row.account, why, self.clock()))
        elif outcome is Outcome.OBSOLETE:
            log.debug("a delivery is obsolete", **self.names(why))
        settled = await self.store.settle(self.row, self.token, delivered, under=under)
        return outcome if settled else Outcome.FENCED

    async def later(
        self,
        why: str,
        *,
        wait: timedelta | None = None,
        at_least: timedelta = timedelta(),
        nothing_sent: bool = False,
    ) -> Outcome:
        """Postpones the row after a failed try, the longer the more often it failed, or gives it up.

        `nothing_sent` ends a doubt. Returns WAITS, GIVEN_UP or FENCED; raises `StoreError`.
        """
        row, now = self.row, self.clock()
        over = self.limits.give_up_after
        end = None if over is None else (row.notice.at or row.created_at) + over
        if end is not None and now >= end:
            return await self.settle(Outcome.GIVEN_UP, why=why)
        pause = max(self.limits.pause(row.attempts, self.chance), min(wait or timedelta(), LONGEST_WAIT), at_least)
        until = now + pause if end is None else min(now + pause, end)
        tell = log.warning if row.attempts % _LOG_INTERVAL_TRIES == 0 else log.debug
        tell("a delivery waits", **self.names(why))
        kept = await self.store.postpone(row, self.token, until, doubt=None if nothing_sent else KEEP)
        return Outcome.WAITS if kept else Outcome.FENCED

    async def wait(self, until: datetime, outcome: Outcome = Outcome.WAITS) -> Outcome:
        """Postpones the row without counting a try, and returns `outcome`. Raises `StoreError`."""
        kept = await self.store.postpone(self.row, self.token, until, failed=False)
        return outcome if kept else Outcome.FENCED

    async def outlasts(self, moment: datetime) -> bool:
        """Returns whether the lease is held until `moment`, renewed where need be; False where it is lost."""
        return moment <= self.lease_until or await self.store.renew(self.row.lease, self.store.owner, LEASE_TTL)

    def names(self, why: str = "") -> dict[str, Any]:
        """Returns the fields that a line in the log has of the row."""
        row, notification = self.row, self.row.notice
        return {
            "outlet": row.outlet,
            "alert": row.alert,
            "account": row.account,
            "incident": notification.incident,
            "kind": notification.kind.value,
            "change": notification.change,
            "why": why,
        }
