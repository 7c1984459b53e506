"""JSON-RPC 2.0: one message out of a body that anybody may have sent, and its answer. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

MAX_DEPTH_LEVELS = 50

RpcId = str | int


class RpcCode(IntEnum):
    """The code of an error, as JSON-RPC 2.0 and MCP number them."""

    PARSE = -32700
    INVALID_REQUEST = -32600
    NO_METHOD = -32601
    INVALID_PARAMS = -32602
    INTERNAL = -32603
    HEADER_MISMATCH = -32020
    UNSUPPORTED_VERSION = -32022


class RpcError(Exception):
    """A message that is not carried out; `str()` is one sentence for who sent it, `data` what a program may read."""

    def __init__(self, code: RpcCode, sentence: str, data: Any = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.data = data

    def answer(self, message_id: RpcId | None = None) -> dict[str, Any]:
        """Returns the answer that tells it; None: the id could not be read."""
        error = {"code": int(self.code), "message": str(self)}
        return {
            "jsonrpc": "2.0",
            "id": message_id,
            "error": error if self.data is None else {**error, "data": self.data},
        }


@dataclass(frozen=True, slots=True)
class RpcMessage:
    """A request, or a notification, which has no `id` and gets no answer."""

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    id: RpcId | None = None


def parse(body: bytes) -> Any:
    """Returns the JSON of a body. Raises `RpcError` for what is none, or is nested too deep."""
    try:
        tree = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RpcError(RpcCode.PARSE, "This is no JSON in UTF-8.") from error
    if _depth(tree) > MAX_DEPTH_LEVELS:
        raise RpcError(RpcCode.INVALID_REQUEST, f"It is nested deeper than {MAX_DEPTH_LEVELS} levels.")
    return tree


def id_of(tree: Any) -> RpcId | None:
    """Returns the id of a message, as far as it has one."""
    found = tree.get("id") if isinstance(tree, dict) else None
    return found if isinstance(found, str | int) and not isinstance(found, bool) else None


def message_of(tree: Any) -> RpcMessage | None:
    """Returns the message; None for an answer, as to nothing that we asked. Raises `RpcError`."""
    if isinstance(tree, list):
        raise RpcError(RpcCode.INVALID_REQUEST, "Batches are not taken: send one message a request.")
    if not isinstance(tree, dict) or tree.get("jsonrpc") != "2.0":
        raise RpcError(RpcCode.INVALID_REQUEST, "One JSON-RPC 2.0 message is expected.")
    if "method" not in tree and ("result" in tree or "error" in tree):
        return None
    if not isinstance(tree.get("method"), str):
        raise RpcError(RpcCode.INVALID_REQUEST, "method is a text.")
    if "id" in tree and id_of(tree) is None:
        raise RpcError(RpcCode.INVALID_REQUEST, "id is a text or a whole number.")
    params = tree.get("params", {})
    if not isinstance(params, dict):
        raise RpcError(RpcCode.INVALID_PARAMS, "params is an object.")
    return RpcMessage(tree["method"], params, id_of(tree))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _depth(tree: Any) -> int:
    """Returns how deep it is nested, without recursion."""
    deepest, left = 0, [(tree, 1)]
    while left:
        one, depth = left.pop()
        deepest = max(deepest, depth)
        if isinstance(one, dict | list):
            left += [(value, depth + 1) for value in (one.values() if isinstance(one, dict) else one)]
    return deepest
