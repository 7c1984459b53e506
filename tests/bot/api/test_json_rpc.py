"""Whatever a body holds, it is a message, an answer to nothing, or an error in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.api.json_rpc import MAX_DEPTH_LEVELS, RpcError, RpcMessage, message_of, parse

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error", "x"])
TREES = st.recursive(
    LEAVES | st.just("2.0"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
)


def read(body):
    """A message, None for an answer, or the answer that tells what is wrong."""
    try:
        return message_of(parse(body))
    except RpcError as error:
        return error.answer()


def sound(found):
    if isinstance(found, RpcMessage):
        return isinstance(found.method, str) and isinstance(found.params, dict)
    return found is None or (found["error"]["message"].endswith(".") and json.dumps(found, allow_nan=False))


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused(body):
    assert sound(read(body))


@given(TREES)
def test_json_is_read_or_refused(tree):
    assert sound(read(json.dumps(tree).encode()))


@given(st.text(max_size=20), st.integers() | st.text(max_size=5), st.dictionaries(st.text(max_size=3), LEAVES))
def test_a_message_comes_out_as_it_went_in(method, message_id, params):
    params = json.loads(json.dumps(params).replace("NaN", "0").replace("-Infinity", "0").replace("Infinity", "0"))
    tree = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}
    assert read(json.dumps(tree).encode()) == RpcMessage(method, params, message_id)


@pytest.mark.parametrize("more", [0, 1])
def test_it_is_read_to_its_greatest_depth_and_no_deeper(more):
    deep = "[" * (MAX_DEPTH_LEVELS - 2 + more) + "]" * (MAX_DEPTH_LEVELS - 2 + more)
    found = read(f'{{"jsonrpc":"2.0","method":"m","params":{{"a":{deep}}}}}'.encode())
    assert isinstance(found, dict) is bool(more)
