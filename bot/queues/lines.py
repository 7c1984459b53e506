"""The queues of an account as people see them: all of one name are one line of callers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.text.durations import span
from providers.model import Queue, QueuedCall


@dataclass(frozen=True, slots=True)
class Line:
    """All queues of one name, as one line of callers. `told` False: one of them cannot report who waits.

    `free` and `members` None: not reported by all of them. `waited` is the longest wait of finished calls, where the
    vendor reports only those.
    """

    name: str
    callers: tuple[QueuedCall, ...]
    told: bool
    free: int | None
    members: frozenset[str] | None
    waited: timedelta | None = None  # where finished calls alone are known

    @property
    def past(self) -> bool:
        """Returns whether only finished calls are known of it."""
        return not self.told and self.waited is not None

    @property
    def longest(self) -> timedelta:
        """Returns the longest wait of those who wait, or that of finished calls; zero where nobody waits or waited."""
        return max((caller.waiting for caller in self.callers), default=self.waited or timedelta())

    @property
    def approx(self) -> bool:
        """Returns whether the longest wait had to be derived."""
        return any(caller.approx for caller in self.callers if caller.waiting == self.longest)


def lines_of(queues: Iterable[Queue]) -> dict[str, Line]:
    """Returns the lines by name, in the order in which the names first come."""
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


def wait(line: Line) -> str:
    """Returns its longest wait in words, with "≈" where it had to be derived."""
    return ("≈ " if line.approx else "") + span(line.longest)
