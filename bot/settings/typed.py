"""Models that are written elsewhere, of a vendor or a watch: `5m` for a `timedelta`, and every mistake at once."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import timedelta
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from bot.settings.messages import MistakeCollector, sentence
from bot.settings.problems import nearest
from bot.settings.shapes import table_of
from bot.settings.tree import UNSET, Path
from bot.text.durations import parse_duration

Model = TypeVar("Model", bound=BaseModel)

_NO_DURATION = object()


def read_own(
    model: type[Model],
    own: dict[str, Any],
    path: Path,
    mistakes: MistakeCollector,
    common: Sequence[str],
    *,
    contradicted: bool = False,
) -> Model | None:
    """Returns the model; None where it is wrong, and then every mistake is told, those of several keys together too.

    `common` are keys there that another model takes. `contradicted`: what several come to is told already.
    """
    try:
        return model.model_validate(timed(model, own))
    except ValidationError as error:
        whole = _whole(error)
        wrong = {str(one["loc"][0]) for one in error.errors(include_url=False, include_input=False) if one["loc"]}
        if not whole:
            mistakes.errors(error, path, common)
    if not whole:  # pydantic asks for what several keys must be together only where each of them is right
        try:
            model.model_validate(timed(model, as_meant(own, table_of(model).fields, leave_out=wrong)))
        except ValidationError as error:
            whole = _whole(error)
    doubtful = {*wrong, *(key for key in table_of(model).fields if _is_unset((*path, key), mistakes))}
    for said in whole if not contradicted else ():
        if doubtful.isdisjoint(re.findall(r"\w+", said)):
            mistakes.wrong(path, "", mistakes.clean(said))
    return None


def as_meant(own: Mapping[str, Any], known: Mapping[str, Any], leave_out: set[str] | None = None) -> dict[str, Any]:
    """Returns the keys as they were probably meant: a misspelt one, which is told elsewhere, under its nearest name."""
    left_out = leave_out or set()
    found = {key: value for key, value in own.items() if key in known and key not in left_out}
    for key, value in own.items():
        meant = nearest(key, known) if key not in known else None
        if meant is not None and meant not in own:
            found.setdefault(meant, value)
    return found


def misspelt(
    keys: Iterable[str], known: Container[str], common: Iterable[str], path: Path, mistakes: MistakeCollector
) -> None:
    """Tells which keys are misspelt common ones, where the vendor or watch is not here: its own are anybody's guess."""
    names = list(common)
    for key in keys:
        if key not in known and nearest(key, names):
            mistakes.unknown((*path, key), names)


def _whole(error: ValidationError) -> list[str]:
    """What is wrong with several keys together."""
    return [sentence(one) for one in error.errors(include_url=False, include_input=False) if one["loc"] == ()]


def _is_unset(path: Path, mistakes: MistakeCollector) -> bool:
    node = mistakes.node(path)
    return node is not None and node.hidden == UNSET


def timed(model: type[BaseModel], values: dict[str, Any]) -> dict[str, Any]:
    """Returns the values, durations parsed where the model has a `timedelta` and no reader of its own for it.

    What is no duration is handed on as nothing that the model could take, so that it says so: left as a text, pydantic
    would read its own ways of writing one.
    """
    own = {name for entry in model.__pydantic_decorators__.field_validators.values() for name in entry.info.fields}
    result = dict(values)
    for name, info in model.model_fields.items():
        key = info.alias or name
        if key in values and name not in own and _is_duration(info):
            result[key] = _parsed(values[key])
    return result


def _is_duration(info: FieldInfo) -> bool:
    plain = not any(
        type(one).__name__ in {"BeforeValidator", "PlainValidator", "WrapValidator"} for one in info.metadata
    )
    return plain and _holds(info.annotation)


def _holds(annotation: Any) -> bool:
    if annotation is timedelta:
        return True
    if get_origin(annotation) in {Union, UnionType, list, tuple}:
        return any(_holds(arg) for arg in get_args(annotation))
    return False


def _parsed(value: Any) -> Any:
    if isinstance(value, list):
        return [_parsed(one) for one in value]
    try:
        return parse_duration(value)
    except ValueError:
        return None if value is None else _NO_DURATION
