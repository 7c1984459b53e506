"""The environment as a tree: `RINGWATCH_SLACK__BOT_TOKEN`, the same with `_FILE`, lists and maps as JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from bot.settings.problems import Kinds, Problem, nearest
from bot.settings.shapes import ListShape, MapShape, ScalarShape, Shape, find, shape_at, variables
from bot.settings.tree import Node, Path, dotted

PREFIX = "RINGWATCH_"
KNOWN = frozenset({"RINGWATCH_CONFIG"})
# What Kubernetes sets in every pod for a Service that is named `ringwatch`.
PASSED_OVER = ("RINGWATCH_PORT", "RINGWATCH_SERVICE_")
MAX_FILE_BYTES = 1_000_000
_FROM_FILE = "_FILE"
_EMPTY = "that is the same as not setting the variable"


class Environment:
    """The values that the environment gives.

    `tree` holds its values, `given` the paths that it sets: there it wins over the file, whole maps and lists included.
    `existing` names the accounts and agents that the file knows, by the path of their map.
    """

    def __init__(self, environ: Mapping[str, str], shape: MapShape, existing: Mapping[Path, Sequence[str]]) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.names: dict[Path, str] = {}
        self._environ = environ
        self._shape = shape
        self._existing = existing
        self._root: dict[str, Node] = {}
        values = {n: v for n, v in sorted(environ.items()) if self._ours(n, v)}
        found: list[tuple[Path, str, str, Shape]] = []
        for name in values:
            target = self._target(name)
            if target is None:
                self._unknown(name)
            else:
                path, way, under = target
                found.append((path, name, way, under))
        # From the top down, so that a single value goes into the map that another variable gives.
        for path, name, way, under in sorted(found, key=lambda one: (len(one[0]), one[1])):
            self._take(path, name, way, under)

    @property
    def given(self) -> frozenset[Path]:
        """Returns the paths that are set."""
        return frozenset(self.names)

    @property
    def tree(self) -> Node:
        """Returns all that is set."""
        return Node(self._root, "")

    def forget(self, path: Path) -> None:
        """Warns of a variable that turns out to name no key, and leaves it out."""
        for set_path, name in list(self.names.items()):
            if set_path[: len(path)] == path:
                self._unknown(name)
                del self.names[set_path]
        _drop(self._root, path)

    @staticmethod
    def _ours(name: str, value: str) -> bool:
        if not name.startswith(PREFIX) or name in KNOWN or name.startswith(PASSED_OVER):
            return False
        return value != ""

    def _target(self, name: str) -> tuple[Path, str, Shape] | None:
        rest = name.removeprefix(PREFIX)
        found = find(self._shape, rest, self._existing)
        if found is not None and not (rest.endswith(_FROM_FILE) and self._coins(found[0])):
            return found[0], "", found[1]
        if rest.endswith(_FROM_FILE):
            from_file = find(self._shape, rest.removesuffix(_FROM_FILE), self._existing)
            if from_file is not None:
                return from_file[0], _FROM_FILE, from_file[1]
        return (found[0], "", found[1]) if found is not None else None

    def _coins(self, path: Path) -> bool:
        """Returns whether the name would make a new key: ``…_FILE`` is rather the file of one without it."""
        parent = shape_at(self._shape, path[:-1])
        return (
            isinstance(parent, MapShape)
            and path[-1] not in parent.fields
            and path[-1] not in self._existing.get(path[:-1], ())
        )

    def _unknown(self, name: str) -> None:
        known = [PREFIX + one for one in variables(self._shape, self._existing)]
        close = nearest(name.removesuffix(_FROM_FILE), known)
        hint = f"did you mean {close}?" if close else "see docs/configuration.md for the keys"
        self.warnings.append(
            Problem(name, None, "", "this variable names no key and is ignored", hint, Kinds.UNKNOWN_VARIABLE)
        )

    def _take(self, path: Path, name: str, way: str, shape: Shape) -> None:
        if path in self.names:
            other = self.names[path]
            self.problems.append(Problem(name, None, dotted(path), f"{other} gives this key too", "set one of the two"))
            return
        text = self._content(name, path) if way else self._environ[name]
        if not text:
            if text is not None:
                self.warnings.append(
                    Problem(name, None, dotted(path), "the file that it names is empty", _EMPTY, Kinds.EMPTY_FILE)
                )
            return
        hidden = "a value from a file" if way else ""
        node = (
            Node(text, name, None, hidden)
            if isinstance(shape, ScalarShape)
            else self._json(text, name, path, shape, hidden)
        )
        if node is not None:
            self.names[path] = name
            _put(self._root, path, node)

    def _content(self, name: str, path: Path) -> str | None:
        where = self._environ[name]
        try:
            with FilePath(where).open("rb") as opened:
                content = opened.read(MAX_FILE_BYTES + 1)
            if len(content) <= MAX_FILE_BYTES:
                return content.decode("utf-8-sig").rstrip("\r\n")
            reason = "it is larger than a megabyte"
        except UnicodeDecodeError:
            reason = "it is not UTF-8 text"
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is none"
        problem = Problem(
            name, None, dotted(path), f"the file that it names cannot be read: {reason}", "give a file's path"
        )
        self.problems.append(problem)
        return None

    def _json(self, text: str, name: str, path: Path, shape: Shape, hidden: str) -> Node | None:
        found = json_tree(text, name, path, shape, hidden)
        if isinstance(found, Node):
            return found
        self.problems.append(found)
        return None


def json_tree(text: str, place: str, path: Path, shape: Shape, hidden: str = "") -> Node | Problem:
    """Returns the list or map that is written as JSON, with the place that it came from; or what is wrong with it."""
    wanted, kind, example = (
        (list, "list", '["…", "…"]') if isinstance(shape, ListShape) else (dict, "map", '{"key": "…"}')
    )
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, wanted):
        return _node(value, place, hidden)
    found = f"found a text of {len(text)} characters"
    return Problem(place, None, dotted(path), found, f"write a {kind} as JSON: {example}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def _node(value: Any, name: str, hidden: str) -> Node:
    if isinstance(value, dict):
        inner = {key: _node(one, name, hidden) for key, one in value.items()}
        return Node({key: one for key, one in inner.items() if one.value is not None}, name, None, hidden)
    if isinstance(value, list):
        items = [_node(one, name, hidden) for one in value]
        return Node([one for one in items if one.value is not None], name, None, hidden)
    if value is None or value == "":
        return Node(None, name)
    return Node(str(value).lower() if isinstance(value, bool) else str(value), name, None, hidden)


def _put(root: dict[str, Node], path: Path, node: Node) -> None:
    for step in path[:-1]:
        child = root.get(str(step))
        if child is None or not isinstance(child.value, dict):
            child = root[str(step)] = Node({}, node.file)
        root = child.value  # type: ignore[assignment]  # a dict, by the line above
    root[str(path[-1])] = node


def _drop(root: dict[str, Node], path: Path) -> None:
    for step in path[:-1]:
        child = root.get(str(step))
        if child is None or not isinstance(child.value, dict):
            return
        root = child.value
    root.pop(str(path[-1]), None)
