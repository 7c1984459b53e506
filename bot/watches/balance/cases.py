"""The conditions of the watch `balance`, each evaluated by itself.

What is seen, whether it holds, and that in words.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from bot.alerts.kinds import Kind
from bot.forecast.about import told, why_unknown
from bot.forecast.outlook import Fate, Forecast, forecast
from bot.forecast.spending import Spending
from bot.forecast.spike import LENGTH, Spike, spike
from bot.forecast.talk import per_minute
from bot.text.durations import span
from bot.text.money import money
from bot.watches import WatchInput
from bot.watches.balance.facts import LOW, SHORT, SPIKE, Condition
from providers.model import Balance, Page

CLEARING_FACTOR = 1.2  # times the time within which it must not run out
MAX_SHIFT = timedelta(hours=24)  # an opening that ends later is no shift
CALLS_MAX_AGE = timedelta(hours=1)
RATE_SAME = Decimal("0.1")  # a price of talk that differs by less than a tenth is the same
MAX_LEVELS = 7


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition as it was evaluated. `holds` None: that cannot be known. `level`: how often it has doubled."""

    name: Condition
    words: str
    holds: bool | None
    level: int = 0


@dataclass(frozen=True)
class BalanceEvaluation:
    """The figures of one evaluation.

    `before` are the conditions that have held since it was raised; `least` is the amount below which nothing is a
    spike, None: derived from a usual day.
    """

    watch_input: WatchInput
    balance: Balance
    at: datetime
    spending: Spending
    before: frozenset[str]
    least: Decimal | None = None

    @property
    def known(self) -> bool:
        """Returns whether it held at the last evaluation."""
        return self.watch_input.account in self.watch_input.known

    @property
    def since(self) -> datetime:
        """Returns when it began to hold."""
        since = self.watch_input.memory.get("since", "") if self.known else ""
        return datetime.fromisoformat(since) if since else self.at

    @cached_property
    def forecast(self) -> Forecast:
        """Returns the forecast of how long the money lasts; the shift ends with the opening that is running."""
        return forecast(self.spending, self.balance, self.at, self.shift_end)

    @property
    def shift_end(self) -> datetime | None:
        """Returns when the running opening ends; None where there is none, or it is too long for a shift."""
        opening, most = self.watch_input.opening, self.watch_input.now + MAX_SHIFT
        return opening.end if opening is not None and opening.end <= most else None

    @cached_property
    def spike(self) -> Spike | None:
        """Returns what was spent in the last 15 minutes, compared with what is usual; None with too little history."""
        return spike(self.spending, self.least)

    @property
    def calm_since(self) -> datetime:
        """Returns since when that is no spike."""
        calm = self.watch_input.memory.get("calm", "")
        return datetime.fromisoformat(calm) if calm else self.at

    @cached_property
    def rate(self) -> Decimal | None:
        """Returns what a minute of talk costs, by the calls that ended lately, else as it was known last.

        None: never known.
        """
        memory = self.watch_input.memory
        same = memory.get("priced", self.currency or "") == (self.currency or "")
        known = Decimal(memory["rate"]) if memory.get("rate") and same else None
        latest_reading = self.watch_input.latest_readings.get(Kind.CALLS)
        seen = latest_reading.observed if latest_reading is not None and latest_reading.blind is None else None
        if seen is None or not isinstance(seen.value, Page) or self.watch_input.now - seen.at > CALLS_MAX_AGE:
            return known
        rate = per_minute(seen.value.rows, self.currency)
        same = rate is None or (known is not None and abs(rate - known) <= RATE_SAME * known)
        return known if same else rate

    @property
    def currency(self) -> str | None:
        """Returns the balance's currency, or the account's where the vendor names none; None where neither is known."""
        return self.balance.money.currency or self.watch_input.currency

    def money(self, amount: Decimal) -> str:
        """Returns an amount in that currency, in words."""
        return money(amount, self.currency)

    def about(self, at: datetime) -> str:
        """Returns a moment in words, rounded, by the account's clock."""
        return told(at, self.watch_input.now, self.watch_input.zone)


