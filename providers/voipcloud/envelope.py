"""The envelope of an answer: the code, status and message around the data, or none of them. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from providers.sdk.lenient import int_of, maybe, refusal_in

UNKNOWN_ERROR = 0  # the document's own code for it
_WORDS = ("message", "msg", "error_message", "description", "detail", "reason", "error", "errors", "text", "status")
_PLAIN = {"", "error", "success", "ok", "fail", "failed", "failure", "true", "false", "0", "1", "null"}
_MAX_LEVELS = 4


class _Missing:
    """Stands for data that did not come at all, which is not the same as null."""


MISSING = _Missing()


@dataclass(frozen=True, slots=True)
class Said:
    """An envelope's parts. `code` None: the body names none.

    `refusal` None: it does not say no; ``""``: it does, without a word.
    """

    code: int | None
    refusal: str | None
    data: Any = MISSING


def said_in(value: object) -> Said:
    """Reads a body: a bare list, `{data: …}`, or an envelope whose `message` is words or an object."""
    if isinstance(value, list):
        return Said(None, None, value)
    if not isinstance(value, Mapping):
        return Said(None, _scalar(value))
    code = maybe(int_of, value.get("code"))
    data = value.get("data", MISSING)
    inner = value.get("message")
    refused = refusal_in(value) is not None or (isinstance(inner, Mapping) and refusal_in(inner) is not None)
    if refused or (code is not None and not 200 <= code < 300):
        return Said(code, words_in(value), data)
    return Said(code, None, data)


def words_in(value: object, depth: int = 0) -> str:
    """Returns the vendor's own words in an answer; ``""`` where there are none but ``error`` and the like."""
    if depth > _MAX_LEVELS:
        return ""
    if isinstance(value, str):
        return "" if value.strip().casefold() in _PLAIN else value
    if isinstance(value, list):
        return next((words for item in value if (words := words_in(item, depth + 1))), "")
    if isinstance(value, Mapping):
        members = {str(name).casefold(): member for name, member in value.items()}
        known = [members[name] for name in _WORDS if name in members] if depth == 0 else list(members.values())
        return next((words for member in known if (words := words_in(member, depth + 1))), "")
    return ""


def _scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:4000]
