"""The envelope around every answer of IEXPBX: ``[{"success": …, "count": …, "data": […]}]``. No I/O.

Never takes an answer that does not say `success` for an empty list.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.sdk.lenient import RefusalError, ShapeError, int_of, maybe, refusal_in

NO_REASON = "success: false"  # what a refusal without words is told as

_YES = frozenset({"true", "1", "yes", "ok"})
_NO = frozenset({"false", "0", "no", "", "none", "null"})


def opened(value: Any) -> Mapping[str, Any] | None:
    """Returns the envelope, in its list or bare, its names in small letters; None where there is none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, Mapping):
        return None
    return {str(name).casefold(): member for name, member in value.items()}


def succeeded(envelope: Mapping[str, Any]) -> bool | None:
    """Returns its `success`: true, ``"True"`` and 1 are yes; None where it is missing, or says neither yes nor no."""
    said = envelope.get("success")
    if isinstance(said, bool):
        return said
    if said is None and "success" in envelope:
        return False
    if isinstance(said, str | int | Decimal):
        word = str(said).strip().casefold()
        return True if word in _YES else False if word in _NO else None
    return None


def refusal(value: Any) -> str | None:
    """Returns the vendor's words where the answer says no, `NO_REASON` where it has none; None where it does not."""
    envelope = opened(value)
    if envelope is None:
        return "null" if value is None else refusal_in(value)
    if succeeded(envelope):
        return None
    words = refusal_in({**envelope, "success": False} if succeeded(envelope) is False else envelope)
    return NO_REASON if words == "error" and succeeded(envelope) is False else words


def rows_in(value: Any) -> list[Any]:
    """Returns the rows of a list answer, whatever `count` says.

    Raises `RefusalError` where the vendor said no, and `ShapeError` for what is no such answer, which one without rows
    that counts some is too.
    """
    said = refusal(value)
    if said is not None:
        raise RefusalError(said)
    if isinstance(value, str) and value.strip():
        raise RefusalError(value)
    envelope = opened(value)
    if envelope is None or not succeeded(envelope):
        raise ShapeError
    count = maybe(int_of, envelope.get("count"))
    data = envelope.get("data")
    if data is None or data == "" or data in ([], {}):
        if count or (count is None and not isinstance(data, list | Mapping)):
            raise ShapeError
        return []
    if isinstance(data, list):
        return data
    if isinstance(data, Mapping):
        return list(data.values()) if all(str(key).isdecimal() for key in data) else [data]
    raise ShapeError
