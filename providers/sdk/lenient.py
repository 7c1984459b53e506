"""Reads fields and lists as vendors write them, into our types. Never makes up a zero for what it cannot read."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, TypeVar

from providers.model import Rows
from providers.sdk.text import clean
from providers.sdk.vendor_clock import instant

T = TypeVar("T")

MOST_ROWS = 20_000  # of a list are read; a whole answer of usual rows has fewer
_LARGEST = Decimal(10) ** 15
_LONGEST_SPAN = Decimal(10 * 366 * 86400)  # ten years, in seconds
_PLAIN_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})", re.ASCII)
_ZERO_DATES = {"", "null", "none", "0"}


class UnfitError(ValueError):
    """A value that its field cannot take; the text says what came, shortened."""

    def __init__(self, value: object) -> None:
        super().__init__(clean(str(value)[:200], limit=40) or "nothing")


class RefusalError(ValueError):
    """The vendor said no where data was due; the text is its own words."""


class ShapeError(ValueError):
    """Readable JSON of another shape than the operation's."""


def decimal_of(value: object) -> Decimal:
    """Returns a number with a decimal point; refuses bool, NaN, infinities and what passes 10^15.

    Raises `UnfitError`.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _PLAIN_NUMBER.fullmatch(text):
            raise UnfitError(value)
        number = Decimal(text)
    elif isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        number = Decimal(value)
    else:
        raise UnfitError(value)
    if not number.is_finite() or number.copy_abs() > _LARGEST or int(number.as_tuple().exponent) < -30:
        raise UnfitError(value)
    return number


def money_of(value: object) -> Decimal:
    """Returns an amount: as `decimal_of`, and in strings also `111,74`, `1 234,56`, `1.234,56` and `1,234.56`.

    The last separator is the decimal one. A single comma before exactly three digits may be either, and money is not
    guessed: it raises `UnfitError`, as anything else does.
    """
    if not isinstance(value, str) or "," not in value:
        return decimal_of(re.sub(r"(?<=\d)[\s'’](?=\d{3}(\D|$))", "", value) if isinstance(value, str) else value)
    text = re.sub(r"(?<=\d)[\s'’](?=\d{3}(\D|$))", "", value.strip())
    whole, comma, fraction = text.rpartition(",")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+", text, re.ASCII):
        return decimal_of(text.replace(",", ""))
    if comma and fraction.isdigit() and (len(fraction) != 3 or re.fullmatch(r"[+-]?0", whole)):
        if re.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+", whole, re.ASCII):
            whole = whole.replace(".", "")
        if "." not in whole:
            return decimal_of(f"{whole}.{fraction}")
    raise UnfitError(value)


def int_of(value: object) -> int:
    """Returns a whole number, also from a string or from ``20.0``; raises `UnfitError`."""
    number = decimal_of(value)
    if number != number.to_integral_value():
        raise UnfitError(value)
    return int(number)


def span_of(value: object) -> timedelta:
    """Returns a length of time given in seconds, not negative and at most ten years; raises `UnfitError`."""
    seconds = decimal_of(value)
    if not 0 <= seconds <= _LONGEST_SPAN:
        raise UnfitError(value)
    return timedelta(microseconds=int(seconds * 1_000_000))


def text_of(value: object, limit: int = 200) -> str:
    """Returns words or a number as one clean line; None is ``""``. Raises `UnfitError` for anything else."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise UnfitError(value)
    return clean(f"{value:f}" if isinstance(value, Decimal) and value.is_finite() else str(value), limit)


def key_of(value: object) -> str:
    """Returns a name that tells one thing from another.

    Raises `UnfitError` where it is empty or over 100 characters.
    """
    text = text_of(value, limit=101)
    if not text or len(text) > 100:
        raise UnfitError(value)
    return text


def naive_time_of(value: object, pattern: str = "%Y-%m-%d %H:%M:%S") -> datetime | None:
    """Returns a wall-clock time without its zone; None for a zero date, ``""`` and ``null``. Raises `UnfitError`."""
    text = text_of(value)
    if text.casefold() in _ZERO_DATES or text.startswith("0000-00-00"):
        return None
    try:
        found = datetime.strptime(text, pattern)  # noqa: DTZ007 - the vendor names no zone; the caller adds one
    except ValueError:
        raise UnfitError(value) from None
    if not 1990 <= found.year <= 2100:
        raise UnfitError(value)
    return found


