"""What a person is told when the bot died with their deed in its hands. It never does the deed again."""

from dataclasses import dataclass
from datetime import datetime

from bot.calling.deeds import CALL, MARK, CallPlan, MarkPlan
from bot.cards import Card, Customer, Row, Section, Tone
from bot.store import AuditRecord, Deed

OUTCOME = "unknown: the bot stopped while it was under way"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A deed whose outcome nobody knows: whom to tell what, and what goes into the audit."""

    user_id: str
    channel_id: str
    card: Card
    record: AuditRecord


def orphan(deed: Deed, now: datetime) -> Orphan:
    """The words for one deed that was taken and never settled."""
    call, mark = CallPlan.of(deed.payload), MarkPlan.of(deed.payload)
    if call is not None:
        card, kind, account, target, channel = _call(call), CALL, call.account, call.target, call.channel
    elif mark is not None:
        card, kind, account, target, channel = _mark(mark), MARK, mark.account, mark.number, mark.channel
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


def _other() -> Card:
    return Card(
        "Something that you confirmed may or may not have been done: the bot stopped while it was under way. "
        "Look before you ask for it again.",
        Tone.UNKNOWN,
    )
