"""Days by the clock on the wall, five minutes by five: where they begin, and what was spent in them. Pure."""

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from operator import itemgetter

Step = tuple[float, float, float]  # from, until, spent

SLOT_SECONDS = 300  # seconds
DAY_SLOTS = 288
GAP_SECONDS = 1800.0  # seconds: readings further apart than that say little of when it was spent
MAX_DAY_CHARGES = 8  # of a day
DAY = timedelta(days=1)


def _slots() -> "array[float]":
    return array("d", bytes(8 * DAY_SLOTS))


@dataclass(slots=True)
class Day:
    """The spending of one day: what was spent in each slot, and of how many of its seconds that is known.

    `rough_…` is from readings that were far apart: it counts, but says little of when. An hour that the clock shows
    twice is known twice. `samples` is how many readings there were. `charges` are the largest steps that stood alone,
    which are in what was spent too.
    """

    spent: "array[float]" = field(default_factory=_slots)
    known: "array[float]" = field(default_factory=_slots)
    rough_spent: "array[float]" = field(default_factory=_slots)
    rough_known: "array[float]" = field(default_factory=_slots)
    samples: int = 0
    charges: tuple[Step, ...] = ()

    def copy(self) -> "Day":
        """Returns a copy."""
        return Day(self.spent[:], self.known[:], self.rough_spent[:], self.rough_known[:], self.samples, self.charges)

    def charged(self, charge: Step) -> None:
        """Adds a step that stood alone, where it is among the largest."""
        self.charges = tuple(sorted((*self.charges, charge), key=itemgetter(2), reverse=True)[:MAX_DAY_CHARGES])

    @property
    def total(self) -> float:
        """Returns all that was spent."""
        return sum(self.spent) + sum(self.rough_spent)

    @property
    def seen(self) -> float:
        """Returns of how many seconds that is known."""
        return sum(self.known) + sum(self.rough_known)


@dataclass(frozen=True, slots=True)
class Curve:
    """The money spent by and by: `sums` begin with 0, then one after each `part` of so many seconds."""

    sums: Sequence[float]
    part: float = SLOT_SECONDS

    @property
    def length(self) -> float:
        """Returns how many seconds it goes on for."""
        return self.part * (len(self.sums) - 1)

    def by(self, at: float) -> float:
        """Returns what has been spent after so many seconds."""
        n = min(len(self.sums) - 2, max(0, int(at // self.part)))
        share = min(1.0, max(0.0, at / self.part - n))
        return self.sums[n] + share * (self.sums[n + 1] - self.sums[n])

    def when(self, spent: float) -> float:
        """Returns after how many seconds so much has been spent, which is no more than all of it."""
        n = min(len(self.sums) - 2, max(0, bisect_left(self.sums, spent) - 1))
        step = self.sums[n + 1] - self.sums[n]
        return self.part * (n + (min(1.0, max(0.0, spent - self.sums[n]) / step) if step else 0.0))


class Wall:
    """The wall clock of a zone. Moments are seconds since 1970."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._day, self._start, self._end, self._even = date.min, 0.0, 0.0, False

    def day(self, at: float) -> date:
        """Returns the day that it is."""
        self._turn(at)
        return self._day

    def span(self, day: date) -> tuple[float, float]:
        """Returns when a day begins and ends: after 23 or 25 hours where the clock is changed."""
        return self._midnight(day), self._midnight(day + DAY)

    def place(self, at: float) -> tuple[date, int, float]:
        """Returns the day, the slot, and when that slot is over."""
        self._turn(at)
        if self._even:
            slot = int((at - self._start) // SLOT_SECONDS)
            return self._day, slot, self._start + (slot + 1) * SLOT_SECONDS
        shown = datetime.fromtimestamp(at, self.zone)
        return self._day, (shown.hour * 60 + shown.minute) * 60 // SLOT_SECONDS, at - at % SLOT_SECONDS + SLOT_SECONDS

    def _turn(self, at: float) -> None:
        """Turns to the day of this moment; most often it is the day of the last one."""
        if not self._start <= at < self._end:
            self._day = datetime.fromtimestamp(at, self.zone).date()
            self._start, self._end = self.span(self._day)
            self._even = self._end - self._start == SLOT_SECONDS * DAY_SLOTS

    def _midnight(self, day: date) -> float:
        return datetime.combine(day, time(), tzinfo=self.zone).timestamp()
