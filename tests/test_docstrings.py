"""Words in the code: constants carry their unit, and names and docstrings use the field's terms."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What a number counts, or by what it multiplies: one of these stands in the name of each numeric constant.
UNIT_WORDS = """
    SECONDS MINUTES HOUR HOURS DAYS MICROSECONDS HZ MB BYTES CHARACTERS CHARS DIGITS LINES LEVELS VERSION DOLLARS
    FACTOR FACTORS SHARE SPEEDS
    ACCOUNTS AGENTS BLOCKS BUTTONS CALLERS CALLS CHANGES CHARGES CHARTS POINTS CLAUSES COMMANDS CONFLICTS CONNECTIONS ELEMENTS
    ENTRIES EVENTS FIELDS FRAMES GROUPS MEMBERS NAMES NODES PAGES PARTS PLACES POLLS QUESTIONS RAISES RECORDS REQUESTS
    ROWS SAMPLES SLOTS SOCKETS STEPS STRETCHES SUBJECTS TASKS TOKENS TRIES USES VALUES VIEWS
"""
UNITS = frozenset(UNIT_WORDS.split())
# A file, a constant that is no quantity, and what it is.
NO_QUANTITY = {
    ("bot/alerts/automations.py", "WHOLE"): "the place of no action",
    ("bot/forecast/profile.py", "SATURDAY"): "a day of the week",
    ("bot/mqtt/broker.py", "_REFUSED"): "a code of the protocol",
    ("providers/iexpbx/sound.py", "_MARK"): "four bits",
    ("providers/sdk/lenient.py", "_LARGEST"): "a bound of whatever number is read",
    ("providers/sdk/simulation/audio.py", "LOUDNESS"): "an amplitude of samples, which have no unit",
    ("providers/sdk/simulation/people.py", "_AREAS"): "area codes",
    ("providers/voicenter/wire.py", "LOGIN"): "the vendor's code",
    ("providers/voicenter/wire.py", "LOGOUT"): "the vendor's code",
    ("providers/voipcloud/envelope.py", "UNKNOWN_ERROR"): "the vendor's code",
}

# Words that this house has used for what the field has a term for (the left column of its table of words), where
# they mean nothing else. `told`, `look` and `verdict` are left out: a card has a verdict, and people are told.
OLD = """
    bulletin courier deed deeds gist gists judge judged judging ledger ledgers moot nudge nudged purse rulebook sight
    spoilt wish wishes
"""
OLD_WORDS = frozenset(OLD.split())


def files() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "providers").rglob("*.py")]):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def is_number(value: ast.expr) -> bool:
    """Whether an expression is a number by itself, or numbers: `20`, `64 * 1024`, `(1, 2, 4)`, `4 * DATA_BYTES`."""
    match value:
        case ast.Constant():
            return type(value.value) in {int, float}
        case ast.UnaryOp():
            return is_number(value.operand)
        case ast.BinOp(left=left, right=right) if not any(map(is_timedelta, (left, right))):
            return is_number(left) or is_number(right)
        case ast.Tuple(elts=parts):
            return bool(parts) and all(map(is_number, parts))
    return False


def is_timedelta(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return is_timedelta(value.left) or is_timedelta(value.right)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "timedelta"


def numeric_constants(tree: ast.Module) -> Iterator[str]:
    """The names of a module's constants that are plain numbers."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            values = (
                value.elts if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) else [value] * len(names)
            )
            for name, one in zip(names, values, strict=True):
                if isinstance(name, ast.Name) and name.id.isupper() and one is not None and is_number(one):
                    yield name.id


def unitless(path: str, tree: ast.Module) -> list[str]:
    return [
        f"{path}: {name}"
        for name in numeric_constants(tree)
        if not UNITS & set(name.split("_")) and (path, name) not in NO_QUANTITY
    ]


def words_of(name: str) -> list[str]:
    """``_judgedAt``, ``JUDGED_AT`` and ``judged_at`` have the same words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def old_words(path: str, tree: ast.Module) -> list[str]:
    """The old words in a module's names and docstrings."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node) or ""
            found += [
                f"{path}: {word!r} in a docstring" for word in OLD_WORDS & set(re.findall(r"[a-z]+", text.lower()))
            ]
        name = next((getattr(node, key) for key in ("name", "arg", "id", "attr") if hasattr(node, key)), None)
        if isinstance(name, str) and OLD_WORDS & set(words_of(name)):
            found.append(f"{path}: {name}")
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("WITHIN = 30.0", ["x.py: WITHIN"]),
        ("_GRACE: Final = 2 * 60", ["x.py: _GRACE"]),
        ("LEAST, MOST_ROWS = 1, 20", ["x.py: LEAST"]),
        ("SIZES = (1, 2)", ["x.py: SIZES"]),
        ("WITHIN_SECONDS = 30.0", []),
        ("GRACE = timedelta(seconds=30)", []),
        ("LONGER = GRACE + timedelta(seconds=2)", []),
        ("NAME, TITLE = 'a', 'b'", []),
        ("local = 3", []),
    ],
)
def test_a_constant_without_its_unit_is_found(text: str, found: list[str]) -> None:
    assert unitless("x.py", ast.parse(text)) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('def f():\n    """How it is judged."""', ["x.py: 'judged' in a docstring"]),
        ("READ_LEDGER = 1", ["x.py: READ_LEDGER"]),
        ("class DeedKind: pass", ["x.py: DeedKind"]),
        ("def f(nudge): pass", ["x.py: nudge"]),
        ("a.wish = 1", ["x.py: wish"]),
        ("insight, indeed = 1, 2", []),
        ('KEY = "deed"', []),  # as it was first stored
    ],
)
def test_an_old_word_is_found(text: str, found: list[str]) -> None:
    assert old_words("x.py", ast.parse(text)) == found


def test_numeric_constants_carry_their_unit() -> None:
    assert [one for path, tree in files() for one in unitless(path, tree)] == []


def test_what_is_no_quantity_is_there() -> None:
    there = {(path, name) for path, tree in files() for name in numeric_constants(tree)}
    assert NO_QUANTITY.keys() - there == set()


def test_names_and_docstrings_use_the_fields_words() -> None:
    assert sorted({one for path, tree in files() for one in old_words(path, tree)}) == []
