"""A vendor's wall clock, where it meets instants. Past the wire every time is UTC.

Python subtracts and compares two times of one zone by the wall, which is wrong by an hour across a clock change.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

Walls = tuple[datetime, datetime]


def instant(wall: datetime, zone: tzinfo, *, not_before: datetime | None = None) -> datetime:
    """Returns the UTC instant at which the clock in `zone` shows `wall`, a time without a zone.

    A wall that occurs twice is the first of the two, unless only the second is `not_before` or later.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return second if not_before is not None and first < not_before <= second else first


def midnight(day: date, zone: tzinfo) -> datetime:
    """Returns the UTC instant at which `day` begins in `zone`."""
    return instant(datetime.combine(day, time()), zone)


def walls(since: datetime, until: datetime, zone: tzinfo) -> Walls:
    """Returns start and end of a vendor's filter, without a zone, on its clock: never the end before the start.

    Where the clock is set back within the period, an end that occurs twice is widened by the repeated hour.
    """
    start, end = since.astimezone(zone), until.astimezone(zone)
    back = (start.utcoffset() or timedelta()) - (end.utcoffset() or timedelta())
    first, last = start.replace(tzinfo=None), end.replace(tzinfo=None)
    if back > timedelta():
        first = first - back if _twice(start) else first
        last = last + back if _twice(end) else last
    return first, last


def _twice(at: datetime) -> bool:
    return at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
