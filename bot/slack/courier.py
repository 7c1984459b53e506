"""Brings the outbox to Slack: critical first, paced, each row under a lease. It decides no words."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import structlog

from bot.alerts.model import NotificationKind
from bot.observability.metrics import Metrics
from bot.slack.delivery import LEASE, Delivery, Job, Outcome
from bot.store import Lane, OutboxRow, Store, StoreError

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.2
_PAUSE_SECONDS = 1.0  # while the store is away
_SPOILT = timedelta(minutes=1)
_ROWS = 300
_ORDER = list(NotificationKind)


class Courier:
    """The loop over the outbox. A lane is a channel: its rows go one after another, lanes side by side."""

    def __init__(
        self,
        *,
        store: Store,
        delivery: Delivery,
        clock: Callable[[], datetime],
        metrics: Metrics | None = None,
    ) -> None:
        self._store = store
        self._delivery = delivery
        self._clock = clock
        self._metrics = metrics
        self._busy: set[str] = set()
        self._lanes: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to look. Needs a running event loop."""
        self._loop = asyncio.create_task(self._run())

    def notify(self) -> None:
        """Something was written: look at once."""
        self._woken.set()

    async def stop(self, grace: float) -> None:
        """Begin nothing new; what is under way has `grace` seconds. A post that is cut off stays in doubt."""
        self._stopping = True
        self._woken.set()
        running = [*self._lanes.values(), *([self._loop] if self._loop is not None else [])]
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def round(self, incident: str | None = None) -> None:
        """One look at the outbox, until every lane is through: for callers without the loop. `incident`: its alone."""
        await self._look(incident)
        await asyncio.gather(*self._lanes.values())

    async def _run(self) -> None:
        for turn in count():
            if self._stopping:
                return
            pause = LOOK_SECONDS
            try:
                await self._look()
                if self._metrics is not None and turn % 10 == 0:
                    self._metrics.outbox.set(await self._store.outbox_size(Lane.SLACK))
            except StoreError as error:
                log.warning("the outbox cannot be read", error=str(error))
                pause = _PAUSE_SECONDS
            except Exception:  # the courier must outlive a bug in one look
                log.exception("a look at the outbox failed")
                pause = _PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            self._woken.clear()

    async def _look(self, incident: str | None = None) -> None:
        rows = await self._store.due_rows(self._clock(), _ROWS)
        if incident is not None:
            rows = [row for row in rows if row.notice.incident == incident]
        lanes: dict[str, list[OutboxRow]] = {}
        for row in rows:
            lanes.setdefault(row.channel, []).append(row)
        for channel, waiting in lanes.items():
            if channel not in self._lanes and not self._stopping:
                lane = asyncio.create_task(self._lane(waiting))
                self._lanes[channel] = lane
                lane.add_done_callback(partial(self._through, channel))

    def _through(self, channel: str, _lane: asyncio.Task[None]) -> None:
        self._lanes.pop(channel, None)

    async def _lane(self, rows: list[OutboxRow]) -> None:
        """One pass over a channel's rows. Where an incident's row waits, its later ones wait as well."""
        rows.sort(key=lambda r: (-r.severity.rank, r.created_at, _ORDER.index(r.notice.kind)))
        behind: set[str] = set()
        no_post = no_edit = False
        for row in rows:
            if self._stopping:
                return
            if row.notice.incident in behind or (no_post and no_edit):
                continue
            try:
                edit = await self._is_edit(row)
                if no_edit if edit else no_post:
                    continue
                outcome = await self._one(row)
            except StoreError as error:
                log.warning("a delivery could not be recorded", incident=row.notice.incident, error=str(error))
                return
            except Exception:  # one row that cannot be told must not stop the others
                log.exception("a delivery failed", incident=row.notice.incident, kind=row.notice.kind.value)
                outcome = await self._spoilt(row)
            if outcome is not Outcome.DONE:
                behind.add(row.notice.incident)
            if outcome is Outcome.NO_SLOT:
                no_edit, no_post = no_edit or edit, no_post or not edit

    async def _is_edit(self, row: OutboxRow) -> bool:
        """Edits and posts have a pace each."""
        if row.notice.kind is NotificationKind.CARD:
            return await self._store.message(row.notice.incident) is not None
        return row.notice.kind is NotificationKind.ESCALATION_END

    async def _one(self, row: OutboxRow) -> Outcome:
        """Deliver it under the incident's lease. That is this process's: its lanes share an incident by `_busy`."""
        if row.notice.incident in self._busy:
            return Outcome.WAITS
        self._busy.add(row.notice.incident)
        try:
            return await self._leased(row)
        finally:
            self._busy.discard(row.notice.incident)

    async def _leased(self, row: OutboxRow) -> Outcome:
        lease = f"deliver:{row.notice.incident}"
        taken_at = self._clock()
        token = await self._store.lease(lease, self._store.owner, LEASE)
        if token is None:
            return Outcome.FENCED
        outcome = Outcome.WAITS
        try:
            fresh = await self._store.row(row.id)
            if fresh is None or fresh.due_at > self._clock():
                return Outcome.DONE
            if fresh.doubt_until is not None and fresh.doubt_until > self._clock():
                return Outcome.WAITS
            outcome = await self._delivery.deliver(Job(fresh, token, taken_at + LEASE))
            self._count(fresh, outcome)
            return outcome
        finally:
            if outcome is not Outcome.DOUBT:  # else it runs out by the store's clock: another replica's may be wrong
                with contextlib.suppress(StoreError):
                    await self._store.release(lease, self._store.owner)

    async def _spoilt(self, row: OutboxRow) -> Outcome:
        """A row that we cannot tell waits a minute: it must not spin."""
        with contextlib.suppress(StoreError):
            lease = f"deliver:{row.notice.incident}"
            token = await self._store.lease(lease, self._store.owner, LEASE)
            if token is not None:
                await self._store.postpone(row, token, self._clock() + _SPOILT)
                await self._store.release(lease, self._store.owner)
        return Outcome.WAITS

    def _count(self, row: OutboxRow, outcome: Outcome) -> None:
        if self._metrics is None or outcome is Outcome.NO_SLOT:
            return
        self._metrics.deliveries.labels(row.notice.kind.value, outcome.name.lower()).inc()
        if outcome is Outcome.DONE:
            self._metrics.delivery_lag.observe(max(0.0, (self._clock() - row.created_at).total_seconds()))
