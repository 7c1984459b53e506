"""The watch `agent_offline`: an agent who was there is signed in no longer. Who was never there is not gone."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.kinds import Kind
from bot.alerts.model import OPENING_ENDED, Evaluation, Finding
from bot.text.names import folded
from bot.watches import Clause, Named, Watch, WatchInput, WatchKeys, worst_first
from bot.watches.agent_offline.warnings import warnings
from bot.watches.agent_offline.words import MASS_MIN_AGENTS, AgentOfflineFacts, describe, from_strings, named
from providers.capabilities import SupportsAgents
from providers.model import Agent, Rows

PRESENCE_WINDOW = timedelta(hours=12)  # before the absence began
RETENTION = timedelta(hours=48)
MASS_WINDOW = timedelta(minutes=1)
MASS_SHARE = 0.5  # of those who are, or were, at work
HOUR = timedelta(hours=1)
_CLOSED = "nobody is missed outside the alert's hours"


class AgentOfflineKeys(WatchKeys):
    """`groups` limits the watch to agents of these groups; case does not count."""

    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """When an agent was last seen signed in, and since when they are not (None: they are)."""

    seen: datetime
    gone: datetime | None = None

    def text(self) -> str:
        """Returns it as the memory keeps it."""
        return f"{self.seen.isoformat()} {self.gone.isoformat() if self.gone else ''}".strip()

    @classmethod
    def read(cls, text: str) -> "Presence":
        """Parses what the memory keeps."""
        seen, _, gone = text.partition(" ")
        return cls(datetime.fromisoformat(seen), datetime.fromisoformat(gone) if gone else None)

    def counts(self, watch_input: WatchInput) -> bool:
        """Returns whether they were there in the opening that is running; always, where the alert has no hours."""
        return watch_input.calendar is None or (
            watch_input.opening is not None and self.seen >= watch_input.opening.start
        )

    def absent(self, watch_input: WatchInput) -> bool:
        """Returns whether this absence counts: they were there not long before it."""
        return self.gone is not None and self.gone - self.seen <= PRESENCE_WINDOW and self.counts(watch_input)


@dataclass(frozen=True, slots=True)
class Roll:
    """The watched agents of one reading, by extension: who is signed in, who is not, and whose state does not say."""

    present: Mapping[str, Agent]
    unsure: Mapping[str, Agent]
    absent: Mapping[str, Agent]
    moved: frozenset[str]  # in another group
    memory: Mapping[str, Presence]
    gone: Mapping[str, Agent]  # absent, and missed for it
    unseen: frozenset[str]  # known, and not listed


def _roll(watch_input: WatchInput, keys: AgentOfflineKeys) -> Roll | None:
    observed = watch_input.latest_readings[Kind.AGENTS].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return None
    agents = _watched(rows, keys)
    present = {a.extension: a for a in agents if a.signed_in}
    unsure = {a.extension: a for a in agents if a.signed_in is None and a.extension not in present}
    there = present.keys() | unsure.keys()
    absent = {a.extension: a for a in agents if a.extension not in there}
    memory = _remember(watch_input, present.keys(), absent.keys(), observed.at)
    moved = frozenset(a.extension for a in rows) - there - absent.keys()
    return Roll(
        present=present,
        unsure=unsure,
        absent=absent,
        moved=moved,
        memory=memory,
        gone={ext: a for ext, a in absent.items() if ext in memory and memory[ext].absent(watch_input)},
        unseen=watch_input.known - there - absent.keys() - moved,
    )


def _watched(rows: Rows[Agent], keys: AgentOfflineKeys) -> list[Agent]:
    groups = {folded(group) for group in keys.groups}
    return [a for a in rows if not groups or folded(a.group or "") in groups]


def evaluate(watch_input: WatchInput, keys: AgentOfflineKeys) -> Evaluation:
    """Finds one subject for each missed agent, by extension.

    Who is not listed, or in a state that does not say, is unknown.
    """
    roll = _roll(watch_input, keys)
    if roll is None:
        return Evaluation(unknown=watch_input.known, memory=watch_input.memory)
    memory = roll.memory
    unknown = (roll.unseen | roll.unsure.keys()) & watch_input.known
    together = _together(roll)
    return Evaluation(
        findings=tuple(_finding(agent, roll, together[ext]) for ext, agent in roll.gone.items()),
        unknown=frozenset(ext for ext in unknown if ext in memory and memory[ext].counts(watch_input)),
        ended={ext: _ending(ext, roll.present.keys(), roll.moved) for ext in watch_input.raised},
        memory={ext: presence.text() for ext, presence in memory.items()},
        look_again=watch_input.opening.end if watch_input.opening is not None else None,
    )


def _together(roll: Roll) -> dict[str, int]:
    """Returns how many went within a minute of each who is gone, themselves included."""
    left = {ext: roll.memory[ext].gone for ext in roll.gone}
    times = sorted(at for at in left.values() if at is not None)
    return {
        ext: bisect_right(times, at + MASS_WINDOW) - bisect_left(times, at - MASS_WINDOW)
        for ext, at in left.items()
        if at is not None
    }


def _remember(watch_input: WatchInput, present: Set[str], absent: Set[str], at: datetime) -> dict[str, Presence]:
    memory = {ext: Presence.read(text) for ext, text in watch_input.memory.items()}
    for ext in present:
        memory[ext] = Presence(seen=at)
    for ext in absent & memory.keys():
        if memory[ext].gone is None:
            memory[ext] = Presence(memory[ext].seen, gone=at)
    return {ext: found for ext, found in memory.items() if at - found.seen < RETENTION or ext in watch_input.known}


def _ending(extension: str, present: Set[str], moved: Set[str]) -> str:
    if extension in present:
        return "signed in again"
    return "in a group that is not watched" if extension in moved else OPENING_ENDED


def _finding(agent: Agent, roll: Roll, together: int) -> Finding:
    at_work = together + len(roll.present)
    mass = together >= MASS_MIN_AGENTS and together >= MASS_SHARE * at_work
    facts = AgentOfflineFacts(agent.name or None, agent.group or None, at_work if mass else None)
    return Finding(agent.extension, facts, since=roll.memory[agent.extension].gone)


def clauses(watch_input: WatchInput, keys: AgentOfflineKeys) -> tuple[Clause, ...]:
    """Returns, for each agent, what `evaluate` makes of them and why: missed, unknown, absent and not missed, there."""
    roll = _roll(watch_input, keys)
    if roll is None:
        return ()
    absent = sorted(roll.absent.items(), key=lambda item: item[0])
    found = [
        Clause(ext, f"{_who(a)} {_absence(roll.memory.get(ext), watch_input)}", ext in roll.gone) for ext, a in absent
    ]
    for ext, agent in sorted(roll.unsure.items()):
        found.append(Clause(ext, f"{_who(agent)} is in a state that does not tell: “{agent.raw_state}”", None))
    for ext in sorted(roll.unseen):
        missed = ext in roll.memory and roll.memory[ext].counts(watch_input)
        why = "" if missed else ", and was not there in the opening that is running"
        found.append(Clause(ext, f"{ext} is not listed{why}", None if missed else False))
    moved = sorted(roll.moved & watch_input.known)
    found += [Clause(ext, f"{ext} is in a group that is not watched", holds=False) for ext in moved]
    found += [Clause(ext, f"{_who(agent)} is signed in", holds=False) for ext, agent in sorted(roll.present.items())]
    return worst_first(found)


def _who(agent: Agent) -> str:
    return named(agent.name, agent.extension)


def _absence(presence: Presence | None, watch_input: WatchInput) -> str:
    """Returns why an agent who is not signed in is missed, or is not."""
    if watch_input.calendar is not None and watch_input.opening is None:
        return f"is not signed in, and {_CLOSED}"
    if presence is None or presence.gone is None:
        when = "before" if watch_input.calendar is None else "in this opening"
        return f"is not signed in, and was never there {when}"
    since, seen = watch_input.clock(presence.gone), watch_input.clock(presence.seen)
    if not presence.counts(watch_input):
        return f"is not signed in, and was never there in this opening: last at {seen}"
    late = "" if presence.absent(watch_input) else f", more than {PRESENCE_WINDOW // HOUR} hours before"
    return f"is not signed in since {since}, was there at {seen}{late}"


def sample(value: Rows[Agent], keys: AgentOfflineKeys) -> str:
    """Describes a reading of the watched agents: ``14 of 20 signed in``."""
    agents = _watched(value, keys)
    everyone = {agent.extension for agent in agents}
    present = {agent.extension for agent in agents if agent.signed_in}
    unsure = {agent.extension for agent in agents if agent.signed_in is None} - present
    parts = [f"{len(present)} of {len(everyone)} signed in"]
    if unsure:
        parts.append(f"{len(unsure)} not told")
    if value.unreadable:
        parts.append(f"{value.unreadable} not readable")
    return ", ".join(parts)


WATCH = Watch(
    "agent_offline",
    (Kind.AGENTS,),
    (SupportsAgents,),
    AgentOfflineKeys,
    evaluate,
    describe,
    clauses=clauses,
    sample=sample,
    facts=AgentOfflineFacts,
    upcasts=(from_strings,),
    warnings=warnings,
    named=lambda keys: Named(keys.groups, lambda agent: (agent.group,), "in a group named"),
)
