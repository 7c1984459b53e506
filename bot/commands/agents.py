"""`/agents`: who is there and doing what: counts first, then every agent, problems on top."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.model import Kind
from bot.cards import Answer, Card, Customer, Line, Part, Row, Section, Text, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import Asked, ages, ask, cannot_rows, nobody
from bot.dialog.parsing import WordsError, command, one_account
from bot.dialog.phrases import STATES, agent_name, agent_state, commas, count, rough
from bot.readings.accounts import fitting, listed
from providers.capabilities import SupportsAgents
from providers.model import Agent, AgentState, Rows

GROUPED_FROM = 26  # rows; from here on they stand by group

_ORDER = (
    AgentState.OFFLINE,
    AgentState.LOGGED_OUT,
    AgentState.UNKNOWN,
    AgentState.NOT_READY,
    AgentState.ON_CALL,
    AgentState.ON_HOLD,
    AgentState.RINGING,
    AgentState.DIALING,
    AgentState.WRAP_UP,
    AgentState.AVAILABLE,
)
_COUNTED = (
    AgentState.ON_CALL,
    AgentState.ON_HOLD,
    AgentState.RINGING,
    AgentState.DIALING,
    AgentState.WRAP_UP,
    AgentState.AVAILABLE,
    AgentState.NOT_READY,
    AgentState.LOGGED_OUT,
    AgentState.OFFLINE,
    AgentState.UNKNOWN,
)


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent, and the account that listed them."""

    account: str
    agent: Agent


async def _run(context: Context, words: str) -> Answer:
    asked = await ask(context, SupportsAgents, lambda p: p.agents(), kind=Kind.AGENTS)
    seats = [Seat(t.account.name, agent) for t in asked.good for agent in t.value or ()]
    if words:
        asked, seats, about = _narrowed(context, asked, seats, words)
    else:
        about = ""
    return Answer(_card(context, asked, seats, about), share=bool(seats))


def _narrowed(
    context: Context, asked: Asked[Rows[Agent]], seats: list[Seat], words: str
) -> tuple[Asked[Rows[Agent]], list[Seat], str]:
    """What the word means: an account, a group or an agent; an exact name before a beginning."""
    word = words.removeprefix("on ").strip() if words.casefold().startswith("on ") else words
    names = {a.name: f"account {a.label}" for a in context.accounts}
    names |= {s.agent.group: f"group {s.agent.group}" for s in seats if s.agent.group and s.agent.group not in names}
    for seat in seats:
        for name in (seat.agent.extension, seat.agent.name):
            if name and name not in names:
                names[name] = f"agent {agent_name(seat.agent)} on {seat.account}"
    found = fitting(word, names)
    meant = {names[name] for name in found}
    if not meant:
        blind = f" {listed(t.account.name for t in asked.failed)} could not be asked." if asked.failed else ""
        raise WordsError(f"No account, group or agent is called “{word}”.{blind}")
    if len(meant) > 1 and len({name.casefold() for name in found}) > 1:
        raise WordsError(f"Several names begin with “{word}”.", tuple(sorted(meant)[:20]))
    name = found[0]
    if name in context.accounts.opened:
        account = one_account(context, name)
        told = tuple(t for t in asked.told if t.account.name == account.name)
        cannot = tuple(a for a in asked.cannot if a.name == account.name)
        return Asked(told, cannot, asked.store_away), [s for s in seats if s.account == name], account.name
    wanted = name.casefold()
    in_group = [s for s in seats if (s.agent.group or "").casefold() == wanted]
    is_agent = [s for s in seats if wanted in {s.agent.extension.casefold(), (s.agent.name or "").casefold()}]
    chosen = in_group or is_agent
    here = {s.account for s in chosen}
    told = tuple(t for t in asked.told if t.account.name in here or t.value is None)
    return Asked(told, (), asked.store_away), chosen, name


def _card(context: Context, asked: Asked[Rows[Agent]], seats: list[Seat], about: str) -> Card:
    now = context.clock()
    several = len({t.account.name for t in asked.told}) > 1
    body: list[Section] = []
    if asked.failed:
        failures = tuple(t.failure(now, _said) for t in asked.failed)
        body.append(Section(failures, "Could not be asked"))
    if seats:
        body.append(Section((Row(counted(s.agent for s in seats)),), "By state"))
    body += _sections(seats, now, several=several)
    body += _gaps(asked)
    cannot = cannot_rows(context, asked.cannot, SupportsAgents, "show agents", Kind.AGENTS)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(context, asked, seats, about)
    return Card(verdict, tone, tuple(body), ages(asked, now))


