"""Values with the place that they came from, into which the file and the environment are read."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]

UNSET = "unset"  # `hidden` of a value whose variable is not set: that is told, once


@dataclass(frozen=True, slots=True)
class Node:
    """A text, a list, a map, or none. `hidden` says why its text is never shown ("the value of ${X}")."""

    value: "str | Sequence[Node] | Mapping[str, Node] | None"
    file: str
    line: int | None = None
    hidden: str = ""

    def at(self, path: Path) -> "Node | None":
        """Returns what stands at a path below this node; None where nothing does."""
        node: Node | None = self
        for step in path:
            if isinstance(step, str) and node is not None and isinstance(node.value, Mapping):
                node = node.value.get(step)
            elif isinstance(step, int) and node is not None and isinstance(node.value, list | tuple):
                node = node.value[step] if step < len(node.value) else None
            else:
                return None
        return node

    def plain(self) -> "Plain":
        """Returns the value alone, what is none left out."""
        if isinstance(self.value, Mapping):
            return {key: child.plain() for key, child in self.value.items() if child.value is not None}
        if isinstance(self.value, str) or self.value is None:
            return self.value
        return [child.plain() for child in self.value if child.value is not None]

    def texts(self) -> Iterator["Node"]:
        """Yields every text at or below this node."""
        if isinstance(self.value, str):
            yield self
        elif isinstance(self.value, Mapping):
            for child in self.value.values():
                yield from child.texts()
        elif self.value is not None:
            for child in self.value:
                yield from child.texts()


Plain = str | None | list["Plain"] | dict[str, "Plain"]


_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")
_SECRET_LIKE = re.compile(r"xox[a-z]|xapp|(?<![A-Za-z0-9])(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,}")
# A login, a query or a fragment, also of an address that lacks its scheme, a slash or its host.
_ADDRESS_WITH_SECRET = re.compile(r"[:/].*@|\?.*=|://.*[@?#]|://[^/]*:\D", re.DOTALL)


def dotted(path: Path) -> str:
    """Returns a path as people write it: ``alerts[2].below``."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{safe_key(step)}" for step in path).lstrip(".")


def safe_key(key: str) -> str:
    """Returns a key that may be shown: one that is no plain name may be a secret that stands in the wrong place."""
    if _KEY.fullmatch(key) and not _SECRET_LIKE.search(key):
        return key
    before, colon, _ = key.partition(":")
    return f"{before}:…" if colon and before.isidentifier() and len(before) < 20 else "…"


def looks_secret(text: str) -> bool:
    """Returns whether a text could be a token, or an address with a login, a query or a fragment."""
    return bool(_SECRET_LIKE.search(text) or _ADDRESS_WITH_SECRET.search(text))
