"""The store's part of a queue: how fast callers left it lately, and who could take them.

Without the store there is nothing to add, and the queue is shown all the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Observed
from bot.cards import Line
from bot.dialog.context import Context
from bot.dialog.phrases import ago, commas, count
from bot.dialog.replies import Answered
from bot.queues.clearing_rate import REACH, ClearingRates, about, with_more
from bot.queues.lines import Line as Queued
from bot.queues.lines import lines_of
from bot.queues.staffing import Crew, able, crew, free, unattended
from bot.store import StoreError
from providers.model import Queue, Rows

WHAT_IF_AGENTS = 2  # agents, in "what if"
FREE_MAX_AGE = timedelta(minutes=1)  # an older reading of who was free says nothing of now

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backing:
    """The store's part of one account: the clearing rates of its queues, its agents, its queues by name."""

    now: datetime
    lines: Mapping[str, Queued] = field(default_factory=dict)
    paces: ClearingRates = field(default_factory=ClearingRates)
    agents: LatestReading = field(default_factory=LatestReading)

    def nobody(self, name: str) -> bool:
        """Returns whether callers wait in a queue and none who could take them is known to be signed in."""
        return unattended(self.lines[name], self.agents, self.now) is True

    def clears(self, name: str) -> timedelta | None:
        """Returns how long until nobody waits in it any more, at the present rate; None where that is not known."""
        line = self.lines[name]
        if not (line.told and line.callers) or self.nobody(name):
            return None
        return self.paces.of(name).clears(len(line.callers), line.longest)

    def words(self, queue: Queue) -> str:
        """Returns what stands behind a queue's own figures, in words; "" for nothing."""
        return commas((self._free(queue), self._staffed(queue), self._pace(queue.name)))

    def free_agents(self, queues: Sequence[Queue]) -> int | None:
        """Returns how many could take a call of these queues at once, each counted once; None where it is not known.

        Where the vendor does not report who serves which queue, it is known of all queues together alone.
        """
        if len(queues) == 1 and queues[0].free_agents is not None:
            return queues[0].free_agents
        told = [queue.members for queue in queues]
        members: frozenset[str] | None = None
        if all(each is not None for each in told):
            members = frozenset(member for each in told for member in each or ())
        elif len(queues) < len(self.lines):
            return None
        serving = self._crew(members)
        if serving is None or self._old:
            return None
        # a registered phone may have nobody sitting at it
        return None if any(agent.label for agent in free(serving)) else len({a.extension for a in free(serving)})

    @property
    def _old(self) -> bool:
        return self.agents.observed is None or self.now - self.agents.observed.at > FREE_MAX_AGE

    def whole_account(self) -> str:
        """Returns who is free at all, where the vendor does not report who serves which queue; "" otherwise."""
        unknown = any(line.members is None and line.free is None for line in self.lines.values())
        serving = self._crew(None) if unknown else None
        if serving is None or self.agents.observed is None:
            return ""
        seen = ago(self.now, self.agents.observed.at)
        return f"who serves which queue is not told; on the whole account {_free(serving)} ({seen})"

    def _crew(self, members: frozenset[str] | None) -> Crew | None:
        return crew(self.agents, members, self.now)

    def _free(self, queue: Queue) -> str:
        if queue.free_agents is not None:
            return f"{count(queue.free_agents, 'agent')} free"
        serving = None if queue.members is None else self._crew(frozenset(queue.members))
        return "" if serving is None or self._old else _free(serving)

    def _staffed(self, queue: Queue) -> str:
        return "nobody who could take the calls is signed in" if self.nobody(queue.name) else ""

    def _pace(self, name: str) -> str:
        clears = self.clears(name)
        if clears is None:
            return ""
        members = self.lines[name].members
        serving = None if members is None else able(self._crew(members))
        faster = "" if not serving else about(with_more(clears, serving, WHAT_IF_AGENTS))
        what_if = f"; {WHAT_IF_AGENTS} more agents → {faster}" if faster not in {"", about(clears)} else ""
        return f"at the present pace the queue clears in about {about(clears)}{what_if} (rough)"


def _free(serving: Crew) -> str:
    idle = free(serving)
    word = "signed in and not on a call" if any(agent.label for agent in idle) else "free"
    return f"{count(len({agent.extension for agent in idle}), 'agent')} {word}"


async def backings(context: Context, told: Sequence[Answered[Rows[Queue]]], *, away: bool) -> Mapping[str, Backing]:
    """Returns the store's part, by account; nothing of it where the store is away."""
    return {each.account.name: await _backing(context, each, away=away) for each in told}


async def _backing(context: Context, told: Answered[Rows[Queue]], *, away: bool) -> Backing:
    now, account, lines = context.clock(), told.account.name, lines_of(told.value)
    if away:
        return Backing(now, lines)
    paces = ClearingRates()
    try:
        for reading in await context.store.history(account, Kind.QUEUES, now - REACH):
            paces.add(reading)
        agents = await context.store.latest_reading(account, Kind.AGENTS)
    except StoreError as error:
        log.warning("answering without the history", account=account, error=str(error))
        return Backing(now, lines)
    paces.add(Observed(told.value, told.at))
    return Backing(now, lines, paces, agents)


def small_print(backings: Mapping[str, Backing], labels: Mapping[str, str]) -> list[Line]:
    """Returns a line for each account whose vendor does not report who serves which queue."""
    return [f"{labels[name]}: {words}." for name, b in backings.items() if (words := b.whole_account())]