def _verdict(context: Context, asked: Asked[Rows[Agent]], seats: Sequence[Seat], about: str) -> tuple[Line, Tone]:
    blind = f"; {count(len(asked.failed), 'account')} could not be asked" if asked.failed else ""
    lead = f"{about}: " if about else ""
    if not asked.told:
        return nobody(context, asked.cannot, SupportsAgents, "show agents"), Tone.INFO
    if not asked.good:
        return f"{lead}the agents are not known: no account could be asked.", Tone.UNKNOWN
    unread = sum(t.value.unreadable for t in asked.good if t.value is not None)
    if not seats:
        if unread:
            return f"{lead}{count(unread, 'row')} came that could not be read{blind}.", Tone.UNKNOWN
        empty = listed(t.account.label for t in asked.good)
        return f"{lead}{empty} listed no agents{blind}.", Tone.WARNING if blind else Tone.INFO
    if len(seats) == 1 and about:
        return (f"{agent_name(seats[0].agent)} is ", agent_state(seats[0].agent), blind, "."), Tone.INFO
    there = sum(s.agent.state.signed_in is True for s in seats)
    lost = [s for s in seats if s.agent.state.signed_in is False]
    words = f"{lead}{there} of {count(len(seats), 'agent')} signed in"
    if lost:
        words += f", {len(lost)} not"
    tone = Tone.WARNING if blind or unread else Tone.GOOD if not lost else Tone.INFO
    return f"{words}{blind}.", tone


def counted(agents: Iterable[Agent]) -> str:
    """``on call 9 · free 3 · offline 4``; who is only known to be registered is not counted as free."""
    counts = Counter((agent.state, agent.label or STATES[agent.state]) for agent in agents)
    return commas(f"{words} {n}" for state in _COUNTED for (of, words), n in counts.items() if of is state)


def _sections(seats: Sequence[Seat], now: datetime, *, several: bool) -> list[Section]:
    ordered = sorted(seats, key=_rank)
    if len(ordered) < GROUPED_FROM and not several:
        return [Section(tuple(Row(line(s.agent, now)) for s in ordered), "Agents")] if ordered else []
    places: dict[str, list[Seat]] = {}
    for seat in ordered:
        group = (seat.agent.group or "no group") if len(ordered) >= GROUPED_FROM else ""
        place = commas((seat.account if several else "", group))
        places.setdefault(place, []).append(seat)
    return [
        Section(
            tuple(Row(line(s.agent, now, group=False)) for s in here),
            f"{place} — {counted(s.agent for s in here)}",
        )
        for place, here in sorted(places.items())
    ]


def _rank(seat: Seat) -> tuple[int, float, str]:
    since = seat.agent.since.timestamp() if seat.agent.since is not None else float("inf")
    return _ORDER.index(seat.agent.state), since, seat.agent.extension


def line(agent: Agent, now: datetime, *, group: bool = True) -> Line:
    """One agent: who, what, for how long, with whom."""
    parts: list[Part] = [Text(agent_name(agent), bold=True), f" · {agent_state(agent)}"]
    if agent.since is not None:
        length = rough(now - agent.since)
        parts.append(f" · last call {length} ago" if agent.since_means == "last_call" else f" · for {length}")
    if agent.peer:
        parts += [" · with ", Customer(agent.peer)]
    if group and agent.group:
        parts.append(f" · {agent.group}")
    return tuple(parts)


def _gaps(asked: Asked[Rows[Agent]]) -> list[Section]:
    rows = tuple(
        Row(f"{t.account.label}: {count(t.value.unreadable, 'row')} could not be read; who is in them is not known.")
        for t in asked.good
        if t.value is not None and t.value.unreadable
    )
    return [Section(rows, "Not readable")] if rows else []


def _said(value: Rows[Agent]) -> str:
    return counted(value) or "no agents"


COMMAND = command(
    "agents",
    "Who is signed in, doing what, for how long and with whom",
    "[ACCOUNT|GROUP|AGENT]",
    "Team-1",
    _run,
    notes=("An agent is named by name or extension. The beginning of a name is enough where only one fits.",),
)
