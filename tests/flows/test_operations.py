"""What an operator relies on: health, webhooks, reload, and standing up whatever is away."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from providers.sdk.http import VendorHttp
from tests.deadlines import PATIENCE

HOOK = "a-long-random-word"

CHANNEL = "#voip-alerts"


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def url(house: Any, path: str) -> str:
    return f"http://127.0.0.1:{house.services[0].web.port}{path}"


def call_end(key: str, call_id: str = "1714121428.13") -> str:
    return json.dumps(
        {
            "apikey": key, "event": "call_end", "call_id": call_id, "src": "1101", "dst": "222222222222",
            "stage": "Max", "group_name": "My Group", "disposition": "NO ANSWER",
            "start": "2024-04-30 11:28:19", "end": "2024-05-30 11:28:20", "duration": "10", "billsec": "0",
        }
    )  # fmt: skip


async def test_it_is_healthy_ready_and_measured(house: Any, http: aiohttp.ClientSession) -> None:
    async with http.get(url(house, "/healthz")) as response:
        assert response.status == 200
    await house.until(lambda: {"MOM-2", "MOM-4", "MOM-7", "MOM-14"} <= set(house.asked), "the first round")
    await house.slack.until(lambda: True)
    async with http.get(url(house, "/readyz")) as response:
        assert response.status == 200, await response.text()
    async with http.get(url(house, "/metrics")) as response:
        text = await response.text()
    assert 'ringwatch_polls_total{account="sales",kind="balance",outcome="ok"}' in text
    for path in ("/", "/nothing", "/hooks/sales", "/slack/other", "/slack/events"):
        async with http.get(url(house, path)) as response:
            assert response.status == 404
    for path in ("/healthz", "/readyz", "/metrics"):
        async with http.post(url(house, path)) as response:
            assert response.status == 404


async def test_it_looks_at_once_when_the_vendor_pushes(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build(poll={"balance": "10m", "numbers": "10m", "agents": "10m", "calls": "10m"})
    await house.open()
    await house.until(lambda: "MOM-14" in house.asked and "MOM-2" in house.asked, "the first round")
    before = house.vendor_requests("MOM-14")
    async with http.post(url(house, f"/hooks/sales/{HOOK}"), data=call_end(house.sandbox.api_key)) as response:
        assert response.status == 200
    await house.until(lambda: house.vendor_requests("MOM-14") > before, "another look at the calls")
    # A second one right behind it is not lost: it is looked at when the last look is five seconds ago.
    again = call_end(house.sandbox.api_key, "1714121429.14")
    async with http.post(url(house, f"/hooks/sales/{HOOK}"), data=again) as response:
        assert response.status == 200
    house.clock.advance(timedelta(seconds=6))
    await house.until(lambda: house.vendor_requests("MOM-14") > before + 1, "the look after the second push")


async def test_it_lets_nobody_push_without_the_token_and_the_key(house: Any, http: aiohttp.ClientSession) -> None:
    good = call_end(house.sandbox.api_key)
    for path, body in (
        ("/hooks/sales/wrong", good),
        ("/hooks/nobody/" + HOOK, good),
        ("/hooks/sales/" + HOOK, call_end("another key")),
        ("/hooks/sales/" + HOOK, json.dumps({"event": "call_end"})),
        ("/hooks/sales/" + HOOK, ""),
    ):
        async with http.post(url(house, path), data=body) as response:
            assert response.status == 404, path
    async with http.post(url(house, f"/hooks/sales/{HOOK}"), data=io.BytesIO(b"x" * 2_000_000)) as response:
        assert response.status == 413


async def test_it_refuses_a_flood(house: Any, http: aiohttp.ClientSession) -> None:
    seen = set()
    for number in range(400):
        body = call_end(house.sandbox.api_key, f"1714121428.{number}")
        async with http.post(url(house, f"/hooks/sales/{HOOK}"), data=body) as response:
            seen.add(response.status)
    assert seen == {200, 429}


async def test_it_refuses_what_slack_has_not_signed(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build("http")
    await house.open()
    for headers in ({}, {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": "v0=00"}):
        async with http.post(url(house, "/slack/events"), data="command=/balance", headers=headers) as response:
            assert response.status == 401


async def test_it_applies_a_changed_file_and_closes_what_is_no_longer_watched(build: Any) -> None:
    house = await build()
    service = await house.open()
    house.world.set_balance(20)
    house.world.flag("12025550110")
    low = await house.slack.message(CHANNEL, "Balance of sales is low")
    spam = await house.slack.message(CHANNEL, "12025550110")
    path = house.folder / "ringwatch.yaml"
    path.write_text("alerts: [", encoding="utf-8")
    assert "Nothing was changed" in await service.reload()
    assert "the last reload failed" in str(await service.health.warnings())
    assert "the last reload failed" in str(await service.health.wrong()), "and the heartbeat stays away"
    await service.health.measure()
    assert b"ringwatch_config_last_reload_successful 0.0" in service.metrics.text()
    house.config["alerts"] = [{"name": "spam-number", "watch": "number_spam"}]
    path.write_text(house.text(), encoding="utf-8")
    assert "read anew" in await service.reload()
    assert await service.health.warnings() == []
    await service.health.measure()
    assert b"ringwatch_config_last_reload_successful 1.0" in service.metrics.text()
    await house.slack.edited(low, "no longer watched")
    assert low.metadata["event_payload"]["state"] == "resolved"
    assert spam.metadata["event_payload"]["state"] == "firing"
    assert len(house.slack.messages(CHANNEL)) == 2


async def test_it_reloads_by_command_for_admins_alone(build: Any) -> None:
    house = await build(permissions={"admin": ["U0MANAGER01"]})
    await house.open()
    refused = await house.slack.command("daria", "#general", "/pbx", "reload")
    assert "only" in (await refused.answer()).words.lower()
    done = await house.slack.command("ivan", "#general", "/pbx", "reload")
    assert "1 of 1" in (await done.answer()).words


async def test_it_stands_up_though_slack_refuses_it_and_says_why(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build("http")
    house.slack.revoke(house.slack.bot_token)
    await house.open()
    async with http.get(url(house, "/readyz")) as response:
        assert response.status == 503
        assert "ok" not in (await response.json())["checks"]["slack"].split()
    await house.until(lambda: "MOM-7" in house.asked, "the polls all the same")


async def test_it_stands_up_though_the_vendor_is_away_and_is_ready(build: Any, http: aiohttp.ClientSession) -> None:
    house = await build()
    house.sandbox.faults["*"] = "http_500"
    await house.open()
    await house.until(lambda: len(house.asked) >= 8, "the polls")
    async with http.get(url(house, "/readyz")) as response:
        assert response.status == 200, await response.text()


async def test_it_stops_cleanly_while_a_command_is_under_way(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    never = 10 * PATIENCE  # the vendor's deadlines are not what ends it
    monkeypatch.setattr("providers.sdk.http.READ_SECONDS", never)
    monkeypatch.setitem(VendorHttp.__init__.__kwdefaults__, "deadline", never)
    house = await build()
    service = await house.open()
    house.sandbox.faults["MOM-7"] = "slow"
    asked = asyncio.create_task(house.slack.command("ivan", "#general", "/balance", ""))
    await asyncio.sleep(0)
    done = await asked
    house.services.clear()
    async with asyncio.timeout(PATIENCE):
        await service.stop(9.0)
    assert done.acked


async def test_the_series_of_an_account_that_is_gone_leave(build: Any) -> None:
    house = await build()
    service = await house.open()
    await house.until(lambda: b'account="sales"' in service.metrics.text(), "a poll")
    service.metrics.forget("sales")
    assert b'account="sales"' not in service.metrics.text()


async def test_an_account_that_cannot_be_opened_changes_nothing(build: Any) -> None:
    house = await build()
    service = await house.open()
    settings, accounts = service.settings, service.configuration.accounts()

    def broken(_settings: Any) -> Any:
        raise KeyError("an adapter's own mistake")

    service.configuration._open = broken
    house.config["alerts"] = []
    (house.folder / "ringwatch.yaml").write_text(house.text(), encoding="utf-8")
    told = await service.reload()
    assert told == "Nothing was changed, an account cannot be opened: KeyError; the log has more."
    assert service.settings is settings
    assert service.configuration.accounts() is accounts
    assert service.engine.rules_of("low-balance")
