"""One pass over an outlet's due rows, until each is settled or waits. Queues go side by side.

A row is sent under its incident's lease, as it is once the lease is held. A change of an incident waits for the earlier
ones; of the other rows, those of an incident one of whose rows has just had to wait.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from functools import partial
from random import Random
from typing import Protocol

import structlog

from bot.alerts.model import NotificationKind
from bot.engine.outgoing import earlier_row_ids
from bot.notify.leased_row import LEASE_TTL, POISONED_PAUSE, LeasedRow
from bot.notify.message_delivery import MessageDelivery, Messages
from bot.notify.port import AnyOutlet, Intermittent, Messenger, Outcome, Performer
from bot.notify.repeatable_delivery import Contexts, RepeatableDelivery
from bot.notify.single_delivery import SingleDelivery
from bot.store import OutboxRow, Store, StoreError

log = structlog.get_logger(__name__)

MAX_ROWS_PER_PASS = 300  # due rows
_ORDER = list(NotificationKind)


class Notifications(Messages, Contexts, Protocol):
    """Loads messages and contexts of rows."""


class DeliveryPasses:
    """Runs the passes over one outlet's rows. A queue that is under way is not begun a second time."""

    def __init__(
        self,
        outlet: AnyOutlet,
        *,
        store: Store,
        notifications: Notifications,
        clock: Callable[[], datetime],
        chance: Random,
    ) -> None:
        self._outlet = outlet
        self._store = store
        self._clock = clock
        self._chance = chance
        self._delivery: MessageDelivery | SingleDelivery | RepeatableDelivery
        if isinstance(outlet, Messenger):
            self._delivery = MessageDelivery(outlet, store, notifications, clock)
        elif isinstance(outlet, Performer):
            self._delivery = SingleDelivery(outlet, store, notifications, clock)
        else:
            self._delivery = RepeatableDelivery(outlet, notifications)
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._in_hand: set[str] = set()  # the rows of these queues
        self._busy: set[str] = set()  # the leases that they hold: this process may take its own again
        side_by_side = outlet.limits.side_by_side
        self._gates: dict[str, contextlib.AbstractAsyncContextManager[None]] = defaultdict(
            lambda: contextlib.nullcontext() if side_by_side is None else asyncio.Semaphore(side_by_side)
        )
        self._stopping = False

    @property
    def running(self) -> list[asyncio.Task[None]]:
        """Returns the tasks of the queues under way."""
        return list(self._queues.values())

    def stop(self) -> None:
        """Begins nothing new from now on; what is being sent is finished."""
        self._stopping = True

    async def begin(self, incident: str | None = None) -> None:
        """Reads the rows that are due and begins their queues as tasks; `incident`: with its rows alone.

        Raises `StoreError`.
        """
        queues: dict[str, list[OutboxRow]] = {}
        if not self._ready:
            return
        for row in await self._store.due_rows(self._outlet.name, self._clock(), MAX_ROWS_PER_PASS, but=self._in_hand):
            if incident in {None, row.notice.incident}:
                queues.setdefault(self._outlet.queue(row), []).append(row)
        for name, rows in queues.items():
            if name not in self._queues and not self._stopping:
                ids = {row.id for row in rows}
                self._in_hand |= ids
                self._queues[name] = queue = asyncio.create_task(self._queue(rows))
                queue.add_done_callback(partial(self._through, name, ids))

    @property
    def _ready(self) -> bool:
        return self._outlet.ready if isinstance(self._outlet, Intermittent) else True

    def _through(self, name: str, ids: set[str], _queue: asyncio.Task[None]) -> None:
        self._queues.pop(name, None)
        self._in_hand -= ids

    async def _queue(self, rows: list[OutboxRow]) -> None:
        """Sends one queue's rows one after another, the earlier changes and what is critical first."""
        rows.sort(key=_as_written if self._outlet.limits.chronological else _earlier_changes_first)
        behind: set[str] = set()
        spent: set[str] = set()  # the limits whose place takes no more now
        try:
            async with self._gates[rows[0].alert]:
                for row in rows:
                    if self._stopping or not self._ready:
                        return
                    if row.notice.incident in behind:
                        continue
                    rate = await self._rate_of(row)
                    if rate in spent:
                        continue
                    outcome = await self._one(row)
                    if outcome is Outcome.NO_SLOT:
                        spent.add(rate)
                    if not outcome.settled and (outcome is Outcome.FENCED or not row.notice.change):
                        behind.add(row.notice.incident)  # later changes are put off behind this one, each by itself
        except StoreError as error:
            log.warning("a delivery could not be recorded", outlet=self._outlet.name, error=str(error))
        except Exception:  # one queue that is broken must not stop the others
            log.exception("a queue of deliveries failed", outlet=self._outlet.name)

    async def _rate_of(self, row: OutboxRow) -> str:
        try:
            return await self._delivery.rate_of(row)
        except StoreError:
            raise
        except Exception:  # the same happens under the lease, and the row is backed off there
            log.exception("a delivery's limit is not known", row=row.id)
            return ""

    async def _one(self, row: OutboxRow) -> Outcome:
        """Takes the lease, and sends the row as it is now."""
        if row.lease in self._busy:
            return Outcome.FENCED
        self._busy.add(row.lease)
        try:
            taken_at = self._clock()
            token = await self._store.lease(row.lease, self._store.owner, LEASE_TTL)
            if token is None:
                return Outcome.FENCED
            outcome = Outcome.WAITS
            try:
                outcome = await self._leased(row, token, taken_at)
                return outcome
            finally:
                if (
                    outcome is not Outcome.DOUBT
                ):  # else it runs out by the store's clock: another replica's may be wrong
                    with contextlib.suppress(StoreError):
                        await self._store.release(row.lease, self._store.owner)
        finally:
            self._busy.discard(row.lease)

    async def _leased(self, row: OutboxRow, token: int, taken_at: datetime) -> Outcome:
        fresh, now = await self._store.row(row.id), self._clock()
        if fresh is None or fresh.due_at > now:
            return Outcome.OBSOLETE  # for this pass: somebody else has settled it, or put it off
        if fresh.doubt_until is not None and fresh.doubt_until > now:
            return Outcome.WAITS
        leased = LeasedRow(
            row=fresh,
            token=token,
            lease_until=taken_at + LEASE_TTL,
            store=self._store,
            limits=self._outlet.limits,
            clock=self._clock,
            chance=self._chance,
        )
        earlier = await self._store.first(earlier_row_ids(fresh)) if fresh.notice.change > 1 else None
        if earlier is not None:
            return await leased.wait(max(earlier.due_at, now), Outcome.BEHIND)
        try:
            outcome = await self._delivery.deliver(leased)
        except StoreError:
            raise
        except Exception as error:  # one row that cannot be sent must not stop the others, nor spin
            log.exception("a delivery failed", **leased.names())
            outcome = await leased.later(type(error).__name__, at_least=POISONED_PAUSE)
        if outcome is not Outcome.NO_SLOT:
            self._outlet.count(fresh, outcome)
        return outcome


def _earlier_changes_first(row: OutboxRow) -> tuple[int, int, datetime, int]:
    return row.notice.change, -row.severity.rank, row.created_at, _ORDER.index(row.notice.kind)


def _as_written(row: OutboxRow) -> tuple[datetime, int]:
    return row.created_at, row.notice.change
