"""Keys that have a new name.

The old one works until a named version, and each place that still uses it is a warning.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.settings.problems import Kinds, Problem
from bot.settings.shapes import named
from bot.settings.tree import Node, Path, dotted

ANY = "*"
_PREFIX = "RINGWATCH_"
_ONE_KEY = "(?:(?!__).)+"


@dataclass(frozen=True, slots=True)
class Renamed:
    """A key under a new name at the same place. `under`: the keys above it, `ANY` for every name or item there."""

    under: tuple[str, ...]
    old: str
    new: str
    gone_in: str  # the version that no longer knows the old name

    def stands_at(self, path: Path) -> bool:
        """Returns whether the map at this path may hold the key."""
        return len(path) == len(self.under) and all(
            want in {ANY, step} for want, step in zip(self.under, path, strict=True)
        )

    def variable(self, name: str) -> str | None:
        """Returns the environment variable's name of today.

        None where it does not name this key or something below it.
        """
        above = "".join(f"{_ONE_KEY if step == ANY else named(step)}__" for step in self.under)
        found = re.fullmatch(f"({_PREFIX}{above}){named(self.old)}(_FILE|__.+)?", name)
        return f"{found[1]}{named(self.new)}{found[2] or ''}" if found else None


# What `ringwatch check` warns of (W209). An entry goes with the release that it names.
RENAMED: tuple[Renamed, ...] = ()


@dataclass(slots=True)
class OldNames:
    """Reads old names as new ones, and keeps the problems and warnings about them."""

    table: Sequence[Renamed]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def replaced(self, node: Node, path: Path = ()) -> Node:
        """Returns the same tree under the names of today. A key that stands there under both names is a problem."""
        if isinstance(node.value, Mapping):
            here = {one.old: one for one in self.table if one.stands_at(path)}
            inner: dict[str, Node] = {}
            for key, child in node.value.items():
                renamed = here.get(key)
                if renamed is not None:
                    self._warn(
                        renamed, child.file, child.line, (*path, key), renamed.new, both=renamed.new in node.value
                    )
                name = key if renamed is None else renamed.new
                if renamed is None or name not in node.value:
                    inner[name] = self.replaced(child, (*path, name))
            return replace(node, value=inner)
        if node.value is None or isinstance(node.value, str):
            return node
        return replace(node, value=[self.replaced(child, (*path, index)) for index, child in enumerate(node.value)])

    def variables(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Returns the same variables under the names of today; an empty one counts as not set."""
        found: dict[str, str] = {}
        for name, value in environ.items():
            renamed, new = next(
                ((one, new) for one in self.table if value and (new := one.variable(name))), (None, name)
            )
            if renamed is not None:
                self._warn(renamed, name, None, (), new, both=bool(environ.get(new)))
            if renamed is None or not environ.get(new):
                found[new] = value
        return found

    def _warn(self, renamed: Renamed, file: str, line: int | None, path: Path, new: str, *, both: bool) -> None:
        if both:
            said = f"it is called {new} now, and that is there too"
            self.problems.append(Problem(file, line, dotted(path), said, "keep the new one"))
        else:
            said = f"it is called {new} now"
            hint = f"the old name works until {renamed.gone_in}, which no longer knows it"
            self.warnings.append(Problem(file, line, dotted(path), said, hint, Kinds.OLD_NAME))
