"""What was spent, and when the money runs out at this pace. Pure: samples in, figures out.

Only downward steps are spend; an upward one is a top-up and is never netted. Currencies are never added.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from bot.alerts.model import Observed, Reading
from providers.model import Balance

FARTHEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Sample:
    """What was left, and when."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TopUp:
    """A step upward."""

    at: datetime
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Spending:
    """What a stretch of samples says. `since` is the first one; `readings` below 2 say nothing."""

    spent: Decimal
    since: datetime | None
    until: datetime | None
    readings: int
    top_up: TopUp | None = None

    @property
    def per_hour(self) -> Decimal | None:
        """The pace; None where there are too few samples, or no time between them."""
        if self.since is None or self.until is None or self.readings < 2 or self.until <= self.since:
            return None
        seconds = Decimal(str((self.until - self.since).total_seconds()))
        return self.spent * 3600 / seconds


def samples(history: Sequence[Reading], now: datetime, balance: Balance | None, at: datetime | None) -> list[Sample]:
    """Every reading of the history and the one at hand, oldest first."""
    found = [
        Sample(reading.at, reading.value.money.amount)
        for reading in history
        if isinstance(reading, Observed) and isinstance(reading.value, Balance) and reading.at <= now
    ]
    if balance is not None and at is not None and (not found or found[-1].at < at):
        found.append(Sample(at, balance.money.amount))
    return found


def spending(found: Sequence[Sample], since: datetime) -> Spending:
    """The spend over the samples from `since` on."""
    inside = [sample for sample in found if sample.at >= since]
    spent, top_up = Decimal(0), None
    for before, after in pairwise(inside):
        step = after.amount - before.amount
        if step < 0:
            spent -= step
        elif step > 0:
            top_up = TopUp(after.at, step)
    if not inside:
        return Spending(spent, None, None, 0)
    return Spending(spent, inside[0].at, inside[-1].at, len(inside), top_up)


def runs_out(balance: Balance, pace: Decimal | None, now: datetime) -> datetime | None:
    """When nothing is left, credit included; None where it does not run out or that cannot be told.

    A moment that is past says that nothing is left now.
    """
    if balance.credit == "unlimited":
        return None
    credit = balance.credit.amount if balance.credit is not None else Decimal(0)
    left = balance.money.amount + credit
    if left <= 0:
        return now
    if pace is None or pace <= 0:
        return None
    hours = left / pace
    longest = Decimal(FARTHEST // timedelta(hours=1))
    return now + timedelta(hours=float(min(hours, longest)))