def view_of(watch_input: WatchInput, least: Decimal | None) -> BalanceEvaluation | None:
    """Returns the figures to evaluate; None where the reading is no balance."""
    observed = watch_input.latest_readings[Kind.BALANCE].observed
    if observed is None or not isinstance(observed.value, Balance):
        return None
    spending = watch_input.past
    if not isinstance(spending, Spending):
        spending = Spending(watch_input.zone)
        spending.add(observed)
    held = watch_input.memory.get("holds", LOW)  # before there was more, nothing was remembered
    before = frozenset(held.split()) if watch_input.account in watch_input.raised else frozenset[str]()
    return BalanceEvaluation(watch_input, observed.value, observed.at, spending, before, least)


def low(view: BalanceEvaluation, below: Decimal, clear: Decimal | None) -> Criterion:
    """Evaluates whether the balance is below the line, or not yet above the one where it clears."""
    amount = view.balance.money.amount
    words = f"balance {view.money(amount)} is"
    if amount < below:
        level = (
            MAX_LEVELS if amount <= 0 < below else _doublings(below / amount if below > 0 else amount / (below or 1))
        )
        return Criterion(LOW, f"{words} below {below}", True, level)
    if clear is not None and LOW in view.before and amount <= clear:
        return Criterion(LOW, f"{words} not above {clear}, where it clears", True)
    return Criterion(LOW, f"{words} not below {below}", False)


def short(view: BalanceEvaluation, within: timedelta) -> Criterion:
    """Evaluates whether the money is gone within that time.

    Once raised, it holds until it lasts a fifth longer even if a fifth more is spent. A top-up that lifts it beyond
    that time ends it at once. The second fifth is one of money: over closed hours the time that is left jumps by days
    for a cent.
    """
    seen, limit = view.forecast, span(within)
    if seen.fate is Fate.UNKNOWN:
        return Criterion(SHORT, "too few readings to say how long it lasts", None)
    if seen.fate is Fate.LIMIT_UNKNOWN:
        return Criterion(SHORT, f"{why_unknown(view.balance)}, so how long it lasts is not known", None)
    if seen.fate is Fate.USED_UP:
        return Criterion(SHORT, "nothing is left", True, MAX_LEVELS)
    if seen.empty is None:
        why = {Fate.NO_LIMIT: "there is no limit", Fate.IDLE: "nothing is being spent"}
        return Criterion(SHORT, why.get(seen.fate, "it lasts more than a year"), False)
    now = view.watch_input.now
    words, ahead = f"it lasts until about {view.about(seen.empty)}", seen.empty - now
    if ahead <= within:
        level = _doublings(within / max(ahead, timedelta(minutes=1)))
        return Criterion(SHORT, f"{words}, which is within {limit}", True, level)
    last = view.spending.top_ups[-1] if view.spending.top_ups else None
    lifted = last is not None and view.spending.last is not None and last.at == view.spending.last.at
    if SHORT in view.before and ahead <= within * CLEARING_FACTOR and not lifted:
        return Criterion(
            SHORT, f"{words}, less than the {span(within * CLEARING_FACTOR)} ahead at which it clears", True
        )
    if SHORT in view.before and seen.earliest is not None and seen.earliest - now <= within and not lifted:
        least = f"{view.about(seen.earliest)} if a fifth more is spent"
        return Criterion(SHORT, f"{words}, but until about {least}, which is within {limit}", True)
    return Criterion(SHORT, f"{words}, which is more than {limit} ahead", False)


def spent(view: BalanceEvaluation) -> Criterion:
    """Evaluates whether far more is spent than usual; once raised, until that has not been so for 15 minutes."""
    seen = view.spike
    if seen is None:
        return Criterion(SPIKE, "too little history to tell a spike from what is usual: five days are needed", None)
    words = f"{view.money(seen.spent)} spent in 15 minutes, "
    if seen.holds:
        return Criterion(SPIKE, f"{words}more than {view.money(seen.line)}", True, _doublings(seen.spent / seen.line))
    if SPIKE in view.before and view.at - view.calm_since < LENGTH:
        return Criterion(SPIKE, f"{words}no more than {view.money(seen.line)}, for less than 15 minutes yet", True)
    return Criterion(SPIKE, f"{words}no more than {view.money(seen.line)}", False)


def _doublings(times: float | Decimal) -> int:
    return min(MAX_LEVELS, max(0, int(math.log2(times)))) if times > 0 else 0
