"""Door to door, by MQTT: the vendor, the service, a real broker, somebody who reads it, and Slack beside it."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from bot.app.service import catalogue
from bot.cli.check import run_checks
from bot.cli.live_checks import probes
from bot.demo.slack.town import MANAGER
from bot.settings import load
from tests.bot.mqtt.discovery_rules import mistakes
from tests.brokers import MosquittoBroker, Reader, reading
from tests.deadlines import PATIENCE

CHANNEL = "#voip-alerts"
LOW = {"name": "low-balance", "watch": "balance", "below": 50, "clear_above": 60}
SPAM = {"name": "spam-number", "watch": "number_spam"}
GONE = {"name": "agent-gone", "watch": "agent_offline"}
ALLOW = ["acknowledge", "snooze", "mark_numbers", "pause_calls"]
ALERT, EVENT = "ringwatch/sales/alerts/low-balance", "ringwatch/sales/event"
DEVICE, STATUS = "homeassistant/device/ringwatch_sales/config", "ringwatch/status"
OURS = "12025550110"


def mqtt(broker: MosquittoBroker, **more: Any) -> dict[str, Any]:
    return {"url": broker.url, **more}


async def there(reader: Reader) -> None:
    """Wait until the service is there, and has said everything."""
    await reader.until(lambda: reader.held.get(STATUS) == b"online", "that it is there")


async def metric(service: Any, name: str) -> float | None:
    """What `/metrics` says; None where it says nothing of it."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{service.web.port}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), None)


