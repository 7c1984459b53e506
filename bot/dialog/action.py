"""What an action is: what a button, a menu or a form does. Each is a module of `bot.actions`; it never sees Slack."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.cards import Answer
from bot.dialog.context import Context, Press

Run = Callable[[Context, Press], Awaitable[Answer]]
Check = Callable[[Context, Mapping[str, str]], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Action:
    """What one kind of press does. `also` are names that buttons of older versions carry for it.

    `check` names a form's fields that are refused, with the reason; it asks nobody.
    """

    name: str
    run: Run
    check: Check | None = None
    also: tuple[str, ...] = ()
