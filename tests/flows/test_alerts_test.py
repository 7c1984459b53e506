"""`ringwatch alerts test NAME`, door to door: beside a running service, and without one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.app.service import catalogue
from bot.app.wiring import rules
from bot.cli import alerts_test
from bot.cli.alerts_test import AlertTestError, send_test_alert
from bot.engine.engine import Engine
from bot.settings import Settings, UnknownAlertError, load
from bot.store import Store
from providers.model import Balance, Money
from tests.deadlines import PATIENCE

CHANNEL = "#voip-alerts"


def settings(house: Any) -> Settings:
    path = house.folder / "ringwatch.yaml"
    path.write_text(house.text(), encoding="utf-8")
    return load(path, {}, *catalogue()).settings


def trials(house: Any) -> list[Any]:
    return [message for message in house.slack.messages(CHANNEL) if "TEST, nothing is wrong" in message.words]


def link(house: Any, message: Any) -> str:
    return f"{house.slack.base_url}/archives/{message.channel}/p{message.ts.replace('.', '')}"


@asynccontextmanager
async def opened(house: Any) -> AsyncIterator[Store]:
    """The store that the house's service would use."""
    store = await Store.connect(house.store_url, clock=house.clock)
    yield store
    await store.close()


async def eventually(ask: Callable[[], Awaitable[object]]) -> None:
    """Ask the store until it says yes: it rings no bell."""
    async with asyncio.timeout(PATIENCE):
        while not await ask():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def emptied(store: Store) -> bool:
    return await store.outbox_size() == 0


def state(message: Any) -> str:
    return str(message.metadata["event_payload"]["state"])


async def test_it_is_delivered_by_the_service_that_runs(house: Any) -> None:
    await eventually(house.services[0].store.replicas)  # it says first that it lives
    said = await send_test_alert(house.services[0].settings, "low-balance", house.clock)
    (message,) = trials(house)
    assert said == f"The test of low-balance stands in {CHANNEL}: {link(house, message)}"
    assert state(message) == "firing"
    assert "Acknowledge" in message.buttons
    house.clock.advance(timedelta(seconds=125))
    await house.slack.until(lambda: state(message) == "resolved", what="the end of the test")
    assert len(trials(house)) == 1


async def test_it_joins_the_store_of_its_own_that_a_service_keeps(build: Any) -> None:
    house = await build(store="embedded")
    service = await house.open()
    said = await send_test_alert(service.settings, "Spam", house.clock)
    assert said.startswith(f"The test of spam-number stands in {CHANNEL}: http")
    assert len(trials(house)) == 1


@pytest.mark.parametrize("own", [True, False], ids=["embedded", "shared"])
async def test_it_delivers_and_ends_it_where_no_service_runs(build: Any, own: bool) -> None:
    house = await build(**({"store": "embedded"} if own else {}))
    said = await send_test_alert(settings(house), "low-balance", house.clock)
    (message,) = trials(house)
    where = f"{CHANNEL}, ended at once, as no service runs: {link(house, message)}"
    assert said == f"The test of low-balance stands in {where}"
    assert state(message) == "resolved"
    assert not message.buttons
    assert house.asked == []
    await house.open()  # and the next service has nothing to add
    await house.until(lambda: len(house.asked) >= 8, "two rounds of polls")
    assert len(trials(house)) == 1
    assert house.slack.journal.count("chat.postMessage") == 1
    assert await house.services[0].store.outbox_size() == 0


async def test_it_delivers_nothing_but_the_test(build: Any) -> None:
    house = await build()
    config = settings(house)
    async with opened(house) as store:
        engine = Engine(store, rules(config, catalogue()[1]), house.clock)
        low = Observed(Balance(Money(Decimal(20), "USD")), house.clock())
        await store.record("sales", Kind.BALANCE, low, keep=timedelta(hours=1))
        await engine.observe("sales", Kind.BALANCE)
        assert await store.outbox_size() == 1
        await send_test_alert(config, "low-balance", house.clock)
        assert await store.outbox_size() == 1
    assert [m.words for m in house.slack.messages(CHANNEL)] == [m.words for m in trials(house)]
    await house.open()
    await house.slack.message(CHANNEL, "Balance of sales was low")


async def test_it_leaves_the_webhook_to_the_next_service(build: Any) -> None:
    alerts = [{"name": "low-balance", "watch": "balance", "below": 50, "webhook": "http://127.0.0.1:9/none"}]
    house = await build(alerts=alerts)
    await send_test_alert(settings(house), "low-balance", house.clock)
    async with opened(house) as store:
        assert await store.outbox_size() == 2
        assert await store.due_rows("slack", house.clock()) == []


