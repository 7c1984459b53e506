"""Lists for `/pbx`: the words that narrow them, and rows of plain text. No I/O."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from providers.model import CallRecord, Direction, Disposition, QueueCall, VendorTable
from providers.sdk.call_legs import CallLeg, one_row_each, untaken
from providers.sdk.vendor_clock import midnight

RINGGROUPS = "ringgroups"
MISSED = "missed"
TOPICS = (RINGGROUPS, MISSED)
USAGE = "[today|yesterday|2h|7d] [NAME]"

_MAX_PERIOD = timedelta(days=31)
_LENGTH = re.compile(r"(\d{1,4})([mhd])", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SPOKEN = {
    Disposition.ANSWERED: "answered",
    Disposition.NO_ANSWER: "no answer",
    Disposition.ABANDONED: "hung up while waiting",
    Disposition.TIMED_OUT: "waited too long",
    Disposition.VOICEMAIL: "voicemail",
}


class PeriodError(ValueError):
    """The period is too long."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The period and the name that the words mean. `name` is ``""`` for all."""

    words: str
    since: datetime
    until: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Missed:
    """A call from outside that nobody took; `where` is a user, a queue or a ring group."""

    at: datetime
    caller: str
    where: str
    waited: timedelta | None
    ended: str


def asked(words: Sequence[str], now: datetime, zone: tzinfo) -> Asked:
    """Returns a period, today unless one is named, and a name; raises `PeriodError` beyond 31 days."""
    today = now.astimezone(zone).date()
    period: tuple[str, datetime, datetime] | None = None
    rest = []
    for word in words:
        found = _period(word, now, today, zone)
        if found and period is None:
            period = found
        else:
            rest.append(word)
    spoken, since, until = period or ("today", midnight(today, zone), now)
    return Asked(spoken, since, until, " ".join(rest).strip())


def _period(word: str, now: datetime, today: date, zone: tzinfo) -> tuple[str, datetime, datetime] | None:
    lowered = word.casefold()
    if lowered == "today":
        return lowered, midnight(today, zone), now
    if lowered == "yesterday":
        return lowered, midnight(today - timedelta(days=1), zone), midnight(today, zone)
    found = _LENGTH.fullmatch(lowered)
    if not found:
        return None
    length = int(found[1]) * _UNITS[found[2]]
    if not timedelta() < length <= _MAX_PERIOD:
        raise PeriodError(word)
    return f"the last {lowered}", now - length, now


def named(names: Iterable[str], wanted: str) -> set[str]:
    """Returns the names that are meant: without case, an exact one first, else those that begin so.

    A comma is a character.
    """
    folded = {name: name.casefold() for name in names}
    word = " ".join(wanted.split()).casefold()
    exact = {name for name, low in folded.items() if low == word}
    return exact or {name for name, low in folded.items() if low.startswith(word)}


def ring_groups(calls: Sequence[QueueCall], period: str, unreadable: int, zone: tzinfo) -> VendorTable:
    """Returns the calls of VPC-3, with the figures of the period."""
    rows = tuple(
        (
            _clock(call.started_at, zone),
            call.queue,
            call.caller,
            _span(call.waited),
            _SPOKEN.get(call.disposition, call.raw_disposition),
            _span(call.talk),
            call.agent or "",
        )
        for call in calls
    )
    header = ("Began", "Ring group", "Caller", "Waited", "Ended", "Talked", "Answered by")
    return VendorTable(header, rows, (f"{period}: {_figures(calls)}",), unreadable, frozenset({2}))


def _figures(legs: Sequence[QueueCall]) -> str:
    calls = one_row_each(legs)
    if not calls:
        return "no calls to a ring group"
    answered = [call for call in calls if call.disposition is Disposition.ANSWERED]
    abandoned = sum(call.disposition is Disposition.ABANDONED for call in calls)
    parts = [f"{len(calls)} offered", f"{len(answered)} answered"]
    if answered:
        mean = sum((call.waited for call in answered), timedelta()) / len(answered)
        parts.append(f"those waited {_span(mean)} on average")
    return ", ".join([*parts, f"abandoned {100 * abandoned / len(calls):.0f} %"])


def legs_of_users(calls: Iterable[CallRecord]) -> list[CallLeg[Missed]]:
    """Returns the rows of VPC-1 that came in, each with the user whom it rang."""
    return [
        CallLeg(
            Missed(
                call.started_at,
                call.caller,
                call.agent or call.extension or call.callee,
                call.duration,
                _SPOKEN.get(call.disposition, call.raw_disposition),
            ),
            None if call.made_id else call.call_id,
            call.caller,
            call.started_at,
            call.duration,
            call.disposition is Disposition.ANSWERED,
        )
        for call in calls
        if call.started_at and call.direction is Direction.INBOUND
    ]


def legs_in_line(calls: Iterable[QueueCall], what: str) -> list[CallLeg[Missed]]:
    """Returns the rows of VPC-2 or VPC-3."""
    return [
        CallLeg(
            Missed(
                call.started_at,
                call.caller,
                f"{what} {call.queue}",
                call.waited,
                _SPOKEN.get(call.disposition, call.raw_disposition),
            ),
            None if call.made_id else call.call_id,
            call.caller,
            call.started_at,
            call.waited + (call.talk or timedelta()),
            call.disposition is Disposition.ANSWERED,
        )
        for call in calls
    ]


def missed_of(legs: Iterable[CallLeg[Missed]]) -> list[list[Missed]]:
    """Returns the calls that nobody took, each with the queues and ring groups by which it came before the users."""
    return [sorted((leg.row for leg in call), key=_is_user) for call in untaken(legs)]


def _is_user(row: Missed) -> bool:
    return not row.where.startswith(("queue ", "ring group "))


def missed(found: Sequence[Missed], notes: Sequence[str], unreadable: int, zone: tzinfo) -> VendorTable:
    """Returns all of them as a table, newest first."""
    newest_first = sorted(found, key=lambda row: row.at, reverse=True)
    rows = tuple((_clock(r.at, zone), r.caller, r.where, _span(r.waited), r.ended) for r in newest_first)
    return VendorTable(("Began", "Caller", "Called", "Waited", "Ended"), rows, tuple(notes), unreadable, frozenset({1}))


def _clock(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")


def _span(span: timedelta | None) -> str:
    if span is None:
        return ""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"
