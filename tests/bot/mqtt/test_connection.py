"""The one connection, on a real broker: what it says and in which order, and what it does when the broker is away."""

import gc
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.alerts.kinds import Kind
from bot.mqtt import broker as wire
from bot.mqtt.connection import LEASE
from bot.mqtt.topics import BIRTH
from bot.store import Store, StoreUnavailable
from tests.bot.mqtt.discovery_rules import mistakes
from tests.bot.mqtt.site import BALANCE, DEVICE, STATUS, connected, until
from tests.brokers import MosquittoBroker, OldBroker, certificates, reading


async def test_it_says_everything_and_last_that_it_is_there(make, broker, office):
    await office.watch(Kind.BALANCE)
    site = make()
    async with connected(site, broker) as (connection, home):
        topics = [topic for _, topic, _ in home.came]
        assert topics[-1] == STATUS
        assert home.texts(STATUS) == ["offline", "online"]
        assert topics.index(BALANCE) < topics.index(f"{BALANCE}/status") < topics.index(DEVICE)
        assert mistakes(DEVICE, home.held[DEVICE]) == []
        assert home.held[f"{BALANCE}/status"] == b"online"
        await until(lambda: connection.connected, "connected")
        assert site.said[-1] is True
    async with reading(broker) as late:
        await late.until(lambda: late.held.keys() == home.held.keys(), "all of it is kept")


async def test_what_changes_is_told_and_nothing_else(make, broker, office):
    await office.watch(Kind.BALANCE)
    site = make()
    async with connected(site, broker) as (_, home):
        before = len(home.came)
        office.clock.advance(timedelta(seconds=10))
        await site.read(77)
        await home.until(lambda: home.json(BALANCE)["amount"] == 77, "the new balance")
        assert {topic for _, topic, _ in home.came[before:]} <= {BALANCE, "ringwatch/sales/polls"}


async def test_another_replica_s_reading_is_told_too(make, broker, office, one_redis_url):
    await office.watch(Kind.BALANCE)
    site = make()
    async with connected(site, broker) as (_, home):
        office.world.set_balance(55)
        await office.watch(Kind.BALANCE)  # nobody notifies the connection
        await home.until(lambda: home.json(BALANCE)["amount"] == 55, "it looks by itself")


async def test_home_assistant_s_birth_has_all_sent_anew(make, broker, office):
    await office.watch(Kind.BALANCE)
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        before = len(home.came)
        await home.say(BIRTH, "offline")
        await home.say(BIRTH, "online")
        await home.until(lambda: home.texts(STATUS) == ["offline", "online", "online"], "it again")
        again = [topic for _, topic, _ in home.came[before + 2 :]]
        assert again[-1] == STATUS
        assert set(again) == home.held.keys() - {BIRTH}, "whatever is kept"


async def test_who_says_that_we_are_gone_is_contradicted(make, broker):
    """The will of a connection that broke may come late."""
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        await home.say(STATUS, "offline", retain=True)
        await home.until(lambda: home.texts(STATUS)[-2:] == ["offline", "online"], "that it is there")


async def test_commands_come_in_but_those_that_are_retained(make, broker):
    site, place = make(), "ringwatch/sales/alerts/low/set"
    async with reading(broker) as home:
        await home.say(place, "unacknowledge", retain=True)
        connection = site.open()
        await until(lambda: connection.connected, "connected")
        await home.say(place, "snooze 5m", retain=True)
        await home.say(place, "nonsense")
        await home.say("ringwatch/calls/set", "pause")
        await until(lambda: site.pressed, "the one command")
        assert [command.verb for command in site.pressed] == ["pause calls"]
        assert place in home.held, "it is somebody else's"


async def test_it_goes_with_a_word(make, broker):
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        await connection.stop()
        await home.until(lambda: home.held[STATUS] == b"offline", "goodbye")

        assert site.said[-1] is False


async def test_the_broker_says_that_it_is_gone_where_it_could_not(make, broker):
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        connection._broker._client._client.socket().shutdown(2)  # as where the process was killed
        await home.until(lambda: home.texts(STATUS)[-1] == "offline", "the last will")
        await home.until(lambda: home.texts(STATUS)[-1] == "online", "it is back by itself")


async def test_a_broker_that_was_killed_and_comes_back_empty_is_told_everything(make, broker, office):
    await office.watch(Kind.BALANCE)
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        before = home.held.keys() - {STATUS}
    broker.kill()
    await until(lambda: connection.trouble is not None, "that it is away")
    assert connection.trouble.startswith(f"The broker at 127.0.0.1:{broker.port} ")
    assert (connection.connected, connection.ready, site.said[-1]) == (False, False, False)
    broker.start()
    async with reading(broker) as home:
        await home.until(lambda: home.held.get(STATUS) == b"online", "that it is there again")
        assert home.held.keys() - {STATUS} == before
        await until(lambda: connection.connected, "connected")
        assert connection.trouble is None


