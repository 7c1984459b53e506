"""Every regular expression of the house, and the texts that take such a one longest. It times nothing itself."""

import ast
import importlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]  # the tree of a pattern, which nothing public gives
from typing import Any

ROOT = Path(__file__).parent.parent.parent
FUNCTIONS = frozenset({"compile", "match", "search", "fullmatch", "sub", "findall", "finditer", "split"})
METHODS = FUNCTIONS - {"compile"}
LEFT_OUT = ("bot/demo", "simulation", "sandbox")  # what no vendor's answer reaches
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
ALPHABET = " 1aA.,-(<\n_/'\"é:+"


@dataclass(frozen=True)
class Used:
    """A pattern, where it stands, and how it is asked. `pattern` is None where it is put together as it is needed."""

    where: str
    pattern: re.Pattern[str] | None
    methods: tuple[str, ...]


def patterns() -> Iterator[Used]:
    """All of them."""
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]):
        name = path.relative_to(ROOT).as_posix()
        if any(part in name for part in LEFT_OUT):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(node, ast.Import) and any(a.name == "re" for a in node.names) for node in ast.walk(tree)):
            module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
            yield from _patterns(name, tree, vars(module))


def _patterns(name: str, tree: ast.Module, known: dict[str, Any]) -> Iterator[Used]:
    names = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS):
            continue
        if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
            continue
        methods: Sequence[str] = [node.func.attr]
        where = f"{name}: {ast.unparse(node.args[0])[:60]}"
        if node.func.attr == "compile":
            target = names.get(id(node))
            where = f"{name}: {target.id}" if isinstance(target, ast.Name) else where
            methods = _asked(tree, target.id) if isinstance(target, ast.Name) else sorted(METHODS)
        yield Used(where, _evaluated(node, known), tuple(methods))


def _evaluated(call: ast.Call, known: dict[str, Any]) -> re.Pattern[str] | None:
    given = [keyword.value for keyword in call.keywords if keyword.arg == "flags"]
    if isinstance(call.func, ast.Attribute) and call.func.attr != "sub":
        place = 1 if call.func.attr == "compile" else 2
        given += call.args[place : place + 1] if call.func.attr != "split" else []
    try:
        text, *flags = (eval(ast.unparse(part), dict(known)) for part in [call.args[0], *given])
    except NameError:
        return None
    return re.compile(text, *flags)


def _asked(tree: ast.Module, name: str) -> list[str]:
    """By which methods a pattern of this name is asked here; all, where that cannot be seen."""
    found = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    return sorted(found & METHODS) or sorted(METHODS)


def attacks(pattern: re.Pattern[str]) -> set[tuple[str, str, str]]:
    """Texts as (beginning, what is repeated, end): each repetition filled, and each beginning of it begun anew."""
    tree = list(parser.parse(pattern.pattern, pattern.flags))
    found = {(before, pump) for before, pump in _pumps(tree, "") if pump}
    found |= {("", pump) for pick in range(3) for stop in range(len(tree)) if (pump := _text(tree[: stop + 1], pick))}
    return {(before, pump, end) for before, pump in found for end in ("", "\x00", "!\n")}


def _pumps(tree: Sequence[tuple[Any, Any]], before: str) -> Iterator[tuple[str, str]]:
    for place, (kind, value) in enumerate(tree):
        here = before + _text(tree[:place], 0)
        for inner in _inner(str(kind), value):
            yield from _pumps(list(inner), here)
        if str(kind) in REPEATS and int(value[1]) > 20:
            bodies = {_text(list(value[2]), pick) for pick in range(6)}
            after = {_text(tree[place + 1 :][:1], pick) for pick in range(3)}
            yield from ((here, body) for body in bodies)
            yield from ((here, body + more) for body in bodies for more in after)


def _inner(kind: str, value: Any) -> list[Any]:
    match kind:
        case "BRANCH":
            return list(value[1])
        case "SUBPATTERN":
            return [value[3]]
        case "ASSERT" | "ASSERT_NOT":
            return [value[1]]
        case "ATOMIC_GROUP":
            return [value]
        case _:
            return [value[2]] if kind in REPEATS else []


def _text(tree: Sequence[tuple[Any, Any]], pick: int) -> str:
    """A text that nearly fits; another `pick` chooses other characters and branches."""
    return "".join(_piece(str(kind), value, pick) for kind, value in tree)


def _piece(kind: str, value: Any, pick: int) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL" | "ANY":
            return "x" if value != ord("x") else "y"
        case "IN":
            signs = list(dict.fromkeys(_signs(value)))
            return signs[pick % len(signs)] if signs else ""
        case "BRANCH":
            return _text(list(value[1][pick % len(value[1])]), pick)
        case "SUBPATTERN":
            return _text(list(value[3]), pick)
        case "ATOMIC_GROUP":
            return _text(list(value), pick)
        case _ if kind in REPEATS:
            return _text(list(value[2]), pick) * max(int(value[0]), min(int(value[1]), 1))
        case _:
            return ""


def _signs(members: Sequence[tuple[Any, Any]]) -> Iterator[str]:
    if str(members[0][0]) == "NEGATE":
        taken = set(_signs(members[1:]))
        yield from (sign for sign in ALPHABET if sign not in taken)
        return
    for kind, value in members:
        match str(kind):
            case "LITERAL":
                yield chr(value)
            case "RANGE":
                yield from (chr(value[0]), chr(value[1]))
            case _:
                name = str(value)
                yield from (sign for sign in ALPHABET if _in_category(name, sign))


def _in_category(name: str, sign: str) -> bool:
    fits = {"DIGIT": sign.isdigit(), "SPACE": sign.isspace(), "WORD": sign.isalnum() or sign == "_"}
    found = next(told for category, told in fits.items() if category in name)
    return not found if "NOT" in name else found
