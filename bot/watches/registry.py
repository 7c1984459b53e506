"""Finds the watches: every file of this folder that holds a WATCH."""

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

import bot.watches
from bot.watches import Watch


@cache
def watches() -> Mapping[str, Watch]:
    """Every watch, by its name in the configuration."""
    modules = (importlib.import_module(f"bot.watches.{m.name}") for m in pkgutil.iter_modules(bot.watches.__path__))
    found = (getattr(module, "WATCH", None) for module in modules)
    return {watch.name: watch for watch in found if isinstance(watch, Watch)}
