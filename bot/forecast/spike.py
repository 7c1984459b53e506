"""The spike: whether far more is being spent than usual, in 15 minutes beside those of days that go alike. Pure."""

import math
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from statistics import median

from bot.forecast.spending import Spending

LENGTH = timedelta(minutes=15)
MIN_KNOWN = timedelta(minutes=10)
DAYS_LEAST = 5  # of history
AROUND_SLOTS = 12  # slots: an hour earlier or later is the same time of day
STRETCHES_LEAST = 6  # of 15 minutes, to compare with
MEDIAN_FACTOR = 3  # the median
RARE_SHARE = 0.99  # of them are below; a few agents make so uneven a day that twice as much is nothing yet
RARE_FACTOR = 2
FREAK_FACTOR = 3  # times all other days: a day that was a spike itself is no measure
USUAL_DAY_SHARE = 0.02  # of a usual day, where no least amount is given
LEAST = Decimal(1)


@dataclass(frozen=True, slots=True)
class Spike:
    """The spending of the last 15 minutes, and the line above which it is a spike."""

    spent: Decimal
    line: Decimal

    @property
    def holds(self) -> bool:
        """Returns whether it is one."""
        return self.spent > self.line


def spike(spending: Spending, least: Decimal | None) -> Spike | None:
    """Returns the last 15 minutes; None where they, or the days gone by, are too little known.

    `least`: what counts at all; None: a fiftieth of what a day spends, and one at least.
    """
    profile, last = spending.profile, spending.last
    spent, known = spending.lately(LENGTH)
    if profile is None or last is None or len(profile.days) < DAYS_LEAST:
        return None
    if known < MIN_KNOWN.total_seconds():
        return None
    day, slot, _ = spending.wall.place(last.at.timestamp() - 1)
    around = slice(max(0, slot - AROUND_SLOTS), slot + AROUND_SLOTS + 1)
    days = [profile.stretches(name)[around] for name in profile.like(day.weekday()) if name != day]
    found = _without_freak([[spent for spent in stretches if spent is not None] for stretches in days])
    if len(found) < STRETCHES_LEAST:
        return None
    rare = found[math.ceil(RARE_SHARE * len(found)) - 1]
    line = _cents(max(MEDIAN_FACTOR * median(found), RARE_FACTOR * rare))
    if least is None:
        least = max(LEAST, _cents(USUAL_DAY_SHARE * profile.day_cost))
    return Spike(_cents(spent), max(line, least))


def _without_freak(days: list[list[float]]) -> list[float]:
    """Returns all of them in order, without the one day that far outdid the others."""
    days = sorted(filter(None, days), key=max)
    if len(days) > 2 and max(days[-1]) > FREAK_FACTOR * max(days[-2]):
        days.pop()
    return sorted(spent for stretches in days for spent in stretches)


def _cents(amount: float) -> Decimal:
    return Decimal(f"{amount:.2f}")
