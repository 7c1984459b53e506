"""What the demo's panel reads from what a broker would hold."""

import pytest

from bot.demo.home_assistant import shown

SENSOR = {
    "platform": "sensor",
    "name": "Sales agents free",
    "value_template": '{{ value_json["queues"]["sales"]["free"] }}',
    "unit_of_measurement": "agents",
    "state_topic": "ringwatch/a/queues",
    "availability": [{"topic": "ringwatch/status"}, {"topic": "ringwatch/a/queues/status"}],
}
SEEN = {"ringwatch/a/queues/status": b"online"}


@pytest.mark.parametrize(
    ("payload", "state"),
    [
        (b'{"queues":{"sales":{"free":3}}}', "3"),
        (b'{"queues":{"sales":{"free":0}}}', "0"),
        (b'{"queues":{"sales":{"free":null}}}', "unknown"),
        (b'{"queues":{}}', "unknown"),
        (b'{"queues":null}', "unknown"),
    ],
)
def test_a_state_is_what_its_template_finds(payload, state):
    assert shown(SENSOR, SEEN | {"ringwatch/a/queues": payload})["state"] == state


def test_what_is_not_seen_is_unavailable_whatever_stands_there():
    held = {"ringwatch/a/queues/status": b"offline", "ringwatch/a/queues": b'{"queues":{"sales":{"free":3}}}'}
    assert shown(SENSOR, held)["state"] == "unavailable"


def test_it_carries_the_name_and_the_unit():
    entity = shown(SENSOR, SEEN | {"ringwatch/a/queues": b'{"queues":{}}'})
    assert (entity["name"], entity["unit"], entity["diagnostic"]) == ("Sales agents free", "agents", False)
