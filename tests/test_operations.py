"""No operation of the vendors' documents is missing: in an adapter, in Slack, in the tests, on the page."""

import importlib
from pathlib import Path

import pytest

from providers.registry import vendors
from tools.operations_page import DOCUMENT, ROWS, table

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
    assert DOCUMENT.read_text("utf-8") == table(), "run: python -m tools.operations_page"
