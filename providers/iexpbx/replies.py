"""Reads the answers to IEX-2, IEX-6, IEX-7 and IEX-8; the document describes none, so doubt is UNKNOWN. No I/O."""

import re
from collections.abc import Mapping
from typing import Any

from providers.iexpbx.envelope import NO_REASON, opened, refusal, succeeded
from providers.model import CallOutcome
from providers.sdk.lenient import first, key_of, maybe
from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.replies import Reply, in_doubt

_MAX_WORDS_CHARACTERS = 200  # characters; a plain text longer than this is no answer to a write
_YES = re.compile(r"\b(ok|success(ful|fully)?|started|queued|accepted|done|true)\b", re.IGNORECASE)
_NO = re.compile(
    r"\b(no|not|can'?t|cannot|in\w*valid|in\w*correct|wrong|bad|unknown|missing|required|denied|forbidden|unauth\w*"
    r"|refused|rejected|limit\w*|err(or)?s?|hata\w*|fail\w*|exceptions?|false|unable|un(available|reachable|successful\w*))\b",
    re.IGNORECASE,
)


def reply_in(text: str) -> Reply:
    """Reads the body of a 2xx answer to a write; ACCEPTED is only what says so itself."""
    try:
        value = read_json(text).value
    except UnreadableError as error:
        if error.damage is Damage.PLAIN:
            return _words(text)
        return in_doubt(error.damage)
    if isinstance(value, str):
        return _words(value)
    if value is True or value == 1:
        return Reply(CallOutcome.ACCEPTED)
    if value is None:
        return Reply(CallOutcome.UNKNOWN, "“null” as its answer")
    said = refusal(value)
    if said is not None:
        return Reply(CallOutcome.REJECTED, "" if said in {NO_REASON, "error", "false", "0"} else said)
    envelope = opened(value)
    if envelope is None or not succeeded(envelope):
        return Reply(CallOutcome.UNKNOWN, "an answer that does not say whether it was done")
    return _accepted(envelope)


def _accepted(envelope: Mapping[str, Any]) -> Reply:
    inner = opened(envelope.get("data"))
    held = {**envelope, **(inner or {})}
    said = first(held, "message", "msg", "result")
    call_id = maybe(key_of, first(held, "channel", "chanid", "chan", "callid", "call_id", "id"))
    return Reply(CallOutcome.ACCEPTED, said if isinstance(said, str) else "", call_id)


def _words(text: str) -> Reply:
    bare = " ".join(text.split())
    if not bare:
        return Reply(CallOutcome.UNKNOWN, "an empty answer")
    if bare.startswith("<"):
        return Reply(CallOutcome.UNKNOWN, "a web page as its answer")
    if len(bare) > _MAX_WORDS_CHARACTERS:
        return Reply(CallOutcome.UNKNOWN, "an answer that cannot be read")
    if _NO.search(bare):
        return Reply(CallOutcome.REJECTED, bare)
    if _YES.search(bare):
        return Reply(CallOutcome.ACCEPTED, bare)
    return Reply(CallOutcome.UNKNOWN, "words that say neither yes nor no")
