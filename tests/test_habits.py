"""What is written down twice says the same: Pythons, make targets, decisions."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
DECISIONS = ROOT / "docs" / "decisions"


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))


def test_every_python_that_is_promised_is_tried() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    promised = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text("utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"] == promised
    assert project["requires-python"] == f">={promised[0]}"


def test_the_hooks_of_a_commit_are_targets_of_make() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [one["repo"] for one in hooks] == ["local"]
    for hook in hooks[0]["hooks"]:
        assert hook["entry"].split()[0] == "make"
        assert hook["entry"].split()[-1] in targets()


def test_what_contributors_are_told_to_make_can_be_made() -> None:
    told = re.findall(r"\bmake ([a-z]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert set(told) <= targets()
    assert "test" in told


def test_every_decision_is_in_the_index_with_its_title_and_has_a_date() -> None:
    index = (DECISIONS / "README.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| \[(.+?)\]\((\d{4}-[a-z-]+\.md)\)", index, re.MULTILINE))
    found = {}
    for file in sorted(DECISIONS.glob("[0-9]*.md")):
        text = file.read_text("utf-8")
        found[text.splitlines()[0].removeprefix("# ")] = file.name
        assert re.search(r"^Date: 20\d\d-\d\d-\d\d$", text, re.MULTILINE), file.name
        for heading in ("## Why", "## Instead of", "## What it costs"):
            assert heading in text, f"{file.name} has no {heading}"
    assert listed == found


def test_every_room_is_in_the_table_of_contributing_and_is_there() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Where things are")[2].partition("\n## ")[0]
    told = {name.rstrip("/") for name in re.findall(r"`(bot/[a-z./]+?)`", table)}
    rooms = {f"bot/{path.name}" for path in (ROOT / "bot").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert told == rooms | {"bot/cards.py"}
