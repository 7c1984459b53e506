"""The plan and the outcome cards that hang-up, change of settings, IVR and masked call share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from bot.cards import Card, Customer, Line, Row, Section, Tone
from bot.operations.declaration import Reply, Status
from providers.masking import pieces


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """A plan of what a vendor is asked to change: a call hung up, a setting edited, an IVR call, two numbers connected.

    `what` is one sentence as it was shown. `words` are what the vendor gets: the call's id; the edit's words; the
    number and the rest; both numbers. `topic` and `verb` are an edit's. `target` is for the audit, masked.
    """

    account: str
    title: str
    what: str
    target: str
    words: tuple[str, ...]
    channel: str
    topic: str = ""
    verb: str = ""

    def pack(self) -> dict[str, Any]:
        """Returns the plan as the store keeps it."""
        return asdict(self)

    @classmethod
    def unpack(cls, payload: Mapping[str, Any]) -> Self:
        """Reads a plan from the store; raises `KeyError` or `TypeError` for anything else."""
        return cls(**{**payload, "words": tuple(payload["words"])})


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The words of an outcome: after ``Done:``, where the outcome is not known, and what to look at then."""

    accepted: str
    lost: str
    look: str

    def card(self, plan: VendorPlan, reply: Reply) -> Card:
        """Returns the card that reports the outcome."""
        note = reply.note.strip().rstrip(".")
        match reply.status:
            case Status.ACCEPTED:
                return _card(plan, f"Done: {plan.title} {self.accepted}.", Tone.GOOD, note)
            case Status.REJECTED:
                return _card(plan, f"Refused by {plan.title}: {note or 'no reason was given'}.", Tone.WARNING)
            case Status.NOT_DONE:
                return _card(plan, (f"Nothing was done: {reply.note}", *reply.left_alone), Tone.WARNING)
            case _:
                why = f"{note}. " if note else ""
                return _card(plan, f"{self.lost} {why}{self.look}", Tone.UNKNOWN)


def small(plan: VendorPlan) -> tuple[Line, ...]:
    """Returns the small print of the question: account and vendor."""
    return (f"{plan.account} ({plan.title})",)


def told(text: str) -> Line:
    """Returns the words with every number in them as a customer's: in full for the one who asked alone."""
    return tuple(Customer(piece) if number else piece for piece, number in pieces(text))


def interrupted_card(plan: VendorPlan) -> Card:
    """Returns the card for a plan whose process died in between."""
    rows = (Row(told(plan.what)), Row(f"On {plan.account} ({plan.title})"))
    return Card(
        "What you confirmed may or may not have been done: the bot stopped while it was under way. "
        "Look before you ask for it again.",
        Tone.UNKNOWN,
        (Section(rows),),
    )


def _card(plan: VendorPlan, verdict: Line, tone: Tone, note: str = "") -> Card:
    said = (Row(f"{plan.title} said: {note}"),) if note else ()
    return Card(verdict, tone, (Section((Row(told(plan.what)), *said)),), small(plan))
