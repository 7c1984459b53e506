"""The watch `queue_wait`: callers wait too long, too many do, or nobody is there to take them.

Waits are the vendor's word, never reckoned here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field, model_validator

from bot.alerts.model import Evaluation, Finding, Incident, Kind, Member, Severity
from bot.cards import Row, Text
from bot.queues.clearing_rate import REACH, ClearingRates, about
from bot.queues.lines import Line, lines_of, span, wait
from bot.queues.staffing import unattended
from bot.watches import Clause, HistoryWindow, Summary, Watch, WatchInput, WatchKeys, worst_first
from providers.capabilities import SupportsQueues
from providers.model import Queue, Rows

NO_LONGER_LISTED = "no longer listed"
NOT_WATCHED = "not among the queues that are watched"
UNSTAFFED = "unstaffed"  # in the memory: known to be so when it could be told last
SHORTEST = timedelta(seconds=30)  # a wait doubles from its limit on, but not from next to nothing
TO_THE_MINUTE = timedelta(minutes=10)  # from here on a wait is told in whole minutes
MINUTE = timedelta(minutes=1)


class QueueWaitKeys(WatchKeys):
    """Each holds above its figure, not at it. `queues`: only these, by name or id; case does not count.

    Where a caller waits and everybody who could take the call is known to be signed out, it holds and is critical
    whatever the figures say; `for` counts all the same.
    """

    longest_wait_above: timedelta | None = None
    waiting_above: int | None = Field(default=None, ge=0)
    queues: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _some_rule(self) -> "QueueWaitKeys":
        if self.longest_wait_above is None and self.waiting_above is None:
            raise ValueError("say when: longest_wait_above, waiting_above, or both")
        return self


@dataclass(frozen=True, slots=True)
class Seen:
    """A queue with every condition of the rule, as it was judged. `holds` None: that is not known."""

    line: Line
    figures: tuple[Clause, ...]
    unstaffed: bool | None
    holds: bool | None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All conditions; who is signed in is one of them where somebody waits."""
        return (*self.figures, _staff(self)) if self.line.callers else self.figures


@dataclass(frozen=True, slots=True)
class View:
    """All that one look comes to."""

    at: datetime
    queues: tuple[Seen, ...]
    gone: frozenset[str]  # known, and not among them
    moved: frozenset[str]  # of these: there, and not watched
    partial: bool  # what is missing may be there all the same
    unlisted: tuple[str, ...]  # named by the alert, and not there

    @property
    def missing(self) -> frozenset[str]:
        """Known, and perhaps there all the same."""
        return self.gone - self.moved if self.partial else frozenset()


def _view(scene: WatchInput, keys: QueueWaitKeys) -> View | None:
    observed = scene.latest_readings[Kind.QUEUES].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return None
    watched = _watched(rows, keys)
    lines = lines_of(watched)
    there = {word.casefold() for queue in watched for word in (queue.name, queue.ref)}
    gone = scene.known - lines.keys()
    return View(
        at=observed.at,
        queues=tuple(_seen(line, scene, keys) for line in lines.values()),
        gone=gone,
        moved=gone & {queue.name for queue in rows},
        # Nothing at all is more likely a fault of the vendor's than the loss of every queue.
        partial=bool(rows.unreadable) or not rows.items,
        unlisted=tuple(name for name in keys.queues if name.casefold() not in there),
    )


def _watched(rows: Rows[Queue], keys: QueueWaitKeys) -> list[Queue]:
    names = {name.casefold() for name in keys.queues}
    return [q for q in rows if not names or {q.name.casefold(), q.ref.casefold()} & names]


# --- the rule


def _seen(line: Line, scene: WatchInput, keys: QueueWaitKeys) -> Seen:
    figures = tuple(_figures(line, keys))
    known = [clause.holds for clause in figures]
    nobody = unattended(line, scene.latest_readings.get(Kind.AGENTS), scene.now)
    stays = nobody is None and scene.memory.get(line.name) == UNSTAFFED  # as it was, while it cannot be told
    holds = True if nobody or True in known else None if stays or None in known else False
    return Seen(line, figures, nobody, holds)


