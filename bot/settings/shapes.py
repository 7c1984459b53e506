"""The shapes of the configuration, read off the types: for the environment's names, for unknown keys, for secrets."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr

from bot.settings.tree import Path
from bot.settings.values import Name


@dataclass(frozen=True, slots=True)
class ScalarShape:
    """The shape of one value. `address`: of a secret, that it is an address and no key, token or password."""

    secret: bool = False
    address: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class ListShape:
    """The shape of a list; no environment variable names its items. `each` are those of a shape of their own."""

    item: "Shape"
    each: Mapping[int, "Shape"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MapShape:
    """The shape of a map: known keys, and where `open` is set any other. `coined` is how a new key is written."""

    fields: Mapping[str, "Shape"] = field(default_factory=dict)
    open: "Shape | None" = None
    coined: Literal["name", "id"] = "name"

    def under(self, key: str) -> "Shape | None":
        """Returns the shape below a key; None where there is no such key."""
        return self.fields.get(key, self.open)


Shape = ScalarShape | ListShape | MapShape


@cache
def table_of(model: type[BaseModel]) -> MapShape:
    """Returns the keys of a model, as they are written."""
    fields = {}
    for name, info in model.model_fields.items():
        shape = shape_of(info.annotation)
        # What does not show in a repr is a secret too: an address that is its own password.
        fields[info.alias or name] = (
            ScalarShape(secret=True, address=True) if isinstance(shape, ScalarShape) and not info.repr else shape
        )
    return MapShape(fields)


def shape_of(annotation: Any) -> Shape:
    """Returns the shape that a type is written in."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(args[0])
    if origin in {Union, UnionType}:
        shapes = [shape_of(arg) for arg in args if arg is not type(None)]
        structured = [shape for shape in shapes if not isinstance(shape, ScalarShape)]
        return structured[0] if structured else ScalarShape(any(shape == ScalarShape(secret=True) for shape in shapes))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return table_of(annotation)
    if origin is dict or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _dict(*args)
    if origin in {list, tuple, set, frozenset} or (isinstance(origin, type) and issubclass(origin, Sequence)):
        return ListShape(shape_of(args[0]))
    return ScalarShape(secret=isinstance(annotation, type) and issubclass(annotation, SecretStr))


def _dict(key: Any, value: Any) -> MapShape:
    if key == Name:
        return MapShape(open=shape_of(value), coined="name")
    while get_origin(key) is Annotated:
        key = get_args(key)[0]
    if get_origin(key) is Literal:
        return MapShape({str(word): shape_of(value) for word in get_args(key)})
    if isinstance(key, type) and issubclass(key, StrEnum):
        return MapShape({word.value: shape_of(value) for word in key})
    return MapShape(open=shape_of(value), coined="id")


def shape_at(shape: Shape | None, path: Path) -> Shape | None:
    """Returns the shape at a path; None where nothing may stand."""
    for step in path:
        if isinstance(shape, ListShape) and isinstance(step, int):
            shape = shape.each.get(step, shape.item)
        elif isinstance(shape, MapShape) and isinstance(step, str):
            shape = shape.under(step)
        else:
            return None
    return shape


def named(key: str) -> str:
    """Returns a key as a part of an environment variable's name."""
    return key.upper().replace("-", "_")


def find(shape: Shape, rest: str, existing: Mapping[Path, Sequence[str]], path: Path = ()) -> tuple[Path, Shape] | None:
    """Returns the key that the rest of a variable name means, and what may stand there; None where it means none.

    `existing` are keys that are known to stand in an open map, by its path.
    """
    if not isinstance(shape, MapShape):
        return None
    keys = [*shape.fields, *(existing.get(path, ()) if shape.open is not None else ())]
    for key in sorted(keys, key=len, reverse=True):
        under = shape.under(key)
        if under is None:
            continue
        if rest == named(key):
            return (*path, key), under
        if rest.startswith(f"{named(key)}__"):
            found = find(under, rest.removeprefix(f"{named(key)}__"), existing, (*path, key))
            if found is not None:
                return found
    if shape.open is None:
        return None
    head, _, tail = rest.partition("__")
    key = head.lower().replace("_", "-") if shape.coined == "name" else head
    if not key:
        return None
    return find(shape.open, tail, existing, (*path, key)) if tail else ((*path, key), shape.open)


def variables(shape: Shape, existing: Mapping[Path, Sequence[str]], path: Path = ()) -> Iterator[str]:
    """Yields the names of all environment variables that mean a key, without the prefix."""
    if path:
        yield "__".join(named(str(step)) for step in path)
    if isinstance(shape, MapShape):
        keys = [*shape.fields, *(existing.get(path, ()) if shape.open is not None else ())]
        for key in dict.fromkeys(keys):
            under = shape.under(key)
            if under is not None:
                yield from variables(under, existing, (*path, key))
