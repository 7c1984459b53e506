"""Durations for models that are written elsewhere: their plain `timedelta` is written `5m` too."""

from datetime import timedelta
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.text.durations import parse_duration

_NO_DURATION = object()


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
