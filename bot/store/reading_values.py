"""Encodes the values of each kind, and decodes them out of what changed. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.alerts.kinds import Kind, KindDefinition
from bot.store.codec import Codec
from bot.store.deltas import ITEMS, Tree, patch


@dataclass(frozen=True, slots=True)
class Shape:
    """The codecs of one kind. `row` is for the rows of a list; None where there are none."""

    whole: Codec[Any]
    row: Codec[Any] | None


def _shape(definition: KindDefinition) -> Shape:
    return Shape(Codec(definition.value), None if definition.row is None else Codec(definition.row))


SHAPES: Mapping[Kind, Shape] = {kind: _shape(kind.definition) for kind in Kind}


def steadied(kind: Kind, before: Any, now: Any) -> Any:
    """Returns the new value with mere jitter put back to what it was; `before` None: there was none."""
    steady = kind.definition.steadied
    return now if steady is None or before is None else steady(before, now)


class Unfolding:
    """Decodes values from a whole one and what changed since; what did not change is shared between them."""

    def __init__(self, kind: Kind) -> None:
        self._shape = SHAPES[kind]
        self._tree: Tree | None = None
        self._rows: dict[int, Any] = {}  # by the identity of the row's tree, which self._tree keeps alive
        self.value: Any = None

    @property
    def known(self) -> bool:
        """Returns whether a whole one was seen yet."""
        return self._tree is not None

    def whole(self, tree: Tree) -> Any:
        """Returns the value of a whole tree, from which to go on."""
        self._rows = {}
        return self._become(tree)

    def change(self, delta: Tree) -> Any:
        """Returns the value after a delta to the last one."""
        return self._become(patch(self._tree or {}, delta))

    def _become(self, tree: Tree) -> Any:
        self._tree = tree
        row = self._shape.row
        if row is None:
            self.value = self._shape.whole.value(tree)
            return self.value
        trees = tree.get(ITEMS, [])
        old = self._rows
        self._rows = {id(t): old[id(t)] if id(t) in old else row.value(t) for t in trees}
        frame = {field: value for field, value in tree.items() if field != ITEMS}
        self.value = replace(self._shape.whole.value(frame), items=tuple(self._rows[id(t)] for t in trees))
        return self.value