def time_of(value: object, zone: tzinfo, pattern: str = "%Y-%m-%d %H:%M:%S") -> datetime | None:
    """Returns the UTC instant of a vendor's time in `zone`; None and errors as in `naive_time_of`."""
    wall = naive_time_of(value, pattern)
    return instant(wall, zone) if wall else None


def maybe(read: Callable[[Any], T], value: object) -> T | None:
    """Returns what `read` makes of it; None where there is nothing, or nothing that can be read."""
    if value is None or value == "":
        return None
    try:
        return read(value)
    except UnfitError:
        return None


def first(row: Mapping[str, Any], *names: str) -> Any:
    """Returns the first of these members that is there, else None: vendors rename and misspell."""
    return next((row[name] for name in names if name in row), None)


_NO = {"error", "err", "fail", "failed", "failure", "false", "denied", "refused", "rejected", "forbidden"}
_SAYS = ("message", "msg", "error_message", "status_message", "error_description", "description", "reason",
         "detail", "details", "text", "result", "error", "errors", "err", "status")  # fmt: skip


def refusal_in(value: object) -> str | None:
    """Returns the vendor's words where a readable answer says no; None where it does not.

    That is ``false`` and 0, also as a string, and an object with a truthy `error`, a `success` that is not, or a
    `status` or `result` that says error.
    """
    if value is False or (isinstance(value, str | int | Decimal) and str(value).strip() in {"0", "false"}):
        return str(value).lower()
    if not isinstance(value, Mapping):
        return None
    members = {str(key).casefold(): member for key, member in value.items()}
    failed = any(_truthy(members[name]) for name in ("error", "errors", "err") if name in members)
    failed = failed or ("success" in members and not _truthy(members["success"]))
    for name in ("status", "result", "state", "ok"):
        member = members.get(name, True)
        failed = failed or member is False or (isinstance(member, str) and member.strip().casefold() in _NO)
    return _words_of(members) if failed else None


def _truthy(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in {"", "0", "false", "no", "none", "null", "ok"}
    return bool(value)


def _words_of(members: Mapping[str, Any]) -> str:
    for name in _SAYS:
        said = members.get(name)
        if isinstance(said, list) and said:
            said = said[0]
        if isinstance(said, Mapping):
            said = _words_of({str(k).casefold(): v for k, v in said.items()})
        if isinstance(said, str) and said.strip() and said.strip().casefold() not in _NO | {"0", "1"}:
            return said
    return "error"


def list_in(value: object) -> list[Any]:
    """Returns the list that was due, also as PHP writes one that lost its order, or inside `data`.

    Raises `RefusalError` where the vendor said no, `ShapeError` for anything else.
    """
    refusal = "null" if value is None else refusal_in(value)
    if refusal is not None:
        raise RefusalError(refusal)
    if isinstance(value, str):
        raise RefusalError(value) if value.strip() else ShapeError
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        if all(key.isdecimal() for key in value):
            return list(value.values())
        if isinstance(inner := value.get("data"), list):
            return inner
        if isinstance(said := first(value, "message", "msg"), str):
            raise RefusalError(said)
    raise ShapeError


def rows_of(items: list[Any], read: Callable[[Mapping[str, Any]], T]) -> Rows[T]:
    """Returns every row that can be read, of the first 20,000; the rest is counted.

    Where none of them can: raises `RefusalError` if one of them is the vendor's no, else `ShapeError`.
    """
    good: list[T] = []
    rows = [item for item in items[:MOST_ROWS] if isinstance(item, Mapping)]
    for row in rows:
        try:
            good.append(read(row))
        except UnfitError:
            continue
    if items and not good:
        refusal = next((said for row in rows if (said := refusal_in(row))), None)
        raise RefusalError(refusal) if refusal else ShapeError
    return Rows(tuple(good), unreadable=len(items) - len(good))