async def test_a_broker_that_hangs_is_given_up_and_found_again(make, broker, monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(wire, "GOODBYE_SECONDS", 0.1)
    site = make()
    broker.hang()
    connection = site.open()
    await until(lambda: connection.trouble is not None, "that it does not answer")
    assert "does not answer" in connection.trouble
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 10.0)
    broker.go_on()
    await until(lambda: connection.connected, "connected")
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.4)
    connection._broker._client.timeout = 0.4
    broker.hang()
    await site.read(33)
    await until(lambda: connection.trouble is not None, "that it hangs")
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 10.0)
    broker.go_on()
    await until(lambda: connection.connected, "connected again")


@pytest.mark.parametrize(("name", "password"), [("ringwatch", "wrong-SECRET-word"), (None, None)])
async def test_a_broker_that_refuses_us_says_so_without_our_secret(make, name, password):
    strict = MosquittoBroker(password="right")
    try:
        site = make(strict.port, username=name, password=SecretStr(password) if password else None)
        connection = site.open()
        await until(lambda: connection.trouble is not None, "the refusal")
        assert connection.trouble == (
            f"The broker at 127.0.0.1:{strict.port} refuses us: Not authorized. "
            "Are mqtt.username and mqtt.password right?"
        )
        site.keys = replace(site.keys, username="ringwatch", password=SecretStr("right"))
        await until(lambda: connection.connected, "connected")
    finally:
        await site.close()
        strict.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves the refused socket open
async def test_its_certificate_is_checked(make, tmp_path):
    papers = certificates(tmp_path)
    strict = MosquittoBroker(papers=papers)
    try:
        site = make(strict.port, encrypted=True)
        connection = site.open()
        await until(lambda: connection.trouble is not None, "that it is not trusted")
        assert "certificate verify failed" in connection.trouble
        site.keys = replace(site.keys, ca=tmp_path / "nowhere.pem")
        await until(lambda: "mqtt.ca" in connection.trouble, "that there is no such file")
        site.keys = replace(site.keys, ca=papers / "ca.pem")
        await until(lambda: connection.connected, "connected")
    finally:
        await site.close()
        strict.close()
        gc.collect()


async def test_a_broker_of_the_old_version_is_spoken_to_in_it(make, broker):
    async with OldBroker(broker) as old, reading(broker) as home:
        site = make(old.port)
        connection = site.open()
        await until(lambda: connection.connected, "connected")
        assert home.held[STATUS] == b"online"
        await home.say("ringwatch/calls/set", "pause")
        await until(lambda: site.pressed, "a command")
        assert old.refused >= 1
        await site.close()


async def test_one_replica_has_it_and_another_takes_over_from_one_that_stands_still(
    make, broker, office, one_redis_url, monkeypatch
):
    site = make()
    other = await Store.connect(one_redis_url, clock=office.clock, owner="second")
    try:
        async with connected(site, broker) as (first, home):
            await until(lambda: first.connected, "connected")
            second = site.open(other)
            await until(lambda: second.elsewhere, "that another has it")
            assert (second.connected, second.trouble) == (False, None)
            home.came.clear()

            async def never(*_):
                return True

            monkeypatch.setattr(office.store, "renew", never)  # it believes that it has it still
            await office.store.ask("DEL", f"{{ringwatch}}:lease:{LEASE}")
            await until(lambda: second.connected, "the second is connected")
            await until(lambda: not first.connected, "the broker has ended the first")
            await home.until(lambda: home.held[STATUS] == b"online", "that it is there")
            await until(lambda: first.elsewhere, "that another has it")
            assert home.held[STATUS] == b"online"
            await second.stop()
            await until(lambda: first.connected, "it has it again at once")
    finally:
        await other.close()


async def test_while_nobody_knows_who_has_the_lease_nobody_is_there(make, broker, office, monkeypatch):
    async def away(*_):
        raise StoreUnavailable("Away.")

    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.connected, "connected")
        for name in ("renew", "lease", "release", "versions"):
            monkeypatch.setattr(office.store, name, away)
        await home.until(lambda: home.held[STATUS] == b"offline", "that nothing can be told")
        await until(lambda: connection.trouble is not None, "why")
        assert "while the store is away" in connection.trouble
        monkeypatch.undo()
        await home.until(lambda: home.held[STATUS] == b"online", "that it is there again")


async def test_events_wait_until_an_entity_was_told_of_for_a_second(make, broker):
    site = make()
    async with connected(site, broker) as (connection, home):
        await until(lambda: connection.ready, "ready")
        assert connection.knows("sales")
        assert not connection.knows("nobody")
        await connection.publish("ringwatch/sales/event", b"{}")
        await home.until(lambda: home.texts("ringwatch/sales/event"), "the event")
        assert home.at("ringwatch/sales/event") - home.at(DEVICE) >= 1
        assert "ringwatch/sales/event" not in (await kept(broker)), "it is never kept"


async def kept(broker):
    """What a newcomer is shown."""
    async with reading(broker) as late:
        await late.until(lambda: STATUS in late.held, "what is kept")
        return dict(late.held)
