"""The queues of an account as people see them: all of one name are one line of callers. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from bot.text.durations import span
from providers.model import Queue, QueuedCall


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


def lines_of(queues: Iterable[Queue]) -> dict[str, Line]:
    """Each name once, in the order of the list."""
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
    """Its longest wait in words; marked where it had to be derived."""
    return ("≈ " if line.approx else "") + span(line.longest)
