"""The type of an action: what a button, a menu or a form does.

Each is a module of `bot.actions`; it never sees Slack.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.cards import Answer
from bot.dialog.context import Context, Press

Run = Callable[[Context, Press], Awaitable[Answer]]
Check = Callable[[Context, Mapping[str, str]], Mapping[str, str]]


class ShortcutKind(StrEnum):
    """The place where a shortcut is found: at each message, or everywhere."""

    MESSAGE = "message"
    GLOBAL = "global"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A shortcut as people find it: its words, and what it does in a line."""

    kind: ShortcutKind
    words: str
    description: str


@dataclass(frozen=True, slots=True)
class Action:
    """An action runs for one kind of press. `also` are names that buttons of older versions carry for it.

    `check` returns a form's refused fields, each with the reason, and asks nobody; None: there is no form to check.
    `shortcut`: it is no button but a shortcut; the press then has the message's text as its value.
    """

    name: str
    run: Run
    check: Check | None = None
    also: tuple[str, ...] = ()
    shortcut: Shortcut | None = None
