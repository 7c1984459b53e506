"""Blindness is seen from outside: in /readyz, in /metrics, and where the heartbeat is missed."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind
from bot.demo.slack.town import ALERTS
from tests.deadlines import PATIENCE


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


class Switch:
    """A dead man's switch outside: counts what it gets, by path."""

    def __init__(self) -> None:
        self.beats: dict[str, int] = {}
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.beats[request.path] = self.beats.get(request.path, 0) + 1
        return web.Response()

    def of(self, path: str) -> int:
        return self.beats.get(path, 0)


@pytest.fixture
async def switch() -> AsyncIterator[Switch]:
    switch = Switch()
    app = web.Application()
    app.router.add_get("/{name}", switch.take)
    async with TestServer(app) as server:
        switch.url = str(server.make_url("/"))
        yield switch


async def until(ask: Any, within: float = PATIENCE) -> Any:
    """Ask over HTTP until the answer is true."""
    async with asyncio.timeout(within):
        while not (found := await ask()):  # noqa: ASYNC110  # it is asked from outside, where no event is
            await asyncio.sleep(0.05)
    return found


class Outside:
    """What an operator sees of a service."""

    def __init__(self, http: aiohttp.ClientSession, service: Any) -> None:
        self.http, self.service = http, service
        self.base = f"http://127.0.0.1:{service.web.port}"

    async def ready(self) -> tuple[int, dict[str, Any]]:
        async with self.http.get(f"{self.base}/readyz") as response:
            return response.status, await response.json()

    async def warnings(self) -> list[str]:
        status, body = await self.ready()
        assert (status, body["status"]) == (200, "ready"), body
        return list(body["warnings"])

    async def warned(self, words: str) -> list[str]:
        """The warnings, once it is ready again (a skipped clock makes everything late) and one holds these words."""

        async def there() -> list[str]:
            status, body = await self.ready()
            return body["warnings"] if status == 200 and words in str(body["warnings"]) else []

        return list(await until(there))

    async def is_well(self) -> bool:
        status, body = await self.ready()
        return status == 200 and not body["warnings"]

    async def metrics(self) -> str:
        await self.service.health.measure()  # it does so every ten seconds
        async with self.http.get(f"{self.base}/metrics") as response:
            return await response.text()


