"""Several replicas on one store: one service to the vendor and to Slack, whichever of them lives."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from bot.notify.leased_row import LEASE_TTL
from bot.store import StoreError
from tests.deadlines import PATIENCE

CHANNEL = "#voip-alerts"
DOUBT = 13  # seconds until a post whose answer was lost can no longer arrive
LOW = {"name": "low-balance", "watch": "balance", "below": 50, "clear_above": 60}


def state(message: Any) -> str:
    return str(message.metadata["event_payload"]["state"])


async def two(house: Any) -> list[Any]:
    """Two replicas, both of them in reach of Slack."""
    services = [await house.open(), await house.open()]
    await house.slack.connected(2)
    return services


async def emptied(store: Any) -> None:
    """Wait until nothing is left to be told."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(StoreError):
                if not await store.outbox_size():
                    return
            await asyncio.sleep(0.05)


async def test_two_ask_the_vendor_no_more_often_than_one(build: Any) -> None:
    house = await build(poll={"balance": "1s", "numbers": "off", "agents": "off", "calls": "off"}, alerts=[LOW])
    await two(house)
    await house.until(lambda: house.vendor_requests("MOM-7") >= 3, "the first looks, one each, and one more")
    began, before = house.clock(), house.vendor_requests("MOM-7")
    await house.until(lambda: house.vendor_requests("MOM-7") >= before + 4, "four more")
    assert house.clock() - began > timedelta(seconds=2), "an interval between two, whoever asks"


async def test_an_alert_is_told_once_and_its_buttons_work_wherever_they_arrive(build: Any) -> None:
    house = await build()
    await two(house)
    numbers = ["12025550110", "12025550111"]
    for number in numbers:
        house.world.flag(number)
        alert = await house.slack.message(CHANNEL, number)
        pressed = await house.slack.press("ivan", alert, "Acknowledge")
        assert pressed.acked
        await house.slack.until(lambda told=alert: state(told) == "acknowledged", what="the acknowledgement")
    assert all(socket.delivered for socket in house.slack.sockets.open), "each replica had one"
    assert len(house.slack.messages(CHANNEL)) == house.slack.journal.count("chat.postMessage") == 2


async def test_a_call_that_one_has_shown_is_placed_by_the_other_once(build: Any) -> None:
    house = await build()
    await two(house)
    done = await house.slack.command("ivan", "#general", "/call", "202 555 0188")
    preview = await done.answer()
    for _ in range(2):
        await house.slack.press("ivan", preview, "Call now")
    await house.slack.until(lambda: house.world.placed_calls, what="the call")
    assert all(socket.delivered for socket in house.slack.sockets.open)
    await emptied(house.services[0].store)
    assert len(house.world.placed_calls) == 1


async def test_one_that_stops_is_not_waited_for(build: Any) -> None:
    house = await build()
    one, other = await two(house)
    for service in (one, other):
        await service.store.alive(service.store.owner, timedelta(seconds=30))
    assert len(await other.store.replicas()) == 2
    house.services.remove(one)
    await one.stop(PATIENCE)
    assert await other.store.replicas() == {other.store.owner}
    assert (await other.reloads.broadcast()).startswith("1 of 1 replicas answered.")


async def test_what_a_killed_one_had_in_hand_is_done_by_another_within_a_lease_and_its_doubt(build: Any) -> None:
    house = await build(alerts=[LOW])
    path = house.folder / "ringwatch.yaml"
    path.write_text(house.text(), encoding="utf-8")
    house.slack.fail("chat.postMessage", "hang")
    house.world.set_balance(20)
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "run", "--config", str(path),
        stderr=asyncio.subprocess.DEVNULL, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    await house.slack.until(lambda: house.slack.journal.count("chat.postMessage"), what="the post that hangs")
    second = await house.open()
    first.send_signal(signal.SIGKILL)
    await first.wait()
    store = second.store
    leases = list(await store.ask("KEYS", "{ringwatch}:lease:*"))
    assert leases, "it died with a lease in its hands"
    for name in leases:
        assert 0 < await store.ask("PTTL", name) <= LEASE_TTL / timedelta(milliseconds=1), "over within one lease time"
        await store.ask("PEXPIRE", name, 1)
    assert not house.slack.messages(CHANNEL)
    house.clock.advance(timedelta(seconds=DOUBT))
    assert timedelta(seconds=DOUBT) < LEASE_TTL, "so all of it is over within two lease times"
    alert = await house.slack.message(CHANNEL, "Balance of sales is low")
    house.world.top_up(100)
    await house.slack.until(lambda: state(alert) == "resolved", what="the polls, which go on")
    assert len(house.slack.messages(CHANNEL)) == 1


@pytest.fixture
def own_server(redis_servers: Callable[[str], Any]) -> Any:
    """A server of the test's own."""
    shared = redis_servers("bundled")
    server = type(shared)("", shared.binary, fsync="always")
    yield server
    server.close()


async def test_a_store_that_comes_back_without_its_last_writes_tells_nothing_twice(build: Any, own_server: Any) -> None:
    """What a failover does: the message was posted, and the store forgets that it was."""
    house = await build(store=own_server.url, alerts=[LOW])
    services = await two(house)
    store, slack = services[0].store, house.slack
    await store.hold(slack.workspace.channel(CHANNEL).id, house.clock() + timedelta(minutes=1), house.clock())
    house.world.set_balance(20)
    async with asyncio.timeout(PATIENCE):
        while not await store.outbox_size():  # noqa: ASYNC110  # the commit tells nobody outside
            await asyncio.sleep(0.05)
    files, copy = own_server.folder / "appendonlydir", own_server.folder / "earlier"
    shutil.copytree(files, copy)
    house.clock.advance(timedelta(seconds=61))
    alert = await slack.message(CHANNEL, "Balance of sales is low")
    await emptied(store)
    own_server.kill()
    shutil.rmtree(files)
    copy.rename(files)
    own_server.start()
    await slack.until(lambda: slack.journal.count("conversations.history"), what="a look before a post")
    await emptied(store)
    house.world.top_up(200)
    await slack.until(lambda: state(alert) == "resolved", what="the end, in the same message")
    assert len(slack.messages(CHANNEL)) == slack.journal.count("chat.postMessage") == 1
