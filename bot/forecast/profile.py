"""The usual days of an account: the mean spending of each five minutes, by what day of the week it is. Pure.

Days of the week that go alike are taken together, so that a quiet Sunday does not blur the working days.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import accumulate, pairwise
from statistics import median

from bot.forecast.days import DAY_SLOTS, GAP_SECONDS, SLOT_SECONDS, Curve, Day, Step, Wall

SAMPLES_LEAST = 12  # in a day that tells anything
DAYS_LEAST = 2
DAYS_MOST = 10  # the latest of them
BLOCK_SLOTS = 24  # slots: days are compared by stretches of two hours
BLOCKS_LEAST = 8  # that two days must both know to be compared
BUSY_SHARE = 0.15  # of the busiest stretch there is: below it a difference means nothing
ALIKE_SHARE = 1 / 3  # two days go alike when their busy stretches differ by less than this on average
HOLIDAY_SHARE = 0.25  # of the busier day of the same name: a day below it was a day off
CLOSING_SHARE = 0.1  # of the busiest half-hour: where less is spent, the day is over
CHARGE_SHARE = 0.1  # of a usual day: a single charge below it may be as it is
HALF_HOUR_SLOTS = 6  # slots
QUARTER_SECONDS, QUARTER_MIN_SECONDS = 900.0, 600.0  # seconds, and how many of them must be known
WEEK = timedelta(days=7)
FULL_WEEK_DAYS = 6  # days of it that are known, to tell that a week went quite otherwise
SATURDAY = 5

Pattern = Sequence[float | None]


class Profile:
    """The usual spending. `days` are those gone by, as they are known."""

    def __init__(self, days: Mapping[date, Day], wall: Wall) -> None:
        self._wall = wall
        known = {name: day for name, day in sorted(days.items()) if day.samples >= SAMPLES_LEAST}
        self._days = _latest(_ordinary(known, wall))
        self._usual = {w: self._working([n for n in self._days if n.weekday() == w]) for w in range(7)}
        self._patterns = {w: self._pattern(names) for w, names in self._usual.items()}
        self._peak = max((rate for p in self._patterns.values() for rate in p if rate is not None), default=0.0)
        self._like: dict[int, Sequence[date]] = {}
        self._rates: dict[int, Sequence[float]] = {}
        self._stretches: dict[date, Sequence[float | None]] = {}
        self._courses: dict[date, tuple[float, Curve]] = {}

    @property
    def usable(self) -> bool:
        """Returns whether there are days enough, and something was spent."""
        return len(self._days) >= DAYS_LEAST and self._peak > 0

    @cached_property
    def day_cost(self) -> float:
        """Returns what a day costs on which anything is spent: the middle of them."""
        return median(total for day in self._days.values() if (total := day.total) > 0)

    @property
    def days(self) -> Mapping[date, Day]:
        """Returns the days that it knows, the oldest first."""
        return self._days

    def like(self, weekday: int) -> Sequence[date]:
        """Returns the latest days that go as this day of the week does.

        Where that is new, those of its kind, or all.
        """
        if weekday not in self._like:
            self._like[weekday] = self._going_as(weekday)
        return self._like[weekday]

    def rates(self, weekday: int) -> Sequence[float]:
        """Returns what is spent in each slot of such a day."""
        if weekday not in self._rates:
            self._rates[weekday] = _mean([self._days[name] for name in self.like(weekday)])
        return self._rates[weekday]

    def on(self, name: date) -> tuple[float, Curve]:
        """Returns when a day begins, and what is spent in it by and by.

        In 23 or 25 hours where the clock is changed.
        """
        if name not in self._courses:
            start, end = self._wall.span(name)
            rates = self.rates(name.weekday())
            real = (rates[self._wall.place(at)[1]] for at in range(int(start), int(end), SLOT_SECONDS))
            self._courses[name] = (
                start,
                Curve([0.0, *accumulate(rates if end - start == SLOT_SECONDS * DAY_SLOTS else real)]),
            )
        return self._courses[name]

    @property
    def week(self) -> float:
        """Returns what is spent in a whole week."""
        return sum(sum(self.rates(weekday)) for weekday in range(7))

    def between(self, since: float, until: float) -> float:
        """Returns what is usually spent from one moment to another."""
        total, at = 0.0, since
        while at < until:
            name, slot, end = self._wall.place(at)
            total += self.rates(name.weekday())[slot] * (min(end, until) - at) / SLOT_SECONDS
            at = end
        return total

    def stretches(self, name: date) -> Sequence[float | None]:
        """Returns what was spent in the 15 minutes that end with each slot of a day gone by; None where not known."""
        if name not in self._stretches:
            day = self._days[name]
            spent, known = (_thrice(day.spent), _thrice(day.known))
            told = [
                s / k * QUARTER_SECONDS if k >= QUARTER_MIN_SECONDS else None for s, k in zip(spent, known, strict=True)
            ]
            self._stretches[name] = [None] * (DAY_SLOTS - len(told)) + told
        return self._stretches[name]

    def closing(self, name: date) -> float | None:
        """Returns when the spending of such a day usually ends, to the half-hour; None on a day without."""
        start, curve = self.on(name)
        sums = [*curve.sums[::HALF_HOUR_SLOTS], curve.sums[-1]]
        blocks = [after - before for before, after in pairwise(sums)]
        least = CLOSING_SHARE * max(*blocks, BUSY_SHARE * self._peak * HALF_HOUR_SLOTS / BLOCK_SLOTS)
        over = [n for n, spent in enumerate(blocks, start=1) if spent > least]
        return start + over[-1] * HALF_HOUR_SLOTS * SLOT_SECONDS if over else None

    def _going_as(self, weekday: int) -> Sequence[date]:
        own, names = self._patterns[weekday], self._usual[weekday]
        if sum(rate is not None for rate in own) < BLOCKS_LEAST:
            every = [name for usual in self._usual.values() for name in usual]
            names = [name for name in every if (name.weekday() >= SATURDAY) == (weekday >= SATURDAY)] or every
            own = self._pattern(names)
        alike = [name for w, usual in self._usual.items() if self._alike(own, self._patterns[w]) for name in usual]
        return sorted({*names, *alike})[-DAYS_MOST:]

    def _working(self, names: list[date]) -> list[date]:
        """Returns those of one day of the week without the holidays among them."""
        paces = {name: self._days[name].total / max(1.0, self._days[name].seen) for name in names}
        busiest = max(paces.values(), default=0.0)
        return [name for name, pace in paces.items() if pace >= HOLIDAY_SHARE * busiest]

    def _pattern(self, names: Iterable[date]) -> Pattern:
        days = [self._days[name] for name in names]
        found: list[float | None] = []
        for start in range(0, DAY_SLOTS, BLOCK_SLOTS):
            stretch = slice(start, start + BLOCK_SLOTS)
            spent, known = sum(sum(d.spent[stretch]) for d in days), sum(sum(d.known[stretch]) for d in days)
            if not known:
                spent = sum(sum(d.rough_spent[stretch]) for d in days)
                known = sum(sum(d.rough_known[stretch]) for d in days)
            found.append(spent / known * SLOT_SECONDS * BLOCK_SLOTS if known else None)
        return found

    def _alike(self, one: Pattern, other: Pattern) -> bool:
        both = [(a, b) for a, b in zip(one, other, strict=True) if a is not None and b is not None]
        busy = [(a, b) for a, b in both if max(a, b) > BUSY_SHARE * self._peak]
        if len(both) < BLOCKS_LEAST:
            return False
        return not busy or sum(abs(a - b) / max(a, b) for a, b in busy) < ALIKE_SHARE * len(busy)


def _ordinary(days: Mapping[date, Day], wall: Wall) -> Mapping[date, Day]:
    """Returns the same days without the single charges that came on one of them alone: such a rent is no usual day."""
    totals = [day.total for day in days.values() if day.total > 0]
    least = CHARGE_SHARE * median(totals) if totals else 0.0
    ordinary = dict(days)
    for name, day in days.items():
        for charge in day.charges:
            if charge[2] >= least and not _comes_again(charge, name, days, wall):
                _take_out(charge, ordinary, wall)
    return ordinary


def _comes_again(charge: Step, on: date, days: Mapping[date, Day], wall: Wall) -> bool:
    """Returns whether around that time half as much is usual: on the other days, or on those of the same name."""
    since, until, spent = charge
    first, last = wall.place(since)[1] - HALF_HOUR_SLOTS, wall.place(until)[1] + HALF_HOUR_SLOTS
    around = {slot % DAY_SLOTS for slot in range(first, last + 1 + (DAY_SLOTS if last < first else 0))}
    others = {name: sum(day.spent[n] + day.rough_spent[n] for n in around) for name, day in days.items() if name != on}
    alike = [other for name, other in others.items() if name.weekday() == on.weekday()]
    return any(group and sum(group) / len(group) >= spent / 2 for group in (list(others.values()), alike))


def _take_out(charge: Step, days: dict[date, Day], wall: Wall) -> None:
    since, until, spent = charge
    touched: dict[date, Day] = {}
    at = since
    while at < until:
        name, slot, end = wall.place(at)
        if name in days:
            day = touched.setdefault(name, days[name].copy())
            of = day.rough_spent if until - since > GAP_SECONDS else day.spent
            of[slot] = max(0.0, of[slot] - spent * (min(until, end) - at) / (until - since))
        at = end
    days.update(touched)


def _latest(days: Mapping[date, Day]) -> Mapping[date, Day]:
    """Returns the last week alone where the one before it was quite another; else all."""
    newest = max(days, default=date.min)
    late = {name: day for name, day in days.items() if newest - name < WEEK}
    early = [day.total for name, day in days.items() if name not in late]
    if not early or len(late) < FULL_WEEK_DAYS:
        return days
    before, now = sum(early) / len(early), sum(day.total for day in late.values()) / len(late)
    return days if HOLIDAY_SHARE * before <= now and HOLIDAY_SHARE * now <= before else late


def _thrice(slots: Sequence[float]) -> list[float]:
    return [sum(three) for three in zip(slots, slots[1:], slots[2:], strict=False)]


def _mean(days: Sequence[Day]) -> Sequence[float]:
    """Returns what a slot of such a day spends.

    What is not known of one is as the others, or as the rest of the day.
    """
    rates = [_rate(days, slot) for slot in range(DAY_SLOTS)]
    seen = [rate for rate in rates if rate is not None]
    rest = sum(seen) / len(seen) if seen else 0.0
    return [rest if rate is None else rate for rate in rates]


def _rate(days: Sequence[Day], slot: int) -> float | None:
    spent = known = 0.0
    for day in days:
        spent += day.spent[slot]
        known += day.known[slot]
    if not known:
        for day in days:
            spent += day.rough_spent[slot]
            known += day.rough_known[slot]
    return spent / known * SLOT_SECONDS if known else None
