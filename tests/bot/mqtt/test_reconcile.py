"""From whatever a broker holds to what it should: Home Assistant ends with the right entities, and never sees a gap."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.mqtt.reconcile import Held, Wanted, steps
from bot.mqtt.states import encoded
from bot.mqtt.topics import Topics
from tests.bot.mqtt.conftest import TOPICS

PLATFORMS = st.sampled_from(["sensor", "binary_sensor", "button"])
COMPONENTS = st.dictionaries(st.sampled_from("abcde"), PLATFORMS, max_size=4)
DEVICES = st.dictionaries(st.sampled_from(["sales", "helpdesk", "service"]), COMPONENTS, max_size=3)
STATES = st.dictionaries(
    st.sampled_from(["ringwatch/sales/balance", "ringwatch/x/polls", "ringwatch/service"]),
    st.binary(min_size=1, max_size=3),
    max_size=3,
)


def message(components):
    parts = {key: {"platform": platform, "name": key} for key, platform in components.items()}
    return {"device": {"identifiers": ["x"]}, "origin": {"name": "Ringwatch"}, "components": parts}


def wanted(devices, states):
    return Wanted({TOPICS.config(name): message(parts) for name, parts in devices.items()}, states)


def holding(devices, states):
    return Held({TOPICS.config(name): encoded(message(parts)) for name, parts in devices.items()}, dict(states))


class Home:
    """Home Assistant's memory of entities: (topic, component) with its platform, by its rules."""

    def __init__(self, held):
        self.entities = {}
        self.taken = []  # what was taken away by its platform alone
        for topic, payload in held.devices.items():
            self.hear(topic, payload)

    def hear(self, topic, payload):
        if not payload:
            self.entities = {where: platform for where, platform in self.entities.items() if where[0] != topic}
            return
        for key, part in json.loads(payload)["components"].items():
            if set(part) == {"platform"}:
                assert self.entities.pop((topic, key), part["platform"]) == part["platform"]
                self.taken.append((topic, key))
            else:
                self.entities[topic, key] = part["platform"]


@given(DEVICES, STATES, DEVICES, STATES, st.booleans())
def test_the_broker_ends_with_what_is_wanted_and_home_assistant_with_its_entities(was, stood, devices, states, anew):
    held, target = holding(was, stood), wanted(devices, states)
    home = Home(held)
    todo = list(steps(held, target, anew=anew))
    for step in todo:
        held.take(step.message, device=step.device)
        if step.device:
            home.hear(step.message.topic, step.message.payload)
    assert held.states == dict(states)
    assert held.devices == {topic: encoded(device) for topic, device in target.devices.items()}
    should = {
        (TOPICS.config(name), key): platform for name, parts in devices.items() for key, platform in parts.items()
    }
    assert home.entities == should
    assert len(home.taken) == len(set(home.taken)), "each is taken away once"
    assert list(steps(held, target)) == [], "it is done"
    if anew:
        assert {step.message.topic for step in todo} >= {*states, *target.devices}


@given(DEVICES, STATES, DEVICES, STATES)
def test_a_state_comes_before_what_needs_it_and_goes_after_what_needed_it(was, stood, devices, states):
    held, target = holding(was, stood), wanted(devices, states)
    todo = list(steps(held, target))
    kept = {topic for topic in held.devices if topic in target.devices}
    for place, step in enumerate(todo):
        if not step.device and step.message.payload:
            before = [one.message for one in todo[:place] if one.device and one.message.payload]
            for sent in before:  # takes away, and adds nothing yet
                assert sent.topic in kept
                fresh = (
                    json.loads(sent.payload)["components"].keys() - json.loads(held.devices[sent.topic])["components"]
                )
                assert not fresh
        if not step.device and not step.message.payload:
            assert not [one for one in todo[place:] if one.device]


def test_what_is_there_already_is_not_sent_again():
    held = holding({"sales": {"a": "sensor"}}, {"ringwatch/service": b"1"})
    todo = list(steps(held, wanted({"sales": {"a": "sensor"}}, {"ringwatch/service": b"2"})))
    assert [(step.message.topic, step.message.payload) for step in todo] == [("ringwatch/service", b"2")]


def test_a_component_that_is_gone_goes_by_its_platform_alone_once():
    held = holding({"sales": {"a": "sensor", "b": "button"}}, {})
    first, second = steps(held, wanted({"sales": {"b": "button", "c": "sensor"}}, {}))
    assert json.loads(first.message.payload)["components"] == {
        "b": {"platform": "button", "name": "b"},
        "a": {"platform": "sensor"},
    }
    assert json.loads(second.message.payload)["components"].keys() == {"b", "c"}


def test_what_others_left_and_whether_we_are_there_is_left_alone():
    retained = {
        "ringwatch/status": b"offline",
        "ringwatch/gone/balance": b"{}",
        "ringwatch/gone/alerts/low/set": b"acknowledge",
        "ringwatch/notes": b"mine",
        "homeassistant/device/ringwatch_gone/config": b"{}",
        "homeassistant/device/other_gone/config": b"{}",
        "floor/gone/balance": b"{}",
    }
    held = Held.read(retained, TOPICS)
    assert (set(held.devices), set(held.states)) == (
        {"homeassistant/device/ringwatch_gone/config"}, {"ringwatch/gone/balance"},
    )  # fmt: skip
    former = Held.read(retained, TOPICS, Topics("floor", "homeassistant"))
    assert set(former.states) == {"ringwatch/gone/balance", "floor/gone/balance"}


def test_a_device_that_cannot_be_read_is_written_anew():
    held = Held({TOPICS.config("sales"): b"{not json"}, {})
    (only,) = steps(held, wanted({"sales": {"a": "sensor"}}, {}))
    assert only.message.topic == TOPICS.config("sales")
