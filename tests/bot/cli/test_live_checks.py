"""What the accounts' answers give away about queues, where a vendor lists them all and where it cannot."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cli.check import run_checks
from bot.cli.live_checks import probes
from bot.settings import load
from bot.watches.registry import watches
from providers.model import Disposition, Queue, QueueCall, Rows
from providers.vendor import Vendor, VendorSettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CONFIG = """
slack: {bot_token: xoxb-1, app_token: xapp-1, api_url: "http://127.0.0.1:9/", channel: "#alerts"}
accounts:
  one: {provider: live}
  two: {provider: live}
  past: {provider: past}
alerts:
"""


class Live:
    """Lists every queue."""

    rows = Rows((Queue("630", "Sales", waiting=()), Queue("631", "Support", waiting=())))

    async def close(self) -> None: ...

    async def queues(self) -> Rows[Queue]:
        return self.rows


class HistoryWindow:
    """Tells finished calls alone: a queue that nobody called is not there."""

    async def close(self) -> None: ...

    async def queue_calls(self, since: datetime) -> Rows[QueueCall]:
        return Rows((QueueCall("1", "Sales", "441632960001", NOW, timedelta(), Disposition.ANSWERED, "answered"),))


def vendor(slug: str, provider: type) -> Vendor:
    return Vendor(slug, slug.title(), VendorSettings, lambda _opening: provider(), provider)


@pytest.fixture
def vendors() -> Mapping[str, Vendor]:
    return {"live": vendor("live", Live), "past": vendor("past", HistoryWindow)}


async def told(tmp_path: Path, vendors: Mapping[str, Vendor], keys: str) -> str:
    path = tmp_path / "ringwatch.yaml"
    path.write_text(f"{CONFIG}  - {{name: wait, watch: queue_wait, longest_wait_above: 60s, {keys}}}\n")
    settings = load(path, {}, vendors, watches()).settings
    asked = [probe for probe in probes(settings, vendors, lambda: NOW) if probe.name != "slack"]
    return next(str(one) for one in await run_checks(asked) if one.name == "alert wait")


async def test_a_queue_is_known_by_its_name_or_its_id_on_any_account(tmp_path: Path, vendors: Any) -> None:
    line = await told(tmp_path, vendors, "accounts: [one, two], queues: [sales, '631']")
    assert line == "ok    alert wait: sales, 631: there"


async def test_one_that_no_account_lists_is_told(tmp_path: Path, vendors: Any) -> None:
    line = await told(tmp_path, vendors, "accounts: [one, two], queues: [Sales, Slaes]")
    assert line == (
        "warn  alert wait: [W304] no queue on one or two is named Slaes; there are 630, 631, Sales, Support"
    )


@pytest.mark.parametrize("accounts", ["one, past", "past"])
async def test_one_that_may_only_be_quiet_is_not_missed(tmp_path: Path, vendors: Any, accounts: str) -> None:
    line = await told(tmp_path, vendors, f"accounts: [{accounts}], queues: [Night]")
    assert line == "ok    alert wait: Night: could not be looked for"


@pytest.mark.parametrize("rows", [Rows(()), Rows((Queue("630", "Sales"),), unreadable=1)])
async def test_a_list_that_is_not_whole_misses_nothing(
    tmp_path: Path, vendors: Any, monkeypatch: pytest.MonkeyPatch, rows: Rows[Queue]
) -> None:
    monkeypatch.setattr(Live, "rows", rows)
    line = await told(tmp_path, vendors, "accounts: [one], queues: [Night]")
    assert line == "ok    alert wait: Night: could not be looked for"
