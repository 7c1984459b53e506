"""The operations that are here: whatever file of this folder has an OPERATION. Nothing is listed by hand."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import bot.operations
from bot.declarations import declared
from bot.operations.declaration import Operation

KIND = "deed"  # the key of a stored plan that names its operation; as it was first written, so old offers are read


@cache
def _found() -> tuple[Operation[Any, Any], ...]:
    return declared(bot.operations, "OPERATION", Operation)


def operations() -> dict[str, Operation[Any, Any]]:
    """Returns every operation by its name."""
    return {operation.name: operation for operation in _found()}


def packed(operation: Operation[Any, Any], plan: Any) -> dict[str, Any]:
    """Returns a plan as the store keeps it, with its operation's name."""
    return {KIND: operation.name, **operation.pack(plan)}


def unpacked(payload: Mapping[str, Any]) -> tuple[Operation[Any, Any], Any] | None:
    """Returns the operation and its plan from the store's tree; None where this version does not understand it."""
    operation = operations().get(str(payload.get(KIND)))
    if operation is None:
        return None
    try:
        return operation, operation.unpack({name: value for name, value in payload.items() if name != KIND})
    except (KeyError, TypeError, ValueError):
        return None
