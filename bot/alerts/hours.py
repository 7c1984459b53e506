"""An alert's `hours`: when it may raise, remind and escalate. Time zones and DST are the zone's business."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.model import Opening

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
AHEAD = 16  # days that are looked ahead: a fortnight of holidays still finds the next opening
_STRETCH = re.compile(
    r"(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:\s*,\s*[a-z]{3}(?:-[a-z]{3})?)*)\s+(?P<from>\S+?)-(?P<to>\S+)"
)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
EXAMPLE = 'write it as in "mon-fri 09:00-18:00, sat 22:00-06:00"'


def _no_holiday(_day: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Stretch:
    """From so many minutes after midnight, for so many minutes, on these weekdays (0 is Monday)."""

    days: frozenset[int]
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Hours:
    """Stretches of the week in a zone. A night belongs to its first day; so does a holiday's night."""

    stretches: tuple[Stretch, ...]
    zone: ZoneInfo
    holiday: Callable[[date], bool] = field(default=_no_holiday, repr=False)

    def opening(self, now: datetime) -> Opening | None:
        """The opening that is running; stretches that touch are one."""
        return next((o for o in self._openings(now, 1) if o.start <= now < o.end), None)

    def next_opening(self, now: datetime) -> datetime | None:
        """When the next one starts, later than now; None where none does within a fortnight."""
        return next((o.start for o in self._openings(now, AHEAD) if o.start > now), None)

    def _openings(self, now: datetime, ahead: int) -> list[Opening]:
        today = now.astimezone(self.zone).date()
        found = sorted(
            (self._at(day, s.start), self._at(day, s.start + s.length))
            for offset in range(-2, ahead + 1)
            for day in (today + offset * DAY,)
            if not self.holiday(day)
            for s in self.stretches
            if day.weekday() in s.days
        )
        merged: list[Opening] = []
        for start, end in found:
            if merged and start <= merged[-1].end:
                merged[-1] = Opening(merged[-1].start, max(end, merged[-1].end))
            elif start < end:  # a stretch that DST has swallowed is none
                merged.append(Opening(start, end))
        return merged

    def _at(self, day: date, minutes: int) -> datetime:
        """A wall clock's time as a moment; one that DST skips is the moment it skips to."""
        days, rest = divmod(minutes, 24 * 60)
        wall = datetime.combine(day + days * DAY, time(rest // 60, rest % 60), tzinfo=self.zone)
        return wall.astimezone(ZoneInfo("UTC"))


def parse_hours(text: str, zone: ZoneInfo, holidays: Callable[[date], bool] | None = None) -> Hours:
    """Read `hours`. ValueError says in one sentence what is wrong.

    ``24:00`` is the end of a day; an end at or before its start is on the next day. A part may name several days:
    ``mon,wed 09:00-12:00``.
    """
    # A comma stands between parts, and between the days of one: a part ends with its second clock.
    parts = re.findall(r"[^,]*?(?:,[^,\d]*)*?\d[^,]*", text.strip().lower())
    leftover = re.sub(r"\s|,", "", text.strip().lower()) != re.sub(r"\s|,", "", "".join(parts))
    if not parts or leftover:
        raise ValueError(f"these are no hours: {EXAMPLE}")
    stretches = tuple(_stretch(part.strip(" ,")) for part in parts)
    return Hours(stretches, zone, holidays or _no_holiday)


def _stretch(part: str) -> Stretch:
    match = _STRETCH.fullmatch(part)
    if match is None:
        raise ValueError(f'"{part}" is no stretch of hours: {EXAMPLE}')
    start, end = _minutes(match["from"], part), _minutes(match["to"], part)
    if start == 24 * 60:
        raise ValueError(f'"{part}" begins at 24:00: write 00:00 of the next day')
    if start == end:
        raise ValueError(f'"{part}" begins and ends at the same time: for a whole day write 00:00-24:00')
    return Stretch(_days(match["days"]), start, end - start if end > start else end + 24 * 60 - start)


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for item in re.split(r"\s*,\s*", text):
        first, _, last = item.partition("-")
        for name in filter(None, (first, last)):
            if name not in DAYS:
                raise ValueError(f'"{name}" is no day: the days are {", ".join(DAYS)}')
        begin, until = DAYS.index(first), DAYS.index(last or first)
        found.update((begin + n) % 7 for n in range((until - begin) % 7 + 1))
    return frozenset(found)


def _minutes(text: str, part: str) -> int:
    match = _CLOCK.fullmatch(text)
    minutes = int(match[1]) * 60 + int(match[2]) if match is not None and int(match[2]) < 60 else 24 * 60 + 1
    if minutes > 24 * 60:
        raise ValueError(f'"{text}" in "{part}" is no time of day: write it as 09:00, at most 24:00')
    return minutes
