"""Answers that are lost, on both sides: nothing is said twice, nothing is dialled twice, nothing is forgotten."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp

from tests.deadlines import STOP_SECONDS

CHANNEL = "#voip-alerts"
DOUBT = 13  # seconds until a post whose answer was lost can no longer arrive


def state(message: Any) -> str:
    return str(message.metadata["event_payload"]["state"])


async def test_it_finds_its_message_when_slacks_answer_was_lost(house: Any) -> None:
    slack = house.slack
    slack.fail("chat.postMessage", "lose_answer")
    house.world.set_balance(20)
    alert = await slack.message(CHANNEL, "Balance of sales is low")
    house.clock.advance(timedelta(seconds=DOUBT))
    house.world.top_up(100)
    await slack.until(lambda: state(alert) == "resolved", what="the end, in the same message")
    assert len(slack.messages(CHANNEL)) == 1
    assert slack.journal.count("chat.postMessage") == 1


async def test_it_posts_once_when_slack_was_never_reached(house: Any) -> None:
    slack = house.slack
    slack.fail("chat.postMessage", "cut")
    house.world.set_balance(20)
    await slack.until(lambda: slack.journal.count("chat.postMessage") == 1, what="the first attempt")
    assert not slack.messages(CHANNEL)
    house.clock.advance(timedelta(seconds=DOUBT))
    await slack.message(CHANNEL, "Balance of sales is low")
    assert len(slack.messages(CHANNEL)) == 1


async def test_it_says_that_a_call_may_have_been_placed_and_never_calls_twice(house: Any) -> None:
    slack = house.slack
    house.sandbox.faults["MOM-1"] = "cut"
    done = await slack.command("ivan", "#general", "/call", "202 555 0188")
    preview = await done.answer()
    await slack.press("ivan", preview, "Call now")
    told = await slack.ephemeral("ivan", "#general", "may or may not")
    assert "before dialling again" in told.words
    assert len(house.world.placed_calls) == 1
    assert house.vendor_requests("MOM-1") <= 1


async def test_it_answers_from_the_vendor_while_the_store_is_away_and_goes_on_by_itself(
    build: Any, redis_servers: Callable[[str], Any]
) -> None:
    house = await build()
    service = await house.open()
    ready = f"http://127.0.0.1:{service.web.port}/readyz"
    async with aiohttp.ClientSession() as session:
        server = redis_servers("bundled")
        server.kill()
        try:
            async with session.get(ready) as response:
                assert response.status == 503
                assert (await response.json())["checks"]["store"] != "ok"
            done = await house.slack.command("ivan", "#general", "/balance", "")
            answer = await done.answer()
            assert "USD" in answer.words
        finally:
            server.start()
        house.world.set_balance(20)
        await house.slack.message(CHANNEL, "Balance of sales is low")
        async with session.get(ready) as response:
            assert response.status == 200, await response.text()


async def test_it_survives_kill_9_between_the_alert_and_its_end(build: Any) -> None:
    house = await build("socket", store="embedded", poll={"agents": "off"}, alerts=[
        {"name": "low-balance", "watch": "balance", "below": 50},
    ])  # fmt: skip
    path = house.folder / "ringwatch.yaml"
    path.write_text(house.text(), encoding="utf-8")
    house.world.set_balance(20)
    first = await run(path)
    alert = await house.slack.message(CHANNEL, "Balance of sales is low")
    # Its link is asked for once the post has been written down: a kill before that is another test.
    await house.slack.until(lambda: house.slack.journal.count("chat.getPermalink"), what="the record of the post")
    first.send_signal(signal.SIGKILL)
    await first.wait()
    house.world.top_up(100)
    second = await run(path)
    try:
        await house.slack.until(lambda: state(alert) == "resolved", what="the end")
        assert len(house.slack.messages(CHANNEL)) == 1
    finally:
        second.send_signal(signal.SIGTERM)
        out = await asyncio.wait_for(second.communicate(), STOP_SECONDS)
    assert second.returncode == 0
    for line in out[1].decode().splitlines():
        json.loads(line)  # one JSON object a line
    assert house.slack.bot_token not in out[1].decode()


async def run(path: Any) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "run", "--config", str(path),
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
