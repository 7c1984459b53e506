"""What a reading step replies where there is no figure: why, in one sentence, and none that could be taken for one."""

from collections.abc import Iterator
from typing import Any

from bot.dialog.phrases import in_words
from bot.dialog.replies import Replies
from bot.dialog.step import StepReply


def unseen(replies: Replies[Any]) -> StepReply | None:
    """Returns the reply where no account answered; None where one did."""
    return None if replies.good else StepReply(False, " ".join(_reasons(replies)))


def _reasons(replies: Replies[Any]) -> Iterator[str]:
    for failed in replies.failed:
        yield f"{failed.account.label} could not be asked: {in_words(failed.why(replies.now))}"
    for unable in replies.cannot:
        yield f"{unable.account.label}: {unable.why}"
    if not replies.failed:
        yield replies.who.sentence
