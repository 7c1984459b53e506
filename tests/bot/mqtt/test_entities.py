"""Home Assistant's entities: there only where they can be told, and held to its measured rules."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mqtt.entities import devices
from bot.mqtt.snapshot import slugged
from bot.mqtt.states import encoded
from bot.mqtt.topics import Topics
from bot.settings import MqttAllowed
from providers.model import NumberStatus, Queue, Rows
from providers.registry import vendors
from tests.bot.mqtt.conftest import (
    NOON,
    TOPICS,
    account,
    alert,
    balance,
    failed,
    mqtt,
    number,
    observed,
    queue,
    snapshot,
)
from tests.bot.mqtt.discovery_rules import mistakes

EVERYTHING = mqtt(names=True, allow=frozenset(MqttAllowed))


def device(one, keys=None, name=None):
    """The message of an account's device."""
    found = devices(snapshot(one), TOPICS, keys or mqtt())
    return found[TOPICS.config(name or one.name)]


def components(one, keys=None):
    return device(one, keys)["components"]


def test_everything_that_is_told_has_its_entity(whole):
    assert set(components(whole)) == {
        "balance", "runs_out",
        "agents_signed_in", "agents_on_call", "agents_free", "agents_offline", "agents_unknown",
        "callers_waiting", "longest_wait",
        "queue_support_en__waiting", "queue_support_en__longest_wait", "queue_support_en__free",
        "queue_2_waiting", "queue_2_longest_wait",
        "numbers_spam", "numbers_active",
        "alert_low_balance", "alert_spam_number", "event",
        "reachable", "last_look",
    }  # fmt: skip


def test_names_and_deeds_add_what_is_allowed_and_no_more(whole):
    plain = components(whole)
    names = components(whole, mqtt(names=True))
    assert names.keys() - plain.keys() == {"number_12025550110", "number_12025550111"}
    deeds = components(whole, EVERYTHING)
    assert deeds.keys() - names.keys() == {
        "number_12025550110_mark",
        "number_12025550111_mark",
        "alert_low_balance_acknowledge",
        "alert_spam_number_acknowledge",
    }
    unmarkable = components(replace(whole, markable=False), EVERYTHING)
    assert not [key for key in unmarkable if key.endswith("_mark")]
    nameless = components(whole, mqtt(allow=frozenset({MqttAllowed.MARK_NUMBERS})))
    assert "12025550110" not in json.dumps(nameless)


@pytest.mark.parametrize("keys", [mqtt(), mqtt(names=True), EVERYTHING])
def test_home_assistant_takes_all_of_it(whole, keys):
    found = devices(snapshot(whole, account("empty")), TOPICS, keys)
    assert set(found) == {TOPICS.config(name) for name in ("service", "sales", "empty")}
    for topic, message in found.items():
        assert mistakes(topic, encoded(message)) == []


def test_the_rules_would_find_what_is_wrong(whole):
    """A validator that takes everything proves nothing."""
    good = device(whole, EVERYTHING)

    def broken(change):
        message = json.loads(encoded(good))
        change(message, message["components"])
        return mistakes(TOPICS.config("sales"), encoded(message))

    assert broken(lambda message, _: None) == []
    assert broken(lambda message, _: message.update(child_devices=[]))
    assert broken(lambda message, _: message.pop("origin"))
    assert broken(lambda _, parts: parts["balance"].update(expire_after=60))
    assert broken(lambda _, parts: parts["balance"].update(state_class="measurement"))
    assert broken(lambda _, parts: parts["balance"].pop("unique_id"))
    assert broken(lambda _, parts: parts["event"].update(unique_id=parts["balance"]["unique_id"]))
    assert broken(lambda _, parts: parts["longest_wait"].update(unit_of_measurement="seconds"))
    assert broken(lambda _, parts: parts["balance"].update(availability=[{"topic": "a"}, {"topic": "a"}]))
    assert broken(lambda _, parts: parts["balance"].update(availability_mode="latest"))


def test_a_device_is_its_account_made_by_its_vendor(whole):
    told = device(replace(whole, name="my-sales"))
    assert told["device"]["identifiers"] == ["ringwatch_my-sales"]
    assert (told["device"]["name"], told["device"]["manufacturer"]) == ("Ringwatch my-sales", "Some PBX")
    assert {one["unique_id"] for one in told["components"].values()} == {
        f"ringwatch_my-sales_{key}" for key in told["components"]
    }
    assert not [key for key in told["components"] if "-" in key]


