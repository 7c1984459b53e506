"""The answers of the API as JSON: times in UTC, enums by value, half characters escaped."""

import json
from typing import Any

from pydantic import TypeAdapter

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


def plain(answer: Any) -> Any:
    """Returns an answer of the model as what JSON is made of."""
    return _ANY.dump_python(answer, mode="json")


def body_of(tree: Any) -> bytes:
    """Returns the JSON, in ASCII: half a character that a vendor sent cannot break it."""
    return json.dumps(tree, separators=(",", ":"), allow_nan=False).encode("ascii")
