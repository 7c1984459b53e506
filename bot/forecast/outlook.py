"""When the money is gone: today's balance walked along the days as they usually go, at today's pace. Pure.

Where the days gone by are too few, the last hour alone is taken to go on, and the answer says so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from itertools import takewhile
from operator import mul

from bot.forecast.days import DAY, DAY_SLOTS, SLOT_SECONDS, Curve, Day
from bot.forecast.profile import Profile
from bot.forecast.spending import Spending
from providers.model import Balance

MAX_HORIZON = timedelta(days=365)
WALKED_DAYS = 14  # days, five minutes by five; after them the mean of the last week is taken
WEEK_DAYS = 7
WIDE_FACTOR, NARROW_FACTOR = 1.2, 0.8  # the range: a fifth more is spent than usual, a fifth less
TODAY_FACTORS = 0.5, 2.0  # how far today may be from its like
EARLY_SHARE = 0.05  # of a day's spending; before it is due, today tells nothing, and then only by and by
PRESSED_FACTOR = 2.0  # times the usual: then what is spent now is taken to go on
PRESSED_DURATION = timedelta(hours=6)
HOUR_SECONDS = 3600.0
USUAL_FACTOR = 2  # what is usual around it: a charge that takes more is unusual
AROUND_SECONDS = 1800.0  # seconds before and after a charge


class Fate(StrEnum):
    """The fate of the money: whether it runs out, lasts, or cannot be known."""

    UNKNOWN = "unknown"  # too few readings
    LIMIT_UNKNOWN = "limit unknown"  # how far below zero it may go, so what can still be spent
    NO_LIMIT = "no limit"
    USED_UP = "used up"
    IDLE = "idle"  # nothing is spent
    LASTS = "lasts"  # more than a year
    RUNS_OUT = "runs out"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of the money. Amounts are in the account's currency, paces an hour.

    `left` counts the credit in; None: there is no limit, or it is not known. `earliest` and `latest` None: later than
    anybody can say. `usual`: of this very hour. `by_hour`: from the last 60 minutes alone. `charge`: what single
    charges took in them, which is no pace, where that is more than the pace itself. `shift_end`: until when money is
    needed today, and `top_up` the least that is to be topped up for it, None where there is enough.
    """

    fate: Fate
    left: Decimal | None
    empty: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    pace: Decimal | None = None
    usual: Decimal | None = None
    spent_today: Decimal | None = None
    by_hour: bool = False
    charge: Decimal | None = None
    shift_end: datetime | None = None
    top_up: Decimal | None = None


def forecast(spending: Spending, balance: Balance, at: datetime, shift_end: datetime | None = None) -> Forecast:
    """Returns how long this balance of that moment lasts. `shift_end` None: until today's spending usually ends."""
    course = _Course(spending, at.timestamp())
    left = balance.left
    told = Forecast(
        Fate.UNKNOWN,
        left if isinstance(left, Decimal) else None,
        pace=_money(course.pace),
        usual=_money(course.usual),
        spent_today=_money(course.today),
        by_hour=course.profile is None,
        charge=_money(course.charge),
    )
    if left == "unlimited":
        return replace(told, fate=Fate.NO_LIMIT)
    if left is None:
        return replace(told, fate=Fate.LIMIT_UNKNOWN)
    closing = course.closing()
    end = shift_end or (datetime.fromtimestamp(closing, UTC) if closing is not None else None)
    if end is not None and at < end and course.known:
        short = WIDE_FACTOR * course.until(end.timestamp()) - float(left)
        told = replace(told, shift_end=end, top_up=sensible(short) if short > 0 else None)
    if left <= 0:
        return replace(told, fate=Fate.USED_UP)
    if not course.known:
        return told
    empty = course.gone(float(left))
    if empty is None:
        return replace(told, fate=Fate.IDLE if course.idle else Fate.LASTS)
    earliest, latest = course.gone(float(left) / WIDE_FACTOR), course.gone(float(left) / NARROW_FACTOR, calm=True)
    return replace(told, fate=Fate.RUNS_OUT, empty=empty, earliest=earliest, latest=latest)


