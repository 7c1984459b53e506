"""The money of each account: balance, forecast, last top-up, and what a minute of talk costs."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal

import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.commands.balance.course import LONGEST, Course, course
from bot.dialog.context import Context
from bot.dialog.fan_out import MAX_ACCOUNTS_AT_ONCE, ask
from bot.dialog.parsing import accounts_of, zone_of
from bot.dialog.replies import Answered, Failed, Replies, Unable
from bot.dialog.request import Request
from bot.forecast.days import DAY
from bot.forecast.outlook import Fate, Forecast, forecast
from bot.forecast.spending import Spending, TopUp
from bot.forecast.talk import per_minute
from bot.readings.accounts import AccountName, OpenAccount, WhoCan
from bot.store import StoreError
from bot.watches.balance import WATCH, WINDOW
from providers.capabilities import SupportsAgentStats, SupportsBalance
from providers.errors import ProviderError
from providers.model import Balance, Page

log = structlog.get_logger(__name__)

MAX_SHIFT = timedelta(hours=24)  # an opening that ends later is no shift
CALLS_MAX_AGE = timedelta(hours=1)  # calls that ended longer ago are asked for anew
RATE_TIMEOUT_SECONDS = 5.0  # seconds for the price of talk, which the answer can do without
TOTAL_TIMEOUT_SECONDS = 20.0  # seconds for everything, the balance itself among it


@dataclass(frozen=True, slots=True)
class BalanceSummary:
    """One account that answered. `rate` is what a minute of talk costs, None where that is not known."""

    account: AccountName
    balance: Balance
    at: datetime
    zone: tzinfo
    outlook: Forecast
    top_up: TopUp | None
    rate: Decimal | None
    lost: bool  # the store did not answer, so nothing is known of the days before
    course: Course | None = None  # of the last day; None before the third reading, or where it was not asked for

    @property
    def rank(self) -> tuple[int, float, Decimal]:
        """Returns its key for sorting, worst first: by what is left, credit included."""
        left, empty = self.outlook.left, self.outlook.empty
        amount = self.balance.money.amount if left is None else left
        if self.outlook.fate is Fate.USED_UP:
            return 0, 0.0, amount
        if empty is not None:
            return 1, empty.timestamp(), amount
        return (2 if self.unsure else 4 if self.outlook.fate is Fate.NO_LIMIT else 3), 0.0, amount

    @property
    def unsure(self) -> bool:
        """Returns whether it is below zero and nobody knows how far it may go."""
        return self.outlook.fate is Fate.LIMIT_UNKNOWN and self.balance.money.amount < 0


@dataclass(frozen=True, slots=True)
class BalanceResult:
    """The money of every account that was meant. `balances` are of those that answered, the worst first."""

    balances: tuple[BalanceSummary, ...]
    replies: Replies[Balance]

    @property
    def now(self) -> datetime:
        """Returns when it was so."""
        return self.replies.now

    @property
    def failed(self) -> tuple[Failed, ...]:
        """Returns the accounts that could not be asked."""
        return self.replies.failed

    @property
    def cannot(self) -> tuple[Unable, ...]:
        """Returns the accounts whose vendor reports no balance."""
        return self.replies.cannot

    @property
    def who(self) -> WhoCan:
        """Returns who reports one."""
        return self.replies.who


async def query(context: Context, request: Request) -> BalanceResult:
    """Asks the accounts that the words name, all where they name none; returns their money. Raises `WordsError`."""
    end = asyncio.get_running_loop().time() + TOTAL_TIMEOUT_SECONDS
    within = accounts_of(context, request.words)
    replies = await ask(
        context, SupportsBalance, lambda p: p.balance(), what="show a balance", kind=Kind.BALANCE, within=within
    )
    until = (
        min(end, asyncio.get_running_loop().time() + RATE_TIMEOUT_SECONDS)
        if len(replies.asked) <= MAX_ACCOUNTS_AT_ONCE
        else None
    )
    found = await asyncio.gather(*(_summary(context, told, until) for told in replies.good))
    if len(found) == 1:
        found = [replace(found[0], course=await _course(context, found[0]))]
    away = replies.store_away or any(summary.lost for summary in found)
    return BalanceResult(tuple(sorted(found, key=lambda s: s.rank)), replace(replies, store_away=away))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the days before make of a balance. `lost`: the store did not answer, so nothing is known of them."""

    forecast: Forecast
    top_up: TopUp | None
    lost: bool


