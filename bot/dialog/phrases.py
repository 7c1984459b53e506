"""How amounts, spans and states are said, the same in every answer. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from bot.cards import Channel, Customer, Figure, Line, Link, Part, Person, Quoted, Text, UserGroup, When
from bot.text.durations import span
from bot.text.money import money as amount_of
from providers.errors import ProviderError
from providers.masking import concealed, masked
from providers.model import Agent, AgentState, Money

STATES = {
    AgentState.AVAILABLE: "free",
    AgentState.RINGING: "ringing",
    AgentState.DIALING: "dialing",
    AgentState.ON_CALL: "on call",
    AgentState.ON_HOLD: "on hold",
    AgentState.WRAP_UP: "wrap-up",
    AgentState.NOT_READY: "not ready",
    AgentState.LOGGED_OUT: "logged out",
    AgentState.OFFLINE: "offline",
    AgentState.UNKNOWN: "unknown",
}


def money(sum_: Money) -> str:
    """Returns an amount in words: ``1,234.50 USD``, ``−12.40``; no symbol is guessed, and nothing is converted."""
    return amount_of(sum_.amount, sum_.currency)


def rounded(amount: Decimal, currency: str | None) -> str:
    """Returns a computed amount in words, rounded to the cent."""
    return amount_of(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN), currency)


def rough(length: timedelta) -> str:
    """Returns a span in its largest unit alone, rounded down: ``12 min``."""
    words = span(length).split(" ")
    return " ".join(words[:2])


def ago(now: datetime, at: datetime) -> str:
    """Returns an age in words: ``12 s ago``; below a second ``just now``."""
    age = now - at
    return "just now" if age < timedelta(seconds=1) else f"{rough(age)} ago"


def moment(at: datetime, now: datetime) -> When:
    """Returns a time, with its day where it is 18 hours away or more."""
    return When(at, "time" if abs(at - now) < timedelta(hours=18) else "day")


def failure(error: ProviderError, now: datetime) -> tuple[Part, ...]:
    """Returns why a vendor did not do it and, where it is left alone for a while, until when."""
    return left_alone(error.user_text, error.retry_at, now)


def left_alone(text: str, retry_at: datetime | None, now: datetime) -> tuple[Part, ...]:
    """Returns a reason, and until when nobody is asked; where that is over or not known, the reason alone."""
    if retry_at is None or retry_at <= now:
        return (text,)
    return (f"{text} Left alone until ", moment(retry_at, now), ".")


def as_of(at: datetime, now: datetime) -> tuple[Part, ...]:
    """Returns the age of an answer in words: ``as of 14:05 (12 s ago)``."""
    return ("as of ", moment(at, now), f" ({ago(now, at)})")


def in_words(line: Line) -> str:
    """Returns a line as a bare text, fit for everybody: a customer's number is masked, a time is in UTC."""
    return "".join(_bare(part) for part in (line if isinstance(line, tuple) else (line,)))


def _bare(part: Part) -> str:
    match part:
        case str():
            return part
        case Text(words) | Link(_, words) | Figure(words):
            return words
        case Customer(number):
            return masked(number)
        case Quoted(words):
            return concealed(words)
        case When(at, style):
            there = at.astimezone(UTC)
            return f"{there:%Y-%m-%d %H:%M} UTC" if style == "day" else f"{there:%H:%M} UTC"
        case Person(name) | UserGroup(name) | Channel(name):
            return name


def count(number: int, one: str, many: str | None = None) -> str:
    """Returns a number with its noun: ``1 agent``, ``12 agents``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def percent(part: float, whole: float) -> str:
    """Returns a share in words, ``81 %``; ``–`` where `whole` is 0."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def commas(words: Iterable[str], dot: str = " · ") -> str:
    """Joins the words that are not empty."""
    return dot.join(word for word in words if word)


def agent_name(agent: Agent) -> str:
    """Returns how an agent is named: ``Max (1101)``, or the extension alone."""
    return f"{agent.name} ({agent.extension})" if agent.name and agent.name != agent.extension else agent.extension


def agent_state(agent: Agent) -> str:
    """Returns the state in words: the vendor's own where it has a label, or where ours is unknown."""
    if agent.label:
        return agent.label
    if agent.state is AgentState.UNKNOWN:
        return f"status “{agent.raw_state}”, which is not known here" if agent.raw_state else "status not told"
    if agent.state is AgentState.NOT_READY and agent.reason:
        return f"{STATES[agent.state]} ({agent.reason})"
    return STATES[agent.state]
