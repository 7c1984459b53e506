"""The kinds of readings, each with all that is particular to it: a new kind is one more member of `Kind`.

From here come the keys of `poll`, their defaults, what a vendor must be able to tell, how an account is asked, how
a reading is written into the store, and which pushed events are worth a poll. Pure: it asks nobody by itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar

from providers.capabilities import (
    SupportsAgents,
    SupportsBalance,
    SupportsCalls,
    SupportsNumbers,
    SupportsQueueCalls,
    SupportsQueues,
)
from providers.events import AgentAnswered, CallEnded, CallStarted, Event, LeadAnswered
from providers.model import Agent, Balance, CallRecord, Page, PhoneNumber, Queue, QueueCall, Rows

CALLS_WINDOW = timedelta(minutes=15)  # how far back the calls of one poll reach
LONGEST_CALL = timedelta(hours=2)  # a call that ended lately may have begun so long before
SINCE_JITTER = timedelta(seconds=5)  # `since` comes from "seconds ago" and trembles between polls

Cap = TypeVar("Cap")


@dataclass(frozen=True, slots=True)
class Question(Generic[Cap]):
    """A question is one way to ask an adapter that has the capability.

    `ask` takes the adapter and the time; `note` says to people what its answer leaves out ("": nothing).
    """

    capability: type[Cap]
    ask: Callable[[Cap, datetime], Awaitable[object]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class KindDefinition:
    """A definition holds all that is particular to one kind of readings.

    `value`: the type of what is observed. `row` and `row_key`: where that is a list, the type of its rows and the field
    that identifies a row. `questions`: the first that an adapter can answer is asked. `events`: the pushed events that
    make a poll worth while. `count`: the history keeps this number of a value instead of the value; None: the value
    itself. `steadied`: takes two values and returns the second, with mere jitter put back to what it was in the first;
    None: nothing jitters.
    """

    name: str
    value: Any
    default_interval: timedelta
    questions: tuple[Question[Any], ...]
    row: type | None = None
    row_key: str | None = None
    events: tuple[type[Event], ...] = ()
    count: Callable[[Any], int] | None = None
    steadied: Callable[[Any, Any], Any] | None = None


def finished_only(calls: Rows[QueueCall], now: datetime) -> Rows[Queue]:
    """Returns the queues of a vendor that reports finished calls only, by name.

    Each has the longest wait among the calls that ended within 15 minutes of `now`; zero where none did.
    """
    waited: dict[str, timedelta] = {}
    for call in calls:
        ended = call.started_at + call.waited + (call.talk or timedelta())
        lately = call.waited if ended >= now - CALLS_WINDOW else timedelta()
        waited[call.queue] = max(waited.get(call.queue, timedelta()), lately)
    return Rows(tuple(Queue(name, name, waited=longest) for name, longest in sorted(waited.items())), calls.unreadable)


async def _finished_queue_calls(provider: SupportsQueueCalls, now: datetime) -> Rows[Queue]:
    return finished_only(await provider.queue_calls(now - CALLS_WINDOW - LONGEST_CALL), now)


def _steadied_agents(before: Rows[Agent], now: Rows[Agent]) -> Rows[Agent]:
    known: dict[str, Agent] = {}
    for agent in before:
        known.setdefault(agent.extension, agent)
    return replace(now, items=tuple(_steadied_agent(known.get(agent.extension), agent) for agent in now))


def _steadied_agent(was: Agent | None, agent: Agent) -> Agent:
    if was is None or was.since is None or agent.since is None or was.since == agent.since:
        return agent
    same = was.state is agent.state and was.since_means == agent.since_means
    if same and abs(agent.since - was.since) < SINCE_JITTER:
        return replace(agent, since=was.since)
    return agent


class Kind(StrEnum):
    """A kind of readings that can be polled. Its value is its key under `poll` in the configuration."""

    _value_: str
    definition: KindDefinition

    def __new__(cls, definition: Any) -> Self:  # Any: once the members are made, `Kind("balance")` finds one
        """Makes a member of a `KindDefinition`: a string that carries it."""
        member = str.__new__(cls, definition.name)
        member._value_ = definition.name
        member.definition = definition
        return member

    BALANCE = KindDefinition(
        "balance",
        Balance,
        default_interval=timedelta(minutes=5),
        questions=(Question(SupportsBalance, lambda provider, _now: provider.balance()),),
    )
    NUMBERS = KindDefinition(
        "numbers",
        Rows[PhoneNumber],
        default_interval=timedelta(minutes=5),
        questions=(Question(SupportsNumbers, lambda provider, _now: provider.numbers()),),
        row=PhoneNumber,
        row_key="number",
    )
    AGENTS = KindDefinition(
        "agents",
        Rows[Agent],
        default_interval=timedelta(seconds=30),
        questions=(Question(SupportsAgents, lambda provider, _now: provider.agents()),),
        row=Agent,
        row_key="extension",
        events=(CallEnded, LeadAnswered, AgentAnswered, CallStarted),
        steadied=_steadied_agents,
    )
    QUEUES = KindDefinition(
        "queues",
        Rows[Queue],
        default_interval=timedelta(seconds=15),
        questions=(
            Question(SupportsQueues, lambda provider, _now: provider.queues()),
            Question(SupportsQueueCalls, _finished_queue_calls, "finished calls only, not who waits now"),
        ),
        row=Queue,
        row_key="ref",
        events=(CallStarted,),
    )
    CALLS = KindDefinition(
        "calls",
        Page[CallRecord],
        default_interval=timedelta(minutes=1),
        questions=(Question(SupportsCalls, lambda provider, now: provider.calls(now - CALLS_WINDOW, now)),),
        events=(CallEnded,),
        count=lambda page: len(page.rows),
    )

    @property
    def capabilities(self) -> tuple[type, ...]:
        """Returns the capabilities of which an adapter needs any one to answer this kind."""
        return tuple(question.capability for question in self.definition.questions)

    def question_for(self, provider: object) -> Question[Any] | None:
        """Returns the first question that this adapter can answer; None where it can answer none."""
        return next((one for one in self.definition.questions if isinstance(provider, one.capability)), None)


def worth_asking(event: Event) -> tuple[Kind, ...]:
    """Returns the kinds that are worth a poll after this pushed event: an event is a hint, not the truth."""
    return tuple(kind for kind in Kind if isinstance(event, kind.definition.events))