async def until(holds: Callable[[], object]) -> None:
    """Wait for what nobody tells us of."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  # a connection tells nobody
            await asyncio.sleep(0.01)


async def test_an_alert_is_told_acknowledged_there_and_read_in_slack(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker, allow=ALLOW), alerts=[LOW])
    async with reading(broker) as home:
        await house.open()
        await there(home)
        await home.until(lambda: home.json(ALERT) and home.json(ALERT)["state"] == "OFF", "that all is well")
        house.world.set_balance(20)
        message = await house.slack.message("#voip-alerts", "Balance")
        await home.until(lambda: home.json(ALERT)["state"] == "ON", "that it is on")
        await home.until(lambda: home.texts(EVENT), "the first change")
        assert home.json(ALERT)["phase"] == "firing"
        assert 15 < home.json("ringwatch/sales/balance")["amount"] <= 20
        await home.say(f"{ALERT}/set", "acknowledge")
        await house.slack.until(
            lambda: "Acknowledged by Home Assistant (MQTT)" in message.words, what="the acknowledgement"
        )
        await home.until(lambda: home.json(ALERT)["phase"] == "acknowledged", "the acknowledgement")
        assert (home.json(ALERT)["state"], home.json(ALERT)["by"]) == ("ON", "mqtt")
        house.world.set_balance(90)
        await home.until(lambda: home.json(ALERT)["state"] == "OFF", "the end")
        await home.until(lambda: len(home.texts(EVENT)) == 3, "three changes")
    told = home.events(EVENT)
    assert [(one["event_type"], one["change"]) for one in told] == [("firing", 1), ("acknowledged", 2), ("resolved", 3)]
    assert {one["incident"] for one in told} == {message.metadata["event_payload"]["incident"]}
    assert home.at(EVENT, 0) - home.at(DEVICE) >= 1, "Home Assistant would have lost it"


async def test_a_number_is_marked_from_there_and_read_back(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker, names=True, allow=ALLOW), alerts=[SPAM])
    async with reading(broker) as home:
        await house.open()
        house.world.flag(OURS)
        alert = await house.slack.message(CHANNEL, OURS)
        await home.until(lambda: (home.json("ringwatch/sales/numbers") or {}).get("spam") == 1, "the flag")
        await home.say(f"ringwatch/sales/numbers/{OURS}/set", "active")
        await home.until(lambda: home.json("ringwatch/sales/numbers")["numbers"][OURS] == "active", "the answer")
        await house.slack.edited(alert, "Resolved")
        assert [(c.number, c.status.value) for c in house.world.status_changes] == [(OURS, "active")]
        (entry, *_) = await house.services[0].store.audit_log(1)
        assert (entry.user, entry.target[-3:]) == ("mqtt", OURS[-3:])


async def test_what_is_not_allowed_is_not_done(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker, allow=["snooze"]), alerts=[LOW])
    async with reading(broker) as home:
        await house.open()
        await there(home)
        house.world.set_balance(20)
        await house.slack.message(CHANNEL, "Balance")
        await home.until(lambda: home.json(ALERT) and home.json(ALERT)["state"] == "ON", "that it is on")
        components = home.json(DEVICE)["components"]
        assert "alert_low_balance_acknowledge" not in components
        await home.say(f"{ALERT}/set", "acknowledge")
        await home.say("ringwatch/calls/set", "pause")
        await home.say(f"{ALERT}/set", "snooze 30m")
        await home.until(lambda: home.json(ALERT)["phase"] == "snoozed", "what is allowed")
        records = await house.services[0].store.audit_log(9)
        assert [(one.user, one.operation, one.outcome) for one in records] == [
            ("mqtt", "snooze", "done"),
            ("mqtt", "pause calls", "refused: mqtt.allow"),
            ("mqtt", "acknowledge", "refused: mqtt.allow"),
        ]
        assert await house.services[0].store.calls_paused() is None


async def test_a_hanging_broker_holds_up_no_alert_and_is_said_to_hang(build: Any, broker: MosquittoBroker) -> None:
    broker.hang()
    house = await build(mqtt=mqtt(broker), alerts=[LOW])
    service = await house.open()
    house.world.set_balance(20)
    message = await house.slack.message(CHANNEL, "Balance")
    await house.slack.press(MANAGER, message, "Acknowledge")
    await house.slack.edited(message, "Acknowledged")
    assert await metric(service, "ringwatch_mqtt_connected") == 0
    await until(lambda: service.mqtt.connection.trouble)
    answer = await house.slack.command(MANAGER, CHANNEL, "/pbx", "status")
    said = await house.slack.ephemeral(MANAGER, CHANNEL, "MQTT: The broker at 127.0.0.1")
    assert "does not answer" in said.words
    assert answer is not None
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{service.web.port}/readyz") as ready,
    ):
        assert ready.status == 200, await ready.text()
    broker.go_on()
    async with reading(broker) as home:
        await there(home)
        await home.until(lambda: home.texts(EVENT), "what has happened meanwhile")
        await until(lambda: service.mqtt.connection.connected)
        assert await metric(service, "ringwatch_mqtt_connected") == 1


async def test_what_changed_while_the_broker_was_away_follows_in_order(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker), alerts=[LOW, SPAM])
    service = await house.open()
    await until(lambda: service.mqtt.connection.ready)
    broker.kill()
    house.world.set_balance(20)
    low = await house.slack.message(CHANNEL, "Balance")
    house.world.flag(OURS)
    await house.slack.message(CHANNEL, OURS)
    await house.slack.press(MANAGER, low, "Acknowledge")
    await house.slack.edited(low, "Acknowledged")
    house.world.set_balance(90)
    await house.slack.edited(low, "Resolved")
    broker.start()
    async with reading(broker) as home:
        await home.until(lambda: len(home.texts(EVENT)) >= 4, "four changes")
        told = [(one["alert"], one["event_type"]) for one in home.events(EVENT)]
        assert told == [
            ("low-balance", "firing"),
            ("spam-number", "firing"),
            ("low-balance", "acknowledged"),
            ("low-balance", "resolved"),
        ]
        assert home.at(EVENT, 0) - home.at(DEVICE, 0) >= 1


async def test_what_changed_more_than_an_hour_ago_is_told_no_more(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker), alerts=[LOW])
    service = await house.open()
    await until(lambda: service.mqtt.connection.ready)
    broker.kill()
    house.world.set_balance(20)
    await house.slack.message(CHANNEL, "Balance")
    house.clock.advance(timedelta(minutes=61))
    broker.start()
    async with reading(broker) as home:
        await home.until(lambda: home.json(ALERT) and home.json(ALERT)["state"] == "ON", "how it stands")
        house.world.set_balance(90)
        await home.until(lambda: home.texts(EVENT), "the next change")
        assert [one["event_type"] for one in home.events(EVENT)] == ["resolved"]


async def test_an_account_and_an_alert_that_went_while_it_was_stopped_leave(
    build: Any, broker: MosquittoBroker
) -> None:
    house = await build(mqtt=mqtt(broker), alerts=[LOW, SPAM])
    second = {**sales_of(house), "webhook_token": "another-long-word"}
    house.config["accounts"] = {"helpdesk": second}
    async with reading(broker) as home:
        first = await house.open()
        await there(home)
        await home.until(lambda: "ringwatch/helpdesk/balance" in home.held, "both accounts")
        assert "alert_spam_number" in home.json(DEVICE)["components"]
        await first.stop(6.0)
        house.services.clear()
        del house.config["accounts"]
        house.config["alerts"] = [LOW]
        await home.until(lambda: home.held[STATUS] == b"offline", "goodbye")
        before = len(home.texts(DEVICE))
        await house.open()
        await there(home)
        assert not [topic for topic in home.held if "helpdesk" in topic or "spam-number" in topic]
        described = [json.loads(text)["components"] for text in home.texts(DEVICE)[before:]]
        assert described[0]["alert_spam_number"] == {"platform": "binary_sensor"}
        assert all("alert_spam_number" not in parts for parts in described[1:])


def sales_of(house: Any) -> dict[str, Any]:
    """The keys of an account of the house's vendor."""
    import yaml

    account: dict[str, Any] = yaml.safe_load(house.text())["accounts"]["sales"]
    return account


