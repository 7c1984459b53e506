"""The spending, gathered from the readings of a balance, one after another. Pure, and bounded in time and memory.

Only a downward step is spending, spread evenly over the time between two readings. An upward one is a top-up, or a few
cents that were given back, and is never netted; what was spent meanwhile is not known. A reading that failed is a gap,
not a zero. A step that stands alone (a rent, a hold) is spending, but shows no pace.
"""

from collections import deque
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from bot.alerts.model import Observed, Reading
from bot.forecast.days import GAP_SECONDS, Day, Step, Wall
from bot.forecast.profile import Profile
from providers.model import Balance

REACH = timedelta(days=14)
RECENT_WINDOW = timedelta(hours=1)
MIN_HISTORY = timedelta(days=2)  # of readings, before the days are gone by
STEPS_LEAST = 2  # that tell a pace
STEPS_KEPT = 3  # however long ago: a charge stands between two others
MIN_KNOWN_SECONDS = 30.0  # seconds of them
ALIKE_FACTOR = 3  # two steps are of one pace where neither goes faster than three times the other
MIN_STEP_SECONDS = 300.0  # seconds: what a shorter step spends is seen as if it were spent in so many
TOP_UP_LEAST, TOP_UP_SHARE = Decimal(1), Decimal("0.01")  # of what was held: less is something given back
_REACH, _RECENT = (span.total_seconds() for span in (REACH, RECENT_WINDOW))


@dataclass(frozen=True, slots=True)
class Sample:
    """The amount that was left, and when."""

    at: datetime
    amount: Decimal
    currency: str | None


@dataclass(frozen=True, slots=True)
class TopUp:
    """A top-up: a step upward, and when it was seen."""

    at: datetime
    amount: Decimal


class Spending:
    """The spending of one account, day by day in its zone. Readings are taken in order; an older one is ignored."""

    def __init__(self, zone: tzinfo) -> None:
        self.wall = Wall(zone)
        self.last: Sample | None = None
        self._until = 0.0  # when that was
        self.top_ups: deque[TopUp] = deque()
        self._forget()

    def _forget(self) -> None:
        """Begins anew: it is another currency."""
        self.days: dict[date, Day] = {}
        self.first: datetime | None = None
        self.top_ups.clear()
        self.steps: deque[Step] = deque()  # those of the last hour, and the last three
        self._profile: tuple[date, Profile | None] | None = None

    def add(self, reading: Reading) -> None:
        """Adds the next reading."""
        value = reading.value if isinstance(reading, Observed) else None
        before = self.last
        if not isinstance(value, Balance) or (before is not None and reading.at <= before.at):
            return
        money = value.money
        self.last = Sample(reading.at, money.amount, money.currency or (before.currency if before else None))
        if before is not None and before.currency and money.currency and before.currency != money.currency:
            self._forget()
            before = None
        self.first = self.first or reading.at
        since, self._until = self._until, reading.at.timestamp()
        self._on(self.wall.day(self._until)).samples += 1
        if before is None:
            return
        if money.amount > before.amount:
            self._rose(TopUp(reading.at, money.amount - before.amount), abs(before.amount))
        else:
            self._spread(since, self._until, float(before.amount - money.amount))

    def after(self, reading: Reading) -> "Spending":
        """Returns a copy with one more reading; this one stays as it is."""
        other = copy(self)
        other.days = {name: day.copy() for name, day in self.days.items()}
        other.top_ups, other.steps = self.top_ups.copy(), self.steps.copy()
        other.add(reading)
        return other

    @property
    def profile(self) -> Profile | None:
        """Returns how its days go, from those before today; None while there are too few, or nothing was spent."""
        if self.last is None or self.first is None:
            return None
        today = self.wall.day(self.last.at.timestamp())
        if self._profile is None or self._profile[0] != today:
            made = Profile({day: gone for day, gone in self.days.items() if day < today}, self.wall)
            self._profile = today, (made if made.usable else None)
        return self._profile[1] if self.last.at - self.first >= MIN_HISTORY else None

    def lately(self, length: timedelta) -> tuple[float, float]:
        """Returns what was spent in so long before the last reading, an hour at most, and in how many known seconds."""
        since = self._until - length.total_seconds()
        spent = known = 0.0
        for start, end, step in self.steps:
            inside = end - max(start, since)
            if inside > 0:
                spent += step * inside / (end - start)
                known += inside
        return spent, known

    @property
    def charges(self) -> Sequence[Step]:
        """Returns the largest of today's steps that stand alone."""
        today = self.days.get(self.wall.day(self._until))
        known = today.charges if today is not None else ()
        return (*known, self.steps[-1]) if self.steps and self._alone(len(self.steps) - 1) else known

    def pace(self) -> tuple[float | None, float]:
        """Returns what is spent in an hour, by the last one, and what single charges took in that.

        The first is None where fewer than two steps show it: one charge is no pace.
        """
        since = self._until - _RECENT
        spent = known = charged = 0.0
        telling = 0
        for n, (start, end, step) in enumerate(self.steps):
            share = max(0.0, end - max(start, since)) / (end - start)
            if self._alone(n):
                charged += step * share
                continue
            telling += 1
            spent += step * share
            known += share * (end - start)
        return (spent / known * _RECENT if telling >= STEPS_LEAST and known >= MIN_KNOWN_SECONDS else None), charged

    def _alone(self, n: int) -> bool:
        """Returns whether no step beside it goes like it, nor two others of the hour: it is a charge, and no pace."""
        least = _rate(self.steps[n]) / ALIKE_FACTOR
        near = (n - 1, n + 1)
        if any(_rate(self.steps[m]) >= least for m in near if 0 <= m < len(self.steps)):
            return False
        return sum(_rate(step) >= least for step in self.steps) <= STEPS_LEAST

    def topped_up(self, since: datetime) -> Decimal:
        """Returns all that was topped up after then."""
        return sum((one.amount for one in self.top_ups if one.at > since), Decimal())

    def _rose(self, top_up: TopUp, held: Decimal) -> None:
        if top_up.amount < max(TOP_UP_LEAST, TOP_UP_SHARE * held):
            return
        self.top_ups.append(top_up)
        while self.top_ups[0].at < top_up.at - REACH:
            self.top_ups.popleft()

    def _spread(self, since: float, until: float, spent: float) -> None:
        self.steps.append((since, until, spent))
        while len(self.steps) > STEPS_KEPT and self.steps[0][1] < until - _RECENT:
            self.steps.popleft()
        if len(self.steps) > 1 and self._alone(len(self.steps) - 2):
            charge = self.steps[-2]
            self._on(self.wall.day(charge[0])).charged(charge)
        length = until - since
        rate, rough = spent / length, length > GAP_SECONDS
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


def _rate(step: Step) -> float:
    since, until, spent = step
    return spent / max(until - since, MIN_STEP_SECONDS)