def _figures(line: Line, keys: QueueWaitKeys) -> Iterable[Clause]:
    limit, most, count = keys.longest_wait_above, keys.waiting_above, len(line.callers)
    if line.told and not line.callers:
        yield Clause(line.name, "nobody is waiting", holds=False)
        return
    if limit is not None:
        ended = " in the last 15 minutes" if line.past else ""
        yield _figure(line, f"longest wait {wait(line)}{ended}", span(limit), over=line.longest > limit)
    if most is not None and not line.past:
        yield _figure(line, f"{count} waiting", str(most), over=count > most)


def _figure(line: Line, what: str, limit: str, *, over: bool) -> Clause:
    if not (over or line.told or line.past):
        return Clause(line.name, "who waits cannot be told", None)
    return Clause(line.name, f"{what} is {'' if over else 'not '}above {limit}", over)


def _staff(seen: Seen) -> Clause:
    words = {
        True: "nobody who could take the calls is signed in",
        False: "somebody who could take the calls is signed in",
        None: "whether anybody who could take the calls is signed in cannot be told",
    }
    return Clause(seen.line.name, words[seen.unstaffed], seen.unstaffed)


def judge(scene: WatchInput, keys: QueueWaitKeys) -> Evaluation:
    """One subject a queue, by name. A queue that cannot tell who waits is unknown, not empty.

    Where callers wait and nobody who could take them is signed in, it is critical whatever the figures say.
    """
    view = _view(scene, keys)
    if view is None:
        return Evaluation(unknown=scene.known, memory=scene.memory)
    nobody = {seen.line.name for seen in view.queues if seen.unstaffed}
    untold = {seen.line.name for seen in view.queues if seen.unstaffed is None} | view.missing
    return Evaluation(
        findings=tuple(_finding(seen, view.at, scene, keys) for seen in view.queues if seen.holds),
        unknown=view.missing | {seen.line.name for seen in view.queues if seen.holds is None},
        ended={
            **{seen.line.name: _ending(seen, scene) for seen in view.queues},
            **dict.fromkeys(view.gone, NO_LONGER_LISTED),
            **dict.fromkeys(view.moved, NOT_WATCHED),
        },
        memory=dict.fromkeys(nobody | (untold & scene.memory.keys()), UNSTAFFED),
    )


def clauses(scene: WatchInput, keys: QueueWaitKeys) -> tuple[Clause, ...]:
    """Every condition, queue by queue, as `judge` looks at it; also what is known or named, and not there."""
    view = _view(scene, keys)
    if view is None:
        return ()
    found = [c for seen in sorted(view.queues, key=lambda s: s.line.longest, reverse=True) for c in seen.clauses]
    for name in sorted(view.gone):
        words = NOT_WATCHED if name in view.moved else NO_LONGER_LISTED
        found.append(
            Clause(name, "missing from a list that is not whole", None)
            if name in view.missing
            else Clause(name, words, holds=False)
        )
    unlisted = [name for name in view.unlisted if name not in view.gone]
    found += [Clause(n, "no queue of this name or id is listed", None if view.partial else False) for n in unlisted]
    return worst_first(found)


def sample(value: Rows[Queue], keys: QueueWaitKeys) -> str:
    """``3 waiting in 2 queues, longest 2 min 41 s``: who waits in the queues that are watched."""
    lines = lines_of(_watched(value, keys)).values()
    past = [line.longest for line in lines if line.past]
    untold = sum(not (line.told or line.past) for line in lines)
    told = [line for line in lines if line.told]
    busy = [line for line in lines if line.callers]
    parts = []
    if busy:
        count = sum(len(line.callers) for line in busy)
        longest = max(busy, key=lambda line: line.longest)
        parts.append(f"{count} waiting in {_queues(busy)}, longest {wait(longest)}")
    elif told:
        parts.append(f"nobody waiting in {_queues(told)}")
    if past:
        parts.append(f"waited up to {span(max(past))} in the last 15 minutes")
    if untold:
        parts.append(f"{untold} cannot tell")
    if value.unreadable:
        parts.append(f"{value.unreadable} not readable")
    return ", ".join(parts) or "no queue"


def _queues(lines: Sequence[Line]) -> str:
    return f"{len(lines)} queue{'' if len(lines) == 1 else 's'}"


