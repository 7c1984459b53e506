"""The watch `queue_wait`: callers wait too long, or too many do. Waits are the vendor's word, never reckoned here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field, model_validator

from bot.alerts.model import Finding, Incident, Judgement, Kind, Member, Severity
from bot.cards import Row, Text
from bot.watches import Scene, Story, Watch, WatchKeys
from providers.capabilities import SupportsQueues
from providers.model import Agent, Queue, QueuedCall, Rows

AGENTS_FRESH = timedelta(minutes=5)  # who was signed in longer ago says nothing of now
NO_LONGER_LISTED = "no longer listed"


class QueueWaitKeys(WatchKeys):
    """Each holds above its figure, not at it. `queues`: only these, by name or id; case does not count."""

    longest_wait_above: timedelta | None = None
    waiting_above: int | None = Field(default=None, ge=0)
    queues: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _some_rule(self) -> "QueueWaitKeys":
        if self.longest_wait_above is None and self.waiting_above is None:
            raise ValueError("say when: longest_wait_above, waiting_above, or both")
        return self


@dataclass(frozen=True, slots=True)
class Line:
    """All queues of one name. `told` is False where one of them cannot tell who waits."""

    name: str
    callers: tuple[QueuedCall, ...]
    told: bool
    free: int | None
    members: frozenset[str] | None
    waited: timedelta | None = None  # where finished calls alone are told

    @property
    def past(self) -> bool:
        """Whether it tells finished calls alone."""
        return not self.told and self.waited is not None

    @property
    def longest(self) -> timedelta:
        """Of those who wait, or have waited; nothing where nobody does."""
        return max((caller.waiting for caller in self.callers), default=self.waited or timedelta())

    @property
    def approx(self) -> bool:
        """Whether the longest wait had to be derived."""
        return any(caller.approx for caller in self.callers if caller.waiting == self.longest)


def judge(scene: Scene, keys: QueueWaitKeys) -> Judgement:
    """One subject a queue, by name. A queue that cannot tell who waits is unknown, not empty."""
    observed = scene.sights[Kind.QUEUES].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return Judgement(unknown=scene.known)
    names = {name.casefold() for name in keys.queues}
    watched = [q for q in rows if not names or {q.name.casefold(), q.ref.casefold()} & names]
    lines = _lines(watched)
    broken = {name: line for name, line in lines.items() if _breaks(line, keys)}
    gone = scene.known - lines.keys()
    moved = gone & {queue.name for queue in rows}
    # Nothing at all is more likely a fault of the vendor's than the loss of every queue.
    partial = bool(rows.unreadable) or not rows.items
    untold = {name for name, line in lines.items() if not (line.told or line.past) and name not in broken}
    return Judgement(
        findings=tuple(_finding(line, keys, observed.at, scene) for line in broken.values()),
        unknown=frozenset(untold | (gone - moved if partial else set())),
        ended={
            **{name: _ending(line) for name, line in lines.items()},
            **dict.fromkeys(gone, NO_LONGER_LISTED),
            **dict.fromkeys(moved, "not among the queues that are watched"),
        },
    )


def _lines(queues: Iterable[Queue]) -> dict[str, Line]:
    found: dict[str, list[Queue]] = {}
    for queue in queues:
        found.setdefault(queue.name, []).append(queue)
    return {name: _line(name, same) for name, same in found.items()}


def _line(name: str, queues: list[Queue]) -> Line:
    free = [queue.free_agents for queue in queues if queue.free_agents is not None]
    members = [queue.members for queue in queues if queue.members is not None]
    return Line(
        name=name,
        callers=tuple(caller for queue in queues for caller in queue.waiting or ()),
        told=all(queue.waiting is not None for queue in queues),
        free=sum(free) if len(free) == len(queues) else None,
        members=frozenset().union(*members) if len(members) == len(queues) else None,
        waited=max((queue.waited for queue in queues if queue.waited is not None), default=None),
    )


def _breaks(line: Line, keys: QueueWaitKeys) -> bool:
    long = keys.longest_wait_above is not None and line.longest > keys.longest_wait_above
    many = keys.waiting_above is not None and len(line.callers) > keys.waiting_above
    return long or many


def _finding(line: Line, keys: QueueWaitKeys, at: datetime, scene: Scene) -> Finding:
    limit, most = keys.longest_wait_above, keys.waiting_above
    unstaffed = _unstaffed(line, scene)
    facts = {
        "waiting": str(len(line.callers)),
        "longest": _seconds(line.longest),
        "approx": "yes" if line.approx else "",
        "waiting_above": "" if most is None else str(most),
        "longest_wait_above": "" if limit is None else _seconds(limit),
        "free": "" if line.free is None else str(line.free),
        "unstaffed": "yes" if unstaffed else "",
        "past": "yes" if line.past else "",
    }
    if line.past:
        return Finding(line.name, facts)
    began = at - (line.longest - limit) if limit is not None and line.longest > limit else None
    return Finding(line.name, facts, since=began, severity=Severity.CRITICAL if unstaffed else None)


def _unstaffed(line: Line, scene: Scene) -> bool:
    """Whether nobody who could take these calls is signed in. Not whether all are busy: then callers do wait."""
    sight = scene.sights.get(Kind.AGENTS)
    observed = sight.observed if sight is not None and sight.blind is None else None
    rows = observed.value if observed is not None and scene.now - observed.at <= AGENTS_FRESH else None
    if not isinstance(rows, Rows) or rows.unreadable:
        return False
    agents: list[Agent] = [a for a in rows if line.members is None or a.extension in line.members]
    return bool(agents) and all(agent.signed_in is False for agent in agents)


def _ending(line: Line) -> str:
    if line.past:
        return f"the longest wait of the last 15 minutes was {span(line.longest)}"
    if not line.callers:
        return "nobody is waiting"
    return f"{_callers(len(line.callers))} waiting now, the longest for {span(line.longest)}"


def describe(incident: Incident, account: str) -> Story:
    """Who waits in which queue, and by what it was measured."""
    members = incident.affected or tuple(incident.members.values())
    worst = max(members, key=lambda m: int(m.facts["longest"]))
    where = f"{members[0].subject} on {account}" if len(members) == 1 else f"{len(members)} queues on {account}"
    longest = _longest(worst.facts)
    if not incident.open:
        return Story(f"callers waited in {where}, the longest for {longest} at the last")
    if worst.facts["past"]:
        return Story(
            headline=f"{where}: callers waited, the longest for {longest} in the last 15 minutes",
            rows=tuple(_past_row(member) for member in members),
            todo="Told after the calls ended: look at who is signed in, and call back who gave up.",
        )
    unstaffed = [m for m in members if m.facts["unstaffed"]]
    nobody = ", and nobody is signed in" if len(unstaffed) == len(members) else ""
    count = sum(int(m.facts["waiting"]) for m in members)
    return Story(
        headline=f"{where}: {_callers(count)} waiting, the longest for {longest}{nobody}",
        rows=tuple(_row(member) for member in members),
        todo="Have agents sign in: nobody takes these calls." if unstaffed else "Send more agents, or call back later.",
    )


def _row(member: Member) -> Row:
    facts = member.facts
    count = f"{facts['waiting']} waiting" + _limit(facts["waiting_above"])
    limit = facts["longest_wait_above"]
    wait = f"longest {_longest(facts)}" + _limit(span(timedelta(seconds=int(limit))) if limit else "")
    parts = [count, wait]
    if facts["unstaffed"]:
        parts.append("nobody is signed in")
    elif facts["free"]:
        parts.append(f"{facts['free']} free")
    return Row((Text(member.subject, bold=True), f" · {' · '.join(parts)}"))


def _past_row(member: Member) -> Row:
    limit = member.facts["longest_wait_above"]
    above = _limit(span(timedelta(seconds=int(limit))) if limit else "")
    return Row((Text(member.subject, bold=True), f" · waited {_longest(member.facts)}{above}"))


def _limit(words: str) -> str:
    return f" (alert above {words})" if words else ""


def _longest(facts: Mapping[str, str]) -> str:
    return ("≈ " if facts["approx"] else "") + span(timedelta(seconds=int(facts["longest"])))


def _callers(count: int) -> str:
    return f"{count} caller{'' if count == 1 else 's'}"


def _seconds(length: timedelta) -> str:
    return str(int(length.total_seconds()))


def span(length: timedelta) -> str:
    """``45 s``, ``2 min 10 s``, ``1 h 5 min``."""
    seconds = int(length.total_seconds())
    for size, unit, part, small in ((3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds} s"


def unfit(provider: type, keys: QueueWaitKeys) -> str | None:
    """Finished calls tell how long was waited, not how many wait."""
    if keys.waiting_above is not None and not issubclass(provider, SupportsQueues):
        return "tells finished calls only, so it cannot feed waiting_above"
    return None


WATCH = Watch("queue_wait", (Kind.QUEUES,), (), QueueWaitKeys, judge, describe, unfit)
