"""MOR's wire format: fields of its pages, money, durations, causes. No I/O, and no time but what is given."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, TypeVar

from providers.model import Balance, CallRecord, Direction, Disposition, Money, Rows
from providers.sdk.lenient import UnfitError, key_of, maybe, money_of, span_of, text_of, time_of
from providers.sdk.lenient_xml import Element
from providers.sdk.text import clean

T = TypeVar("T")

TITLE = "MOR"
STAMP = "%Y-%m-%d %H:%M:%S"
DAY = "%Y-%m-%d"

_CAUSES = {
    "answered": Disposition.ANSWERED,
    "answer": Disposition.ANSWERED,
    "noanswer": Disposition.NO_ANSWER,
    "busy": Disposition.BUSY,
    "failed": Disposition.FAILED,
    "cancel": Disposition.CANCELED,
    "canceled": Disposition.CANCELED,
    "cancelled": Disposition.CANCELED,
    "congestion": Disposition.CONGESTION,
    "voicemail": Disposition.VOICEMAIL,
}
_UNLIMITED = {"nolimit", "unlimited", "безлимита", "неограничен", "неограничено"}
_PLANS: dict[str, Literal["prepaid", "postpaid"]] = {"postpaid": "postpaid", "prepaid": "prepaid"}
_MONEY = re.compile(r"(?:([A-Za-z]{3})\s*)?([+-]?[\d.][\d\s.,'’]*+)([A-Za-z]{3})?")
_CLOCK = re.compile(r"(\d{1,6}):([0-5]?\d):([0-5]?\d)", re.ASCII)
_MAX_EXTENSION_DIGITS = 6  # digits; whatever is longer is a telephone number


def letters(word: str) -> str:
    """Returns a word without case, blanks and marks: what statuses are compared by."""
    return "".join(c for c in word.casefold() if c.isalpha())


def digits(number: str) -> str:
    """Returns a telephone number as the document's samples write one: digits alone; ``""`` where it is none."""
    bare = re.sub(r"[\s().-]", "", number).removeprefix("+")
    return bare if re.fullmatch(r"\d{2,20}", bare, re.ASCII) else ""


def money(text: str | None, currency: str | None) -> Money:
    """Returns ``100 USD``, ``USD 100``, ``1 000,50 EUR`` or a bare number, which is in `currency`, as money.

    Raises `UnfitError` for what is none, or names two currencies.
    """
    found = _MONEY.fullmatch(clean(text or ""))
    if not found or (found[1] and found[3]):
        raise UnfitError(text if text is not None else "nothing")
    named = found[1] or found[3]
    return Money(money_of(found[2].strip()), named.upper() if named else currency)


def clock_span(text: str) -> timedelta:
    """Returns the length of ``00:20:35``, or of a number of seconds; raises `UnfitError`."""
    found = _CLOCK.fullmatch(text.strip())
    if not found:
        return span_of(text.strip())
    return span_of(Decimal(int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])))


def balance(finances: Element | None, currency: str | None) -> Balance:
    """Returns *finances* of MOR-3 and *main_details* of MOR-4 and MOR-5.

    Raises `UnfitError` where no amount is there.
    """
    if finances is None:
        raise UnfitError("nothing")
    money_left = money(finances.said("balance"), currency)
    said = finances.said("credit")
    credit: Money | Literal["unlimited"] | None = None
    if said is not None and letters(said) in _UNLIMITED:
        credit = "unlimited"
    elif said:
        credit = maybe(lambda text: money(text, money_left.currency), said)
    return Balance(money_left, credit, _PLANS.get(letters(finances.said("account") or "")))


def main_details(page: Element) -> Element | None:
    """Returns *main_details* of MOR-5, which real servers call *main_detail*; None where it is missing."""
    return page.first("details", "main_details") or page.first("details", "main_detail")


def call(row: Element, zone: tzinfo, currency: str | None) -> CallRecord:
    """Returns a *call* of MOR-19, 20, 23 and 24.

    Only missed calls have an id; for the rest one is made of all that tells a call from another.
    """
    caller, callee = _party(row, "called_from"), _party(row, "called_to")
    date = key_of(row.said("date"))
    raw = maybe(text_of, row.said("hangup_cause")) or ""
    duration = maybe(clock_span, row.said("duration"))
    cost = maybe(lambda text: money(text, currency), row.said("price"))
    direction, extension = _direction(caller, callee)
    spelled = "-".join((re.sub(r"\D", "", date), caller or "0", callee or "0", str(_seconds(duration)), letters(raw)))
    told = maybe(key_of, row.said("call_id"))
    return CallRecord(
        call_id=told or spelled,
        started_at=maybe(lambda text: time_of(text, zone, STAMP), date),
        direction=direction,
        caller=caller,
        callee=callee,
        disposition=_CAUSES.get(letters(raw), Disposition.UNKNOWN),
        raw_disposition=raw,
        duration=duration,
        extension=extension,
        cost=cost,
        made_id=told is None,
    )


def _party(row: Element, name: str) -> str:
    said = row.said(name)
    if said is None:
        raise UnfitError(f"no {name}")
    return text_of(said)


def _seconds(span: timedelta | None) -> int:
    return int(span.total_seconds()) if span else 0


def _direction(caller: str, callee: str) -> tuple[Direction, str | None]:
    """Returns which way, as far as a short number is an extension of ours."""
    ours, theirs = _is_extension(caller), _is_extension(callee)
    if ours and theirs:
        return Direction.INTERNAL, caller
    if ours:
        return Direction.OUTBOUND, caller
    return (Direction.INBOUND, callee) if theirs else (Direction.UNKNOWN, None)


def _is_extension(party: str) -> bool:
    return party.isascii() and party.isdigit() and len(party) <= _MAX_EXTENSION_DIGITS


def stamps(since: datetime, until: datetime) -> dict[str, str]:
    """Returns `period_start` and `period_end` as MOR's forms want them, of two times on its own clock."""
    return {"period_start": since.strftime(STAMP), "period_end": until.strftime(STAMP)}


def rows_of(elements: list[Element], read: Callable[[Element], T]) -> Rows[T]:
    """Returns every row that can be read; the rest is counted."""
    good: list[T] = []
    for element in elements:
        try:
            good.append(read(element))
        except UnfitError:
            continue
    return Rows(tuple(good), unreadable=len(elements) - len(good))
