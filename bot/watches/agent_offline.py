"""The watch `agent_offline`: an agent who was there is signed in no longer. Who was never there is not gone."""

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.alerts.model import Finding, Incident, Judgement, Kind
from bot.cards import Row, Text, When
from bot.watches import Scene, Story, Watch, WatchKeys
from providers.capabilities import SupportsAgents
from providers.model import Agent, Rows

THERE_WITHIN = timedelta(hours=12)  # before the absence began
FORGET = timedelta(hours=48)
MASS_SHARE = 0.5  # of those who are, or were, at work
MASS_LEAST = 5


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

    def counts(self, scene: Scene) -> bool:
        """Whether they were there in the opening that is running; always, where the alert has no hours."""
        return scene.calendar is None or (scene.opening is not None and self.seen >= scene.opening.start)

    def absent(self, scene: Scene) -> bool:
        """Whether this absence is one: they were there not long before it."""
        return self.gone is not None and self.gone - self.seen <= THERE_WITHIN and self.counts(scene)


def judge(scene: Scene, keys: AgentOfflineKeys) -> Judgement:
    """One subject an agent, by extension. Who is not listed, or in a state that does not tell, is unknown."""
    observed = scene.sights[Kind.AGENTS].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return Judgement(unknown=scene.known, memory=scene.memory)
    groups = {group.casefold() for group in keys.groups}
    agents = [a for a in rows if not groups or (a.group or "").casefold() in groups]
    present = {a.extension for a in agents if a.signed_in}
    unsure = {a.extension for a in agents if a.signed_in is None}
    absent = {a.extension: a for a in agents if a.extension not in present | unsure}
    memory = _remember(scene, present, absent.keys(), observed.at)
    gone = {ext: a for ext, a in absent.items() if ext in memory and memory[ext].absent(scene)}
    moved = {a.extension for a in rows} - {a.extension for a in agents}
    unseen = scene.known - present - absent.keys() - moved
    mass = len(gone) >= MASS_LEAST and len(gone) >= MASS_SHARE * (len(gone) + len(present))
    return Judgement(
        findings=tuple(_finding(a, memory[ext], len(agents), mass=mass) for ext, a in gone.items()),
        unknown=frozenset(ext for ext in unseen if ext in memory and memory[ext].counts(scene)),
        ended={ext: _ending(ext, present, moved) for ext in scene.raised},
        memory={ext: presence.text() for ext, presence in memory.items()},
        look_again=scene.opening.end if scene.opening is not None else None,
    )


def _remember(scene: Scene, present: Set[str], absent: Set[str], at: datetime) -> dict[str, Presence]:
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
    return "in a group that is not watched" if extension in moved else "the opening ended"


def _finding(agent: Agent, presence: Presence, total: int, *, mass: bool) -> Finding:
    facts = {
        "name": agent.name or "",
        "group": agent.group or "",
        "total": str(total),
        "mass": "yes" if mass else "",
    }
    return Finding(agent.extension, facts, since=presence.gone)


def describe(incident: Incident, account: str) -> Story:
    """Who is gone and since when; a mass change asks about the PBX."""
    members = incident.affected or tuple(incident.members.values())
    if not incident.open:
        who = _name(members[0].facts["name"], members[0].subject) if len(members) == 1 else f"{len(members)} agents"
        return Story(f"{who} on {account} {'was' if len(members) == 1 else 'were'} offline")
    total = max(int(m.facts["total"]) for m in members)
    mass = len(members) >= MASS_LEAST and any(m.facts["mass"] for m in members)
    rows = tuple(
        Row(
            (
                Text(_name(m.facts["name"], m.subject), bold=True),
                _group(m.facts["group"]),
                " · gone since ",
                When(m.since),
            )
        )
        for m in members
    )
    return Story(
        headline=_headline(members[0].facts["name"], members[0].subject, len(members), total, account, mass=mass),
        rows=rows,
        todo="Look at the PBX and the line before you call the agents." if mass else "Ask whether they are on a break.",
    )


def _headline(name: str, extension: str, count: int, total: int, account: str, *, mass: bool) -> str:
    if mass:
        return f"{count} of {total} agents on {account} went offline together: is the PBX down?"
    if count == 1:
        return f"{_name(name, extension)} on {account} is offline"
    return f"{count} agents on {account} are offline"


def _name(name: str, extension: str) -> str:
    return f"{name} ({extension})" if name and name != extension else extension


def _group(group: str) -> str:
    return f" · {group}" if group else ""


WATCH = Watch("agent_offline", (Kind.AGENTS,), (SupportsAgents,), AgentOfflineKeys, judge, describe)
