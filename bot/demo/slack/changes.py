"""The changes of the local Slack: wakes who waits, and shows watchers what changed. It holds no content."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")

MAX_CHANGES = 5_000
WITHIN_SECONDS = 100.0  # in which what is waited for has come, however busy the machine is


@dataclass(frozen=True, slots=True)
class PageChange:
    """Something is different now. `channel`, `key` (of a message) and `user` say where; "" is everywhere."""

    seq: int
    kind: str
    channel: str = ""
    key: str = ""
    user: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Changes:
    """A numbered, bounded list of changes, with a bell."""

    def __init__(self) -> None:
        self._log: deque[PageChange] = deque(maxlen=MAX_CHANGES)
        self._bell = asyncio.Event()
        self.seq = 0

    def add(self, kind: str, *, channel: str = "", key: str = "", user: str = "", **data: Any) -> None:
        """Notes a change and rings."""
        self.seq += 1
        self._log.append(PageChange(self.seq, kind, channel, key, user, data))
        self.ring()

    def ring(self) -> None:
        """Wakes everybody who waits, without a change that a page would show."""
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    def since(self, seq: int) -> list[PageChange] | None:
        """Returns what came after `seq`; None where that is no longer known (or never was)."""
        if seq > self.seq or seq < self.seq - len(self._log):
            return None
        return [change for change in self._log if change.seq > seq]

    async def rung(self, within: float) -> bool:
        """Waits for the next ring; returns False when none came within so many seconds."""
        try:
            await asyncio.wait_for(self._bell.wait(), within)
        except TimeoutError:
            return False
        return True

    async def until(self, ask: Callable[[], T], within: float = WITHIN_SECONDS, what: str = "it") -> T:
        """Returns the first truthy answer of `ask`, asked anew at every ring.

        Raises `TimeoutError` after `within` seconds.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + within
        while not (answer := ask()):
            left = end - loop.time()
            if left <= 0 or not await self.rung(left):
                if answer := ask():
                    break
                raise TimeoutError(f"{what} did not come within {within:g} s")
        return answer
