"""Door to door, by MQTT: the vendor, the service, a real broker, somebody who reads it, and Slack beside it."""

from typing import Any

from tests.brokers import MosquittoBroker, Reader, reading

LOW = {"name": "low-balance", "watch": "balance", "below": 50, "clear_above": 60}
ALLOW = ["acknowledge", "snooze", "mark_numbers", "pause_calls"]
ALERT, EVENT = "ringwatch/sales/alerts/low-balance", "ringwatch/sales/event"
DEVICE = "homeassistant/device/ringwatch_sales/config"


def mqtt(broker: MosquittoBroker, **more: Any) -> dict[str, Any]:
    return {"url": broker.url, **more}


async def there(reader: Reader) -> None:
    """Wait until the service is there, and has said everything."""
    await reader.until(lambda: reader.held.get("ringwatch/status") == b"online", "that it is there")


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
