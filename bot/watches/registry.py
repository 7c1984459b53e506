"""Finds the watches: every file of this folder that holds a WATCH."""

from collections.abc import Mapping
from functools import cache

import bot.watches
from bot.declarations import declared
from bot.watches import Watch


@cache
def watches() -> Mapping[str, Watch]:
    """Returns every watch, by its name in the configuration."""
    return {watch.name: watch for watch in declared(bot.watches, "WATCH", Watch)}
