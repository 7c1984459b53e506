"""How fast callers leave a queue, learned from one reading after another: when it clears, roughly. Pure.

Whether a caller was answered or gave up cannot be seen from who waits, so both have *left*. A poll that failed, or
whose answer was not whole, makes a gap: what happened in it was seen by nobody, and counts for nothing.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile

from bot.alerts.model import Observed, Reading
from providers.model import Queue, Rows

REACH = timedelta(minutes=20)
GAP = timedelta(minutes=3)  # readings further apart than that do not show what happened between them
MIN_LEFT_CALLERS = 2
MIN_SEEN = timedelta(minutes=5)
SHORT_CLEAR_TIME = timedelta(seconds=45)  # a clear time below it is given in seconds
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FORMULA = (
    "Pace: callers who left the queue, answered or not, for each minute in which somebody waited, over the last "
    f"{REACH // MINUTE} minutes."
)

Call = tuple[str, str]  # a queue's ref and the id of a call: ids are unique within a queue alone
Waiting = Mapping[str, frozenset[Call]]


@dataclass(frozen=True, slots=True)
class ClearingRate:
    """The observations of one queue: how long it was `seen`, how long of that somebody waited, how many `left`."""

    left: int = 0
    seen: timedelta = timedelta()
    busy: timedelta = timedelta()

    def clears(self, waiting: int, longest: timedelta = timedelta()) -> timedelta | None:
        """Returns how long it takes until `waiting` callers have left; None where too little was seen to say.

        Where the caller who waits `longest` has waited for all the busy time, nobody was served: those who left gave
        up, so None as well.
        """
        if self.left < MIN_LEFT_CALLERS or self.seen < MIN_SEEN or (longest and longest >= self.busy):
            return None
        return waiting * self.busy / self.left


@dataclass(slots=True)
class _Tally:
    """The counts of one queue within reach. `left` is in the order of leaving."""

    left: dict[Call, datetime] = field(default_factory=dict)
    seen: timedelta = timedelta()
    busy: timedelta = timedelta()


class ClearingRates:
    """Computes the clearing rate of every queue of an account, by name, from its readings of `queues`, oldest first."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._before: tuple[datetime, Waiting] | None = None  # None after a gap
        self._steps: deque[tuple[datetime, timedelta, Mapping[str, bool]]] = deque()  # end, length, whether any waited
        self._tallies: defaultdict[str, _Tally] = defaultdict(_Tally)

    def add(self, reading: Reading) -> None:
        """Adds the next reading; one that is not later than the last is ignored."""
        if self._at is not None and reading.at <= self._at:
            return
        self._at = reading.at
        waiting = _waiting(reading)
        before, self._before = self._before, None if waiting is None else (reading.at, waiting)
        if before is not None and waiting is not None and reading.at - before[0] <= GAP:
            self._step(*before, reading.at, waiting)
        self._forget(reading.at - REACH)

    def of(self, name: str) -> ClearingRate:
        """Returns the clearing rate of the queue of this name as of the last reading.

        An empty one where it is unknown.
        """
        tally = self._tallies.get(name, _Tally())
        return ClearingRate(len(tally.left), tally.seen, tally.busy)

    def _step(self, start: datetime, before: Waiting, end: datetime, now: Waiting) -> None:
        """Counts what changed between two readings, for the queues that are in both."""
        length = end - start
        busy = {name: bool(calls) for name, calls in before.items() if name in now}
        self._steps.append((end, length, busy))
        for name, waited in busy.items():
            tally = self._tallies[name]
            tally.seen += length
            tally.busy += length if waited else timedelta()
            tally.left.update(dict.fromkeys(before[name] - now[name], end))
            for call in tally.left.keys() & now[name]:  # it rang at an agent, and waits again
                del tally.left[call]

    def _forget(self, since: datetime) -> None:
        while self._steps and self._steps[0][0] <= since:
            _, length, busy = self._steps.popleft()
            for name, waited in busy.items():
                tally = self._tallies[name]
                tally.seen -= length
                tally.busy -= length if waited else timedelta()
                for call in [call for call, at in takewhile(lambda item: item[1] <= since, tally.left.items())]:
                    del tally.left[call]
                if not tally.seen:
                    del self._tallies[name]


def _waiting(reading: Reading) -> Waiting | None:
    """Returns who waits, by queue; None for a reading that is not whole. A queue that cannot report it is left out."""
    rows = reading.value if isinstance(reading, Observed) else None
    if not isinstance(rows, Rows) or rows.unreadable:
        return None
    queues: defaultdict[str, list[Queue]] = defaultdict(list)
    for queue in rows:
        queues[queue.name].append(queue)
    return {
        name: frozenset((queue.ref, call.call_id) for queue in same for call in queue.waiting or ())
        for name, same in queues.items()
        if all(queue.waiting is not None for queue in same)
    }


def with_more(clears: timedelta, able: int, more: int) -> timedelta:
    """Returns the clear time if `more` agents joined the `able` ones who take these calls now."""
    return clears * able / (able + more)


def rounded(length: timedelta) -> timedelta:
    """Returns the length as `about` words it: no finer than such an estimate knows."""
    if length < SHORT_CLEAR_TIME:
        return MINUTE / 2
    halves = max(2, round(length / MINUTE * 2))
    if halves < 10:
        return halves * MINUTE / 2
    minutes = round(length / MINUTE)
    if minutes > 20:
        minutes = 5 * round(minutes / 5)
    return minutes * MINUTE if minutes < 120 else round(minutes / 60) * HOUR


def about(length: timedelta) -> str:
    """Returns a rough span in words, no finer than an estimate.

    ``30 s``, ``1.5 min``, ``4 min``, ``25 min``, ``3 h``.
    """
    near = rounded(length)
    if near < MINUTE:
        return "30 s"
    if near < 5 * MINUTE:
        return f"{near / MINUTE:g} min"
    return f"{near // MINUTE} min" if near < 2 * HOUR else f"{near // HOUR} h"
