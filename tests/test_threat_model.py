"""docs/threat-model.md and SECURITY.md claim nothing that is not there: every test, file and section that they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
POLICY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
CLAIMED = sorted(set(re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), CLAIMED)
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    found = (ROOT / "tests").rglob(f"{file}.py")
    assert any(re.search(rf"def {name}\(", path.read_text(encoding="utf-8")) for path in found), file


def test_every_threat_names_a_test_or_says_that_nothing_stops_it() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") == 5][1:]
    rows = [row for row in rows if not row.startswith("| ---")]
    assert len(rows) > 15
    assert [row for row in rows if "::test_" not in row] == []


def test_every_file_that_is_named_exists() -> None:
    named = re.findall(r"`((?:bot|providers)/[\w/]+\.py)`", PAGE)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("page", ["SECURITY.md", "docs/threat-model.md", "docs/install.md"])
def test_every_link_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", path.read_text(encoding="utf-8")):
        name, _, section = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.is_file(), target
        headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE) if section else []
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not section or section in anchors, target


def test_a_hole_is_reported_in_private_and_to_no_address() -> None:
    assert "Report a vulnerability" in POLICY
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", POLICY)
