"""The card of agents: counts first, then every agent, problems on top."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.cards import Card, Customer, Figure, Line, Part, Row, Section, Table, Tone, table
from bot.commands.agents.query import AgentsResult, Seat
from bot.dialog.phrases import STATES, agent_name, agent_state, commas, count, rough
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.text.names import listed
from providers.model import Agent, AgentState, Rows

GROUPING_MIN_ROWS = 20  # rows; from here on each group is counted

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
    body: list[Section | Table] = []
    if replies.failed:
        body.append(Section(tuple(failed.row(now, _said) for failed in replies.failed), "Could not be asked"))
    if seats:
        body.append(Section((Row(counted(s.agent for s in seats)),), "By state"))
    if len(seats) >= GROUPING_MIN_ROWS:
        body += _by_group(seats)
    if seats:
        body.append(_table(seats, now, several=len({account.name for account in replies.asked}) > 1))
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


def _by_group(seats: Sequence[Seat]) -> list[Section]:
    """Returns the counts of each group, where there are several."""
    groups: dict[str, list[Agent]] = {}
    for seat in seats:
        groups.setdefault(seat.agent.group or "no group", []).append(seat.agent)
    rows = tuple(Row(f"{name} — {counted(agents)}") for name, agents in sorted(groups.items()))
    return [Section(rows, "By group")] if len(groups) > 1 else []


def _table(seats: Sequence[Seat], now: datetime, *, several: bool) -> Table:
    """Returns every agent with state, for how long, with whom; who needs a look first."""
    header = ("Agent", "State", "For", "With", "Group", "Account")
    rows = [cells(seat, now, several=several) for seat in sorted(seats, key=_rank)]
    return table(header, rows, "Agents")


def cells(seat: Seat, now: datetime, *, several: bool = False) -> tuple[Part, ...]:
    """Returns an agent's row; `several`: the account is named too."""
    agent = seat.agent
    lasted: Part = ""
    if agent.since is not None:
        length = rough(now - agent.since)
        words = f"last call {length} ago" if agent.since_means == "last_call" else f"for {length}"
        lasted = Figure(words, (now - agent.since).total_seconds())
    other: Part = Customer(agent.peer, seat.region) if agent.peer else ""
    account = seat.account if several else ""
    return agent_name(agent), agent_state(agent), lasted, other, agent.group or "", account


def _rank(seat: Seat) -> tuple[int, float, str]:
    since = seat.agent.since.timestamp() if seat.agent.since is not None else float("inf")
    return _ORDER.index(seat.agent.state), since, seat.agent.extension


def _gaps(result: AgentsResult) -> list[Section]:
    rows = tuple(
        Row(f"{t.account.label}: {count(t.value.unreadable, 'row')} could not be read; who is in them is not known.")
        for t in result.replies.good
        if t.value.unreadable
    )
    return [Section(rows, "Not readable")] if rows else []


def _said(value: Rows[Agent]) -> str:
    return counted(value) or "no agents"
