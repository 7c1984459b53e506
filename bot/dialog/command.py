"""The type of a command. Each is a module of `bot.commands`; it reads and answers, and never sees Slack's own terms."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.cards import Answer
from bot.dialog.context import Context
from bot.dialog.request import Request

Run = Callable[[Context, Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command, or with `topic` one that is typed as ``/pbx NAME`` alone.

    `usage` and `example` are the words after the name. `also` are other words for it under ``/pbx``. `question` is the
    capability that it asks accounts for, where a vendor's own list of the same topic may stand in; None: none may.
    """

    name: str
    summary: str
    usage: str
    example: str
    run: Run
    topic: bool = False
    also: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    question: type[object] | None = None
