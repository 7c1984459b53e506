"""The commands and topics: every module and package of this folder that has a COMMAND. Nothing is listed by hand."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import bot.commands
from bot.dialog.command import Command


@cache
def _found() -> tuple[Command, ...]:
    names = sorted(info.name for info in iter_modules(bot.commands.__path__))
    modules = (import_module(f"bot.commands.{name}") for name in names)
    found = [getattr(module, "COMMAND", None) for module in modules]
    return tuple(command for command in found if isinstance(command, Command))


def commands() -> dict[str, Command]:
    """Slash commands by name."""
    return {command.name: command for command in _found() if not command.topic}


def topics() -> dict[str, Command]:
    """All that ``/pbx`` can do, by every word for it."""
    every = {word: c for c in _found() for word in (c.name, *c.also)}
    return {word: command for word, command in every.items() if word != "pbx"}
