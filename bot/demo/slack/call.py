"""One request to the Web API: its arguments, read as Slack reads them, and the pages of lists."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import BOT_USER, DemoChannel, Json, MethodRefused

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """A request to the Web API whose token was checked."""

    stage: Stage
    method: str
    args: Json

    def text(self, key: str, default: str = "") -> str:
        """Returns a string."""
        value = self.args.get(key)
        return default if value is None else str(value)

    def need(self, key: str) -> str:
        """Returns a string that must be there; raises `MethodRefused`."""
        value = self.text(key)
        if not value:
            raise invalid(f"missing required field: {key}")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Returns a boolean: true, 1, "true", "1"."""
        value = self.args.get(key)
        return default if value is None else str(value).lower() in {"1", "true"}

    def number(self, key: str, default: int, most: int) -> int:
        """Returns a whole number from 1 to `most`; raises `MethodRefused`."""
        value = self.text(key)
        if not value:
            return default
        if not value.isdigit() or not 1 <= int(value) <= most:
            raise MethodRefused("invalid_limit")
        return int(value)

    def json(self, key: str, error: str = "invalid_json") -> Any:
        """Returns an array or object, which a form carries as a string; raises `MethodRefused`."""
        value = self.args.get(key)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as problem:
            raise MethodRefused(error) from problem

    def channel(self, key: str = "channel") -> DemoChannel:
        """Returns a conversation by its id, if the app may know of it; raises `MethodRefused`."""
        found = self.stage.workspace.channels.get(self.need(key))
        if found is None or (found.kind == "private" and BOT_USER not in found.members):
            raise MethodRefused("channel_not_found")
        return found

    def page(self, items: Sequence[T], default: int = 100, most: int = 1000) -> tuple[Sequence[T], Json]:
        """Returns one page of a list by `cursor` and `limit`, and the metadata that leads to the next."""
        limit, start = self.number("limit", default, most), 0
        if cursor := self.text("cursor"):
            start = int(uncursor(cursor, "offset"))
        rest = start + limit
        following = cursor_of("offset", str(rest)) if rest < len(items) else ""
        return items[start:rest], {"next_cursor": following}

    def scope(self, *needed: str) -> None:
        """Raises `MethodRefused` where the app was granted none of these."""
        manifest = self.stage.manifest
        if manifest.lacks(needed):
            provided = ",".join(sorted(manifest.scopes or ()))
            raise MethodRefused("missing_scope", needed=needed[0], provided=provided)


def invalid(*messages: str) -> MethodRefused:
    """Returns the refusal of wrong arguments, in words."""
    return MethodRefused(
        "invalid_arguments", response_metadata={"messages": [f"[ERROR] {message}" for message in messages]}
    )


def cursor_of(kind: str, value: str) -> str:
    """Returns a cursor, opaque to who gets it."""
    return base64.b64encode(f"{kind}:{value}".encode()).decode()


def uncursor(cursor: str, kind: str) -> str:
    """Returns what a cursor of ours stands for; raises `MethodRefused`."""
    try:
        found, _, value = base64.b64decode(cursor, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise MethodRefused("invalid_cursor") from problem
    if found != kind or not value:
        raise MethodRefused("invalid_cursor")
    return value


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method: the function that answers it, its token, and its scopes (one of them is enough)."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    of: Literal["bot", "app"] = "bot"


HISTORY = {"channel": "channels:history", "private": "groups:history", "dm": "im:history"}
READ = {"channel": "channels:read", "private": "groups:read", "dm": "im:read"}