async def test_a_broker_comes_and_goes_with_the_configuration(build: Any, broker: MosquittoBroker) -> None:
    house = await build(alerts=[LOW])
    service = await house.open()
    path = house.folder / "ringwatch.yaml"
    assert (service.mqtt, await metric(service, "ringwatch_mqtt_connected")) == (None, None)
    async with reading(broker) as home:
        house.config["mqtt"] = mqtt(broker)
        path.write_text(house.text(), encoding="utf-8")
        await service.reload()
        await there(home)
        house.config["mqtt"] = mqtt(broker, topic="floor", allow=["acknowledge"])
        path.write_text(house.text(), encoding="utf-8")
        await service.reload()
        await home.until(lambda: home.held.get("floor/status") == b"online", "the new topic")
        await home.until(lambda: not [topic for topic in home.held if "ringwatch" in topic], "the old one is empty")
        house.config["mqtt"] = mqtt(broker, topic="floor", allow=["pause_calls"])
        path.write_text(house.text(), encoding="utf-8")
        await service.reload()
        device = "homeassistant/device/floor_service/config"
        await home.until(lambda: "calls_allowed" in home.json(device)["components"], "what is allowed now")
        assert home.texts("floor/status").count("offline") == 1, "for that alone it does not leave"
        del house.config["mqtt"]
        path.write_text(house.text(), encoding="utf-8")
        await service.reload()
        await home.until(lambda: home.held["floor/status"] == b"offline", "goodbye")
        await until(lambda: service.mqtt.told() is None)
        house.world.set_balance(20)
        await house.slack.message(CHANNEL, "Balance")
        assert await metric(service, "ringwatch_mqtt_connected") is None
        async with asyncio.timeout(PATIENCE):
            while await service.store.outbox_size("mqtt"):  # noqa: ASYNC110  # a store tells nobody
                await asyncio.sleep(0.05)


async def test_of_two_replicas_one_is_connected_and_the_other_takes_over(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker), alerts=[LOW])
    first = await house.open()
    await until(lambda: first.mqtt.connection.ready)
    async with reading(broker) as home:
        await there(home)
        second = await house.open()
        await until(lambda: second.mqtt.connection.elsewhere)
        assert second.mqtt.told() == (f"connected to 127.0.0.1:{broker.port}, by another replica", False)
        assert await metric(second, "ringwatch_mqtt_connected") == 1
        house.world.set_balance(20)
        await home.until(lambda: len(home.texts(EVENT)) == 1, "the change, once")
        await first.stop(6.0)
        house.services.remove(first)
        await until(lambda: second.mqtt.connection.ready)
        assert home.held[STATUS] == b"online"
        house.world.set_balance(90)
        await home.until(lambda: len(home.texts(EVENT)) == 2, "the next change, once")
    assert [one["change"] for one in home.events(EVENT)] == [1, 2]


@pytest.mark.parametrize("names", [False, True])
async def test_no_customer_is_ever_told_and_no_name_unless_that_is_wanted(
    build: Any, broker: MosquittoBroker, names: bool
) -> None:
    house = await build(mqtt=mqtt(broker, names=names), alerts=[LOW, SPAM, GONE])
    async with reading(broker) as home:
        await house.open()
        await there(home)
        await home.until(lambda: (home.json("ringwatch/sales/agents") or {}).get("signed_in"), "the agents")
        house.world.flag(OURS)
        extension = next(one.extension for one in house.world.agents if one.state.signed_in)
        house.world.drop_agents([extension])
        await home.until(lambda: len(home.texts(EVENT)) >= 2, "both alerts")
        await home.until(
            lambda: home.json("ringwatch/sales/alerts/agent-gone")["subjects"] == [extension], "who is gone"
        )
        for topic, payload in home.held.items():
            if topic.endswith("/config"):
                assert mistakes(topic, payload) == []
        everything = " ".join(f"{topic} {payload.decode()}" for _, topic, payload in home.came)
    agents = {agent.name for agent in house.world.agents if agent.name}
    peers = {agent.peer.lstrip("+") for agent in house.world.agents if agent.peer}
    assert agents
    assert bool([name for name in agents if name in everything]) is names
    assert (OURS in everything) is names
    assert not [peer for peer in peers if len(peer) > 6 and peer in everything]


async def test_check_asks_the_broker_and_disturbs_nobody(build: Any, broker: MosquittoBroker) -> None:
    house = await build(mqtt=mqtt(broker), alerts=[LOW])
    async with reading(broker) as home:
        await house.open()
        await there(home)
        assert await line(house) == f"ok    mqtt: 127.0.0.1:{broker.port} answers, and lets us read"
        assert home.texts(STATUS) == ["offline", "online"], "the service is still there"
    broker.kill()
    assert await line(house) == (
        f"FAIL  mqtt: [E309] The broker at 127.0.0.1:{broker.port} does not answer: Connection refused."
    )


async def line(house: Any) -> str:
    """What `ringwatch check` says of the broker."""
    loaded = load(house.folder / "ringwatch.yaml", {}, *catalogue())
    asked = [probe for probe in probes(loaded.settings, catalogue()[0], house.clock) if probe.name == "mqtt"]
    (found,) = await run_checks(asked)
    return str(found)
