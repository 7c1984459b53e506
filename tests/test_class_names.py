"""A class name stands once in the bot and once in what the vendors share, so that a traceback tells where one is."""

import ast
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

HOUSE = Path(__file__).parent.parent
BOT = sorted((HOUSE / "bot").rglob("*.py"))
SHARED = sorted([*(HOUSE / "providers").glob("*.py"), *(HOUSE / "providers" / "sdk").rglob("*.py")])


def repeated(sources: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the class names that stand twice or more, private and nested ones too, each with its files."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(name)
    return {name: files for name, files in found.items() if len(files) > 1}


def read(paths: Iterable[Path]) -> Iterable[tuple[str, str]]:
    return ((str(path.relative_to(HOUSE)), path.read_text("utf-8")) for path in paths)


def test_it_finds_a_name_that_stands_twice():
    assert repeated([("a.py", "class Line: ..."), ("b.py", "class A:\n    class Line: ...")]) == {
        "Line": ["a.py", "b.py"]
    }


def test_a_class_name_stands_once_in_the_bot():
    assert repeated(read(BOT)) == {}


def test_a_class_name_stands_once_in_what_the_vendors_share():
    assert repeated(read(SHARED)) == {}