async def test_it_delivers_it_itself_once_the_last_replica_is_gone(build: Any) -> None:
    house = await build()
    async with opened(house) as store:
        await store.alive("gone", timedelta(seconds=1.5))
    said = await send_test_alert(settings(house), "low-balance", house.clock)
    assert "as no service runs" in said
    assert len(trials(house)) == 1


async def test_it_says_where_it_went_where_the_bot_is_not_in_the_channel(build: Any) -> None:
    alerts = [{"name": "low-balance", "watch": "balance", "below": 50, "channel": "#nowhere"}]
    house = await build(alerts=alerts)
    said = await send_test_alert(settings(house), "low-balance", house.clock)
    assert f"stands in {CHANNEL} (the bot is not in #nowhere)" in said


async def test_it_says_that_it_was_not_delivered_and_keeps_it(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_test, "DELIVERY_TIMEOUT_SECONDS", 0.0)  # one pass, which nothing cuts off
    house = await build()
    house.slack.revoke(house.slack.bot_token)
    with pytest.raises(
        AlertTestError, match=r"committed, but was not delivered within 0 s: Slack refused: .* next service"
    ):
        await send_test_alert(settings(house), "low-balance", house.clock)
    assert trials(house) == []


async def test_it_says_that_the_service_did_not_deliver_it(build: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts_test, "DELIVERY_TIMEOUT_SECONDS", 0.5)
    house = await build("http")
    house.slack.revoke(house.slack.bot_token)
    service = await house.open()
    with pytest.raises(AlertTestError, match="is the service connected to Slack"):
        await send_test_alert(service.settings, "low-balance", house.clock)


@pytest.mark.parametrize("fate", ["late", "hang"])
async def test_it_may_be_interrupted_and_the_next_service_tells_the_rest(build: Any, fate: str) -> None:
    house = await build(store="embedded")
    house.slack.fail("chat.postMessage", fate)
    running = asyncio.create_task(send_test_alert(settings(house), "low-balance", house.clock))
    await house.slack.until(lambda: not house.slack.stage.faults.waiting, what="the post on its way")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    house.slack.land()
    house.clock.advance(timedelta(seconds=15))
    await house.open()
    await house.slack.until(lambda: [state(m) for m in trials(house)] == ["resolved"], what="the end")
    await eventually(lambda: emptied(house.services[0].store))
    assert len(house.slack.messages(CHANNEL)) == 1


async def test_why_answers_in_slack_and_its_button_sends_a_test(build: Any, mode: str) -> None:
    house = await build(mode, permissions={"admin": ["U0MANAGER01"]})
    await house.open()
    house.world.set_balance(20)
    await house.slack.message(CHANNEL, "Balance of sales is low")
    done = await house.slack.command("ivan", "#general", "/pbx", "alerts why low-b")
    why = await done.answer()
    assert "low-balance on sales: firing since" in why.words
    asked = await house.slack.command("daria", "#general", "/pbx", "alerts why low-balance")
    assert "Send a test" not in (await asked.answer()).buttons
    pressed = await house.slack.press("ivan", why, "Send a test")
    assert pressed.asked is not None
    told = await house.slack.ephemeral("ivan", "#general", "A test of low-balance is on its way")
    assert CHANNEL in told.words
    test = await house.slack.message(CHANNEL, "TEST, nothing is wrong")
    assert state(test) == "firing"
    shared = await house.slack.press("ivan", why, "Share")
    assert shared.acked
    posted = await house.slack.message("#general", "low-balance on sales: firing since")
    assert posted.buttons == []


async def test_it_names_the_nearest_alert_and_those_that_watch_nothing(build: Any) -> None:
    alerts = [
        {"name": "low-balance", "watch": "balance", "below": 50},
        {"name": "many-waiting", "watch": "queue_wait", "waiting_above": 5},
    ]
    house = await build(store="embedded", alerts=alerts)
    config = settings(house)
    with pytest.raises(UnknownAlertError, match="did you mean low-balance"):
        await send_test_alert(config, "low-balanc3", house.clock)
    with pytest.raises(AlertTestError, match="many-waiting watches nothing"):
        await send_test_alert(config, "many", house.clock)
    assert not (house.folder / "data").exists()
