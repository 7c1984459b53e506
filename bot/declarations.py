"""Finds what the modules of a folder declare, so that nothing is registered by hand in a second place."""

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

Declared = TypeVar("Declared")


def declared(package: ModuleType, name: str, kind: type[Declared]) -> tuple[Declared, ...]:
    """Returns what each module and package directly in `package` calls `name`, where it is a `kind`; by module name."""
    names = sorted(info.name for info in iter_modules(package.__path__))
    found = (getattr(import_module(f"{package.__name__}.{module}"), name, None) for module in names)
    return tuple(one for one in found if isinstance(one, kind))
