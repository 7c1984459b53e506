"""The actions: every module of this folder that has an ACTION. Nothing is listed by hand."""

from functools import cache

import bot.actions
from bot.declarations import declared
from bot.dialog.action import Action


@cache
def _found() -> tuple[Action, ...]:
    return declared(bot.actions, "ACTION", Action)


def actions() -> dict[str, Action]:
    """Returns every action by every name for it."""
    return {name: action for action in _found() for name in (action.name, *action.also)}


def shortcuts() -> tuple[Action, ...]:
    """Returns those that are shortcuts."""
    return tuple(action for action in _found() if action.shortcut is not None)