async def test_it_is_well_and_says_so(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build()
    outside = Outside(http, await house.open())
    await until(outside.is_well)
    text = await outside.metrics()
    assert "ringwatch_polls_late 0.0" in text
    assert "ringwatch_outbox_oldest_seconds 0.0" in text
    assert "ringwatch_alerts_failing{" not in text

    async def judged() -> bool:
        return "ringwatch_last_tick_timestamp_seconds 1." in await outside.metrics()

    await until(judged)


async def test_it_warns_where_there_is_nowhere_at_all_to_post(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build()
    house.slack.kick(ALERTS)
    outside = Outside(http, await house.open())
    (warning,) = await outside.warned("nowhere to go")
    assert "slack.channel" in warning


async def test_a_watch_that_died_is_named_and_the_others_go_on(
    build: Any, http: aiohttp.ClientSession, switch: Switch
) -> None:
    house = await build(poll={"balance": "10m"}, heartbeat={"url": f"{switch.url}beat", "every": "1s"})
    service = await house.open()
    outside = Outside(http, service)
    await until(outside.is_well)

    def died(*_: Any) -> Any:
        raise ValueError("the vendor's secret words")

    dead = [
        replace(rule, watch=replace(rule.watch, evaluate=died)) if rule.policy.alert == "low-balance" else rule
        for name in ("low-balance", "spam-number", "agent-gone", "pbx-down")
        for rule in service.engine.rules_of(name)
    ]
    service.engine.replace(dead)
    (warning,) = await outside.warned("low-balance")
    assert warning == "low-balance on sales cannot be judged: it failed with ValueError, and the log has more"
    assert 'ringwatch_alerts_failing{account="sales",alert="low-balance"} 1.0' in await outside.metrics()
    before = switch.of("/beat")
    house.world.flag("12025550110")
    await house.slack.message("#voip-alerts", "12025550110")
    assert switch.of("/beat") - before <= 1, "one may have been under way"
    assert "Nothing" not in await service.reload()
    await until(outside.is_well)
    assert "ringwatch_alerts_failing{" not in await outside.metrics()


async def test_alerts_that_nobody_judges_any_more_are_told(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build()
    service = await house.open()
    outside = Outside(http, service)
    await until(outside.is_well)

    turn = asyncio.Event()

    async def hangs(_now: Any) -> None:
        turn.set()
        await asyncio.Event().wait()

    service.engine.tick = hangs
    async with asyncio.timeout(PATIENCE):
        await turn.wait()
    house.clock.advance(timedelta(seconds=15))
    (warning,) = await outside.warned("judged")
    assert warning.startswith("no alert has been judged for 1")
    assert "no alert has been judged" in str(await service.health.wrong())


async def test_an_outbox_that_does_not_drain_is_told(build: Any, http: aiohttp.ClientSession, switch: Switch) -> None:
    house = await build(heartbeat={"url": f"{switch.url}beat", "every": "1s"})
    outside = Outside(http, await house.open())
    await until(outside.is_well)
    house.slack.fail("chat.postMessage", "error503", times=1000)
    house.world.set_balance(20)

    async def waits() -> bool:
        return await house.services[0].store.waits_since("slack") is not None

    await until(waits)
    assert await outside.warnings() == []
    house.clock.advance(timedelta(seconds=125))
    warning = (await outside.warned("to be told"))[-1]
    assert warning.startswith("what is to be told in Slack has been waiting for 2 min")
    value = next(line for line in (await outside.metrics()).splitlines() if line.startswith("ringwatch_outbox_oldest"))
    assert float(value.split()[1]) >= 120
    before = switch.of("/beat")
    house.slack.heal()
    house.clock.advance(timedelta(seconds=60))
    await house.slack.message("#voip-alerts", "Balance of sales is low")
    assert switch.of("/beat") - before <= 1
    await until(outside.is_well)

    async def beats() -> bool:
        return switch.of("/beat") > before + 1

    await until(beats)


async def test_polls_that_are_late_make_it_unready(build: Any, http: aiohttp.ClientSession, switch: Switch) -> None:
    house = await build(heartbeat={"url": f"{switch.url}beat", "every": "1s"})
    service = await house.open()
    outside = Outside(http, service)
    await until(outside.is_well)

    async def nothing() -> None:
        return None

    service.poller.sweep = nothing
    service.scheduler.every(0.5, nothing, name="polls")
    house.clock.advance(timedelta(seconds=60))

    async def late() -> bool:
        status, body = await outside.ready()
        told = "not asked when due: sales agents, sales balance, sales calls, sales numbers"
        return status == 503 and body["checks"]["polls"] == told

    await until(late)
    assert "ringwatch_polls_late 4.0" in await outside.metrics()
    before = switch.of("/beat")
    await asyncio.sleep(2.2)
    assert switch.of("/beat") - before <= 1


async def test_a_vendor_that_never_answers_blinds_its_account_and_not_the_service(
    build: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.readings.poller.ANSWER_TIMEOUT_SECONDS", 0.3)
    house = await build()
    house.sandbox.faults["MOM-7"] = "slow"
    service = await house.open()

    async def blind() -> Blind | None:
        latest_reading = (await service.store.latest_readings("sales")).get(Kind.BALANCE)
        return latest_reading.blind if latest_reading is not None else None

    assert (await until(blind)).error == "sales did not tell its balance within 0.3 s."


async def test_another_heartbeat_needs_no_restart(build: Any, switch: Switch) -> None:
    house = await build(heartbeat={"url": f"{switch.url}one", "every": "1s"})
    service = await house.open()

    async def first() -> bool:
        return switch.of("/one") > 0

    async def second() -> bool:
        return switch.of("/two") > 1

    await until(first)
    path = house.folder / "ringwatch.yaml"
    house.config["heartbeat"] = {"url": f"{switch.url}two", "every": "1s"}
    path.write_text(house.text(), encoding="utf-8")
    assert "restart" not in await service.reload()
    before = switch.of("/one")
    await until(second)
    assert switch.of("/one") - before <= 1
    house.config["heartbeat"] = {}
    path.write_text(house.text().replace(f"  url: {switch.url}two\n", ""), encoding="utf-8")
    await service.reload()
    last = switch.of("/two")
    await asyncio.sleep(2.2)
    assert switch.of("/two") - last <= 1
