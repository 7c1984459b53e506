"""Encodes our frozen data for the store and back. Never asks the store itself."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

# What the packed texts are full of. It is part of the format: another one needs another schema version.
WORDS = (
    b'"credit":{"amount":"},"plan":"prepaid","money":{"amount":"0.00","currency":"USD"}'
    b'"ref":"","name":"","waiting":[{"call_id":"","caller":"+380","waiting":"PT0S","approx":true},"free_agents":1,'
    b'"members":["1001","1002"]}"number":"380","status":"disabled","status":"spam","status":"active","raw_status":"'
    b'"reason":"lunch","user_id":"","group":"Team-1","name":"","state":"ringing","state":"dialing","state":"on_hold"'
    b'"state":"wrap_up","state":"not_ready","state":"logged_out","state":"offline","state":"unknown"'
    b'"since_means":"last_call","peer":"380","raw_state":"ONHOLD","raw_state":"UNAVAILABLE","raw_state":"NOT_INUSE"'
    b'"raw_state":"INUSE","since":"2026-11-21T12:00:00Z"},{"extension":"10","state":"available","raw_state":"'
    b'"state":"on_call","raw_state":"","since":"2026-11-21T0{"items":[{"c":[[1,{"state":"available","raw_state":"'
)


def micros(moment: datetime) -> int:
    """Returns an aware time as whole microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment(value: bytes | str | int) -> datetime:
    """Returns the time of so many microseconds since 1970, in UTC."""
    return EPOCH + int(value) * MICROSECOND


def millis(span: timedelta) -> int:
    """Returns a span in whole milliseconds, at least one."""
    return max(1, span // timedelta(milliseconds=1))


def dump(tree: Any) -> bytes:
    """Returns a JSON tree as UTF-8 text. Half a surrogate pair, which vendors do send, survives."""
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def parse(text: bytes) -> Any:
    """Parses what `dump` wrote."""
    return json.loads(text.decode("utf-8", "surrogatepass"))


def pack(tree: Any) -> bytes:
    """Returns a JSON tree, compressed."""
    squeezer = zlib.compressobj(level=6, wbits=-15, zdict=WORDS)
    return squeezer.compress(dump(tree)) + squeezer.flush()


def unpack(blob: bytes) -> Any:
    """Parses what `pack` wrote."""
    return parse(zlib.decompressobj(wbits=-15, zdict=WORDS).decompress(blob))


class Codec(Generic[T]):
    """A codec turns one of our types into a JSON tree or text and back; what equals its default is left out."""

    def __init__(self, of: Any) -> None:
        self._adapter: TypeAdapter[T] = TypeAdapter(of)

    def tree(self, value: T) -> Any:
        """Returns the value as a JSON tree."""
        return self._adapter.dump_python(value, mode="json", exclude_defaults=True, by_alias=True)

    def value(self, tree: Any) -> T:
        """Returns the value of a JSON tree; raises `pydantic.ValidationError` where it is not of the type."""
        return self._adapter.validate_python(tree)

    def encode(self, value: T) -> bytes:
        """Returns the value as JSON text."""
        return dump(self.tree(value))

    def decode(self, text: bytes) -> T:
        """Returns the value of JSON text; raises as `value` does, and `ValueError` where it is no JSON."""
        return self.value(parse(text))
