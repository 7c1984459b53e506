"""Pages of a list that is too long for one message: the buttons that ask a command for another part of it."""

import json
from dataclasses import dataclass

from bot.cards import Button
from bot.dialog.request import Request

LONGEST_WORDS = 1500  # characters; a button's value holds 2,000


@dataclass(frozen=True, slots=True)
class Paging:
    """A command, and what it was asked."""

    command: str
    request: Request

    def buttons(self, size: int, total: int) -> tuple[Button, ...]:
        """Back and forward by `size`, where there is something."""
        found = []
        if self.request.page > 0:
            found.append(self.to("Back", max(0, self.request.page - size)))
        if self.request.page + size < total:
            found.append(self.to("More", self.request.page + size))
        return tuple(found)

    def to(self, label: str, page: int) -> Button:
        """A button that asks the same words for that page."""
        return Button("turn", label, json.dumps([self.command, self.request.words[:LONGEST_WORDS], page]))

    @classmethod
    def of(cls, value: str) -> "Paging | None":
        """From a button's value, of an older version too; None where it cannot be read."""
        try:
            command, words, page = json.loads(value)
        except (ValueError, TypeError):
            return None
        if isinstance(command, str) and isinstance(words, str) and type(page) is int and page >= 0:
            return cls(command, Request(words, page))
        return None
