"""The outcome that an answer to a write stands for.

Each vendor reads its own words; a doubt is UNKNOWN for all alike.
"""

from dataclasses import dataclass

from providers.model import CallOutcome
from providers.sdk.lenient_json import Damage


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of an answer to a write. `words`: the vendor's, or for UNKNOWN what came, as in ``an empty answer``.

    `code` is the vendor's where it is the reason for a no; `call_id` None: it named none.
    """

    outcome: CallOutcome
    words: str = ""
    call_id: str | None = None
    code: int | None = None


def in_doubt(damage: Damage, *, markup: str = "a web page") -> Reply:
    """Returns UNKNOWN, for an answer that cannot be read. `markup`: what begins with ``<`` is taken for that."""
    came = {
        Damage.EMPTY: "an empty answer",
        Damage.HTML: f"{markup} as its answer",
        Damage.CUT_OFF: "an answer that was cut off",
    }
    return Reply(CallOutcome.UNKNOWN, came.get(damage, "an answer that cannot be read"))