async def outlook_of(context: Context, account: OpenAccount, seen: Observed) -> Outlook:
    """Returns what becomes of a balance that was read; no vendor is asked."""
    spending, lost = await _spending(context, account.name, zone_of(context, account))
    spending = spending.after(seen)
    top_up = spending.top_ups[-1] if spending.top_ups else None
    return Outlook(forecast(spending, seen.value, seen.at, _shift_end(context, account.name)), top_up, lost)


async def _summary(context: Context, told: Answered[Balance], until: float | None) -> BalanceSummary:
    """Returns all that is known of an account that answered."""
    account, balance = context.accounts.opened[told.account.name], told.value
    seen, rate = await asyncio.gather(
        outlook_of(context, account, Observed(balance, told.at)), _rate(context, account, balance, until)
    )
    zone = zone_of(context, account)
    return BalanceSummary(told.account, balance, told.at, zone, seen.forecast, seen.top_up, rate, seen.lost)


async def _course(context: Context, summary: BalanceSummary) -> Course | None:
    """Returns the course of the last day; None without the store."""
    now = context.clock()
    try:
        readings = await context.store.history(summary.account.name, Kind.BALANCE, now - LONGEST)
    except StoreError:
        return None
    return course([*readings, Observed(summary.balance, summary.at)], now)


async def _spending(context: Context, account: str, zone: tzinfo) -> tuple[Spending, bool]:
    """Returns what was spent in the days that are known; and whether the store did not answer."""
    try:
        found = await context.engine.history(account, WINDOW, zone)
    except StoreError as error:
        log.warning("no trend without the store", account=account, error=str(error))
        return Spending(zone), True
    return (found if isinstance(found, Spending) else Spending(zone)), False


async def _rate(context: Context, account: OpenAccount, balance: Balance, until: float | None) -> Decimal | None:
    """Returns what a minute of talk costs; None where that is not known. The answer never fails for it.

    `until`: when the vendor is waited for no longer, by the loop's clock; None: it is not asked.
    """
    now, currency = context.clock(), balance.money.currency
    if balance.credit == "unlimited":
        return None
    try:
        seen = (await context.store.latest_reading(account.name, Kind.CALLS)).observed
        if seen is not None and isinstance(seen.value, Page) and now - seen.at <= CALLS_MAX_AGE:
            rate = per_minute(seen.value.rows, currency)
            if rate is not None:
                return rate
        if until is None or not isinstance(account.provider, SupportsAgentStats):
            return None
        hour = now.replace(minute=0, second=0, microsecond=0)  # asked again soon, it is the same question
        async with asyncio.timeout_at(until):
            return per_minute(await account.provider.agent_stats(hour - DAY, hour), currency)
    except (ProviderError, StoreError, TimeoutError) as error:
        log.info("the price of talk is not known", account=account.name, why=str(error))
    except Exception:  # an adapter's own mistake must not hide the balance
        log.exception("adapter failed", account=account.name)
    return None


def _shift_end(context: Context, account: str) -> datetime | None:
    """Returns when the running opening ends of an alert that watches this balance; None where there is none."""
    now = context.clock()
    alerts = [a.name for a in context.settings.alerts if a.watch == WATCH.name and account in a.accounts]
    rules = [rule for name in alerts for rule in context.engine.rules_of(name) if rule.policy.account == account]
    calendars = [rule.policy.calendar for rule in rules]
    openings = [calendar.opening(now) for calendar in calendars if calendar is not None]
    return min((o.end for o in openings if o is not None and o.end - now <= MAX_SHIFT), default=None)
