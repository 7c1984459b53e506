"""The course of a balance over the last day, at a step that fits a chart. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.model import Observed, Reading

LONGEST = timedelta(hours=24)
MIN_SAMPLES = 3
MAX_PAST_POINTS = 19  # of Slack's twenty: one is the forecast's
_STEPS = [timedelta(minutes=m) for m in (1, 2, 5, 10, 15, 30, 60, 90)]


@dataclass(frozen=True, slots=True)
class Course:
    """Points of a balance, and the stretches in which it was not seen, each from when to when."""

    points: tuple[tuple[datetime, float], ...]
    unseen: tuple[tuple[datetime, datetime], ...] = ()


def course(readings: Sequence[Reading], now: datetime) -> Course | None:
    """Returns the course of at most a day; None before the third reading. What was not seen is left out."""
    seen = [reading for reading in readings if isinstance(reading, Observed)]
    if len(seen) < MIN_SAMPLES:
        return None
    begin = max(seen[0].at, now - LONGEST)
    step = next((one for one in _STEPS if (now - begin) / one <= MAX_PAST_POINTS - 1), _STEPS[-1])
    points: list[tuple[datetime, float]] = []
    unseen: list[tuple[datetime, datetime]] = []
    for back in range(int((now - begin) / step), -1, -1):
        at = now - back * step
        last = next((reading for reading in reversed(readings) if reading.at <= at), None)
        if isinstance(last, Observed):
            points.append((at, float(last.value.money.amount)))
        elif last is not None:
            start = unseen.pop()[0] if unseen and unseen[-1][1] == at - step else at
            unseen.append((start, at))
    return Course(tuple(points), tuple(unseen))
