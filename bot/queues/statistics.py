"""Contact-centre figures of finished queue calls, each with its formula and its denominator. Pure.

A share of nothing is "–", never 0 % or 100 %; below twenty events the counts are shown in place of a percentage.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from providers.model import Disposition, QueueCall

TARGET = timedelta(seconds=20)  # answered within this is in time
SHORT_WAIT = timedelta(seconds=5)  # who hangs up before this did not wait
MIN_PERCENT_EVENTS = 20  # events; below, a percentage says more than it knows

_ABANDONED = frozenset({Disposition.ABANDONED, Disposition.CANCELED})
_OVERFLOWED = frozenset(
    {
        Disposition.TIMED_OUT,
        Disposition.VOICEMAIL,
        Disposition.NO_ANSWER,
        Disposition.BUSY,
        Disposition.FAILED,
        Disposition.CONGESTION,
    }
)


class Formula(StrEnum):
    """A formula of the service level; its value is the formula in words.

    The same day differs by five points from one to the other.
    """

    ANSWERED_OF_OFFERED_WITHOUT_SHORT = "answered in time / (offered − short abandons)"
    ABANDONED_IN_TIME_COUNT_AS_GOOD = "(answered + abandoned in time) / offered"
    ANSWERED_IN_TIME_OF_ANSWERED = "answered in time / answered"
    ANSWERED_OF_OFFERED = "answered in time / offered"
    EARLY_ABANDONS_LEFT_OUT = "answered in time / (answered + abandoned after the target)"
    SHORT_ABANDONS_COUNT_AS_GOOD = "(answered in time + short abandons) / offered"


DEFAULT = Formula.ANSWERED_OF_OFFERED_WITHOUT_SHORT


@dataclass(frozen=True, slots=True)
class Share:
    """A share is a numerator and a denominator, shown together."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """Returns the share in percent; None where the denominator is 0."""
        return 100 * self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        """Returns the share in words: ``81.9 % (860/1,050)``; below twenty events ``9 of 12``; of nothing ``–``."""
        percent = self.percent
        if percent is None:
            return "–"
        if self.whole < MIN_PERCENT_EVENTS:
            return f"{self.part:,} of {self.whole:,}"
        return f"{percent:.1f} % ({self.part:,}/{self.whole:,})"


@dataclass(frozen=True, slots=True)
class QueueStatistics:
    """The counts of one queue over one period. `longest` None: no call was counted.

    `unknown` are calls whose end could not be read; they are in no other figure.
    """

    answered: int = 0
    abandoned: int = 0
    overflowed: int = 0  # timed out, voicemail, nobody took it
    answered_in_time: int = 0
    abandoned_in_time: int = 0
    short_abandons: int = 0
    waited_by_answered: timedelta = timedelta()
    waited_by_abandoned: timedelta = timedelta()
    longest: timedelta | None = None
    unknown: int = 0

    @property
    def offered(self) -> int:
        """Returns how many callers entered the queue."""
        return self.answered + self.abandoned + self.overflowed

    @property
    def average_speed_of_answer(self) -> timedelta | None:
        """Returns the wait of the answered / answered (ASA); None where nobody was answered."""
        return self.waited_by_answered / self.answered if self.answered else None

    @property
    def average_wait_of_abandoned(self) -> timedelta | None:
        """Returns the wait of those who hung up / those who hung up; None where nobody did."""
        return self.waited_by_abandoned / self.abandoned if self.abandoned else None

    def service_level(self, formula: Formula = DEFAULT) -> Share:
        """Returns the share that was answered in time, by this formula."""
        match formula:
            case Formula.ANSWERED_OF_OFFERED_WITHOUT_SHORT:
                return Share(self.answered_in_time, self.offered - self.short_abandons)
            case Formula.ABANDONED_IN_TIME_COUNT_AS_GOOD:
                return Share(self.answered_in_time + self.abandoned_in_time, self.offered)
            case Formula.ANSWERED_IN_TIME_OF_ANSWERED:
                return Share(self.answered_in_time, self.answered)
            case Formula.ANSWERED_OF_OFFERED:
                return Share(self.answered_in_time, self.offered)
            case Formula.EARLY_ABANDONS_LEFT_OUT:
                return Share(self.answered_in_time, self.answered + self.abandoned - self.abandoned_in_time)
            case Formula.SHORT_ABANDONS_COUNT_AS_GOOD:
                return Share(self.answered_in_time + self.short_abandons, self.offered)

    def abandonment(self, *, short: bool = False) -> Share:
        """Returns abandoned / offered; without the short ones on both sides unless `short`."""
        if short:
            return Share(self.abandoned, self.offered)
        return Share(self.abandoned - self.short_abandons, self.offered - self.short_abandons)


def figures(
    calls: Iterable[QueueCall], *, target: timedelta = TARGET, short: timedelta = SHORT_WAIT
) -> QueueStatistics:
    """Returns the counts of these calls. In time is up to and with `target`; short is below `short`."""
    every = list(calls)
    answered = [call.waited for call in every if call.disposition is Disposition.ANSWERED]
    abandoned = [call.waited for call in every if call.disposition in _ABANDONED]
    overflowed = [call.waited for call in every if call.disposition in _OVERFLOWED]
    return QueueStatistics(
        answered=len(answered),
        abandoned=len(abandoned),
        overflowed=len(overflowed),
        answered_in_time=sum(wait <= target for wait in answered),
        abandoned_in_time=sum(wait <= target for wait in abandoned),
        short_abandons=sum(wait < short for wait in abandoned),
        waited_by_answered=sum(answered, timedelta()),
        waited_by_abandoned=sum(abandoned, timedelta()),
        longest=max((*answered, *abandoned, *overflowed), default=None),
        unknown=len(every) - len(answered) - len(abandoned) - len(overflowed),
    )
