"""The journal of the local Slack, in order, for assertions and transcripts. It changes nothing."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `kind`: call, post, edit, ephemeral, delete, wake, command, press, submit, ack and so on."""

    n: int
    at: datetime
    kind: str
    text: str
    user: str = ""
    channel: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """All entries since the start, and how often each method was asked."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.entries: list[Entry] = []
        self.calls: Counter[str] = Counter()

    def note(self, kind: str, text: str, *, user: str = "", channel: str = "", **data: Any) -> Entry:
        """Writes a line, and returns it."""
        entry = Entry(len(self.entries) + 1, self._clock(), kind, text, user, channel, data)
        self.entries.append(entry)
        if kind == "call":
            self.calls[text] += 1
        return entry

    def of(self, *kinds: str) -> list[Entry]:
        """Returns the entries of these kinds, oldest first."""
        return [entry for entry in self.entries if entry.kind in kinds]

    def count(self, method: str) -> int:
        """Returns how many requests came for a Web API method, refused ones included."""
        return self.calls[method]

    def wakes(self, user: str | None = None) -> list[Entry]:
        """Returns the notifications that would have reached somebody, or one person."""
        return [entry for entry in self.of("wake") if user in {None, entry.user}]

    def transcript(self) -> str:
        """Returns all of it as text, one line each."""
        rows = (
            f"{entry.at:%H:%M:%S} {entry.kind:<9} {entry.channel:<12} {entry.user:<12} {entry.text}"
            for entry in self.entries
        )
        return "\n".join(row.rstrip() for row in rows)
