"""The floor in words: a card for each problem with the buttons of its message, and one for each account."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Severity
from bot.cards import Button, Card, Line, Link, Part, Row, Section, Text, Tone
from bot.dialog.phrases import count, moment, money
from bot.forecast.about import told
from bot.forecast.outlook import Fate
from bot.home.query import AccountAtAGlance, FloorResult
from bot.notify.incident_message import card as message_card
from bot.notify.notification_context import NotificationContext
from bot.queues.agent_counts import AgentCounts
from bot.text.durations import span
from bot.text.names import listed
from providers.model import Agent, Balance, NumberStatus, PhoneNumber, Queue, Rows

MAX_QUEUE_NAMES = 12
REFRESH = Button("home_refresh", "Refresh")


@dataclass(frozen=True, slots=True)
class HomePage:
    """What one person sees. `head` has the buttons of the page; of `parts` the first are the most important."""

    head: Card
    parts: tuple[Card, ...]


def home(result: FloorResult, *, may_silence: bool) -> HomePage:
    """Returns the page; `may_silence`: **Silence…** is there for this person."""
    count_ = len(result.incidents)
    critical = any(one.incident.severity is Severity.CRITICAL for one in result.incidents)
    tone = Tone.GOOD if not count_ else Tone.CRITICAL if critical else Tone.WARNING
    verdict = f"{count(count_, 'problem is', 'problems are')} open." if count_ else "All is quiet: no alert is open."
    buttons = [
        REFRESH,
        Button("call_someone", "Call…"),
        Button("mark_someone", "Mark a number…"),
        *([Button("silence_something", "Silence…")] if may_silence else []),
    ]
    oldest = min(_ages(result), default=None)
    age: tuple[Line, ...] = () if oldest is None else (("as of ", moment(oldest, result.now), " or later"),)
    head = Card(verdict, tone, context=age, controls=tuple(buttons))
    problems = (_problem(one) for one in result.incidents)
    return HomePage(head, (*problems, *(_account(one, result.now) for one in result.accounts)))


def refused(sentence: Line) -> HomePage:
    """Returns the page of somebody who may see nothing: why."""
    return HomePage(Card(sentence, Tone.INFO), ())


def _ages(result: FloorResult) -> Iterator[datetime]:
    for one in result.accounts:
        for kind in one.told:
            seen = one.latest.get(kind, LatestReading()).observed
            if seen is not None:
                yield seen.at


def _problem(context: NotificationContext) -> Card:
    whole = message_card(context)
    link = context.links.get(context.incident.id)
    since: list[Part] = ["since ", moment(context.incident.opened_at, context.now)]
    if link is not None and link.permalink:
        since += [" · ", Link(link.permalink, "its message")]
    return Card(whole.verdict, whole.tone, context=(tuple(since),), controls=whole.controls)


def _account(one: AccountAtAGlance, now: datetime) -> Card:
    rows = [row for kind in one.told for row in _rows(one, kind, now)]
    missing = [kind.value for kind in Kind if kind not in one.told and kind is not Kind.CALLS]
    if missing:
        rows.append(Row(f"The vendor does not tell: {listed(missing)}"))
    blind = any(one.latest.get(kind, LatestReading()).blind is not None for kind in one.told)
    return Card(one.account.label, Tone.UNKNOWN if blind else Tone.GOOD, (Section(tuple(rows)),))


def _rows(one: AccountAtAGlance, kind: Kind, now: datetime) -> Iterator[Row]:
    latest = one.latest.get(kind, LatestReading())
    if latest.blind is not None:
        since = (moment(latest.blind_since, now),) if latest.blind_since is not None else ()
        yield Row((Text(_NAMES[kind], bold=True), ": cannot be seen since ", *since, f" · {latest.blind.error}"))
    elif latest.observed is None:
        yield Row((Text(_NAMES[kind], bold=True), ": not read yet"))
    else:
        yield Row((Text(_NAMES[kind], bold=True), ": ", *_words(one, kind, latest.observed.value, now)))


_NAMES = {Kind.BALANCE: "Money", Kind.AGENTS: "Agents", Kind.QUEUES: "Queues", Kind.NUMBERS: "Caller IDs"}


def _words(one: AccountAtAGlance, kind: Kind, value: Any, now: datetime) -> tuple[Part, ...]:
    """Returns what was read, in one line; `value` is of the kind's type."""
    match kind:
        case Kind.BALANCE:
            return (_money(one, value, now),)
        case Kind.AGENTS:
            return (_agents(value),)
        case Kind.QUEUES:
            return (_queues(value),)
        case _:
            return (_numbers(value),)


def _money(one: AccountAtAGlance, value: Balance, now: datetime) -> str:
    amount = money(value.money)
    seen = one.outlook.forecast if one.outlook is not None else None
    if seen is None:
        return amount
    if seen.empty is not None:
        zone = one.account.settings.timezone or UTC
        return f"{amount} · lasts until about {told(seen.empty, now, zone)}"
    return f"{amount} · {_FATES[seen.fate]}"


def _numbers(value: Rows[PhoneNumber]) -> str:
    spam = sum(row.status is NumberStatus.SPAM for row in value)
    return f"{count(len(value), 'caller ID')}, {spam} marked as spam"


_FATES = {
    Fate.UNKNOWN: "too few readings to say how long it lasts",
    Fate.LIMIT_UNKNOWN: "how long it lasts is not known",
    Fate.NO_LIMIT: "no limit",
    Fate.USED_UP: "nothing is left",
    Fate.IDLE: "not running out",
    Fate.LASTS: "lasts more than a year",
    Fate.RUNS_OUT: "it runs out",
}


def _agents(value: Rows[Agent]) -> str:
    seen = AgentCounts.of(value)
    free = "who is free is not told" if seen.free is None else f"{seen.free} free"
    words = f"{seen.signed_in} of {count(seen.all, 'agent')} signed in · {seen.on_call} on a call · {free}"
    return f"{words} · {seen.offline} off{f' · {seen.unknown} not known' if seen.unknown else ''}"


def _queues(value: Rows[Queue]) -> str:
    words = [_queue(queue) for queue in value.items[:MAX_QUEUE_NAMES]]
    left = len(value) - len(words)
    return " · ".join([*words, *([f"and {left} more"] if left else [])]) or "none is listed"


def _queue(queue: Queue) -> str:
    if queue.waiting is None:
        return f"{queue.name}: who waits is not told"
    if not queue.waiting:
        return f"{queue.name}: nobody waits"
    longest = max(call.waiting for call in queue.waiting)
    return f"{queue.name}: {len(queue.waiting)} waiting, the longest for {span(longest)}"
