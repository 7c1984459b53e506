"""No operation of the vendors' documents is missing: in an adapter, in Slack, in the tests, on the page."""

import importlib
import runpy
from pathlib import Path

import pytest

from providers.registry import vendors

HERE = Path(__file__).parent
SCRIPT = runpy.run_path(str(HERE / "operations.py"))
ROWS = SCRIPT["ROWS"]
DOCUMENTED = {"MOM": 16, "VC": 2, "MOR": 40, "VPC": 5, "IEX": 13}  # with 9a–c and 10a–e


def test_it_has_every_operation_once():
    ids = [row.id for row in ROWS]
    assert len(set(ids)) == len(ids)
    assert {name: sum(i.startswith(f"{name}-") for i in ids) for name in DOCUMENTED} == DOCUMENTED


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_is_in_the_adapter_in_slack_and_in_the_tests(row):
    vendor = vendors(entry_points=lambda **_: [])[row.vendor]
    if not row.method.startswith("("):
        assert callable(getattr(vendor.provider, row.method)), row
    assert row.slack
    assert row.tests
    folder = Path(importlib.import_module(f"providers.{row.vendor}").__file__).parent
    number = row.id.rstrip("abcde")
    assert number in "".join(path.read_text("utf-8") for path in folder.rglob("*.py")), f"{row.id} is not in the code"


def test_the_page_is_up_to_date():
    page = (HERE.parent / "docs" / "operations.md").read_text("utf-8")
    assert page == SCRIPT["table"](), "run: python tests/operations.py > docs/operations.md"
