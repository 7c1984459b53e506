"""`/balance`: what every account holds, how fast it goes, and when it runs out. It never adds currencies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog

from bot.alerts.model import Kind
from bot.cards import Answer, Card, Line, Part, Row, Section, Text, Tone
from bot.commands.asking import Asked, Told, ages, ask, cannot_rows, nobody
from bot.commands.phrases import as_of, count, moment, money, rounded, span
from bot.commands.spending import FARTHEST, Spending, runs_out, samples, spending
from bot.commands.words import accounts_of, command
from bot.desk import Context
from bot.store import StoreError
from providers.capabilities import SupportsBalance
from providers.model import Balance

log = structlog.get_logger(__name__)

SOON = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Purse:
    """One account that answered."""

    told: Told[Balance]
    balance: Balance
    at: datetime
    today: Spending
    hour: Spending
    empty_at: datetime | None

    @property
    def used_up(self) -> bool:
        """Whether nothing is left, credit included."""
        return self.empty_at is not None and self.empty_at <= self.at

    @property
    def rank(self) -> tuple[int, float, Decimal]:
        """Worst first."""
        amount = self.balance.money.amount
        if self.used_up:
            return 0, 0.0, amount
        if self.empty_at is not None:
            return 1, self.empty_at.timestamp(), amount
        return (2 if amount < 0 else 3), 0.0, amount


async def _run(context: Context, words: str) -> Answer:
    asked = await ask(
        context, SupportsBalance, lambda p: p.balance(), kind=Kind.BALANCE, within=accounts_of(context, words)
    )
    purses, away = [], asked.store_away
    for told in asked.good:
        history, lost = await _history(context, told)
        away = away or lost
        purses.append(_purse(context, told, history))
    purses.sort(key=lambda p: p.rank)
    asked = Asked(asked.told, asked.cannot, away)
    return Answer(_card(context, asked, purses), share=bool(purses))


async def _history(context: Context, told: Told[Balance]) -> tuple[Sequence[Any], bool]:
    now = context.clock()
    since = min(_midnight(context, told, now), now - timedelta(hours=1))
    try:
        return await context.store.history(told.account.name, Kind.BALANCE, since), False
    except StoreError as error:
        log.warning("no trend without the store", account=told.account.name, error=str(error))
        return [], True


def _midnight(context: Context, told: Told[Balance], now: datetime) -> datetime:
    zone = told.account.settings.timezone or context.settings.timezone
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _purse(context: Context, told: Told[Balance], history: Sequence[Any]) -> _Purse:
    now, balance = context.clock(), told.value
    if balance is None or told.at is None:
        raise ValueError("only an account that answered has a purse")
    found = samples(history, now, balance, told.at)
    today = spending(found, _midnight(context, told, now))
    hour = spending(found, now - timedelta(hours=1))
    return _Purse(told, balance, told.at, today, hour, runs_out(balance, today.per_hour, told.at))


def _card(context: Context, asked: Asked[Balance], purses: list[_Purse]) -> Card:
    now = context.clock()
    body = [Section(_rows(p, now, several=len(purses) > 1), p.told.account.label) for p in purses]
    if asked.failed:
        failures = tuple(t.failure(now, lambda b: money(b.money)) for t in asked.failed)
        body.insert(0, Section(failures, "Could not be asked"))
    cannot = cannot_rows(context, asked.cannot, SupportsBalance, "show a balance", Kind.BALANCE)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(asked, purses, now)
    if not asked.told:
        verdict = nobody(context, asked.cannot, SupportsBalance, "show a balance")
    return Card(verdict, tone, tuple(body), ages(asked, now))


def _verdict(asked: Asked[Balance], purses: list[_Purse], now: datetime) -> tuple[Line, Tone]:
    blind = f"; {count(len(asked.failed), 'account')} could not be asked" if asked.failed else ""
    if not purses:
        return (
            f"The balance is not known: {count(len(asked.failed), 'account')} could not be asked.",
            Tone.UNKNOWN,
        )
    worst = purses[0]
    lead = f"{worst.told.account.name}: {money(worst.balance.money)}"
    others = f"; {count(len(purses) - 1, 'other account')} below" if len(purses) > 1 else ""
    tone = Tone.WARNING if blind else Tone.GOOD
    if worst.used_up or worst.balance.money.amount < 0:
        tone = Tone.CRITICAL if worst.used_up else Tone.WARNING
    elif worst.empty_at is not None and worst.empty_at - now < SOON:
        tone = Tone.WARNING
    return (lead, *_fate(worst, now, short=True), others, blind, "."), tone


def _fate(purse: _Purse, now: datetime, *, short: bool = False) -> tuple[Part, ...]:
    """When it runs out, in words that follow the amount."""
    amount, credit = purse.balance.money.amount, purse.balance.credit
    over = " (overdrawn)" if amount < 0 else ""
    if credit == "unlimited":
        return (f"{over}, no limit: it does not run out",)
    if purse.used_up:
        return (f"{over}: nothing is left{' of the credit' if credit is not None else ''}",)
    if purse.today.per_hour is None:
        why = "too few readings today to say when it runs out"
        return (f"{over}, {why}",)
    if purse.empty_at is None:
        return (f"{over}, no spending today; not running out",)
    if purse.empty_at - now >= FARTHEST:
        return (f"{over}, lasts more than a year at today's pace",)
    end = "" if short else f", in {span(purse.empty_at - now)},"
    return (f"{over}, runs out about ", moment(purse.empty_at, now), f"{end} at today's pace")


def _rows(purse: _Purse, now: datetime, *, several: bool) -> tuple[Row, ...]:
    balance, today, hour = purse.balance, purse.today, purse.hour
    currency = balance.money.currency
    rows = [Row((Text(money(balance.money), bold=True), *_fate(purse, now)))]
    if today.per_hour is None or today.since is None:
        rows.append(Row(f"Trend: not known yet ({count(today.readings, 'reading')} today, two are needed)"))
    else:
        pace, spent = rounded(today.per_hour, currency), rounded(today.spent, currency)
        last = rounded(hour.spent, currency)
        trend = "falling" if hour.spent > 0 else "not falling"
        rows.append(Row(f"Trend: {trend} · spent today {spent} ({pace} an hour) · in the last hour {last}"))
        over = span(today.until - today.since) if today.until else ""
        rows.append(Row(f"Pace from {count(today.readings, 'reading')} over {over}"))
    if today.top_up is not None:
        added = rounded(today.top_up.amount, currency)
        rows.append(Row((f"Last top-up today: +{added} at ", moment(today.top_up.at, now))))
    rows.append(Row(f"Credit: {_credit(balance)}{f' · {balance.plan}' if balance.plan else ''}"))
    if currency is None:
        rows.append(Row(f"Currency: not told; set accounts.{purse.told.account.name}.currency to show it"))
    if several:
        rows.append(Row(as_of(purse.at, now)))
    return tuple(rows)


def _credit(balance: Balance) -> str:
    if balance.credit is None:
        return "the vendor does not tell"
    return "no limit" if balance.credit == "unlimited" else money(balance.credit)


COMMAND = command(
    "balance",
    "What every account holds, and when it runs out",
    "[ACCOUNT]",
    "sales",
    _run,
    notes=("Without an account: all of them, worst first. The pace is today's, since midnight in the account's zone.",),
)
