"""What was spent, gathered from the readings of a balance, one after another. Pure, and bounded in time and memory.

Only a downward step is spending, spread evenly over the time between two readings. An upward one is a top-up and is
never netted; what was spent meanwhile is not known. A reading that failed is a gap, not a zero.
"""

from collections import deque
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from bot.alerts.model import Observed, Reading
from bot.forecast.days import Day, Wall
from bot.forecast.profile import Profile
from providers.model import Balance

REACH = timedelta(days=14)
RECENT = timedelta(hours=1)
GAP = timedelta(minutes=30)  # readings further apart than that say little of when it was spent
ENOUGH = timedelta(days=2)  # of readings, before the days are gone by
_REACH, _RECENT, _GAP = (span.total_seconds() for span in (REACH, RECENT, GAP))


@dataclass(frozen=True, slots=True)
class Sample:
    """What was left, and when."""

    at: datetime
    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class TopUp:
    """A step upward, and when it was seen."""

    at: datetime
    amount: Decimal


class Spending:
    """The spending of one account, day by day in its zone. Readings are taken in order; an older one is passed over."""

    def __init__(self, zone: tzinfo) -> None:
        self.wall = Wall(zone)
        self.last: Sample | None = None
        self._until = 0.0  # when that was
        self.top_ups: deque[TopUp] = deque()
        self._forget()

    def _forget(self) -> None:
        """Begin anew: it is another currency."""
        self.days: dict[date, Day] = {}
        self.first: datetime | None = None
        self.top_ups.clear()
        self.steps: deque[tuple[float, float, float]] = deque()  # from, until, spent: those of the last hour
        self._profile: tuple[date, Profile | None] | None = None

    def add(self, reading: Reading) -> None:
        """Take in the next reading."""
        value = reading.value if isinstance(reading, Observed) else None
        before = self.last
        if not isinstance(value, Balance) or (before is not None and reading.at <= before.at):
            return
        money = value.money
        self.last = Sample(reading.at, money.amount, money.currency)
        if before is not None and before.currency and money.currency and before.currency != money.currency:
            self._forget()
            before = None
        self.first = self.first or reading.at
        since, self._until = self._until, reading.at.timestamp()
        self._on(self.wall.day(self._until)).samples += 1
        if before is None:
            return
        if money.amount > before.amount:
            self._topped_up(TopUp(reading.at, money.amount - before.amount))
        else:
            self._spread(since, self._until, float(before.amount - money.amount))

    def after(self, reading: Reading) -> "Spending":
        """The same with one more reading; this one stays as it is."""
        other = copy(self)
        other.days = {name: day.copy() for name, day in self.days.items()}
        other.top_ups, other.steps = self.top_ups.copy(), self.steps.copy()
        other.add(reading)
        return other

    @property
    def profile(self) -> Profile | None:
        """How its days go, from those before today; None while there are too few, or nothing was spent."""
        if self.last is None or self.first is None:
            return None
        today = self.wall.day(self.last.at.timestamp())
        if self._profile is None or self._profile[0] != today:
            made = Profile({day: gone for day, gone in self.days.items() if day < today}, self.wall)
            self._profile = today, (made if made.usable else None)
        return self._profile[1] if self.last.at - self.first >= ENOUGH else None

    def lately(self, length: timedelta) -> tuple[float, float]:
        """What was spent in so long before the last reading, an hour at most, and in how many known seconds."""
        since = self._until - length.total_seconds()
        spent = known = 0.0
        for start, end, step in self.steps:
            inside = end - max(start, since)
            if inside > 0:
                spent += step * inside / (end - start)
                known += inside
        return spent, known

    def topped_up(self, since: datetime) -> Decimal:
        """All that was topped up after then."""
        return sum((one.amount for one in self.top_ups if one.at > since), Decimal())

    def _topped_up(self, top_up: TopUp) -> None:
        self.top_ups.append(top_up)
        while self.top_ups[0].at < top_up.at - REACH:
            self.top_ups.popleft()

    def _spread(self, since: float, until: float, spent: float) -> None:
        self.steps.append((since, until, spent))
        while self.steps[0][1] < until - _RECENT:
            self.steps.popleft()
        length = until - since
        rate, rough = spent / length, length > _GAP
        at = since if length < _REACH else until - _REACH
        while at < until:
            name, slot, end = self.wall.place(at)
            length = min(until, end) - at
            day = self._on(name)
            if rough:
                day.rough_spent[slot] += rate * length
                day.rough_known[slot] += length
            else:
                day.spent[slot] += rate * length
                day.known[slot] += length
            at = end

    def _on(self, name: date) -> Day:
        day = self.days.get(name)
        if day is None:
            day = self.days[name] = Day()
            for old in [old for old in self.days if old < name - REACH]:
                del self.days[old]
        return day
