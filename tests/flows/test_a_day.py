"""A whole working day and its night, replayed from the sandboxes: what Slack saw is a golden file that people review.

`RINGWATCH_GOLDEN=1 pytest tests/flows/test_a_day.py` writes it anew; read the difference before you keep it.
"""

import difflib
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.notify.dispatcher import Dispatcher

DAY = Path(__file__).parent / "day"
GOLDEN = DAY / "a-day-in-november.txt"
WRITE = "RINGWATCH_GOLDEN"


def part(name: str) -> ModuleType:
    """One of the files beside the golden one; tests are no package."""
    spec = importlib.util.spec_from_file_location(f"a_day_{name}", DAY / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who delivers looks when told to, not some times a second."""
    monkeypatch.setattr(Dispatcher, "start", lambda _self: None)


@pytest.mark.long
@pytest.mark.usefixtures("by_hand")
async def test_it_tells_a_whole_day_as_the_golden_file_has_it(tmp_path: Path, one_redis_url: str, clock: Any) -> None:
    script, transcript = part("script"), part("transcript")
    town = part("town").Town(clock, script.DAY, script.START, tmp_path, one_redis_url, script.CONFIG)
    await town.build()
    told = transcript.Transcript(town.slack, town.zone)
    told.hidden = town.customers
    town.note, town.pressing, town.hooked = told.note, told.pressed, told.hooked
    with capture_logs() as logs:
        try:
            await script.play(town)
            left = await town.service.store.outbox_size()
            open_still = await town.service.engine.open_incidents()
        finally:
            text = told.text()
            (tmp_path / GOLDEN.name).write_text(text, encoding="utf-8")
            await town.close()
    failed = [entry for entry in logs if entry["log_level"] in {"error", "critical"}]
    assert not failed, f"told in the log as errors: {failed}"
    assert not told.broken, "promises that were broken:\n" + "\n".join(told.broken)
    assert not left, f"{left} rows wait to be told"
    assert not open_still
    assert not [message.alias for message in told.alive()], "what has ended is not told as resolved"
    compare(text)


def compare(text: str) -> None:
    """The golden file says the same; else the difference, as a person reads it."""
    if os.environ.get(WRITE):
        GOLDEN.write_text(text, encoding="utf-8")
    golden = GOLDEN.read_text(encoding="utf-8") if GOLDEN.exists() else ""
    if text != golden:
        lines = difflib.unified_diff(golden.splitlines(), text.splitlines(), "golden", "now", n=4, lineterm="")
        pytest.fail(f"The day reads otherwise ({WRITE}=1 keeps it so):\n" + "\n".join([*lines][:200]), pytrace=False)
