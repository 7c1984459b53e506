"""What a broker still holds of us: found and taken away, whatever has changed since, and nobody else's."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.mqtt.topics import Topics
from tests.bot.mqtt.site import DEVICE, connected, until
from tests.brokers import reading


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ({}, {"topic": "floor_2"}),
        ({}, {"discovery": "ha/found"}),
        ({}, {"discovery": None}),
        ({"topic": "a", "discovery": "b"}, {"topic": "c", "discovery": "d"}),
    ],
)
async def test_what_was_left_under_other_prefixes_is_taken_away(make, broker, office, was, now):
    await office.watch(Kind.BALANCE)
    site = make(**was)
    old = Topics(site.keys.topic, site.keys.discovery)
    async with reading(broker) as home:
        await home.say("ringwatch_2/status", "online", retain=True)
        await home.say("homeassistant/device/ringwatch_2_sales/config", "{}", retain=True)
        first = site.open()
        await until(lambda: first.connected, "connected")
        await first.stop()
        assert old.kind("sales", Kind.BALANCE) in home.held
        site.keys = replace(site.keys, **now)
        new = Topics(site.keys.topic, site.keys.discovery)
        second = site.open()
        await until(lambda: second.connected, "connected")
        await home.until(lambda: home.held.get(new.status) == b"online", "that it is there")
        ours = {topic for topic in home.held if old.ours(topic) and not new.ours(topic)}
        assert ours == set()
        assert "homeassistant/device/ringwatch_2_sales/config" in home.held, "another Ringwatch's"
        assert await office.store.mqtt_places() == [(new.root, new.discovery)]


async def test_an_account_that_is_gone_leaves_home_assistant(make, broker, office):
    await office.add("helpdesk")
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        assert "homeassistant/device/ringwatch_helpdesk/config" in home.held
        del office.opened["helpdesk"]
        connection.notify()
        await home.until(lambda: not [topic for topic in home.held if "helpdesk" in topic], "nothing of it is left")


async def test_a_number_that_is_gone_goes_by_its_platform_alone_once(make, broker, office):
    await office.watch(Kind.NUMBERS)
    site = make(names=True)
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        gone = next(key for key in home.json(DEVICE)["components"] if key.startswith("number_"))
        digits = gone.removeprefix("number_").removesuffix("_mark")
        rows = (await office.store.latest_reading("sales", Kind.NUMBERS)).observed.value
        left = replace(rows, items=tuple(one for one in rows if digits not in one.number))
        office.clock.advance(timedelta(seconds=10))
        await office.store.record("sales", Kind.NUMBERS, Observed(left, office.clock()), keep=timedelta(days=1))
        connection.notify()
        await home.until(lambda: f"number_{digits}" not in home.json(DEVICE)["components"], "it is gone")
        described = [json.loads(text)["components"] for text in home.texts(DEVICE)]
        lone = [parts for parts in described if parts.get(f"number_{digits}") == {"platform": "binary_sensor"}]
        assert len(lone) == 1
        assert lone[0][f"number_{digits}_mark"] == {"platform": "select"}
