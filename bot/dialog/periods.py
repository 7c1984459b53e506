"""Stretches of time as people type them: `today`, `yesterday`, `2h`, `7d`. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

MAX_PERIOD = timedelta(days=31)
_LENGTH = re.compile(r"(\d{1,4})(m|h|d)", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Period:
    """A period of time, `since` included, and what it is called in a sentence."""

    words: str
    since: datetime
    until: datetime


def midnight(now: datetime, zone: tzinfo) -> datetime:
    """Returns the UTC instant at which the day of `now` began in the zone."""
    return datetime.combine(now.astimezone(zone).date(), time(), tzinfo=zone).astimezone(UTC)


def period(word: str, now: datetime, zone: tzinfo) -> Period | None:
    """Returns the period that a word means; None for another word, or one beyond 31 days."""
    lowered = word.casefold()
    start = midnight(now, zone)
    if lowered == "today":
        return Period("today", start, now)
    if lowered == "yesterday":
        before = midnight(start - timedelta(hours=12), zone)
        return Period("yesterday", before, start)
    found = _LENGTH.fullmatch(lowered)
    if found is None:
        return None
    length = int(found[1]) * _UNITS[found[2]]
    if not timedelta() < length <= MAX_PERIOD:
        return None
    return Period(f"the last {found[1]} {found[2].replace('m', 'min')}", now - length, now)
