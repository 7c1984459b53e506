"""Reads JSON as vendors write it: comments, lost and doubled commas. Never accepts what was cut off."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

MAX_LEVELS = 64
_MAX_NUMBER_CHARACTERS = 60
_MOST_TOKENS = 400_000  # a repair is slow, and a damaged answer of this size is no accident
_MAX_DIGITS = 400  # digits before or after the point: written out, more would be a bomb
_MOST_GROUPS = 250_000  # lists and objects, and
_MOST_VALUES = 600_000  # values, of which a small text may hold so many that they fill the memory
_NAN = float("nan")  # stands for a number that none of our fields may take


class Damage(StrEnum):
    """The reason why a text is no JSON or XML value."""

    EMPTY = "empty"
    HTML = "html"
    CUT_OFF = "cut off"
    TOO_DEEP = "too deep"
    TOO_MUCH = "too many values"
    PLAIN = "plain"  # words, not data
    OTHER = "other"


class UnreadableError(ValueError):
    """The text is no JSON value, not even a damaged one."""

    def __init__(self, damage: Damage) -> None:
        super().__init__(f"no JSON: {damage}")
        self.damage = damage


@dataclass(frozen=True, slots=True)
class Json:
    """A value, and whether its text had to be repaired. Numbers with a point are `Decimal`."""

    value: Any
    repaired: bool


_SKIP = r"(?P<skip>[\s\x00-\x1f\ufeff\xa0]+|//[^\n]*|/\*.*?\*/|\.{2,}|…)"
_REST = (
    r"|(?P<comma>,[\s,]*)|(?P<mark>[\[\]{}:])"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.+-]))"
    r"|(?P<word>true|false|null)(?!\w)"
)
_STRAIGHT = (
    r'|(?P<string>"[^"\\\r\n]*(?:\\.[^"\\\r\n]*)*")'
    r'|(?P<lone>"(?=[ \t]*[\r\n]))'
    r'|(?P<long>"[^"\\]*(?:\\.[^"\\]*)*")'
)
_CURLY = r'|(?P<string>["“”][^"“”\\\r\n]*(?:\\.[^"“”\\\r\n]*)*["“”])|(?P<lone>["“”](?=[ \t]*[\r\n]))'
_TOKEN = re.compile(_SKIP + _STRAIGHT + _REST, re.DOTALL)
_CURLY_TOKEN = re.compile(_SKIP + _CURLY + _REST, re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None}
_PHP_NOISE = re.compile(r"(php )?(fatal error|parse error|warning|notice|deprecated)\s*:", re.IGNORECASE)


def _decimal(text: str) -> Decimal | float:
    if len(text) > _MAX_NUMBER_CHARACTERS:
        return _NAN
    try:
        number = Decimal(text)
    except InvalidOperation:
        return _NAN
    return number if abs(number.adjusted()) < _MAX_DIGITS else _NAN


def _int(text: str) -> int | float:
    return int(text) if len(text) <= _MAX_NUMBER_CHARACTERS else _NAN


def read_json(text: str, *, curly: bool = False) -> Json:
    """Returns the one value in `text`; raises `UnreadableError`. With `curly`, “ and ” end a string too.

    Strict JSON first. Else commas are optional, `//` and `/* */` comments, runs of dots and a lone quote at a line's
    end are dropped, and after the value stray commas and closing brackets may follow. A text that ends inside a value
    is refused, and so is anything deeper than 64 or of more values than any answer has.
    """
    text = text.lstrip("\ufeff \t\r\n").rstrip()
    if not text.strip("\x00"):
        raise UnreadableError(Damage.EMPTY)
    if text.startswith("<"):
        raise UnreadableError(Damage.HTML)
    if text.count("[") + text.count("{") > _MOST_GROUPS or text.count(",") > _MOST_VALUES:
        raise UnreadableError(Damage.TOO_MUCH)
    for strict in (True, False):
        try:
            value = json.loads(text, strict=strict, parse_float=_decimal, parse_int=_int)
        except RecursionError:
            raise UnreadableError(Damage.TOO_DEEP) from None
        except ValueError:
            continue
        _check_depth(value)
        return Json(value, repaired=not strict)
    return Json(_Repair(text, curly=curly).read(), repaired=True)


def _check_depth(value: Any) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_LEVELS:
            raise UnreadableError(Damage.TOO_DEEP)
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(v for v in item.values() if isinstance(v, dict | list))
            elif isinstance(item, list):
                inner.extend(v for v in item if isinstance(v, dict | list))
        level = inner


class _Repair:
    """Recursive descent over tokens in which commas are optional."""

    def __init__(self, text: str, *, curly: bool) -> None:
        self._text = text
        self._at = 0
        self._tokens = 0
        self._pattern = _CURLY_TOKEN if curly else _TOKEN

    def read(self) -> Any:
        token = self._next()
        if token and token[0] not in {"mark", "string", "long", "number", "word"}:
            token = None
        if token is None or token[1] in {"]", "}", ":"}:
            raise UnreadableError(self._unlike_json())
        value = self._value(token, 1)
        while rest := self._next():
            if rest[0] != "comma" and rest[1] not in {"]", "}"}:
                raise UnreadableError(Damage.OTHER)
        return value

    def _unlike_json(self) -> Damage:
        printable = sum(c.isprintable() or c.isspace() for c in self._text[:2000])
        words = printable >= min(len(self._text), 2000) * 0.95 and "\ufffd" not in self._text
        if self._text[0] in "[{" or len(self._text) > 1000 or _PHP_NOISE.match(self._text) or not words:
            return Damage.OTHER
        return Damage.PLAIN

    def _next(self) -> tuple[str, str] | None:
        """Returns the next token as (kind, text); None at the end."""
        while self._at < len(self._text):
            self._tokens += 1
            found = self._pattern.match(self._text, self._at)
            if not found and self._at and self._text[self._at] == '"':
                raise UnreadableError(Damage.CUT_OFF)  # a string that never ends
            if not found or found.lastgroup is None or self._tokens > _MOST_TOKENS:
                raise UnreadableError(self._unlike_json())
            self._at = found.end()
            if found.lastgroup not in {"skip", "lone"}:
                return found.lastgroup, found[0]
        return None

    def _inside(self) -> tuple[str, str]:
        """Returns the next token of a value that has begun."""
        token = self._next()
        if token is None:
            raise UnreadableError(Damage.CUT_OFF)
        return token

    def _value(self, token: tuple[str, str], depth: int) -> Any:
        kind, text = token
        if depth > MAX_LEVELS and text in {"[", "{"}:
            raise UnreadableError(Damage.TOO_DEEP)
        if text == "{":
            return self._object(depth)
        if text == "[":
            return self._array(depth)
        if kind in {"string", "long"}:
            return self._string(text)
        if kind == "number":
            return _decimal(text) if any(c in text for c in ".eE") else _int(text)
        if kind == "word":
            return _WORDS[text]
        raise UnreadableError(Damage.OTHER)

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while (token := self._inside())[1] != "]":
            if token[0] != "comma":
                items.append(self._value(token, depth + 1))
        return items

    def _object(self, depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while (token := self._inside())[1] != "}":
            if token[0] == "comma":
                continue
            if token[0] not in {"string", "long"} or self._inside()[1] != ":":
                raise UnreadableError(Damage.OTHER)
            members[self._string(token[1])] = self._value(self._inside(), depth + 1)
        return members

    def _string(self, text: str) -> str:
        try:
            return str(json.loads(f'"{text[1:-1]}"', strict=False))
        except ValueError:
            raise UnreadableError(Damage.OTHER) from None
