"""`/pbx stats`: how the agents do, today unless a period is named. Figures with their formulas; nobody is ranked."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from bot.cards import Answer, Card, Figure, Part, Row, Section, Table, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.parsing import WordsError, account_and_rest, command, one_that_can, zone_of
from bot.dialog.periods import Period, period
from bot.dialog.phrases import as_of, count, percent, rounded
from bot.dialog.request import Request
from bot.readings.accounts import Able
from bot.text.durations import span
from providers.capabilities import SupportsAgentStats
from providers.model import AgentStats, Rows

_HEADER = ("Agent", "Calls", "Answered", "Talk", "Talk %", "Long", "Cost/min")
_NOTES = (
    "Talk % = talk time / duration from first ring to hang-up. Long = more than 180 s of talk.",
    "Cost/min = cost / talk time. Internal calls are left out. – : nothing to divide, or not told.",
)


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    typed = account_and_rest(context, words)
    account = one_that_can(context, typed.accounts, SupportsAgentStats, "show statistics")
    provider = context.accounts.require(account.name, SupportsAgentStats, "show statistics")
    now = context.clock()
    wanted = period(typed.rest or "today", now, zone_of(context, account))
    if wanted is None:
        raise WordsError(f"“{typed.rest}” is no period: write today, yesterday, 2h or 7d.")
    rows = await ask_one(Able(account, provider), lambda p: p.agent_stats(wanted.since, wanted.until))
    small = ((*as_of(now, now), f" · {account.label}"), *_NOTES)
    card = Card(*_verdict(account.name, wanted, rows), _body(rows), small)
    return Answer(card, share=bool(rows))


def _verdict(account: str, wanted: Period, rows: Rows[AgentStats]) -> tuple[str, Tone]:
    lead = f"{account}, {wanted.words}"
    if not rows:
        if rows.unreadable:
            return f"{lead}: {count(rows.unreadable, 'row')} came that could not be read.", Tone.UNKNOWN
        return f"{lead}: no statistics.", Tone.INFO
    calls, answered = _sum(s.calls for s in rows), _sum(s.answered for s in rows)
    talk = sum((s.talk for s in rows if s.talk is not None), timedelta())
    share = f" ({percent(answered, calls)})" if calls >= 20 else ""
    words = f"{lead}: {count(len(rows), 'agent')}, {count(calls, 'call')}, {answered:,} answered{share}"
    return f"{words}, {span(talk)} of talk.", Tone.INFO


def _sum(values: Iterable[int | None]) -> int:
    return sum(value for value in values if value is not None)


def _body(rows: Rows[AgentStats]) -> tuple[Section | Table, ...]:
    body: list[Section | Table] = []
    if rows:
        ordered = sorted(rows, key=lambda s: (s.group or "", s.agent))
        body.append(Table(_HEADER, tuple(_cells(s) for s in ordered), "Agents"))
    if rows.unreadable:
        body.append(Section((Row(f"{count(rows.unreadable, 'row')} could not be read"),)))
    return tuple(body)


def _cells(stats: AgentStats) -> tuple[Part, ...]:
    name = f"{stats.agent} ({stats.extension})" if stats.extension else stats.agent
    return (
        name,
        _number(stats.calls),
        _number(stats.answered),
        Figure(span(stats.talk), stats.talk.total_seconds()) if stats.talk is not None else "–",
        _talk_share(stats),
        _number(stats.long_calls),
        _cost(stats),
    )


def _number(value: int | None) -> Part:
    return "–" if value is None else Figure(f"{value:,}", value)


def _talk_share(stats: AgentStats) -> Part:
    if stats.talk is None or not stats.duration:
        return "–"
    talk, whole = stats.talk.total_seconds(), stats.duration.total_seconds()
    return Figure(percent(talk, whole), talk / whole)


def _cost(stats: AgentStats) -> Part:
    if stats.cost is None or not stats.talk:
        return "–"
    a_minute = stats.cost.amount / (Decimal(str(stats.talk.total_seconds())) / 60)
    return Figure(rounded(a_minute, stats.cost.currency), float(a_minute))


COMMAND = command(
    "stats",
    "Calls, talk time and cost of every agent",
    "[[on] ACCOUNT] [today|yesterday|7d]",
    "on sales yesterday",
    _run,
    topic=True,
    question=SupportsAgentStats,
    notes=_NOTES,
)
