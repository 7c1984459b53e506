"""Makes a sentence of a wrong value: where, what was found, what is allowed. Never a secret's value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.settings.problems import Kinds, Problem, did_you_mean
from bot.settings.shapes import ListShape, MapShape, ScalarShape, shape_at
from bot.settings.tree import UNSET, Node, Path, dotted, looks_secret, safe_key

_MAX_SHOWN_CHARACTERS = 40
_MIN_SECRET_CHARACTERS = 6  # a shorter one would blank out half the words
_PLAIN = {
    "int_parsing": "a whole number is needed",
    "int_type": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "float_parsing": "a number is needed",
    "decimal_parsing": "a number is needed",
    "decimal_type": "a number is needed",
    "finite_number": "a number is needed",
    "bool_parsing": "true or false is needed",
    "bool_type": "true or false is needed",
    "string_type": "one value is needed, not a list or a map",
    "path_type": "a path is needed",
    "secret_type": "one value is needed, not a list or a map",
    "string_too_short": "it must not be empty",
    "list_type": "a list is needed: [one, another]",
    "tuple_type": "a list is needed: [one, another]",
    "set_type": "a list is needed: [one, another]",
    "dict_type": "a map is needed: {key: value}",
    "model_type": "a map is needed: {key: value}",
    "model_attributes_type": "a map is needed: {key: value}",
}


class MistakeCollector:
    """Collects problems and warnings about two trees that are read as one."""

    def __init__(self, environment: Node, file: Node, shape: MapShape) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._environment = environment
        self._file = file
        self._shape = shape
        self._secret = sorted(
            (text for text in self._secrets() if len(text) >= _MIN_SECRET_CHARACTERS), key=len, reverse=True
        )

    def wrong(self, path: Path, text: str, hint: str = "") -> None:
        """Adds a mistake at a path, or where its nearest parent stands."""
        self.problems.append(self._problem(path, text, hint))

    def warn(self, kind: Kinds, path: Path, text: str, hint: str = "") -> None:
        """Adds a warning at a path."""
        self.warnings.append(replace(self._problem(path, text, hint), id=kind))

    def node(self, path: Path) -> Node | None:
        """Returns what stands at a path, the environment's where both have it; None where nothing does."""
        found = self._environment.at(path)
        return found if found is not None else self._file.at(path)

    def found(self, path: Path) -> str:
        """Returns what was found, as far as it may be shown."""
        node = self.node(path)
        if node is None or node.value is None:
            return ""
        if isinstance(node.value, Mapping):
            return "found a map"
        if not isinstance(node.value, str):
            return "found a list"
        text, shape = node.value, shape_at(self._shape, path)
        shape = shape.item if isinstance(shape, ListShape) else shape
        if node.hidden:
            return f"found {node.hidden} ({len(text)} characters)"
        if not isinstance(shape, ScalarShape) or shape.secret or looks_secret(text) or self.clean(text) != text:
            return f"found a value of {len(text)} characters"
        return f"found {text[:_MAX_SHOWN_CHARACTERS]!r}{'…' if len(text) > _MAX_SHOWN_CHARACTERS else ''}"

    def errors(self, error: ValidationError, base: Path = (), known: Sequence[str] = ()) -> None:
        """Adds every mistake that pydantic found below `base`. `known` are keys there that another model takes."""
        for details in error.errors(include_url=False, include_input=False):
            self._add(details, base, known)

    def empty_strangers(self) -> None:
        """Adds unknown keys without a value: pydantic is not shown those."""
        for tree in (self._environment, self._file):
            for path, node in walk(tree):
                parent = shape_at(self._shape, path[:-1])
                if node.value is None and isinstance(parent, MapShape) and path and parent.under(str(path[-1])) is None:
                    self.unknown(path, list(parent.fields))

    def unknown(self, path: Path, known: Sequence[str]) -> None:
        """Adds a key that there is not, with the nearest of those in `known`."""
        key = str(path[-1])
        if ":" in key:
            self.wrong(path, "unknown key", "a space is needed after the colon")
        elif safe_key(key) != key:
            self.wrong(path, "unknown key", f"allowed: {', '.join(known) or 'none'}")
        else:
            self.wrong(path, f"unknown key {key}", did_you_mean(key, known))

    def _add(self, details: ErrorDetails, base: Path, known: Sequence[str]) -> None:
        at_key = details["loc"][-1:] == ("[key]",)
        path = (*base, *(details["loc"][:-1] if at_key else details["loc"]))
        kind = details["type"]
        if kind == "default_factory_not_called":
            return  # the key that the default comes from is wrong, and told
        under = shape_at(self._shape, path[:-1])
        fields = [*known, *(under.fields if isinstance(under, MapShape) else ())]
        if kind == "extra_forbidden" or (at_key and kind in {"enum", "literal_error"}):
            self.unknown(path, list(dict.fromkeys(fields)))
        elif kind == "missing":
            self._missing(path)
        elif at_key:
            self.wrong(path, f"found the key {safe_key(str(path[-1]))}", sentence(details))
        else:
            whole = kind == "value_error" and details["loc"] == ()  # of several keys together
            self.wrong(
                path, "" if whole else self.found(path), self.clean(sentence(details)) if known else sentence(details)
            )

    def _missing(self, path: Path) -> None:
        node = self.node(path)
        if node is not None and node.hidden == UNSET:
            return  # told already, with the variable's name
        empty = node is not None and node.value is None
        hint = "what stands there is empty; a value that begins with # goes in quotes" if empty else ""
        named = (w for w in self.warnings if w.id == Kinds.EMPTY_FILE and w.key == dotted(path))
        hint = next((f"{warning.file}: {warning.text}" for warning in named), hint)
        self.wrong(path, "it is needed", hint)

    def _problem(self, path: Path, text: str, hint: str) -> Problem:
        place = self._place(path)
        return Problem(place.file, place.line, dotted(path), text, hint)

    def _place(self, path: Path) -> Node:
        for length in range(len(path), 0, -1):
            for tree in (self._environment, self._file):
                node = tree.at(path[:length])
                if node is not None:
                    return node
        return self._file

    def _secrets(self) -> set[str]:
        return {
            node.value
            for tree in (self._environment, self._file)
            for path, node in walk(tree)
            if isinstance(node.value, str) and (node.hidden or shape_at(self._shape, path) == ScalarShape(secret=True))
        }

    def texts(self) -> Iterator[tuple[Path, str, ScalarShape]]:
        """Yields every text in force by its path, and what may stand there: the environment's where both give it."""
        seen = set[Path]()
        for tree in (self._environment, self._file):
            for path, node in walk(tree):
                shape = shape_at(self._shape, path)
                if path not in seen and isinstance(node.value, str) and isinstance(shape, ScalarShape):
                    yield path, node.value, shape
                seen.add(path)

    def clean(self, text: str) -> str:
        """Returns a sentence that others wrote, without any secret that it may repeat."""
        for secret in self._secret:
            text = text.replace(secret, "…")
        return text


def walk(node: Node, path: Path = ()) -> list[tuple[Path, Node]]:
    """Returns every node with its path."""
    found = [(path, node)]
    if isinstance(node.value, Mapping):
        for key, child in node.value.items():
            found += walk(child, (*path, key))
    elif node.value is not None and not isinstance(node.value, str):
        for index, child in enumerate(node.value):
            found += walk(child, (*path, index))
    return found


def sentence(details: ErrorDetails | Mapping[str, Any]) -> str:
    """Returns what is allowed, in our words."""
    kind, context = details["type"], details.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in {"enum", "literal_error"}:
        return f"allowed: {context['expected'].replace(chr(39), '')}"
    for limit, word in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if kind in {"greater_than_equal", "greater_than", "less_than_equal", "less_than"} and limit in context:
            return f"it must be {word} {context[limit]}"
    if kind.startswith("time_delta"):
        return "write a duration such as 15s, 5m, 2h or 1d"
    return re.sub(r"^(Value|Assertion) error, ", "", str(details["msg"]))
