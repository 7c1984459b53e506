"""docs/configuration.md says what the types say."""

import re

import pytest

from bot.watches.registry import watches
from providers.registry import vendors
from tools.configuration_reference import DOCUMENT, SECTIONS, blocks, renewed


def test_the_page_is_up_to_date() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert page == renewed(page, blocks(vendors(), watches())), "run: python -m tools.configuration_reference"


def test_the_page_has_every_part() -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- (\w+) -->\n", page)) - {"end"} == {*SECTIONS, "poll", "vendors", "watches"}


@pytest.mark.parametrize("name", ["top", "http", "slack", "calls", "account", "alert", "escalate", "heartbeat", "api"])
def test_every_key_is_explained(name: str) -> None:
    rows = blocks({}, {})[name].splitlines()[2:]
    assert rows
    assert all(row.split(" | ")[1].strip() for row in rows)


def test_its_example_loads(loading) -> None:
    page = DOCUMENT.read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert example is not None
    environ = {"SLACK_BOT_TOKEN": "a", "SLACK_APP_TOKEN": "b", "MOMVOIP_API_KEY": "c"}
    loaded = loading(example[1], environ, minimal=False)
    assert loaded.warnings == ()
