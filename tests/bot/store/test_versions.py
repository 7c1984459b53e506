"""The mark that changes with whatever a look would show; and the prefixes under which something may stand."""

from datetime import timedelta
from decimal import Decimal

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Blind, Observed, Subject
from providers.errors import ErrorKind
from providers.model import Balance, Money

KEEP = timedelta(days=1)


async def test_a_mark_changes_with_readings_states_and_the_pause_of_calls(store, clock):
    marks = [await store.versions(["sales"])]

    async def changed():
        marks.append(await store.versions(["sales"]))
        return marks[-1] != marks[-2]

    assert not await changed()
    reading = Observed(Balance(Money(Decimal(5))), clock())
    await store.record("sales", Kind.BALANCE, reading, keep=KEEP)
    assert await changed()
    await store.record("sales", Kind.BALANCE, Blind("no", ErrorKind.UNAVAILABLE, clock()), keep=KEEP)
    assert await changed()
    await store.record("helpdesk", Kind.BALANCE, reading, keep=KEEP)
    assert not await changed(), "nobody asked for that account"
    state = AlertState("low", "sales", subjects={"sales": Subject(breached_since=clock())})
    assert await store.commit(state, 0, [])
    assert await changed()
    _, version = await store.alert_state("low", "sales")
    assert await store.commit(AlertState("low", "sales"), version, [])
    assert await changed(), "a state that is forgotten is a change too"
    await store.pause_calls("U1", clock())
    assert await changed()
    await store.resume_calls()
    assert await changed()


async def test_prefixes_are_remembered_until_nothing_stands_there(store):
    assert await store.mqtt_places() == []
    await store.add_mqtt_place("ringwatch", "homeassistant")
    await store.add_mqtt_place("ringwatch", "homeassistant")
    await store.add_mqtt_place("floor", None)
    assert await store.mqtt_places() == [("floor", None), ("ringwatch", "homeassistant")]
    await store.drop_mqtt_places([("ringwatch", "homeassistant"), ("never", None)])
    await store.drop_mqtt_places([])
    assert await store.mqtt_places() == [("floor", None)]


async def test_it_is_known_who_has_a_lease(store):
    assert await store.lease_holder("mqtt") is None
    await store.lease("mqtt", "one", timedelta(seconds=9))
    assert await store.lease_holder("mqtt") == "one"
    await store.release("mqtt", "one")
    assert await store.lease_holder("mqtt") is None
