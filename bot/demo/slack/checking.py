"""Collects what is wrong with blocks, each with a pointer, as Slack words it. It mends nothing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PayloadProblem:
    """One thing that Slack refuses, and where."""

    pointer: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


@dataclass(slots=True)
class Findings:
    """Collects problems while blocks are walked; `seen` are the ids that must be unique."""

    surface: str = "message"
    problems: list[PayloadProblem] = field(default_factory=list)
    block_ids: set[str] = field(default_factory=set)
    markdown: int = 0
    tables: int = 0
    charts: int = 0

    def bad(self, pointer: str, message: str, code: str = "failed_constraint") -> None:
        """Adds a problem."""
        self.problems.append(PayloadProblem(pointer, code, message))

    def keys(self, pointer: str, value: Json, allowed: Iterable[str], needed: Iterable[str] = ()) -> None:
        """Checks that there are only these properties, and at least those."""
        for key in value:
            if key not in allowed:
                self.bad(pointer, f"invalid additional property: {key}", "additional_property")
        for key in needed:
            if value.get(key) is None:
                self.bad(pointer, f"missing required field: {key}", "missing_field")

    def words(self, pointer: str, value: Any, most: int, least: int = 1) -> None:
        """Checks a string of so many characters."""
        if not isinstance(value, str):
            self.bad(pointer, "must be a string", "wrong_type")
        elif len(value) > most:
            self.bad(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.bad(pointer, f"must be more than {least - 1} characters")

    def optional_words(self, pointer: str, value: Json, key: str, most: int, least: int = 1) -> None:
        """Checks the same for a property that may be missing."""
        if value.get(key) is not None:
            self.words(f"{pointer}/{key}", value[key], most, least)

    def items(self, pointer: str, value: Any, most: int, least: int = 1) -> list[Any]:
        """Returns a list of so many items; [] where it is none, so that walking on is safe."""
        if not isinstance(value, list):
            self.bad(pointer, "must be an array", "wrong_type")
            return []
        if len(value) > most:
            self.bad(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            self.bad(pointer, f"no fewer than {least} items allowed")
        return value

    def text(self, pointer: str, value: Any, most: int, *, plain: bool = False) -> None:
        """Checks a text object."""
        if not isinstance(value, dict):
            self.bad(pointer, "must be an object", "wrong_type")
            return
        kinds = {"plain_text": ("type", "text", "emoji"), "mrkdwn": ("type", "text", "verbatim")}
        kind = value.get("type")
        if kind not in kinds or (plain and kind != "plain_text"):
            self.bad(f"{pointer}/type", f"unsupported type: {kind}", "unsupported_type")
            return
        self.keys(pointer, value, kinds[kind])
        self.words(f"{pointer}/text", value.get("text"), most)

    def optional_text(self, pointer: str, value: Json, key: str, most: int, *, plain: bool = True) -> None:
        """Checks the same for a property that may be missing."""
        if value.get(key) is not None:
            self.text(f"{pointer}/{key}", value[key], most, plain=plain)

    def flag(self, pointer: str, value: Json, key: str) -> None:
        """Checks a property that is true or false, and that may be missing."""
        if not isinstance(value.get(key, False), bool):
            self.bad(f"{pointer}/{key}", "must be a boolean", "wrong_type")

    def one_of(self, pointer: str, value: Any, allowed: Iterable[Any]) -> None:
        """Checks a value from a list."""
        if value not in tuple(allowed):
            self.bad(pointer, f"must be a valid enum value: {value!r}")
