"""The card of agents: counts first, then every agent, problems on top."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.cards import Card, Customer, Line, Part, Row, Section, Text, Tone
from bot.commands.agents.query import AgentsResult, Seat
from bot.dialog.phrases import STATES, agent_name, agent_state, commas, count, rough
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.text.names import listed
from providers.model import Agent, AgentState, Rows

GROUPING_MIN_ROWS = 26  # rows; from here on they stand by group

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


def card(result: AgentsResult) -> Card:
    """Returns the agents that are known, below what could not be asked and above what cannot be known."""
    replies, seats, now = result.replies, result.seats, result.replies.now
    body: list[Section] = []
    if replies.failed:
        body.append(Section(tuple(failed.row(now, _said) for failed in replies.failed), "Could not be asked"))
    if seats:
        body.append(Section((Row(counted(s.agent for s in seats)),), "By state"))
    body += _sections(seats, now, several=len({account.name for account in replies.asked}) > 1)
    body += _gaps(result)
    cannot = cannot_rows(replies.cannot, replies.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(result)
    return Card(verdict, tone, tuple(body), ages(replies))


def _verdict(result: AgentsResult) -> tuple[Line, Tone]:
    replies, seats = result.replies, result.seats
    blind = f"; {count(len(replies.failed), 'account')} could not be asked" if replies.failed else ""
    lead = f"{result.narrowed_to}: " if result.narrowed_to else ""
    if not replies.asked:
        return nobody(replies.cannot, replies.who), Tone.INFO
    if not replies.good:
        return f"{lead}the agents are not known: no account could be asked.", Tone.UNKNOWN
    unread = sum(told.value.unreadable for told in replies.good)
    if not seats:
        if unread:
            return f"{lead}{count(unread, 'row')} came that could not be read{blind}.", Tone.UNKNOWN
        empty = listed(told.account.label for told in replies.good)
        return f"{lead}{empty} listed no agents{blind}.", Tone.WARNING if blind else Tone.INFO
    if len(seats) == 1 and result.narrowed_to:
        return (f"{agent_name(seats[0].agent)} is ", agent_state(seats[0].agent), blind, "."), Tone.INFO
    there = sum(s.agent.state.signed_in is True for s in seats)
    lost = [s for s in seats if s.agent.state.signed_in is False]
    words = f"{lead}{there} of {count(len(seats), 'agent')} signed in"
    if lost:
        words += f", {len(lost)} not"
    tone = Tone.WARNING if blind or unread else Tone.GOOD if not lost else Tone.INFO
    return f"{words}{blind}.", tone


def counted(agents: Iterable[Agent]) -> str:
    """Returns ``on call 9 · free 3 · offline 4``; who is only known to be registered is not counted as free."""
    counts = Counter((agent.state, agent.label or STATES[agent.state]) for agent in agents)
    return commas(f"{words} {n}" for state in _COUNTED for (of, words), n in counts.items() if of is state)


def _sections(seats: Sequence[Seat], now: datetime, *, several: bool) -> list[Section]:
    ordered = sorted(seats, key=_rank)
    if len(ordered) < GROUPING_MIN_ROWS and not several:
        return [Section(tuple(Row(line(s, now)) for s in ordered), "Agents")] if ordered else []
    places: dict[str, list[Seat]] = {}
    for seat in ordered:
        group = (seat.agent.group or "no group") if len(ordered) >= GROUPING_MIN_ROWS else ""
        place = commas((seat.account if several else "", group))
        places.setdefault(place, []).append(seat)
    return [
        Section(
            tuple(Row(line(s, now, group=False)) for s in here),
            f"{place} — {counted(s.agent for s in here)}",
        )
        for place, here in sorted(places.items())
    ]


def _rank(seat: Seat) -> tuple[int, float, str]:
    since = seat.agent.since.timestamp() if seat.agent.since is not None else float("inf")
    return _ORDER.index(seat.agent.state), since, seat.agent.extension


def line(seat: Seat, now: datetime, *, group: bool = True) -> Line:
    """Returns one agent as a line: who, what, for how long, with whom."""
    agent = seat.agent
    parts: list[Part] = [Text(agent_name(agent), bold=True), f" · {agent_state(agent)}"]
    if agent.since is not None:
        length = rough(now - agent.since)
        parts.append(f" · last call {length} ago" if agent.since_means == "last_call" else f" · for {length}")
    if agent.peer:
        parts += [" · with ", Customer(agent.peer, seat.region)]
    if group and agent.group:
        parts.append(f" · {agent.group}")
    return tuple(parts)


def _gaps(result: AgentsResult) -> list[Section]:
    rows = tuple(
        Row(f"{t.account.label}: {count(t.value.unreadable, 'row')} could not be read; who is in them is not known.")
        for t in result.replies.good
        if t.value.unreadable
    )
    return [Section(rows, "Not readable")] if rows else []


def _said(value: Rows[Agent]) -> str:
    return counted(value) or "no agents"
