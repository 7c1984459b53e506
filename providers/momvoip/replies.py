"""Reads the answers to MOM-1, MOM-5 and MOM-6; the document describes none, so doubt is UNKNOWN. No I/O."""

import re
from collections.abc import Mapping
from typing import Any

from providers.model import CallOutcome
from providers.sdk.lenient import first, key_of, maybe, refusal_in
from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.replies import Reply, in_doubt

_MAX_WORDS_CHARACTERS = 200  # characters; a plain text longer than this is no answer to a write
_SOUNDS_LIKE_NO = re.compile(
    r"\b(no|not|non|can'?t|cannot|invalid|incorrect|wrong|bad|unknown|missing|required|empty|expired|blocked"
    r"|busy|offline|disabled|denied|forbidden|unauth\w*|refused?|rejected?|insufficient|limit\w*|err(or)?s?|fail\w*"
    r"|exceptions?|false|unable|unavailable|undefined)\b",
    re.IGNORECASE,
)


def reply_in(text: str) -> Reply:
    """Reads the body of a 2xx answer to a write; ACCEPTED and REJECTED are only what could be read."""
    try:
        value = read_json(text).value
    except UnreadableError as error:
        return _unreadable(error.damage, text)
    if value is None:
        return Reply(CallOutcome.UNKNOWN, "“null” as its answer")
    refusal = refusal_in(value)
    if refusal is not None:
        return Reply(CallOutcome.REJECTED, refusal)
    if isinstance(value, str):
        return _words(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
        if (refusal := refusal_in(value)) is not None:
            return Reply(CallOutcome.REJECTED, refusal)
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list) and value:
        return Reply(CallOutcome.UNKNOWN, "a list where a verdict was due")
    return Reply(CallOutcome.ACCEPTED)


def _object(value: Mapping[str, Any]) -> Reply:
    call_id = maybe(key_of, first(value, "call_id", "callid", "uniqueid"))
    said = first(value, "message", "msg", "result", "status")
    return Reply(CallOutcome.ACCEPTED, said if isinstance(said, str) else "", call_id)


def _words(text: str) -> Reply:
    if not text.strip():
        return Reply(CallOutcome.UNKNOWN, "an empty answer")
    if text.lstrip().startswith("<"):
        return Reply(CallOutcome.UNKNOWN, "a web page as its answer")
    if len(text) > _MAX_WORDS_CHARACTERS:
        return Reply(CallOutcome.UNKNOWN, "an answer that cannot be read")
    return Reply(CallOutcome.REJECTED if _SOUNDS_LIKE_NO.search(text) else CallOutcome.ACCEPTED, text)


def _unreadable(damage: Damage, text: str) -> Reply:
    if damage is Damage.PLAIN:
        return _words(text)
    return in_doubt(damage)