def test_the_service_is_a_device_of_its_own(whole):
    told = devices(snapshot(whole), TOPICS, mqtt())[TOPICS.config("service")]
    assert (told["device"]["name"], set(told["components"])) == ("Ringwatch", {"open_alerts"})
    told = devices(snapshot(whole), TOPICS, EVERYTHING)[TOPICS.config("service")]
    switch = told["components"]["calls_allowed"]
    assert (switch["command_topic"], switch["payload_on"], switch["payload_off"]) == (
        "ringwatch/calls/set", "resume", "pause",
    )  # fmt: skip


def test_without_a_prefix_nothing_is_found(whole):
    assert devices(snapshot(whole), Topics("ringwatch"), mqtt(discovery=None)) == {}


def test_money_without_a_currency_has_neither_class_nor_unit():
    told = components(account(balance=observed(balance(currency=None))))["balance"]
    assert told["state_class"] == "total"
    assert not {"device_class", "unit_of_measurement"} & told.keys()
    configured = components(account(balance=observed(balance(currency=None)), currency="UAH"))["balance"]
    assert (configured["device_class"], configured["unit_of_measurement"]) == ("monetary", "UAH")


def test_a_vendor_of_finished_calls_has_what_they_waited_alone():
    finished = Queue("Support", "Support", waited=None)
    told = components(account(queues=observed(Rows((finished,))), finished_only=True))
    assert [key for key in told if "queue" in key or "wait" in key] == ["queue_support_waited"]
    assert told["queue_support_waited"]["name"] == "Support waited lately"


def test_who_is_free_is_no_entity_of_a_vendor_that_knows_phones_alone(whole):
    told = components(replace(whole, registered_only=True))
    assert not [key for key in told if "free" in key]
    known = {vendor.slug for vendor in vendors(entry_points=lambda **_: []).values() if vendor.registered_only}
    assert known == {"iexpbx"}


def test_what_is_not_polled_has_no_entity():
    assert set(components(account())) == {"event", "reachable", "last_look"}


def test_a_blind_account_keeps_its_entities(whole):
    queues = whole.kinds["queues"].latest.observed.value
    blind = account(queues=failed(5, queues))
    assert "queue_2_waiting" in components(blind)


def test_every_entity_goes_with_its_kind_but_an_alert_with_the_service_alone(whole):
    told = components(whole, EVERYTHING)
    by = {key: [one["topic"] for one in entity["availability"]] for key, entity in told.items()}
    assert by["balance"] == by["runs_out"] == ["ringwatch/status", "ringwatch/sales/balance/status"]
    assert by["queue_2_waiting"] == ["ringwatch/status", "ringwatch/sales/queues/status"]
    alone = ["ringwatch/status"]
    assert by["alert_low_balance"] == by["event"] == by["reachable"] == by["last_look"] == alone


@given(st.lists(st.builds(Queue, st.text(min_size=1, max_size=8), st.text(max_size=20)), max_size=8))
def test_whatever_queues_are_called_home_assistant_takes_them(queues):
    one = account(queues=observed(Rows(tuple(queues))), alerts=[alert()])
    assert mistakes(TOPICS.config("sales"), encoded(device(one, EVERYTHING))) == []
    assert {q.ref for q in slugged(queues).values()} <= {q.ref for q in queues}
    assert slugged(queues) == slugged(sorted(queues, key=lambda q: q.name)) or len({q.ref for q in queues}) < len(
        queues
    )


@given(
    st.lists(st.builds(Queue, st.integers(1, 99).map(str), st.text(max_size=20)), max_size=8, unique_by=lambda q: q.ref)
)
def test_every_queue_has_a_slug_of_its_own_unless_an_id_is_another_s_name(queues):
    found = slugged(queues)
    names = {q.name.lower() for q in queues}
    if not names & {q.ref for q in queues}:
        assert {q.ref for q in found.values()} == {q.ref for q in queues}


@pytest.mark.parametrize(
    ("names", "slugs"),
    [
        (["Support"], ["support"]),
        (["Sales & Support"], ["sales_support"]),
        (["24/7"], ["24_7"]),
        (["Підтримка"], ["r0"]),
        (["Support", "support"], ["support", "r1"]),
        ([""], ["r0"]),
    ],
)
def test_a_slug_is_the_name_or_the_vendor_s_id(names, slugs):
    assert list(slugged(Queue(f"r{n}", name) for n, name in enumerate(names))) == slugs


def test_a_caller_id_that_is_listed_twice_is_one_entity_and_the_worse():
    rows = Rows((number("1202"), number("1202", NumberStatus.SPAM)))
    one = account(numbers=observed(rows, NOON))
    assert one.numbers == {"1202": NumberStatus.SPAM}


def test_a_queue_s_name_is_one_line_and_not_long():
    one = account(queues=observed(Rows((queue("1", "A\nB" + "x" * 100),))))
    names = [entity["name"] for entity in components(one).values() if entity["name"].endswith(" callers waiting")]
    assert names == ["AB" + "x" * 57 + "… callers waiting"]
