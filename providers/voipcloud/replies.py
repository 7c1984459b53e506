"""Reads the answers to VPC-4; the document describes none, so doubt is UNKNOWN. No I/O."""

import re
from collections.abc import Mapping

from providers.model import CallOutcome
from providers.sdk.lenient import first, key_of, maybe
from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.replies import Reply, in_doubt
from providers.voipcloud.envelope import MISSING, Said, said_in, words_in

_MAX_WORDS_CHARACTERS = 200  # characters; a plain text longer than this is no answer to a write
_YES = re.compile(
    r"(ok|success\w*|accepted|done|(the )?call (is |was )?(started|initiated|launched|queued))[.!]?", re.IGNORECASE
)
_UNDECIDED = frozenset({408, 499})  # codes of 4xx by which nobody says that nothing was done


def reply_in(text: str, status: int) -> Reply:
    """Reads the body of an answer whose HTTP status is 2xx, 400, 402 or 404: the higher of both codes holds."""
    try:
        value = read_json(text).value
    except UnreadableError as error:
        return Reply(CallOutcome.REJECTED, code=status) if status >= 400 else _unreadable(error.damage, text)
    said = said_in(value)
    if status >= 400:
        return Reply(CallOutcome.REJECTED, said.refusal or words_in(value), code=status)
    if isinstance(value, list):
        return Reply(CallOutcome.UNKNOWN, "a list as its answer")
    if not isinstance(value, Mapping):
        return _scalar(value)
    return _object(value, said)


def _object(value: Mapping[str, object], said: Said) -> Reply:
    if said.code is not None and not 200 <= said.code < 300:
        if 400 <= said.code < 500 and said.code not in _UNDECIDED:
            return Reply(CallOutcome.REJECTED, said.refusal or "", code=said.code)
        told = f", “{said.refusal}”" if said.refusal else ""
        return Reply(CallOutcome.UNKNOWN, f"an unknown error (code {said.code}{told}) as its answer")
    if said.refusal is not None:
        return Reply(CallOutcome.REJECTED, said.refusal)
    if not value:
        return Reply(CallOutcome.UNKNOWN, "an answer without a word")
    held = said.data[0] if isinstance(said.data, list) and len(said.data) == 1 else said.data
    inner = held if held is not MISSING and isinstance(held, Mapping) else value
    return Reply(CallOutcome.ACCEPTED, call_id=maybe(key_of, first(inner, "unique_call_id", "call_id")))


def _scalar(value: object) -> Reply:
    if value is True:
        return Reply(CallOutcome.ACCEPTED)
    if value is False:
        return Reply(CallOutcome.REJECTED)
    if isinstance(value, str):
        return _words(value)
    return Reply(CallOutcome.UNKNOWN, f"“{'null' if value is None else str(value)[:20]}” as its answer")


def _words(text: str) -> Reply:
    bare = " ".join(text.split())
    if _YES.fullmatch(bare):
        return Reply(CallOutcome.ACCEPTED)
    if not bare:
        return Reply(CallOutcome.UNKNOWN, "an empty answer")
    if bare.startswith("<"):
        return Reply(CallOutcome.UNKNOWN, "a web page as its answer")
    said = f"“{bare}” as its answer" if len(bare) <= _MAX_WORDS_CHARACTERS else "an answer that cannot be read"
    return Reply(CallOutcome.UNKNOWN, said)


def _unreadable(damage: Damage, text: str) -> Reply:
    if damage is Damage.PLAIN:
        return _words(text)
    return in_doubt(damage)
