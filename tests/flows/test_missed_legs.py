"""A call that rang several people is several rows at an IEXPBX, and one in `/pbx missed`."""

import re
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from providers.iexpbx.sandbox import IexpbxSandbox, sandbox_settings
from providers.model import Direction, Disposition
from providers.sdk.simulation.world import World


@pytest.fixture
async def branch(build: Any) -> Any:
    """A house whose only account is an IEXPBX."""
    house = await build("socket")
    house.iex = IexpbxSandbox(house.world)
    house.world.queue_pressure("620", 3)
    house.clock.advance(timedelta(minutes=50))  # for so long nobody waits
    house.world.advance()
    server = await house.stack.enter_async_context(TestServer(house.iex.app()))
    keys = dict(sandbox_settings(house.world, str(server.make_url("/"))))
    zone = str(house.world.zone)
    house.config["accounts"] = {"branch": {"provider": "iexpbx", "timezone": zone, **keys}}
    await house.open()
    return house


@pytest.mark.parametrize("rung", [1, 3])
async def test_a_missed_call_that_rang_several_is_one_row(branch: Any, rung: int) -> None:
    branch.iex.rung = rung
    before = finished_and_missed(branch.world)
    assert before[1] > 2
    await branch.slack.command("daria", "#voip-alerts", "/pbx", "missed branch 24h")
    shown = await branch.slack.ephemeral("daria", "#voip-alerts", "missed call")
    after = finished_and_missed(branch.world)  # the call centre went on while it was asked
    words = re.search(r"(\d+) missed calls\..*picked from ([\d,]+) finished calls", shown.words, re.DOTALL)
    assert words is not None, shown.words
    assert before[1] <= int(words[1]) <= after[1]
    rows = [finished + (rung - 1) * missed for finished, missed in (before, after)]
    assert rows[0] <= int(words[2].replace(",", "")) <= rows[1]


def finished_and_missed(world: World) -> tuple[int, int]:
    finished = world.calls_between(world.now - timedelta(hours=24), world.now)
    missed = [c for c in finished if c.direction is Direction.INBOUND and c.disposition is not Disposition.ANSWERED]
    return len(finished), len(missed)
