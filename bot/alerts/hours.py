"""An alert's `hours`: when it may raise, remind and escalate. A wall clock in a zone; never asks the time itself."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.model import Calendar, Opening

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
SEARCH_DAYS = 32  # back and ahead; what is open for longer is reported as if it began and ended there
EXAMPLE = 'write it as in "mon-fri 09:00-18:00, sat 22:00-06:00"'

_PART = re.compile(r"(?P<days>[^\d,]+?)\s+(?P<start>\S+?)\s*[-–]\s*(?P<end>\S+)")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)
_RANGE = re.compile(r"([a-z]+)(?:\s*[-–]\s*([a-z]+))?")


def _no_holidays(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch is an interval of the wall clock on some weekdays (0 is Monday).

    `start` and `end` are minutes after that day's midnight; from 1,440 on they lie on the next day.
    """

    days: frozenset[int]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours are the stretches of a week, in a zone, in which an alert is open.

    A night belongs to the day on which it begins; on a holiday no stretch begins.
    """

    stretches: tuple[Stretch, ...]
    zone: ZoneInfo
    holiday: Callable[[date], bool] = field(default=_no_holidays, repr=False)
    _known: dict[date, list[Opening]] = field(default_factory=dict, repr=False, compare=False)

    def opening(self, now: datetime) -> Opening | None:
        """Returns the opening that contains `now`, or None while closed; stretches that touch are one opening."""
        openings = self._openings(now)
        at = bisect_right(openings, now, key=lambda o: o.start) - 1
        return openings[at] if at >= 0 and now < openings[at].end else None

    def next_opening(self, now: datetime) -> datetime | None:
        """Returns the start of the first opening later than `now`; None where none starts within 32 days."""
        openings = self._openings(now)
        at = bisect_right(openings, now, key=lambda o: o.start)
        return openings[at].start if at < len(openings) else None

    def _openings(self, now: datetime) -> list[Opening]:
        today = now.astimezone(self.zone).date()
        if today not in self._known:
            if len(self._known) > 3:
                self._known.clear()
            self._known[today] = self._around(today)
        return self._known[today]

    def _around(self, today: date) -> list[Opening]:
        days = (today + n * DAY for n in range(-SEARCH_DAYS, SEARCH_DAYS + 1))
        found = sorted(
            (self._moment(day, s.start, later=False), self._moment(day, s.end, later=True))
            for day in days
            if not self.holiday(day)
            for s in self.stretches
            if day.weekday() in s.days
        )
        merged: list[Opening] = []
        for start, end in found:
            if start >= end:
                continue  # the clock skipped it
            if merged and start <= merged[-1].end:
                merged[-1] = Opening(merged[-1].start, max(end, merged[-1].end))
            else:
                merged.append(Opening(start, end))
        return merged

    def _moment(self, day: date, minutes: int, *, later: bool) -> datetime:
        """Returns when the wall clock shows this; where it does so twice, the first or the later time."""
        days, rest = divmod(minutes, DAY_MINUTES)
        wall = datetime.combine(day + days * DAY, time(rest // 60, rest % 60), tzinfo=self.zone)
        first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
        if first <= second:
            return second if later else first
        return self._jump(second, first)

    def _jump(self, before: datetime, after: datetime) -> datetime:
        """Returns the moment, between these two, at which the clock skips ahead."""
        offset = before.astimezone(self.zone).utcoffset()
        while after - before > timedelta(seconds=1):
            middle = before + (after - before) / 2
            if middle.astimezone(self.zone).utcoffset() == offset:
                before = middle
            else:
                after = middle
        return after.replace(microsecond=0)


def parse_hours(text: str, zone: ZoneInfo, holidays: Callable[[date], bool] | None = None) -> Hours:
    """Parses `hours` as configured; raises `ValueError` with one sentence that says what is wrong.

    ``24:00`` is the end of a day; an end before its start is on the next day. Days may be listed (``mon,wed
    09:00-12:00``), run over the end of the week (``sat-mon``), or be all of them (``daily``). `holidays` says whether a
    day is one; None: no day is.
    """
    stretches: list[Stretch] = []
    days: set[int] = set()
    waiting = ""  # days that stand before a comma, without a time yet
    for part in (piece.strip() for piece in text.lower().split(",")):
        if not part:
            raise ValueError(f'"{text}" has an empty part: {EXAMPLE}')
        waiting = part
        if not any(c.isdigit() for c in part):
            days |= _days(part)
            continue
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f'"{part}" is no stretch of hours: {EXAMPLE}')
        stretches.append(_stretch(days | _days(match["days"]), match["start"], match["end"], part))
        days, waiting = set(), ""
    if waiting:
        raise ValueError(f'"{waiting}" has no time: {EXAMPLE}')
    return Hours(tuple(stretches), zone, holidays or _no_holidays)


def _stretch(days: set[int], start_text: str, end_text: str, part: str) -> Stretch:
    start, end = _minutes(start_text, part), _minutes(end_text, part)
    if start == DAY_MINUTES:
        raise ValueError(f'"{part}" begins at 24:00: write 00:00 of the next day')
    if start == end:
        raise ValueError(f'"{part}" begins and ends at the same time: for a whole day write 00:00-24:00')
    return Stretch(frozenset(days), start, end if end > start else end + DAY_MINUTES)


def _days(text: str) -> set[int]:
    if text == "daily":
        return set(range(7))
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'"{text}" are no days: {EXAMPLE}')
    first, last = match[1], match[2] or match[1]
    for name in (first, last):
        if name not in DAYS:
            raise ValueError(f'"{name}" is no day: the days are {", ".join(DAYS)}')
    begin, end = DAYS.index(first), DAYS.index(last)
    return {(begin + n) % 7 for n in range((end - begin) % 7 + 1)}


def _minutes(text: str, part: str) -> int:
    match = _CLOCK.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match is not None and int(match[2]) < 60 else DAY_MINUTES + 1
    if minutes > DAY_MINUTES:
        raise ValueError(f'"{text}" in "{part}" is no time of day: write it as 09:00, at most 24:00')
    return minutes


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours are an alert's hours while it is silenced: closed until `until`, and `hours` afterwards.

    `hours` None: always open afterwards.
    """

    until: datetime
    hours: Calendar | None = None

    def opening(self, now: datetime) -> Opening | None:
        """Returns the opening that contains `now`; None while the silence lasts or the hours are closed."""
        if now < self.until:
            return None
        return Opening(self.until, now + DAY) if self.hours is None else self.hours.opening(now)

    def next_opening(self, now: datetime) -> datetime | None:
        """Returns the end of the silence or the first opening after it; None where no opening follows."""
        if now >= self.until:
            return None if self.hours is None else self.hours.next_opening(now)
        if self.hours is None or self.hours.opening(self.until) is not None:
            return self.until
        return self.hours.next_opening(self.until)


class Never:
    """Never stands for an alert's hours while the account it depends on is down: closed, without a known end."""

    def opening(self, now: datetime) -> Opening | None:
        """Returns None: it is always closed."""

    def next_opening(self, now: datetime) -> datetime | None:
        """Returns None: the next opening is not known."""
