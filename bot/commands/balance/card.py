"""The card of balances: the worst first, each with its forecast. It never adds currencies."""

from datetime import datetime, timedelta, tzinfo

from bot.cards import Card, Chart, Figure, Line, Part, Row, Section, Series, Table, Text, Tone, When, table
from bot.commands.balance.course import LONGEST
from bot.commands.balance.query import BalanceResult, BalanceSummary
from bot.dialog.phrases import as_of, count, moment, money, rounded
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.forecast.about import DAY_HORIZON, about, told, why_unknown
from bot.forecast.outlook import Fate, Forecast
from bot.forecast.talk import minutes_left
from bot.text.durations import span
from bot.text.money import price
from providers.model import Balance

WARNING_HORIZON = timedelta(hours=24)
MIN_CHART_POINTS = 2


def card(result: BalanceResult) -> Card:
    """Returns the balances that are known, below what could not be asked and above what cannot be known."""
    several = len(result.balances) > 1
    body: list[Section | Table | Chart] = [
        Section(_rows(each, result.now, several=several), each.account.label) for each in result.balances
    ]
    if several:
        cells = [_cells(each, result.now) for each in result.balances]
        body.insert(0, table(("Account", "Balance", "Runs out", "Pace an hour", "Credit"), cells, "Worst first"))
    elif result.balances:
        course = _chart(result.balances[0], result.now)
        body += [course] if course is not None else []
    if result.failed:
        failures = tuple(failed.row(result.now, lambda b: money(b.money)) for failed in result.failed)
        body.insert(0, Section(failures, "Could not be asked"))
    cannot = cannot_rows(result.cannot, result.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(result)
    return Card(verdict, tone, tuple(body), ages(result.replies))


def _chart(summary: BalanceSummary, now: datetime) -> Chart | None:
    """Returns the chart of one account; None where too little is known."""
    found = summary.course
    if found is None or len(found.points) < MIN_CHART_POINTS:
        return None
    labels = [f"{at.astimezone(summary.zone):%H:%M}" for at, _ in found.points]
    values = [value for _, value in found.points]
    empty = summary.outlook.empty
    if empty is not None and empty - now <= LONGEST:
        labels.append(f"≈ {empty.astimezone(summary.zone):%H:%M}")
        values.append(0.0)
    if len(set(labels)) < len(labels):  # a clock that was set back over the night
        labels = [f"{at.astimezone(summary.zone):%d. %H:%M}" for at, _ in found.points] + labels[len(found.points) :]
    zone = summary.zone
    gaps = [f"{a.astimezone(zone):%H:%M}–{b.astimezone(zone):%H:%M}" for a, b in found.unseen]
    gap = f"Not seen, and left out: {', '.join(gaps)}." if gaps else ""
    unit = summary.balance.money.currency or ""
    return Chart(
        f"Balance, {summary.account.name}", tuple(labels), (Series(unit or "Balance", tuple(values)),), unit, gap=gap
    )


def _cells(summary: BalanceSummary, now: datetime) -> tuple[Part, ...]:
    balance, seen = summary.balance, summary.outlook
    amount = Figure(money(balance.money), float(balance.money.amount))
    runs_out: Part = _FATES[seen.fate]
    if seen.fate is Fate.RUNS_OUT and seen.empty is not None:
        runs_out = told(seen.empty, now, summary.zone)
    pace: Part = Figure(rounded(seen.pace, balance.money.currency), float(seen.pace)) if seen.pace is not None else ""
    return summary.account.name, amount, runs_out, pace, _credit(balance)


_FATES = {
    Fate.UNKNOWN: "too few readings to say",
    Fate.LIMIT_UNKNOWN: "not known: the vendor tells no credit",
    Fate.NO_LIMIT: "no limit",
    Fate.USED_UP: "nothing is left",
    Fate.IDLE: "not running out",
    Fate.LASTS: "lasts more than a year",
    Fate.RUNS_OUT: "",
}


def _verdict(result: BalanceResult) -> tuple[Line, Tone]:
    summaries, now = result.balances, result.now
    if not summaries and not result.failed:
        return nobody(result.cannot, result.who), Tone.UNKNOWN
    unasked = f"{count(len(result.failed), 'account')} could not be asked"
    if not summaries:
        return f"The balance is not known: {unasked}.", Tone.UNKNOWN
    blind = f"; {unasked}" if result.failed else ""
    worst = summaries[0]
    lead = f"{worst.account.name}: {money(worst.balance.money)}"
    others = f"; {count(len(summaries) - 1, 'other account')} below" if len(summaries) > 1 else ""
    tone = Tone.WARNING if blind else Tone.GOOD
    empty = worst.outlook.empty
    if worst.outlook.fate is Fate.USED_UP:
        tone = Tone.CRITICAL
    elif worst.unsure or (empty is not None and empty - now < WARNING_HORIZON):
        tone = Tone.WARNING
    return (lead, *_fate(worst, now), others, blind, "."), tone


def _fate(summary: BalanceSummary, now: datetime) -> tuple[Part, ...]:
    """Returns how long it lasts, in words that follow the amount."""
    seen, over = summary.outlook, _over(summary)
    match seen.fate:
        case Fate.NO_LIMIT:
            return (", no limit: it does not run out",)
        case Fate.LIMIT_UNKNOWN:
            below = " (below zero)" if summary.unsure else ""
            return (f"{below}; {why_unknown(summary.balance)}, so when it runs out is not known",)
        case Fate.USED_UP:
            return (f"{over}: nothing is left{' of the credit' if summary.balance.credit is not None else ''}",)
        case Fate.UNKNOWN:
            return (f"{over}, too few readings to say when it runs out",)
        case Fate.IDLE:
            return (f"{over}, no spending; not running out",)
        case Fate.LASTS:
            return (f"{over}, lasts more than a year",)
        case Fate.RUNS_OUT:
            return (f"{over}, lasts until about ", *_until(seen, now, summary.zone))


def _over(summary: BalanceSummary) -> str:
    """Returns what there is besides an amount below zero: `` (overdrawn)``, or what is left of its credit; else ""."""
    left = summary.outlook.left
    if summary.balance.money.amount >= 0 or left is None:
        return ""
    return f" ({rounded(left, summary.balance.money.currency)} left of its credit)" if left > 0 else " (overdrawn)"


def _until(seen: Forecast, now: datetime, zone: tzinfo) -> tuple[Part, ...]:
    """Returns ``18:55 today (18:05–20:10)``."""
    if seen.empty is None or seen.empty - now > DAY_HORIZON:
        return (told(seen.empty, now, zone),) if seen.empty is not None else ()
    days = (about(seen.empty, now).astimezone(zone).date() - now.astimezone(zone).date()).days
    style = "time" if days <= 1 else "day"
    parts: list[Part] = [When(about(seen.empty, now), style), {0: " today", 1: " tomorrow"}.get(days, ""), " ("]
    for at, after in ((seen.earliest, "–"), (seen.latest, ")")):
        if at is None:
            parts += ["later", after]
        else:
            near = about(at, now).astimezone(zone).date() == about(seen.empty, now).astimezone(zone).date()
            parts += [When(about(at, now), style if near else "day"), after]
    return tuple(parts)


def _rows(summary: BalanceSummary, now: datetime, *, several: bool) -> tuple[Row, ...]:
    balance, seen = summary.balance, summary.outlook
    currency = balance.money.currency
    rows = [Row((Text(money(balance.money), bold=True), *_fate(summary, now)))]
    basis = "based on the last 60 min only" if seen.by_hour else "as its days usually go"
    if seen.empty is not None:
        rows.append(Row(f"Runs out in about {span(about(seen.empty, now) - now)} at today's pace, {basis}"))
    rows.append(Row(_trend(seen, currency)))
    if seen.top_up is not None and seen.shift_end is not None:
        least = f"{seen.top_up:,.0f}{f' {currency}' if currency else ''}"
        rows.append(Row((f"Top up at least {least} to finish the shift (", moment(seen.shift_end, now), ")")))
    minutes = minutes_left(seen.left, summary.rate)
    if minutes is not None and summary.rate is not None:
        rows.append(Row(f"≈ {minutes:,} talk minutes at {price(summary.rate)}/min"))
    if summary.top_up is not None:
        added = rounded(summary.top_up.amount, currency)
        rows.append(Row((f"Last top-up: +{added} at ", moment(summary.top_up.at, now))))
    rows.append(Row(f"Credit: {_credit(balance)}{f' · {balance.plan}' if balance.plan else ''}"))
    if currency is None:
        rows.append(Row(f"Currency: not told; set accounts.{summary.account.name}.currency to show it"))
    if several:
        rows.append(Row(as_of(summary.at, now)))
    return tuple(rows)


def _trend(seen: Forecast, currency: str | None) -> str:
    if seen.pace is None:
        pace = "not known yet: three readings are needed, as one charge is no pace"
    else:
        usual = f", usual for this hour {rounded(seen.usual, None)}" if seen.usual is not None else ""
        falling = "falling" if seen.pace > 0 else "not falling"
        charges = f", apart from {rounded(seen.charge, currency)} in single charges" if seen.charge else ""
        pace = f"{falling} · pace {rounded(seen.pace, currency)}/h{usual}{charges}"
    spent = f" · spent today {rounded(seen.spent_today, currency)}" if seen.spent_today is not None else ""
    return f"Trend: {pace}{spent}"


def _credit(balance: Balance) -> str:
    if balance.credit is None:
        return "the vendor does not tell"
    return "no limit" if balance.credit == "unlimited" else money(balance.credit)
