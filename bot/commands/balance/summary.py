"""What `/balance` knows of an account: its balance, its forecast, its last top-up, and what a minute of talk costs."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from weakref import WeakKeyDictionary

import structlog

from bot.alerts.model import Kind, Observed, Policy
from bot.dialog.context import Context
from bot.dialog.fan_out import Told
from bot.engine.aggregates import Aggregates
from bot.engine.evaluation import Rule
from bot.forecast.days import DAY
from bot.forecast.outlook import Fate, Forecast, forecast
from bot.forecast.spending import Spending, TopUp
from bot.forecast.talk import per_minute
from bot.store import Store, StoreError
from bot.watches.balance import WATCH, BalanceKeys
from providers.capabilities import SupportsAgentStats
from providers.errors import ProviderError
from providers.model import Balance, Page

log = structlog.get_logger(__name__)

SHIFT_MOST = timedelta(hours=24)  # an opening that ends later is no shift
FRESH = timedelta(hours=1)  # calls that ended longer ago are asked for anew
PATIENCE = 5.0  # seconds for the price of talk, which the answer can do without

_aggregates: WeakKeyDictionary[Store, Aggregates] = (
    WeakKeyDictionary()
)  # the history is read once, then only what is new


@dataclass(frozen=True, slots=True)
class BalanceSummary:
    """One account that answered."""

    told: Told[Balance]
    balance: Balance
    at: datetime
    zone: tzinfo
    outlook: Forecast
    top_up: TopUp | None
    rate: Decimal | None
    lost: bool  # the store did not answer

    @property
    def rank(self) -> tuple[int, float, Decimal]:
        """Worst first."""
        amount, empty = self.balance.money.amount, self.outlook.empty
        if self.outlook.fate is Fate.USED_UP:
            return 0, 0.0, amount
        if empty is not None:
            return 1, empty.timestamp(), amount
        return (2 if amount < 0 else 3), 0.0, amount


async def purse_of(context: Context, told: Told[Balance]) -> BalanceSummary:
    """All that is known of an account that answered."""
    balance, at = told.value, told.at
    if balance is None or at is None:
        raise ValueError("only an account that answered has a purse")
    zone: tzinfo = told.account.settings.timezone or context.settings.timezone
    (spending, lost), rate = await asyncio.gather(_spending(context, told, zone), _rate(context, told, balance))
    spending = spending.after(Observed(balance, at))
    top_up = spending.top_ups[-1] if spending.top_ups else None
    outlook = forecast(spending, balance, at, _shift_end(context, told.account.name))
    return BalanceSummary(told, balance, at, zone, outlook, top_up, rate, lost)


async def _spending(context: Context, told: Told[Balance], zone: tzinfo) -> tuple[Spending, bool]:
    """What was spent in the days that are known; and whether the store did not answer."""
    account = told.account.name
    try:
        for rule in _rules(context, account):
            look = await context.engine.look(rule)
            if look is not None and isinstance(look.past, Spending):
                return look.past, False  # an alert keeps it up to date
        aggregates = _aggregates.setdefault(context.store, Aggregates(context.store))
        rule = Rule(Policy(f"/balance {zone}", account, WATCH.name, ""), WATCH, BalanceKeys(below=0), zone=zone)
        found = await aggregates.of(rule, context.clock())
    except StoreError as error:
        log.warning("no trend without the store", account=account, error=str(error))
        return Spending(zone), True
    return (found if isinstance(found, Spending) else Spending(zone)), False


def _rules(context: Context, account: str) -> list[Rule]:
    """The alerts on this balance."""
    alerts = [a.name for a in context.settings.alerts if a.watch == WATCH.name and account in a.accounts]
    return [rule for name in alerts for rule in context.engine.rules_of(name) if rule.policy.account == account]


async def _rate(context: Context, told: Told[Balance], balance: Balance) -> Decimal | None:
    """What a minute of talk costs; None where that is not told. The answer never fails for it."""
    account, now, currency = told.account, context.clock(), balance.money.currency
    if balance.credit == "unlimited":
        return None
    try:
        seen = (await context.store.latest_reading(account.name, Kind.CALLS)).observed
        if seen is not None and isinstance(seen.value, Page) and now - seen.at <= FRESH:
            rate = per_minute(seen.value.rows, currency)
            if rate is not None:
                return rate
        if not isinstance(account.provider, SupportsAgentStats):
            return None
        hour = now.replace(minute=0, second=0, microsecond=0)  # asked again soon, it is the same question
        async with asyncio.timeout(PATIENCE):
            return per_minute(await account.provider.agent_stats(hour - DAY, hour), currency)
    except (ProviderError, StoreError, TimeoutError) as error:
        log.info("the price of talk is not known", account=account.name, why=str(error))
    except Exception:  # an adapter's own mistake must not keep the balance from being told
        log.exception("adapter failed", account=account.name)
    return None


def _shift_end(context: Context, account: str) -> datetime | None:
    """When the opening ends that is running, of an alert that watches this balance."""
    now = context.clock()
    calendars = [rule.policy.calendar for rule in _rules(context, account)]
    openings = [calendar.opening(now) for calendar in calendars if calendar is not None]
    return min((o.end for o in openings if o is not None and o.end - now <= SHIFT_MOST), default=None)
