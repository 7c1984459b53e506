"""Notifies a person whose operation was under way when the bot died. It never carries it out again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.cards import Card, Tone, is_person
from bot.operations.declaration import Status
from bot.operations.registry import KIND, unpacked
from bot.store import AuditRecord, PendingOperation, Store

MIN_AGE = timedelta(seconds=30)  # in other hands for so long before it is looked at
RETRY_INTERVAL = timedelta(minutes=5)  # between two tries to tell
OUTCOME = "unknown: the bot stopped while it was under way"
_NOT_UNDERSTOOD = Card(
    "Something that you confirmed may or may not have been done: the bot stopped while it was under way. "
    "Look before you ask for it again.",
    Tone.UNKNOWN,
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """An operation whose outcome nobody knows: whom to notify, with which card, and the record for the audit."""

    user_id: str
    card: Card
    record: AuditRecord


def interrupted(stored: PendingOperation, now: datetime) -> Interrupted:
    """Returns the notification for one operation that was taken and never settled."""
    found = unpacked(stored.payload)
    if found is None:
        kind = str(stored.payload.get(KIND, KIND))
        return Interrupted(stored.user, _NOT_UNDERSTOOD, AuditRecord(now, stored.user, kind, "", "", OUTCOME, ""))
    operation, plan = found
    record = AuditRecord(now, stored.user, operation.name, plan.account, plan.target, OUTCOME, plan.channel)
    return Interrupted(stored.user, operation.interrupted_card(plan), record)


class Recovery:
    """Takes over what another replica left behind: the person is notified, the audit has it, and it is settled."""

    def __init__(
        self, store: Store, tell: Callable[[str, Card], Awaitable[None]], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._tell = tell
        self._clock = clock

    async def report(self, now: datetime) -> None:
        """Notifies everybody whose operation was cut off. Who could not be reached is tried again.

        Raises `StoreError`.
        """
        for stored in await self._store.interrupted_operations(now, MIN_AGE):
            if await self._store.first_time(f"orphan:{stored.id}", RETRY_INTERVAL):
                await self._take_over(stored)

    async def _take_over(self, stored: PendingOperation) -> None:
        found = interrupted(stored, self._clock())
        try:
            if is_person(found.user_id):
                await self._tell(found.user_id, found.card)
            else:
                log.warning(
                    "it is not known what came of an operation", by=found.user_id, operation=found.record.operation
                )
        except Exception:  # whatever keeps Slack from it: it stays open, and its person is notified later
            log.exception(
                "a person could not be told of an operation that was cut off", operation=found.record.operation
            )
            return
        if await self._store.settle_operation(stored.id, OUTCOME, Status.UNKNOWN.value):
            await self._store.audit(found.record)