def sensible(amount: float) -> Decimal:
    """Returns an amount that a person would top up.

    Rounded up to one or five of its second digit, to whole ones at least.
    """
    size = Decimal(10) ** max(0, Decimal(amount).adjusted() - 1)
    step = size * 5 if amount >= 20 * size else size
    return (Decimal(amount) / step).to_integral_value(ROUND_CEILING) * step


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of what is ahead: from `since` on, a curve that began at `begin`, times `scale`."""

    since: float
    begin: float
    curve: Curve
    scale: float = 1.0

    @property
    def until(self) -> float:
        """Returns when it is over."""
        return self.begin + self.curve.length

    @property
    def spent(self) -> float:
        """Returns what is spent in it."""
        gone = self.curve.by(self.since - self.begin) if self.since > self.begin else 0.0
        return self.scale * (self.curve.sums[-1] - gone)

    def by(self, at: float) -> float:
        """Returns what is spent until then."""
        return self.scale * (self.curve.by(at - self.begin) - self.curve.by(self.since - self.begin))

    def when(self, spent: float) -> float:
        """Returns when so much has been spent, which is no more than all of it."""
        if not spent:
            return self.since
        return self.begin + self.curve.when(spent / self.scale + self.curve.by(self.since - self.begin))


class _Course:
    """The spending from a moment on: as it usually goes, at today's pace, or as in the last hour."""

    def __init__(self, spending: Spending, at: float) -> None:
        self._at, self._wall = at, spending.wall
        self._day = spending.wall.day(at)
        self.profile = spending.profile
        self.pace, charge = spending.pace()
        self.charge = charge if self.pace is not None and charge > self.pace else None
        today = spending.days.get(self._day)
        self.today = today.total if today is not None and today.seen else None
        self.usual: float | None = None
        self._ratio, self._pressed = 1.0, 0.0
        if self.profile is not None and spending.last is not None:
            until = spending.last.at.timestamp()
            self.usual = self.profile.between(until - HOUR_SECONDS, until)
            rates = self.profile.rates(self._day.weekday())
            unusual = _unusual(spending, self.profile, EARLY_SHARE * sum(rates))
            self._ratio = _ratio(rates, today, (self.today or 0.0) - unusual)
            if self.pace is not None and self.pace > PRESSED_FACTOR * self._ratio * self.usual:
                self._pressed = self.pace / HOUR_SECONDS

    @property
    def known(self) -> bool:
        """Returns whether anything is known."""
        return self.profile is not None or self.pace is not None

    @property
    def idle(self) -> bool:
        """Returns whether nothing is spent at all."""
        return self.profile is None and not self.pace

    def gone(self, left: float, *, calm: bool = False) -> datetime | None:
        """Returns when so much is spent; None where that is further than anybody can say.

        `calm`: what is unusual ends now.
        """
        for piece in self._pieces(calm=calm):
            if piece.spent >= left:
                return datetime.fromtimestamp(piece.when(left), UTC)
            left -= piece.spent
        return None

    def until(self, end: float) -> float:
        """Returns what is spent until then."""
        return sum(piece.by(end) for piece in takewhile(lambda p: p.since < end, self._pieces(calm=False)))

    def closing(self) -> float | None:
        """Returns when today's spending usually ends; None where that is not known."""
        return self.profile.closing(self._day) if self.profile is not None else None

    def _pieces(self, *, calm: bool) -> Iterator[_Piece]:
        """Yields the pieces one after another, from now on."""
        at = self._at
        farthest = at + MAX_HORIZON.total_seconds()
        if self.profile is None:
            yield _even(at, farthest, (self.pace or 0.0) / HOUR_SECONDS)
            return
        if self._pressed and not calm:
            pressed = _Piece(at, at, self._pressed_on(self.profile))
            yield pressed
            at = pressed.until
        for ahead in range(WALKED_DAYS + 1):
            begin, curve = self.profile.on(self._day + ahead * DAY)
            piece = _Piece(max(at, begin), begin, curve, 1.0 if ahead else self._ratio)
            if piece.until > at:
                yield piece
                at = piece.until
        yield _even(at, farthest, self.profile.week / (WEEK_DAYS * DAY_SLOTS * SLOT_SECONDS))

    def _pressed_on(self, profile: Profile) -> Curve:
        """Returns what is spent now, or usually, whichever is more."""
        sums = [0.0]
        for n in range(int(PRESSED_DURATION.total_seconds()) // SLOT_SECONDS):
            begin = self._at + n * SLOT_SECONDS
            scale = self._ratio if self._wall.day(begin) == self._day else 1.0
            sums.append(
                sums[-1] + max(self._pressed * SLOT_SECONDS, scale * profile.between(begin, begin + SLOT_SECONDS))
            )
        return Curve(sums)


def _unusual(spending: Spending, profile: Profile, least: float) -> float:
    """Returns what today's single charges of so much and more took beyond what is usual then: a rent speeds up no day.

    One that comes every night is usual.
    """
    return sum(
        spent - profile.between(since, until)
        for since, until, spent in spending.charges
        if spent >= least and spent > USUAL_FACTOR * profile.between(since - AROUND_SECONDS, until + AROUND_SECONDS)
    )


def _ratio(rates: Sequence[float], today: Day | None, spent: float) -> float:
    """Returns how much more is spent today than usual, from what of it is gone by."""
    if today is None:
        return 1.0
    due: float = (sum(map(mul, rates, today.known)) + sum(map(mul, rates, today.rough_known))) / SLOT_SECONDS
    early = EARLY_SHARE * sum(rates)
    if due <= early:
        return 1.0
    # As if so much had been spent as usual: a few minutes do not speak for the day.
    return min(TODAY_FACTORS[1], max(TODAY_FACTORS[0], (spent + early) / (due + early)))


def _even(since: float, until: float, rate: float) -> _Piece:
    return _Piece(since, since, Curve((0.0, rate * (until - since)), until - since))


def _money(amount: float | None) -> Decimal | None:
    """Returns an amount to the cent."""
    return None if amount is None else Decimal(f"{amount:.2f}")
