"""A Voicenter account door to door: who waits too long is told once, and the queues and agents are shown live."""

import json
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.voicenter.sandbox import VoicenterSandbox, sandbox_settings

CHANNEL = "#voip-alerts"
ALERTS = [
    {"name": "long-wait", "watch": "queue_wait", "longest_wait_above": "60s", "queues": ["Support"]},
    {"name": "many-waiting", "watch": "queue_wait", "waiting_above": 12},
]


@pytest.fixture
async def helpdesk(build: Any) -> Any:
    """A house whose second account is a Voicenter, without Click2Call."""
    house = await build("socket", alerts=ALERTS, poll={"queues": "5s", "agents": "5s"})
    house.vc = VoicenterSandbox(house.world)
    house.addresses = []

    @web.middleware
    async def noted(request: web.Request, handler: Any) -> Any:
        house.addresses.append(request.raw_path)
        return await handler(request)

    app = house.vc.app()
    app.middlewares.insert(0, noted)
    server = await house.stack.enter_async_context(TestServer(app))
    keys = dict(sandbox_settings(house.world, str(server.make_url("/"))))
    del keys["click2call_url"]
    house.config["accounts"] = {"helpdesk": {"provider": "voicenter", **keys}}
    await house.open()
    return house


def state(message: Any) -> str:
    return str(message.metadata["event_payload"]["state"])


async def test_it_tells_a_long_wait_once_and_edits_it_to_the_end(helpdesk: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)
    slack, world = helpdesk.slack, helpdesk.world
    world.queue_pressure("620", 3)
    helpdesk.clock.advance(timedelta(seconds=70))
    alert = await slack.message(CHANNEL, "Support on helpdesk")
    payload = alert.metadata["event_payload"]
    assert (payload["alert"], payload["account"], payload["subjects"]) == ("long-wait", "helpdesk", "Support")
    assert "waiting, the longest for" in alert.words
    world.queue_pressure("620", 0)
    world.bring_back()
    helpdesk.clock.advance(timedelta(seconds=600))
    await slack.until(lambda: state(alert) == "resolved", what="the end")
    assert len(slack.messages(CHANNEL)) == 1
    assert not [address for address in helpdesk.addresses if "sandbox" in address or "?" in address]
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("aiohttp", "asyncio"))]
    assert not [line for line in ours if "sandbox+voicenter" in line]


async def test_it_takes_a_code_that_may_be_wrong_for_no_answer(helpdesk: Any) -> None:
    slack = helpdesk.slack
    helpdesk.vc.faults["*"] = "empty_list"
    helpdesk.clock.advance(timedelta(seconds=70))
    asked = await slack.command("daria", CHANNEL, "/queue", "helpdesk")
    assert asked.acked
    told = await slack.ephemeral("daria", CHANNEL, "helpdesk")
    assert "returned no extensions — the code may be wrong" in told.words
    assert "Nobody is waiting" not in told.words


async def test_it_shows_queues_and_agents_and_places_no_call_where_that_is_off(helpdesk: Any) -> None:
    slack, world = helpdesk.slack, helpdesk.world
    world.queue_pressure("610", 2)
    helpdesk.clock.advance(timedelta(seconds=30))
    await slack.command("daria", CHANNEL, "/queue", "Sales")
    told = await slack.ephemeral("daria", CHANNEL, "Sales")  # the queue: the account sales has none
    assert re.search(r"Sales.*\d+ waiting", told.text)
    assert "Support" not in told.words
    await slack.command("daria", CHANNEL, "/agents", "helpdesk")
    await slack.ephemeral("daria", CHANNEL, "agents signed in")
    await slack.command("ivan", CHANNEL, "/call", "+1 202 555 0177 as 1105 on helpdesk")
    refused = await slack.ephemeral("ivan", CHANNEL, "cannot place calls")
    assert "helpdesk (Voicenter) cannot place calls" in refused.words
    assert world.placed_calls == []
    assert json.dumps(helpdesk.addresses).count("click2call") == 0
