"""Reads the answers of Click2Call; doubt is UNKNOWN, since a call may be ringing already. No I/O."""

from collections.abc import Mapping
from typing import Any

from providers.model import CallOutcome
from providers.sdk.lenient import int_of, key_of, maybe, refusal_in, text_of
from providers.sdk.lenient_json import UnreadableError, read_json
from providers.sdk.replies import Reply, in_doubt
from providers.voicenter.wire import refusal

_CERTAINLY_NOT = {
    1: "the request was not valid",
    3: "the extension is offline",
    4: "the extension is blocked for Click2Call",
}
_NO_REASON = {"error", "false", "0"}


def reply_in(text: str) -> Reply:
    """Reads the body of a 2xx answer. Only 0 is ACCEPTED, only 1, 3 and 4 say that nothing was done."""
    try:
        value = read_json(text).value
    except UnreadableError as error:
        return in_doubt(error.damage, markup="a web page or XML")
    if not isinstance(value, Mapping):
        return Reply(CallOutcome.UNKNOWN, "an answer that cannot be read")
    members = {str(name).casefold(): member for name, member in value.items()}
    if "errorcode" not in members:
        return _other(value)
    code = maybe(int_of, members["errorcode"])
    said = maybe(text_of, members.get("errormessage")) or ""
    if code == 0:
        return Reply(CallOutcome.ACCEPTED, "", maybe(key_of, members.get("callid")))
    if code in _CERTAINLY_NOT:
        return Reply(CallOutcome.REJECTED, said or _CERTAINLY_NOT[code])
    about = f"error {code}" if code is not None else "an error that cannot be read"
    return Reply(CallOutcome.UNKNOWN, f"{about} (“{said}”)" if said else about)


def _other(value: Mapping[str, Any]) -> Reply:
    """Reads an answer in the manner of the vendor's other pages, or of somebody else."""
    try:
        refused = refusal(value)
    except ValueError:
        refused = None
    if refused is not None:
        said = refused.words or f"ERR {refused.code}"
        return Reply(CallOutcome.REJECTED, said) if refused.code == 1 else Reply(CallOutcome.UNKNOWN, f"“{said}”")
    plain = refusal_in(value)
    if plain is None:
        return Reply(CallOutcome.UNKNOWN, "an answer that cannot be read")
    return Reply(CallOutcome.REJECTED, "" if plain in _NO_REASON else plain)
