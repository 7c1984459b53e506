"""Reads VPC-5, whose shape nobody knows: whatever comes, as one line fit to show. No I/O."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.sdk.lenient_json import Damage, UnreadableError, read_json
from providers.sdk.text import clean

MAX_BODY_CHARACTERS = 500  # characters
_MAX_LEVELS = 6
_MAX_MEMBERS = 50  # members of one list or object
_HEAD_CHARACTERS = 900  # characters
_AROUND = ("code", "status", "message", "data")


def is_words(text: str) -> bool:
    """Returns whether the answer is plain words rather than data, a web page or noise; its beginning decides."""
    try:
        read_json(text[:_HEAD_CHARACTERS])
    except UnreadableError as error:
        return error.damage is Damage.PLAIN
    return False


def shown(value: Any) -> str:
    """Returns the status in the vendor's own words; ``""`` where there is none."""
    if isinstance(value, Mapping) and "data" in value and set(value) <= set(_AROUND):
        value = _inside(value)
    return clean(_line(value, 0), MAX_BODY_CHARACTERS)


def _inside(value: Mapping[str, Any]) -> Any:
    """Returns what the envelope holds; its message where it holds nothing."""
    return value["data"] if value["data"] not in (None, "", [], {}) else value.get("message")


def _line(value: Any, depth: int) -> str:
    if depth > _MAX_LEVELS:
        return "…"
    if isinstance(value, Mapping):
        members = ((str(name), _line(inner, depth + 1)) for name, inner in list(value.items())[:_MAX_MEMBERS])
        return ", ".join(f"{name}: {words}" for name, words in members if words)
    if isinstance(value, list):
        return "; ".join(words for inner in value[:_MAX_MEMBERS] if (words := _line(inner, depth + 1)))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    return str(value)[: 4 * MAX_BODY_CHARACTERS]
