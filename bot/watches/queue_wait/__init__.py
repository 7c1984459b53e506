"""The watch `queue_wait`: callers wait too long, too many do, or nobody is there to take them.

Waits are the vendor's word, never computed here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.alerts.kinds import Kind
from bot.alerts.model import Evaluation, Finding, Severity
from bot.queues.clearing_rate import REACH, ClearingRates, rounded
from bot.queues.lines import Line, lines_of, wait
from bot.text.durations import span
from bot.watches import Clause, HistoryWindow, Named, Watch, WatchInput, worst_first
from bot.watches.queue_wait.cases import UNSTAFFED, EvaluatedQueue, QueueWaitKeys, view_of, watched
from bot.watches.queue_wait.facts import QueueWaitFacts, from_strings
from bot.watches.queue_wait.words import callers, describe
from providers.capabilities import SupportsQueues
from providers.model import Queue, Rows

NO_LONGER_LISTED = "no longer listed"
NOT_WATCHED = "not among the queues that are watched"
MIN_DOUBLING_WAIT = timedelta(seconds=30)  # a wait doubles from its limit on, but not from next to nothing
MINUTE_ROUNDING_WAIT = timedelta(minutes=10)  # from here on a wait is told in whole minutes
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def evaluate(watch_input: WatchInput, keys: QueueWaitKeys) -> Evaluation:
    """Finds one subject for each queue, by name. A queue that cannot report who waits is unknown, not empty.

    Where callers wait and nobody who could take them is signed in, it is critical whatever the figures say.
    """
    view = view_of(watch_input, keys)
    if view is None:
        return Evaluation(unknown=watch_input.known, memory=watch_input.memory)
    nobody = {seen.line.name for seen in view.queues if seen.unstaffed}
    untold = {seen.line.name for seen in view.queues if seen.unstaffed is None} | view.missing
    return Evaluation(
        findings=tuple(_finding(seen, view.at, watch_input, keys) for seen in view.queues if seen.holds),
        unknown=view.missing | {seen.line.name for seen in view.queues if seen.holds is None},
        ended={
            **{seen.line.name: _ending(seen, watch_input) for seen in view.queues},
            **dict.fromkeys(view.gone, NO_LONGER_LISTED),
            **dict.fromkeys(view.moved, NOT_WATCHED),
        },
        memory=dict.fromkeys(nobody | (untold & watch_input.memory.keys()), UNSTAFFED),
    )


def clauses(watch_input: WatchInput, keys: QueueWaitKeys) -> tuple[Clause, ...]:
    """Returns every condition, queue by queue, as `evaluate` checks it; also what is known or named, and not there."""
    view = view_of(watch_input, keys)
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
    """Describes who waits in the watched queues: ``3 waiting in 2 queues, longest 2 min 41 s``."""
    lines = lines_of(watched(value, keys)).values()
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


def _finding(seen: EvaluatedQueue, at: datetime, watch_input: WatchInput, keys: QueueWaitKeys) -> Finding:
    line, limit, most = seen.line, keys.longest_wait_above, keys.waiting_above
    step = SECOND if line.longest < MINUTE_ROUNDING_WAIT else MINUTE
    facts = QueueWaitFacts(
        waiting=len(line.callers),
        longest=line.longest // step * step,
        approx=line.approx,
        waiting_above=most,
        longest_wait_above=limit,
        free=line.free,
        unstaffed=bool(seen.unstaffed),
        past=line.past,
        clears=None if seen.unstaffed else _clears(line, watch_input),
    )
    level = _level(line, keys)
    if line.past:
        return Finding(line.name, facts, level=level)
    began = at - (line.longest - limit) if limit is not None and line.longest > limit else None
    severity = Severity.CRITICAL if seen.unstaffed else None
    return Finding(line.name, facts, since=began, severity=severity, level=level)


def _clears(line: Line, watch_input: WatchInput) -> timedelta | None:
    """Returns in what time nobody will wait any more, roughly; None where that cannot be said."""
    if not line.told or not isinstance(watch_input.past, ClearingRates):
        return None
    clears = watch_input.past.of(line.name).clears(len(line.callers), line.longest)
    return None if clears is None else rounded(clears)


def _level(line: Line, keys: QueueWaitKeys) -> int:
    """Returns how often the wait, or the number of callers, is doubled from where it first held."""
    doubled = 1
    if keys.longest_wait_above is not None:
        doubled = max(doubled, line.longest // max(keys.longest_wait_above, MIN_DOUBLING_WAIT))
    if keys.waiting_above is not None:
        doubled = max(doubled, len(line.callers) // (keys.waiting_above + 1))
    return doubled.bit_length() - 1


def _ending(seen: EvaluatedQueue, watch_input: WatchInput) -> str:
    line = seen.line
    if line.past:
        return f"the longest wait of the last 15 minutes was {span(line.longest)}"
    if not line.callers:
        return "nobody is waiting"
    back = "somebody is signed in, " if watch_input.memory.get(line.name) == UNSTAFFED else ""
    return f"{back}{callers(len(line.callers))} waiting now, the longest for {span(line.longest)}"


def unfit(provider: type, keys: QueueWaitKeys) -> str | None:
    """Returns what the adapter lacks: finished calls show how long was waited, not how many wait. None: nothing."""
    if keys.waiting_above is not None and not issubclass(provider, SupportsQueues):
        return "tells finished calls only, so it cannot feed waiting_above"
    return None


WINDOW = HistoryWindow(Kind.QUEUES, REACH, lambda _zone: ClearingRates())

WATCH = Watch(
    "queue_wait",
    (Kind.QUEUES,),
    (),
    QueueWaitKeys,
    evaluate,
    describe,
    unfit,
    past=lambda _keys: WINDOW,
    clauses=clauses,
    sample=sample,
    also=(Kind.AGENTS,),
    facts=QueueWaitFacts,
    upcasts=(from_strings,),
    named=lambda keys: Named(keys.queues, lambda queue: (queue.ref, queue.name), "named", whole_by=SupportsQueues),
)