def _finding(seen: Seen, at: datetime, scene: WatchInput, keys: QueueWaitKeys) -> Finding:
    line, limit, most = seen.line, keys.longest_wait_above, keys.waiting_above
    facts = {
        "waiting": str(len(line.callers)),
        "longest": _seconds(line.longest if line.longest < TO_THE_MINUTE else line.longest // MINUTE * MINUTE),
        "approx": "yes" if line.approx else "",
        "waiting_above": "" if most is None else str(most),
        "longest_wait_above": "" if limit is None else _seconds(limit),
        "free": "" if line.free is None else str(line.free),
        "unstaffed": "yes" if seen.unstaffed else "",
        "past": "yes" if line.past else "",
        "clears": "" if seen.unstaffed else _clears(line, scene),
    }
    level = _level(line, keys)
    if line.past:
        return Finding(line.name, facts, level=level)
    began = at - (line.longest - limit) if limit is not None and line.longest > limit else None
    severity = Severity.CRITICAL if seen.unstaffed else None
    return Finding(line.name, facts, since=began, severity=severity, level=level)


def _clears(line: Line, scene: WatchInput) -> str:
    """When nobody will wait any more, roughly; nothing where that cannot be said."""
    if not line.told or not isinstance(scene.past, ClearingRates):
        return ""
    clears = scene.past.of(line.name).clears(len(line.callers), line.longest)
    return "" if clears is None else about(clears)


def _level(line: Line, keys: QueueWaitKeys) -> int:
    """How often the wait, or the number of callers, is doubled from where it first held."""
    doubled = 1
    if keys.longest_wait_above is not None:
        doubled = max(doubled, line.longest // max(keys.longest_wait_above, SHORTEST))
    if keys.waiting_above is not None:
        doubled = max(doubled, len(line.callers) // (keys.waiting_above + 1))
    return doubled.bit_length() - 1


def _ending(seen: Seen, scene: WatchInput) -> str:
    line = seen.line
    if line.past:
        return f"the longest wait of the last 15 minutes was {span(line.longest)}"
    if not line.callers:
        return "nobody is waiting"
    back = "somebody is signed in, " if scene.memory.get(line.name) == UNSTAFFED else ""
    return f"{back}{_callers(len(line.callers))} waiting now, the longest for {span(line.longest)}"


# --- the words


def describe(incident: Incident, account: str) -> Summary:
    """Who waits in which queue, by what it was measured, and when it clears."""
    members = incident.affected or tuple(incident.members.values())
    worst = max(members, key=lambda m: int(m.facts["longest"]))
    where = f"{members[0].subject} on {account}" if len(members) == 1 else f"{len(members)} queues on {account}"
    longest = _longest(worst.facts)
    if not incident.open:
        return Summary(f"callers waited in {where}, the longest for {longest} at the last")
    if worst.facts["past"]:
        return Summary(
            headline=f"{where}: callers waited, the longest for {longest} in the last 15 minutes",
            rows=tuple(_past_row(member) for member in members),
            todo="Look at who is signed in, and call back who gave up: this is told after the calls ended.",
        )
    nobody = [m.subject for m in members if m.facts["unstaffed"]]
    count = sum(int(m.facts["waiting"]) for m in members)
    alone = ", and nobody is signed in" if len(nobody) == len(members) else ""
    return Summary(
        headline=f"{where}: {_callers(count)} waiting, the longest for {longest}{alone}",
        rows=tuple(_row(member) for member in members),
        todo=_todo(nobody, all_of_them=bool(alone)),
    )


def _todo(nobody: list[str], *, all_of_them: bool) -> str:
    if not nobody:
        return "Send more agents, or call back later."
    where = "" if all_of_them else f" for {', '.join(nobody)}"
    return f"Have agents sign in{where}: nobody takes these calls."


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
    if clears := facts.get("clears"):  # a message of an older release has none
        parts.append(f"clears in about {clears} at the present pace")
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


def unfit(provider: type, keys: QueueWaitKeys) -> str | None:
    """Finished calls tell how long was waited, not how many wait."""
    if keys.waiting_above is not None and not issubclass(provider, SupportsQueues):
        return "tells finished calls only, so it cannot feed waiting_above"
    return None


WATCH = Watch(
    "queue_wait",
    (Kind.QUEUES,),
    (),
    QueueWaitKeys,
    judge,
    describe,
    unfit,
    past=lambda _keys: HistoryWindow(Kind.QUEUES, REACH, lambda _zone: ClearingRates()),
    clauses=clauses,
    sample=sample,
    also=(Kind.AGENTS,),
)
