"""The figures of the house count what they say, on a house of three rooms; and this one has no arrow against its layers."""

from pathlib import Path

import pytest

from tools.house_figures import HERE, arrows, between_layers, class_names, figures, layers, loose, rooms, upward

FILES = {
    "bot/__init__.py": "",
    "bot/cards.py": "class Card: pass\n",
    "bot/cli/__init__.py": "",
    "bot/cli/main.py": "from bot.app import service\nfrom bot import cards\n",
    "bot/app/__init__.py": "",
    "bot/app/service.py": "import bot.cards\nfrom bot.app.other import X\nif True:\n    from bot.cli.main import run\n",
    "bot/app/other.py": "class Card:\n    class Inner: pass\nimport json\n",
    "pyproject.toml": """
[tool.importlinter]
[[tool.importlinter.contracts]]
type = "forbidden"
layers = []
[[tool.importlinter.contracts]]
type = "layers"
layers = ["(bot.cli)", "bot.app | bot.slack", "cards"]
""",
}


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A house of three rooms, one of which is a loose module."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def test_it_counts_rooms_and_arrows(small: Path) -> None:
    assert loose(small) == ["cards"]
    assert rooms(small) == {"cards", "cli", "app"}
    assert dict(arrows(small)) == {("cli", "app"): 1, ("cli", "cards"): 1, ("app", "cards"): 1, ("app", "cli"): 1}


def test_it_finds_what_goes_against_the_layers(small: Path) -> None:
    order = layers(small)
    assert order == [{"cli"}, {"app", "slack"}, {"cards"}]
    assert upward(arrows(small), order) == [("app", "cli")]
    assert between_layers(arrows(small), order) == {(0, 1), (0, 2), (1, 2), (1, 0)}


def test_it_counts_a_class_name_once_a_module(small: Path) -> None:
    assert {name for name, times in class_names(small, "bot").items() if times > 1} == {"Card"}


def test_this_house_has_no_arrow_against_its_layers_and_every_room_has_a_layer() -> None:
    found = {figure.name: figure.count for figure in figures(HERE)}
    assert rooms(HERE) == set().union(*layers(HERE))
    assert found["arrows against it"] == found["pairs of rooms that know each other"] == 0
    assert found["of these, lines of simulators"] == 0
    assert found["lines that a service loads"] > 10_000
