"""`${NAME}` and `${NAME:-default}`: set aside before the YAML is read, put in value by value afterwards.

What is put in is never parsed as YAML again, so nothing that a variable holds can change the structure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_OPEN, _CLOSE = "\ue000", "\ue001"  # private-use characters: inert in YAML wherever a letter may stand
_TOKEN = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NEXT = re.compile(rf"\$\$\{{|\$\{{|[{_OPEN}{_CLOSE}]")


@dataclass(frozen=True, slots=True)
class Reference:
    """One `${…}`. `name` None: what stands there cannot be read."""

    name: str | None
    default: tuple["Part", ...] | None = None


Part = str | Reference


@dataclass(frozen=True, slots=True)
class Filled:
    """A value with its variables put in. `names` were asked for, `missing` are those that are not set."""

    text: str
    names: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unreadable: bool = False


def take_references(text: str) -> tuple[str, list[Part]]:
    """Returns the text with a token for each `${…}`, and what the tokens stand for. Lines stay where they are."""
    kept: list[Part] = []
    out: list[str] = []
    at = 0
    while match := _NEXT.search(text, at):
        out.append(text[at : match.start()])
        part, at = _part(text, match)
        out.append(f"{_OPEN}{len(kept)}{_CLOSE}")
        kept.append(part)
    out.append(text[at:])
    return "".join(out), kept


def _part(text: str, match: re.Match[str]) -> tuple[Part, int]:
    if match.group() == "$${":  # its closing brace too, which would end a map that stands around it
        reference, end = _reference(text, match.end())
        return ("${", match.end()) if reference.name is None else (f"${{{text[match.end() : end]}", end)
    if match.group() != "${":
        return match.group(), match.end()
    reference, end = _reference(text, match.end())
    return reference, end


def _reference(text: str, start: int) -> tuple[Reference, int]:
    """Returns what follows a `${`, and where it ends; where it cannot be read, the `${` alone is taken."""
    unreadable = Reference(None), start
    name = _NAME.match(text, start)
    if name is None:
        return unreadable
    if text.startswith("}", name.end()):
        return Reference(name.group()), name.end() + 1
    if not text.startswith(":-", name.end()):
        return unreadable
    default: list[Part] = []
    at = name.end() + 2
    while True:
        stop = re.compile(r"\$\$\{|\$\{|\}|\n|\Z").search(text, at)
        if stop is None or stop.group() in {"\n", ""}:
            return unreadable
        default.append(text[at : stop.start()])
        if stop.group() == "}":
            return Reference(name.group(), tuple(part for part in default if part != "")), stop.end()
        part, at = _part(text, stop)
        default.append(part)


def holds_token(text: str) -> bool:
    """Returns whether a `${…}` was set aside in this text."""
    return _TOKEN.search(text) is not None


def fill(text: str, kept: list[Part], environ: Mapping[str, str]) -> Filled:
    """Returns one value with its variables put in."""
    parts: list[Part] = []
    at = 0
    for match in _TOKEN.finditer(text):
        parts += [text[at : match.start()], kept[int(match[1])]]
        at = match.end()
    return _fill([*parts, text[at:]], environ)


def _fill(parts: list[Part], environ: Mapping[str, str]) -> Filled:
    out: list[str] = []
    names: list[str] = []
    missing: list[str] = []
    unreadable = False
    for part in parts:
        if isinstance(part, str):
            out.append(part)
            continue
        if part.name is None:
            unreadable = True
            continue
        names.append(part.name)
        value = environ.get(part.name)
        if part.default is not None and not value:  # as in a shell: unset or empty
            inner = _fill(list(part.default), environ)
            out.append(inner.text)
            names += inner.names
            missing += inner.missing
            unreadable = unreadable or inner.unreadable
        elif value is None:
            missing.append(part.name)
        else:
            out.append(value)
    return Filled("".join(out), tuple(names), tuple(missing), unreadable)
