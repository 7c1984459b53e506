"""The watch `agent_offline`: an agent who was there is signed in no longer. Who was never there is not gone."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.kinds import Kind
from bot.alerts.model import OPENING_ENDED, Evaluation, Finding
from bot.watches import Clause, Named, Watch, WatchInput, WatchKeys, worst_first
from bot.watches.agent_offline.warnings import warnings
from bot.watches.agent_offline.words import MASS_LEAST, AgentOfflineFacts, describe, from_strings, named
from providers.capabilities import SupportsAgents
from providers.model import Agent, Rows

THERE_WITHIN = timedelta(hours=12)  # before the absence began
FORGET = timedelta(hours=48)
AT_ONCE = timedelta(minutes=1)
MASS_SHARE = 0.5  # of those who are, or were, at work
HOUR = timedelta(hours=1)
_CLOSED = "nobody is missed outside the alert's hours"


class AgentOfflineKeys(WatchKeys):
    """`groups`: only agents of these; case does not count."""

    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presence:
    """When an agent was last signed in, and since when they are not (None: they are)."""

    seen: datetime
    gone: datetime | None = None

    def text(self) -> str:
        """For the memory."""
        return f"{self.seen.isoformat()} {self.gone.isoformat() if self.gone else ''}".strip()

    @classmethod
    def read(cls, text: str) -> "Presence":
        """From the memory."""
        seen, _, gone = text.partition(" ")
        return cls(datetime.fromisoformat(seen), datetime.fromisoformat(gone) if gone else None)

    def counts(self, scene: WatchInput) -> bool:
        """Whether they were there in the opening that is running; always, where the alert has no hours."""
        return scene.calendar is None or (scene.opening is not None and self.seen >= scene.opening.start)

    def absent(self, scene: WatchInput) -> bool:
        """Whether this absence is one: they were there not long before it."""
        return self.gone is not None and self.gone - self.seen <= THERE_WITHIN and self.counts(scene)


@dataclass(frozen=True, slots=True)
class Roll:
    """One look at the agents who are watched, by extension: who is there, who is not, of whom it is not told."""

    present: Mapping[str, Agent]
    unsure: Mapping[str, Agent]
    absent: Mapping[str, Agent]
    moved: frozenset[str]  # in another group
    memory: Mapping[str, Presence]
    gone: Mapping[str, Agent]  # absent, and missed for it
    unseen: frozenset[str]  # known, and not listed


def _roll(scene: WatchInput, keys: AgentOfflineKeys) -> Roll | None:
    observed = scene.latest_readings[Kind.AGENTS].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return None
    agents = _watched(rows, keys)
    present = {a.extension: a for a in agents if a.signed_in}
    unsure = {a.extension: a for a in agents if a.signed_in is None and a.extension not in present}
    there = present.keys() | unsure.keys()
    absent = {a.extension: a for a in agents if a.extension not in there}
    memory = _remember(scene, present.keys(), absent.keys(), observed.at)
    moved = frozenset(a.extension for a in rows) - there - absent.keys()
    return Roll(
        present=present,
        unsure=unsure,
        absent=absent,
        moved=moved,
        memory=memory,
        gone={ext: a for ext, a in absent.items() if ext in memory and memory[ext].absent(scene)},
        unseen=scene.known - there - absent.keys() - moved,
    )


def _watched(rows: Rows[Agent], keys: AgentOfflineKeys) -> list[Agent]:
    groups = {group.casefold() for group in keys.groups}
    return [a for a in rows if not groups or (a.group or "").casefold() in groups]


def judge(scene: WatchInput, keys: AgentOfflineKeys) -> Evaluation:
    """One subject an agent, by extension. Who is not listed, or in a state that does not tell, is unknown."""
    roll = _roll(scene, keys)
    if roll is None:
        return Evaluation(unknown=scene.known, memory=scene.memory)
    memory = roll.memory
    unknown = (roll.unseen | roll.unsure.keys()) & scene.known
    together = _together(roll)
    return Evaluation(
        findings=tuple(_finding(agent, roll, together[ext]) for ext, agent in roll.gone.items()),
        unknown=frozenset(ext for ext in unknown if ext in memory and memory[ext].counts(scene)),
        ended={ext: _ending(ext, roll.present.keys(), roll.moved) for ext in scene.raised},
        memory={ext: presence.text() for ext, presence in memory.items()},
        look_again=scene.opening.end if scene.opening is not None else None,
    )


def _together(roll: Roll) -> dict[str, int]:
    """How many went within a minute of each who is gone, themselves included."""
    left = {ext: roll.memory[ext].gone for ext in roll.gone}
    times = sorted(at for at in left.values() if at is not None)
    return {
        ext: bisect_right(times, at + AT_ONCE) - bisect_left(times, at - AT_ONCE)
        for ext, at in left.items()
        if at is not None
    }


def _remember(scene: WatchInput, present: Set[str], absent: Set[str], at: datetime) -> dict[str, Presence]:
    memory = {ext: Presence.read(text) for ext, text in scene.memory.items()}
    for ext in present:
        memory[ext] = Presence(seen=at)
    for ext in absent & memory.keys():
        if memory[ext].gone is None:
            memory[ext] = Presence(memory[ext].seen, gone=at)
    return {ext: found for ext, found in memory.items() if at - found.seen < FORGET or ext in scene.known}


def _ending(extension: str, present: Set[str], moved: Set[str]) -> str:
    if extension in present:
        return "signed in again"
    return "in a group that is not watched" if extension in moved else OPENING_ENDED


def _finding(agent: Agent, roll: Roll, together: int) -> Finding:
    at_work = together + len(roll.present)
    mass = together >= MASS_LEAST and together >= MASS_SHARE * at_work
    facts = AgentOfflineFacts(agent.name or None, agent.group or None, at_work if mass else None)
    return Finding(agent.extension, facts, since=roll.memory[agent.extension].gone)


def clauses(scene: WatchInput, keys: AgentOfflineKeys) -> tuple[Clause, ...]:
    """Of each agent, what `judge` makes of them and why: missed, not told, absent and not missed, there."""
    roll = _roll(scene, keys)
    if roll is None:
        return ()
    absent = sorted(roll.absent.items(), key=lambda item: item[0])
    found = [Clause(ext, f"{_who(a)} {_absence(roll.memory.get(ext), scene)}", ext in roll.gone) for ext, a in absent]
    for ext, agent in sorted(roll.unsure.items()):
        found.append(Clause(ext, f"{_who(agent)} is in a state that does not tell: “{agent.raw_state}”", None))
    for ext in sorted(roll.unseen):
        missed = ext in roll.memory and roll.memory[ext].counts(scene)
        why = "" if missed else ", and was not there in the opening that is running"
        found.append(Clause(ext, f"{ext} is not listed{why}", None if missed else False))
    moved = sorted(roll.moved & scene.known)
    found += [Clause(ext, f"{ext} is in a group that is not watched", holds=False) for ext in moved]
    found += [Clause(ext, f"{_who(agent)} is signed in", holds=False) for ext, agent in sorted(roll.present.items())]
    return worst_first(found)


def _who(agent: Agent) -> str:
    return named(agent.name, agent.extension)


def _absence(presence: Presence | None, scene: WatchInput) -> str:
    """Why an agent who is not signed in is missed, or is not."""
    if scene.calendar is not None and scene.opening is None:
        return f"is not signed in, and {_CLOSED}"
    if presence is None or presence.gone is None:
        when = "before" if scene.calendar is None else "in this opening"
        return f"is not signed in, and was never there {when}"
    since, seen = scene.clock(presence.gone), scene.clock(presence.seen)
    if not presence.counts(scene):
        return f"is not signed in, and was never there in this opening: last at {seen}"
    late = "" if presence.absent(scene) else f", more than {THERE_WITHIN // HOUR} hours before"
    return f"is not signed in since {since}, was there at {seen}{late}"


def sample(value: Rows[Agent], keys: AgentOfflineKeys) -> str:
    """``14 of 20 signed in``, of those who are watched."""
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
    judge,
    describe,
    clauses=clauses,
    sample=sample,
    facts=AgentOfflineFacts,
    upcasts=(from_strings,),
    warnings=warnings,
    named=lambda keys: Named(keys.groups, lambda agent: (agent.group,), "in a group named"),
)
