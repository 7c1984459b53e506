"""How well and how fast the money is forecast, on simulated accounts: ``python benchmarks/forecast.py [ACCOUNTS]``.

An account spends from 09:00 to 18:00, less at lunch; each day is up to 15 % more or less than usual and each five
minutes tremble by a quarter. It is seen every five minutes; at some moment of a working day it holds one to twelve
hours of work. The error is that of the hours until it is empty, beside what really came then.
"""

import random
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

from bot.alerts.model import Observed
from bot.forecast.outlook import forecast
from bot.forecast.spending import Spending
from bot.forecast.spike import spike
from providers.model import Balance, Money

ZONE = ZoneInfo("Europe/Kyiv")
SLOT = timedelta(minutes=5)
SLOTS = 288
FIRST = date(2026, 11, 2)  # a Monday
OPENS, LUNCH, CLOSES = 9, 13, 18


@dataclass(frozen=True)
class Error:
    """How far both ways were off, as a share of the hours that were left. `same_day`: it was empty that day."""

    ours: float
    last_hour: float
    same_day: bool


def worth(amount: float) -> Balance:
    """A balance."""
    return Balance(Money(Decimal(f"{amount:.4f}"), "USD"))


def spent_on(dice: random.Random, day: date, rate: float, *, weekends: bool) -> list[float]:
    """What a day really costs, five minutes by five."""
    if not weekends and day.weekday() > 4:
        return [0.0] * SLOTS
    rate *= dice.uniform(0.85, 1.15)
    slots = []
    for slot in range(SLOTS):
        hour = slot // 12
        spent = rate / 12 * max(0.0, dice.gauss(1, 0.25)) if OPENS <= hour < CLOSES else 0.0
        slots.append(spent * 0.3 if hour == LUNCH else spent)
    return slots


def errors(accounts: int, *, history: int, weekends: bool, seed: int = 3) -> Iterator[Error]:
    """One for each account that is empty within two weeks. `history`: days; `weekends`: they are days as any."""
    dice = random.Random(seed)  # a simulation that must come out the same each time
    for _ in range(accounts):
        found = _error(dice, history, weekends=weekends)
        if found is not None:
            yield found


def _error(dice: random.Random, history: int, *, weekends: bool) -> Error | None:
    rate, today = dice.uniform(5, 60), FIRST + timedelta(days=14 + dice.randrange(7 if weekends else 5))
    held, spending = 100_000.0, Spending(ZONE)
    for ahead in range(-history, 1):
        day = today + timedelta(days=ahead)
        at = datetime.combine(day, datetime.min.time(), tzinfo=ZONE).astimezone(UTC)
        slots = spent_on(dice, day, rate, weekends=weekends)
        asked = dice.randrange(12 * (OPENS + 1), 12 * (CLOSES - 1)) if not ahead else SLOTS
        for spent in slots[:asked]:
            spending.add(Observed(worth(held), at))
            held, at = held - spent, at + SLOT
    spending.add(Observed(worth(held), at))
    hour, left = sum(slots[asked - 12 : asked]), rate * dice.uniform(1, 12)
    truth = _truth(dice, left, today, rate, slots[asked:], weekends=weekends)
    told = forecast(spending, worth(left), at).empty
    if truth is None or told is None or not hour:
        return None
    said = (told - at) / timedelta(hours=1)
    return Error(abs(said - truth) / truth, abs(left / hour - truth) / truth, truth <= (SLOTS - asked) / 12)


def _truth(
    dice: random.Random, left: float, today: date, rate: float, rest: list[float], *, weekends: bool
) -> float | None:
    """After how many hours it is empty."""
    passed = 0
    for ahead in range(14):
        slots = spent_on(dice, today + timedelta(days=ahead), rate, weekends=weekends) if ahead else rest
        for spent in slots:
            passed += 1
            left -= spent
            if left <= 0:
                return passed / 12
    return None


def share(values: list[float], of: float) -> float:
    """The value below which that share of them is."""
    return sorted(values)[int(of * len(values))]


def _table(accounts: int) -> Iterator[str]:
    yield f"Relative error of the hours until empty, {accounts} accounts a line\n"
    yield f"{'':44}{'all':>22}{'empty the same day':>24}"
    yield f"{'':44}{'median':>11}{'p90':>11}{'median':>13}{'p90':>11}"
    for weekends, history in ((True, 5), (True, 14), (False, 7), (False, 14)):
        found = list(errors(accounts, history=history, weekends=weekends))
        name = f"{'open every day' if weekends else 'closed at weekends'}, {history} days known"
        for way in ("ours", "last_hour"):
            every = [getattr(one, way) for one in found]
            same = [getattr(one, way) for one in found if one.same_day]
            shares = [share(values, of) for values in (every, same) for of in (0.5, 0.9)]
            told = "".join(f"{100 * one:>{width}.1f} %" for one, width in zip(shares, (9, 9, 11, 9), strict=True))
            yield f"{name + (': ours' if way == 'ours' else ': last hour'):44}{told}"


def _times() -> Iterator[str]:
    readings = list(_readings())
    spending = Spending(ZONE)
    folded = _milliseconds(lambda: deque(map(spending.add, readings), maxlen=0))
    last = readings[-1]
    first = _milliseconds(lambda: forecast(spending, last.value, last.at))
    again = _milliseconds(lambda: [forecast(spending, last.value, last.at) for _ in range(100)]) / 100
    beside = _milliseconds(lambda: [spike(spending, Decimal(1)) for _ in range(100)]) / 100
    yield f"\nTime, {len(readings)} readings of 14 days\n"
    yield f"{'taking all of them in':44}{folded:>9.1f} ms"
    yield f"{'one':44}{1000 * folded / len(readings):>9.1f} µs"
    yield f"{'the first forecast of a day':44}{first:>9.2f} ms"
    yield f"{'another':44}{again:>9.2f} ms"
    yield f"{'the last 15 minutes beside their like':44}{beside:>9.2f} ms"


def _readings() -> Iterator[Observed]:
    dice, held = random.Random(1), 5000.0
    for ahead in range(14):
        day = FIRST + timedelta(days=ahead)
        at = datetime.combine(day, datetime.min.time(), tzinfo=ZONE).astimezone(UTC)
        # The last day is seen until 14:00 alone.
        for spent in spent_on(dice, day, 30, weekends=True)[: SLOTS if ahead < 13 else 168]:
            yield Observed(worth(held), at)
            held, at = held - spent, at + SLOT


def _milliseconds(deed) -> float:
    begun = time.perf_counter()
    deed()
    return 1000 * (time.perf_counter() - begun)


def main() -> None:
    """Print both tables."""
    accounts = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    for line in (*_table(accounts), *_times()):
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
