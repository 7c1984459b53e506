"""A watch's name stands in its own folder alone, and no vendor's title in the bot: each is registered in one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.watches.registry import watches
from providers.registry import vendors

ROOT = Path(__file__).parents[1]
HOMES = ("bot/watches/", "bot/demo/")  # the demo shows real vendors and configures every watch

# A file, the name or title that stands in it, and why it may.
WATCH_EXCEPTIONS = {
    ("bot/alerts/kinds.py", "balance"): "a kind of reading",
    ("bot/settings/models.py", "balance"): "the command",
    ("bot/commands/balance/__init__.py", "balance"): "the command",
    ("bot/commands/balance/query.py", "balance"): "the command asks the watch for its forecast",
    ("bot/mqtt/look.py", "balance"): "when it runs out is told by MQTT too",
}
TITLE_EXCEPTIONS: dict[tuple[str, str], str] = {}
TITLES = sorted({*(vendor.title for vendor in vendors().values()), "MOR"})


def files() -> Iterator[tuple[str, str]]:
    """Each file of the bot outside those homes: its path and its text."""
    for path in sorted((ROOT / "bot").rglob("*")):
        name = path.relative_to(ROOT).as_posix()
        if path.is_file() and path.suffix != ".pyc" and not name.startswith(HOMES):
            yield name, path.read_text(encoding="utf-8")


def own_words() -> dict[str, str]:
    """What only one watch can mean: its name where that is of several words, and such keys of it."""
    words = {name: name for name in watches()}
    for watch in watches().values():
        words |= dict.fromkeys(watch.keys.model_fields, watch.name)
    return {word: name for word, name in words.items() if "_" in word}


def literals(text: str) -> set[str]:
    """Strings that stand alone, and the last parts of what is imported from the watches."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bot.watches."):
            found.add((node.module or "").split(".")[2])
    return found


def named(name: str, text: str) -> Iterator[str]:
    """The watches that a file names."""
    words = {watch for word, watch in own_words().items() if re.search(rf"\b{word}\b", text)}
    yield from words | (literals(text) & watches().keys() if name.endswith(".py") else set())


def titled(text: str) -> Iterator[str]:
    """The vendors' titles that stand in a text."""
    yield from (title for title in TITLES if re.search(rf"(?<![\w-]){re.escape(title)}(?![\w-])", text, re.IGNORECASE))


def test_it_finds_what_it_looks_for() -> None:
    assert {"agent_offline", "runs_out_within", "longest_wait_above"} <= own_words().keys()
    assert set(named("x.py", 'if alert.watch == "balance": pass')) == {"balance"}
    assert set(named("x.py", "from bot.watches.balance.words import span")) == {"balance"}
    assert set(named("x.py", 'getattr(keys, "spend_spike", None)')) == {"balance"}
    assert set(named("x.py", "# as agent_offline does")) == {"agent_offline"}
    assert set(titled("Voicenter shows queues live, mor does not")) == {"Voicenter", "MOR"}
    assert not list(titled("more of memory"))


@pytest.mark.parametrize(
    ("finds", "excepted"), [(named, WATCH_EXCEPTIONS), (lambda _, text: titled(text), TITLE_EXCEPTIONS)]
)
def test_it_stands_nowhere_else(finds, excepted) -> None:
    found = {(name, word) for name, text in files() for word in finds(name, text)}
    assert found - excepted.keys() == set()
    assert excepted.keys() - found == set(), "an exception that is needed no longer"
