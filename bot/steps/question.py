"""The question that an asking step puts to a person, and what came of it."""

from dataclasses import replace

from bot.cards import Line
from bot.dialog.context import Context
from bot.dialog.phrases import in_words
from bot.dialog.step import Parameter, PersonQuestion, StepError, StepReply
from bot.operations.declaration import Result, Status
from bot.operations.registry import unpacked
from bot.store import EXPIRED, PendingOperation

OUTCOME = Parameter("outcome", "Outcome", "accepted, rejected, unknown, declined or expired.", needed=True)
_MAX_REASON_CHARACTERS = 500


def question(context: Context, offered: Result, reason: str) -> PersonQuestion:
    """Returns the question that an offer becomes; raises `StepError` with the refusal where there is no offer."""
    if offered.status is not Status.OFFERED:
        raise StepError(in_words(offered.card.verdict))
    why: Line = f"A workflow asks you{f': {reason[:_MAX_REASON_CHARACTERS]}' if reason else ''}"
    card = replace(offered.card, context=(why, *offered.card.context))
    return PersonQuestion(context.actor.user_id, card, offered.token)


def answered(stored: PendingOperation | None) -> StepReply | None:
    """Returns what came of an offer; None while nobody has decided, or the request is under way."""
    if stored is None:  # nothing is known of it any more: it was good for ten minutes, and kept for days
        return StepReply(False, "What came of it is not known any more.", {"outcome": Status.UNKNOWN.value})
    if stored.state != "done":
        return None
    outcome = _OUTCOMES.get(stored.status, Status.UNKNOWN.value)
    found = unpacked(stored.payload)
    target = f"{found[0].name.replace('_', ' ')} {found[1].target}" if found is not None else "the request"
    known = outcome not in {Status.UNKNOWN.value, EXPIRED}
    return StepReply(known, f"{target}: {stored.outcome}", {"outcome": outcome})


_OUTCOMES = {
    Status.ACCEPTED.value: "accepted",
    Status.REJECTED.value: "rejected",
    Status.NOT_DONE.value: "rejected",
    Status.REFUSED.value: "rejected",
    Status.CANCELLED.value: "declined",
    EXPIRED: EXPIRED,
}
