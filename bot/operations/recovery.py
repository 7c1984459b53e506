"""What a person is told when the bot died with their deed in its hands. It never does the deed again."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.cards import Card, Customer, Row, Section, Tone
from bot.operations.plans import CALL, MARK, CallPlan, MarkPlan, VendorPlan
from bot.store import AuditRecord, Deed, Store
from bot.text.phone_numbers import told

OLD = timedelta(seconds=30)  # in other hands for so long before it is looked at
AGAIN = timedelta(minutes=5)  # between two tries to tell
OUTCOME = "unknown: the bot stopped while it was under way"


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Orphan:
    """A deed whose outcome nobody knows: whom to tell what, and what goes into the audit."""

    user_id: str
    channel_id: str
    card: Card
    record: AuditRecord


def orphan(deed: Deed, now: datetime) -> Orphan:
    """The words for one deed that was taken and never settled."""
    call, mark, asked = CallPlan.of(deed.payload), MarkPlan.of(deed.payload), VendorPlan.of(deed.payload)
    if call is not None:
        card, kind, account, target, channel = _call(call), CALL, call.account, call.target, call.channel
    elif mark is not None:
        card, kind, account, target, channel = _mark(mark), MARK, mark.account, mark.number, mark.channel
    elif asked is not None:
        card, kind, account, target, channel = _asked(asked), asked.deed, asked.account, asked.target, asked.channel
    else:
        card, kind, account, target, channel = _other(), str(deed.payload.get("deed", "deed")), "", "", ""
    record = AuditRecord(now, deed.user, kind, account, target, OUTCOME, channel)
    return Orphan(deed.user, channel, card, record)


def _call(plan: CallPlan) -> Card:
    rows = (
        Row(("To: ", Customer(plan.number))),
        Row(f"Rung first: {plan.agent} on {plan.account} ({plan.title})"),
    )
    return Card(
        "Your call may or may not have been placed: the bot stopped while it was under way. "
        "Check your phone and the vendor's call list before dialling again.",
        Tone.UNKNOWN,
        (Section(rows),),
    )


def _mark(plan: MarkPlan) -> Card:
    return Card(
        f"{plan.number} may or may not be marked as {plan.status.value} now: the bot stopped while it was under way. "
        f"Look at the list of {plan.account} ({plan.title}) before marking it again.",
        Tone.UNKNOWN,
    )


def _asked(plan: VendorPlan) -> Card:
    rows = (Row(told(plan.what)), Row(f"On {plan.account} ({plan.title})"))
    return Card(
        "What you confirmed may or may not have been done: the bot stopped while it was under way. "
        "Look before you ask for it again.",
        Tone.UNKNOWN,
        (Section(rows),),
    )


def _other() -> Card:
    return Card(
        "Something that you confirmed may or may not have been done: the bot stopped while it was under way. "
        "Look before you ask for it again.",
        Tone.UNKNOWN,
    )


class Orphans:
    """Takes over what another replica left behind: the person is told, the audit has it, and it is settled."""

    def __init__(
        self, store: Store, tell: Callable[[str, Card], Awaitable[None]], clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._tell = tell
        self._clock = clock

    async def tell(self, now: datetime) -> None:
        """Tell everybody whose deed was cut off; raises `StoreError`. Who could not be told is tried again."""
        for deed in await self._store.orphaned_deeds(now, OLD):
            if await self._store.first_time(f"orphan:{deed.id}", AGAIN):
                await self._take_over(deed)

    async def _take_over(self, deed: Deed) -> None:
        found = orphan(deed, self._clock())
        try:
            await self._tell(found.user_id, found.card)
        except Exception:  # whatever keeps Slack from it: the deed stays open, and its person is told later
            log.exception("a person could not be told of a deed that was cut off", deed=found.record.deed)
            return
        if await self._store.settle_deed(deed.id, OUTCOME):
            await self._store.audit(found.record)
