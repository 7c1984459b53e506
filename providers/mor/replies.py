"""Reads the answers to MOR's writes: the document's `action`, or a page; doubt is UNKNOWN. No I/O."""

from collections.abc import Callable

from providers.model import CallOutcome
from providers.mor.pages import plain_words
from providers.mor.refusals import OK, accepted_in, is_login_page, refusal_in, sounds_like_no
from providers.mor.wire import letters
from providers.sdk.lenient_json import Damage, UnreadableError
from providers.sdk.lenient_xml import Element, read_xml
from providers.sdk.replies import Reply, in_doubt

Shown = Callable[[Element], str | None]
"""Looks at a page that came for an answer: None where it shows the change, else what it shows instead."""

_MAX_WORDS_CHARACTERS = 200  # characters; a plain text longer than this is no answer to a write


def reply_in(text: str, shown: Shown | None = None) -> Reply:
    """Reads the body of a 2xx answer to a write (MOR-6, 10, 15, 26, 30, 32, 33, 36).

    `shown` is for writes that are answered with a page instead of an `action`.
    """
    try:
        root = read_xml(text).root
    except UnreadableError as error:
        return unreadable(error.damage, text)
    if is_login_page(root):
        return Reply(CallOutcome.UNKNOWN, "its login page")
    said = refusal_in(root)
    if said is not None:
        return Reply(CallOutcome.REJECTED, said)
    if (yes := accepted_in(root)) is not None:
        return Reply(CallOutcome.ACCEPTED, yes.strip())
    if shown is None or root.name != "page":
        return Reply(CallOutcome.UNKNOWN, "no verdict")
    instead = shown(root)
    if instead is None:
        return Reply(CallOutcome.ACCEPTED)
    return Reply(CallOutcome.UNKNOWN, instead)


def unreadable(damage: Damage, text: str) -> Reply:
    """Reads what is no XML: MOR has plain words for some refusals."""
    said = plain_words(text)
    if damage is not Damage.PLAIN or len(said) > _MAX_WORDS_CHARACTERS:
        return in_doubt(damage)
    if letters(said) in OK:
        return Reply(CallOutcome.ACCEPTED, said)
    return Reply(CallOutcome.REJECTED, said) if sounds_like_no(said) else Reply(CallOutcome.UNKNOWN, "no verdict")
