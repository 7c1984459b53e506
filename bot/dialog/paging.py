"""Pages of a list that is too long for one message: which part is shown, and the buttons to turn."""

import json
from dataclasses import dataclass

from bot.cards import Button

_MARK = "\u2063"  # what nobody types: it sets the page apart from the words


@dataclass(frozen=True, slots=True)
class Turn:
    """A command's words, and where its list begins. `start` counts rows or pages, as the command pleases."""

    command: str
    words: str
    start: int

    def buttons(self, size: int, total: int) -> tuple[Button, ...]:
        """Back and forward, where there is something."""
        found = []
        if self.start > 0:
            found.append(self.to("Back", max(0, self.start - size)))
        if self.start + size < total:
            found.append(self.to("More", self.start + size))
        return tuple(found)

    def to(self, words: str, start: int) -> Button:
        """A button that leads there."""
        return Button("turn", words, json.dumps([self.command, self.words[:1500], start]))

    @classmethod
    def of(cls, value: str) -> "Turn | None":
        """From a button; None where it cannot be read."""
        try:
            command, words, start = json.loads(value)
        except (ValueError, TypeError):
            return None
        if isinstance(command, str) and isinstance(words, str) and isinstance(start, int) and start >= 0:
            return cls(command, words, start)
        return None

    def typed(self) -> str:
        """The words that the command is run with."""
        return f"{self.words} {_MARK}{self.start}"

    @staticmethod
    def offset_of(words: str, default: int = 0) -> tuple[str, int]:
        """The words without the mark, and where to begin."""
        bare, found, start = words.partition(_MARK)
        return bare.strip(), int(start) if found and start.isdecimal() else default
