"""The commands and topics: every module and package of this folder that has a COMMAND. Nothing is listed by hand."""

from functools import cache

import bot.commands
from bot.declarations import declared
from bot.dialog.command import Command


@cache
def _found() -> tuple[Command, ...]:
    return declared(bot.commands, "COMMAND", Command)


def commands() -> dict[str, Command]:
    """Returns the slash commands by name."""
    return {command.name: command for command in _found() if not command.topic}


def topics() -> dict[str, Command]:
    """Returns all that ``/pbx`` can do, by every word for it."""
    every = {word: c for c in _found() for word in (c.name, *c.also)}
    return {word: command for word, command in every.items() if word != "pbx"}
