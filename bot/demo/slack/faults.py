"""The faults that are set: what shall go wrong next, how often, and where. It does nothing by itself."""

import asyncio
from dataclasses import dataclass, field
from typing import Literal

FaultKind = Literal["ratelimit", "error500", "error503", "hang", "late", "lose_answer", "cut", "refused"]


@dataclass(slots=True)
class Fault:
    """One fault that is set. `method` "*" is every method; `hooks` is every response URL."""

    id: str
    kind: FaultKind
    method: str
    times: int
    retry_after: int = 1
    word: str = "fatal"  # of `refused`
    released: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def before(self) -> bool:
        """Returns whether it strikes before anything is done, not after."""
        return self.kind not in {"lose_answer", "late"}

    @property
    def title(self) -> str:
        """Returns its name for a person."""
        return f"{self.method}: {self.kind} ({self.times} left)"


class Faults:
    """The faults that are set, in the order they were set."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.handshakes = 0
        self._hanging: list[Fault] = []
        self._made = 0

    def add(
        self, kind: FaultKind, method: str = "*", times: int = 1, retry_after: int = 1, word: str = "fatal_error"
    ) -> Fault:
        """Sets a fault for the next `times` calls of `method`, and returns it."""
        self._made += 1
        fault = Fault(f"f{self._made}", kind, method, times, retry_after, word)
        self.waiting.append(fault)
        return fault

    def take(self, method: str) -> Fault | None:
        """Returns what goes wrong with this call; None where nothing does."""
        for fault in self.waiting:
            if fault.method in {"*", method}:
                fault.times -= 1
                if fault.times <= 0:
                    self.waiting.remove(fault)
                if fault.kind in {"hang", "late"}:
                    self._hanging.append(fault)
                return fault
        return None

    def land(self) -> None:
        """Does now what is late."""
        for fault in self._hanging:
            if fault.kind == "late":
                fault.released.set()
        self._hanging = [fault for fault in self._hanging if fault.kind != "late"]

    def clear(self) -> None:
        """Makes all well again: what hangs is cut, what is late is done."""
        for fault in self._hanging:
            fault.released.set()
        self.waiting.clear()
        self._hanging.clear()
        self.handshakes = 0
