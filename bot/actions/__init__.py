"""The actions: every module of this folder that has an ACTION. Nothing is listed by hand."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import bot.actions
from bot.dialog.action import Action


@cache
def _found() -> tuple[Action, ...]:
    names = sorted(info.name for info in iter_modules(bot.actions.__path__))
    modules = (import_module(f"bot.actions.{name}") for name in names)
    found = [getattr(module, "ACTION", None) for module in modules]
    return tuple(action for action in found if isinstance(action, Action))


def actions() -> dict[str, Action]:
    """Every action by every name for it."""
    return {name: action for action in _found() for name in (action.name, *action.also)}
