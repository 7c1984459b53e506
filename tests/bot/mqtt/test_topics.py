"""Which topics are ours, whatever else a broker holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.mqtt.topics import KINDS, Topics
from tests.bot.mqtt.conftest import TOPICS

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True)
ROOTS = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)


def retained(topics, account, alert):
    """Every topic under which something is retained."""
    yield from (topics.status, topics.service, topics.polls(account), topics.alert(account, alert))
    for kind in KINDS:
        yield from (topics.kind(account, kind), topics.kind_status(account, kind))
    if topics.discovery is not None:
        yield topics.config(account)


@given(ROOTS, st.none() | st.just("homeassistant") | st.just("ha/found"), NAMES, NAMES)
def test_whatever_we_retain_is_known_as_ours(root, discovery, account, alert):
    topics = Topics(root, discovery)
    for topic in retained(topics, account, alert):
        assert topics.ours(topic), topic


@given(ROOTS, ROOTS, NAMES, NAMES)
def test_two_services_on_one_broker_never_take_the_other_s(root, other, account, alert):
    if root == other:
        return
    for topic in retained(Topics(other, "homeassistant"), account, alert):
        assert not Topics(root, "homeassistant").ours(topic), topic


@given(ROOTS, NAMES, NAMES, st.from_regex(r"[0-9]{1,15}", fullmatch=True))
def test_where_commands_and_events_come_in_nothing_is_ours(root, account, alert, digits):
    topics = Topics(root, "homeassistant")
    for topic in (
        topics.alert_command(account, alert),
        topics.number_command(account, digits),
        topics.calls_command,
        topics.event(account),
    ):
        assert not topics.ours(topic), topic


def test_they_read_as_the_reference_has_them():
    assert TOPICS.status == "ringwatch/status"
    assert TOPICS.kind("sales", Kind.BALANCE) == "ringwatch/sales/balance"
    assert TOPICS.kind_status("sales", Kind.QUEUES) == "ringwatch/sales/queues/status"
    assert TOPICS.alert("sales", "low-balance") == "ringwatch/sales/alerts/low-balance"
    assert TOPICS.alert_command("sales", "low-balance") == "ringwatch/sales/alerts/low-balance/set"
    assert TOPICS.number_command("sales", "123") == "ringwatch/sales/numbers/123/set"
    assert TOPICS.calls_command == "ringwatch/calls/set"
    assert TOPICS.event("sales") == "ringwatch/sales/event"
    assert TOPICS.config("my-sales") == "homeassistant/device/ringwatch_my-sales/config"
    assert TOPICS.device("homeassistant/device/ringwatch_my-sales/config") == "my-sales"


@pytest.mark.parametrize(
    "topic",
    [
        "homeassistant/device/ringwatch/config",
        "homeassistant/device/ringwatch_2_sales/config",
        "homeassistant/sensor/ringwatch_sales/config",
        "homeassistant/device/zigbee_1/config",
        "ringwatch",
        "ringwatch/notes",
        "ringwatch/sales/calls",
        "ringwatch2/status",
    ],
)
def test_what_others_left_is_not_ours(topic):
    assert not TOPICS.ours(topic)
