"""Pages of a list that is too long for one message: the buttons that ask a command for another part of it."""

import json
from dataclasses import dataclass

from bot.cards import Button
from bot.dialog.request import Request

MAX_WORDS_CHARACTERS = 1500  # characters; a button's value holds 2,000


@dataclass(frozen=True, slots=True)
class Paging:
    """A command and its request, from which buttons ask for another page."""

    command: str
    request: Request

    def buttons(self, size: int, total: int) -> tuple[Button, ...]:
        """Returns the buttons Back and More by `size` rows, where there are such rows."""
        found = []
        if self.request.page > 0:
            found.append(self.to("Back", max(0, self.request.page - size)))
        if self.request.page + size < total:
            found.append(self.to("More", self.request.page + size))
        return tuple(found)

    def to(self, label: str, page: int) -> Button:
        """Returns a button that asks the same words for that page."""
        return Button("turn", label, json.dumps([self.command, self.request.words[:MAX_WORDS_CHARACTERS], page]))

    @classmethod
    def of(cls, value: str) -> "Paging | None":
        """Parses a button's value, an older version's too; returns None where it cannot be read."""
        try:
            command, words, page = json.loads(value)
        except (ValueError, TypeError):
            return None
        if isinstance(command, str) and isinstance(words, str) and type(page) is int and page >= 0:
            return cls(command, Request(words, page))
        return None
