"""Reads the YAML file as a tree of texts with their lines. `09:00`, `+380…` and `no` stay what they are."""

from collections.abc import Mapping
from pathlib import Path as FilePath

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from bot.settings.problems import ConfigError, Kinds, Problem
from bot.settings.references import Part, fill, holds_token, take_references
from bot.settings.tree import UNSET, Node, Path, dotted
from bot.settings.yaml_loader import MAX_LEVELS, MISQUOTED, Composed, Misquoted, compose

MOST_NODES = 20_000
MOST_BYTES = 1_000_000
_PLAIN_TAGS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_MERGE = "<<"
_SHOWN_UNDER = ("channel", "mention")  # keys whose values are no secret, so that they may be repeated


class FileReader:
    """Reads one file. What is wrong is collected in `problems`; only what cannot be read at all is raised."""

    def __init__(self, path: FilePath, environ: Mapping[str, str]) -> None:
        self.file = str(path)
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._path = path
        self._environ = environ
        self._kept: list[Part] = []
        self._nodes = 0
        self._given: frozenset[Path] = frozenset()

    def names(self) -> Node:
        """Returns enough of the tree to know which accounts the file names. Raises `ConfigError`."""
        source, self._kept = take_references(self._text())
        composed = compose(source)
        if composed.why:
            raise ConfigError(self._unreadable(composed))
        self._root = composed.root
        if isinstance(self._root, ScalarNode) and self._root.value:
            raise ConfigError([Problem(self.file, 1, "", "the file holds no keys", "write one `key: value` a line")])
        if isinstance(self._root, SequenceNode):
            raise ConfigError([Problem(self.file, 1, "", "the file holds a list", "write one `key: value` a line")])
        tree = self._tree(frozenset())
        self.problems.clear()
        self.warnings.clear()
        return tree

    def tree(self, given: frozenset[Path]) -> Node:
        """Returns the tree, without what the environment gives: a variable that is missing there is no mistake."""
        return self._tree(given)

    def _tree(self, given: frozenset[Path]) -> Node:
        self._given, self._nodes = given, 0
        if not isinstance(self._root, MappingNode):
            return Node({}, self.file)
        return self._read(self._root, (), 1, 0)

    def _text(self) -> str:
        try:
            with self._path.open("rb") as opened:
                content = opened.read(MOST_BYTES + 1)
        except IsADirectoryError:
            raise self._refused("it is a directory", "name a YAML file") from None
        except FileNotFoundError:
            raise self._refused("there is no such file", "name one with --config FILE or RINGWATCH_CONFIG") from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "its name is none"
            raise self._refused(f"it cannot be read: {reason}", "") from None
        if len(content) > MOST_BYTES:
            raise self._refused("it is larger than a megabyte", "")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise ConfigError(
                [Problem(self.file, line, "", "the file is not UTF-8 text", "save it as UTF-8")]
            ) from None

    def _refused(self, text: str, hint: str) -> ConfigError:
        return ConfigError([Problem(self.file, None, "", text, hint)])

    def _unreadable(self, composed: Composed) -> list[Problem]:
        """What stopped the reading, and what was found before it."""
        return [
            *(
                Problem(self.file, one.line, "", f"a value: {one.text}", "put it in quotes")
                for one in composed.misquoted
            ),
            Problem(self.file, composed.stopped_at, "", "this is no YAML", composed.why),
        ]

    def _read(self, node: yaml.nodes.Node, path: Path, line: int, depth: int) -> Node:
        self._nodes += 1
        if self._nodes > MOST_NODES or depth > MAX_LEVELS:
            raise ConfigError([Problem(self.file, line, dotted(path), "it grows too large", "use fewer aliases")])
        if node.tag not in _PLAIN_TAGS:
            return self._misquoted(node, path, line)
        if isinstance(node, ScalarNode):
            return self._scalar(node, path, line)
        if isinstance(node, SequenceNode):
            items = [
                self._read(item, (*path, index), item.start_mark.line + 1, depth + 1)
                for index, item in enumerate(node.value)
            ]
            return Node([item for item in items if item.value is not None], self.file, line)
        return self._map(node, path, line, depth)

    def _misquoted(self, node: yaml.nodes.Node, path: Path, line: int) -> Node:
        """A value that lacks its quotes. Behind a # stood nothing before either, so that may be meant."""
        sign = node.tag.removeprefix(MISQUOTED) if node.tag.startswith(MISQUOTED) else "!"
        said = Misquoted(line, sign).text
        shown = any(step in _SHOWN_UNDER for step in path[-2:]) and isinstance(node, ScalarNode)
        hint = "put it in quotes"
        if shown and '"' not in node.value:
            hint += f': ["{node.value}"]' if path[-1] == "mention" else f': "{node.value}"'
        if sign == "#" and not shown and not isinstance(path[-1], int):
            hint = "so the key has no value: put it in quotes, or a space behind the #"
            self.warnings.append(Problem(self.file, line, dotted(path), said, hint, Kinds.COMMENT))
            return Node(None, self.file, line)
        self._wrong(line, path, said, hint)
        return Node(None, self.file, line, hidden=UNSET)

    def _map(self, node: yaml.nodes.Node, path: Path, line: int, depth: int) -> Node:
        found: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, ScalarNode) or holds_token(key.value):
                self._wrong(at, path, "a key must be a plain name", "${…} may stand in values only")
                continue
            if key.value == _MERGE:
                self._wrong(at, path, "YAML's << is not followed", "write the keys of the other map out here")
                merged.update(self._merged(value, path, at, depth))
                continue
            if key.value in found:
                first = found[key.value].line
                self._wrong(at, (*path, _shown(key.value)), f"it is there twice, first in line {first}", "keep one")
                continue
            inner = (*path, key.value)
            if inner in self._given:
                continue
            found[key.value] = self._read(value, inner, at, depth + 1)
        return Node({**merged, **found}, self.file, line)

    def _merged(self, value: yaml.nodes.Node, path: Path, line: int, depth: int) -> Mapping[str, Node]:
        """What a << was to take over, so that nothing of it is missed beside; its own mistakes are told at home."""
        told = len(self.problems), len(self.warnings)
        tree = self._read(value, path, line, depth + 1) if isinstance(value, MappingNode) else None
        del self.problems[told[0] :], self.warnings[told[1] :]
        return tree.value if tree is not None and isinstance(tree.value, Mapping) else {}

    def _scalar(self, node: ScalarNode, path: Path, line: int) -> Node:
        filled = fill(node.value, self._kept, self._environ)
        if filled.unreadable:
            self._wrong(
                line,
                path,
                "it holds a ${ that names no variable",
                "write ${NAME}, ${NAME:-default}, or $${ for ${",
            )
        for name in filled.missing:
            self._wrong(
                line,
                path,
                f"${{{name}}} is not set",
                f"set the variable {name}, or write ${{{name}:-default}}",
            )
        if filled.unreadable or filled.missing:
            return Node(None, self.file, line, hidden=UNSET)
        hidden = f"the value of ${{{filled.names[0]}}}" if filled.names else ""
        return Node(filled.text or None, self.file, line, hidden)

    def _wrong(self, line: int, path: Path, text: str, hint: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), text, hint))


def _shown(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() and len(key) <= 40 else "…"
