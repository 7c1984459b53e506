"""The conditions of the watch `queue_wait`, queue by queue: what is seen, whether it holds, and that in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field, model_validator

from bot.alerts.kinds import Kind
from bot.queues.lines import Line, lines_of, wait
from bot.queues.staffing import unattended
from bot.text.durations import span
from bot.text.names import folded
from bot.watches import Clause, WatchInput, WatchKeys
from providers.model import Queue, Rows

UNSTAFFED = "unstaffed"  # in the memory: known to be so when it could be known last


class QueueWaitKeys(WatchKeys):
    """Each key holds above its figure, not at it. `queues` limits it to these, by name or id; case does not count.

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
class EvaluatedQueue:
    """A queue with every condition of the rule, as it was evaluated.

    `holds` and `unstaffed` None: that is not known.
    """

    line: Line
    figures: tuple[Clause, ...]
    unstaffed: bool | None
    holds: bool | None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Returns all conditions; who is signed in is one of them where somebody waits."""
        return (*self.figures, _staff(self)) if self.line.callers else self.figures


@dataclass(frozen=True, slots=True)
class QueueWaitEvaluation:
    """The queues of one evaluation, by what is known of each."""

    at: datetime
    queues: tuple[EvaluatedQueue, ...]
    gone: frozenset[str]  # known, and not among them
    moved: frozenset[str]  # of these: there, and not watched
    partial: bool  # what is missing may be there all the same
    unlisted: tuple[str, ...]  # named by the alert, and not there

    @property
    def missing(self) -> frozenset[str]:
        """Returns the names that are known, and perhaps there all the same; empty where the list is whole."""
        return self.gone - self.moved if self.partial else frozenset()


def view_of(watch_input: WatchInput, keys: QueueWaitKeys) -> QueueWaitEvaluation | None:
    """Returns the queues to evaluate; None where the reading is no list of queues."""
    observed = watch_input.latest_readings[Kind.QUEUES].observed
    rows = observed.value if observed is not None else None
    if observed is None or not isinstance(rows, Rows):
        return None
    ours = watched(rows, keys)
    lines = lines_of(ours)
    there = {folded(word) for queue in ours for word in (queue.name, queue.ref)}
    gone = watch_input.known - lines.keys()
    return QueueWaitEvaluation(
        at=observed.at,
        queues=tuple(_seen(line, watch_input, keys) for line in lines.values()),
        gone=gone,
        moved=gone & {queue.name for queue in rows},
        # Nothing at all is more likely a fault of the vendor's than the loss of every queue.
        partial=bool(rows.unreadable) or not rows.items,
        unlisted=tuple(name for name in keys.queues if folded(name) not in there),
    )


def watched(rows: Rows[Queue], keys: QueueWaitKeys) -> list[Queue]:
    """Returns the queues that the alert names, or all."""
    names = {folded(name) for name in keys.queues}
    return [q for q in rows if not names or {folded(q.name), folded(q.ref)} & names]


def _seen(line: Line, watch_input: WatchInput, keys: QueueWaitKeys) -> EvaluatedQueue:
    figures = tuple(_figures(line, keys))
    known = [clause.holds for clause in figures]
    nobody = unattended(line, watch_input.latest_readings.get(Kind.AGENTS), watch_input.now)
    stays = nobody is None and watch_input.memory.get(line.name) == UNSTAFFED  # as it was, while it cannot be known
    holds = True if nobody or True in known else None if stays or None in known else False
    return EvaluatedQueue(line, figures, nobody, holds)


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


def _staff(seen: EvaluatedQueue) -> Clause:
    words = {
        True: "nobody who could take the calls is signed in",
        False: "somebody who could take the calls is signed in",
        None: "whether anybody who could take the calls is signed in cannot be told",
    }
    return Clause(seen.line.name, words[seen.unstaffed], seen.unstaffed)
