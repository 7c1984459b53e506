"""What the answer to a write comes to. Each vendor judges its own words; a doubt is UNKNOWN for all alike."""

from dataclasses import dataclass

from providers.model import CallOutcome
from providers.sdk.lenient_json import Damage


@dataclass(frozen=True, slots=True)
class Reply:
    """The verdict of an answer. `words`: the vendor's, or for UNKNOWN what came, as in ``an empty answer``.

    `code` is the vendor's where it is the reason for a no.
    """

    outcome: CallOutcome
    words: str = ""
    call_id: str | None = None
    code: int | None = None


def in_doubt(damage: Damage, *, markup: str = "a web page") -> Reply:
    """The verdict of an answer that cannot be read: UNKNOWN. `markup`: what begins with ``<`` is taken for that."""
    came = {
        Damage.EMPTY: "an empty answer",
        Damage.HTML: f"{markup} as its answer",
        Damage.CUT_OFF: "an answer that was cut off",
    }
    return Reply(CallOutcome.UNKNOWN, came.get(damage, "an answer that cannot be read"))
