"""What comes in: a command of the few words that there are, or nothing at all."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.mqtt.commands import AlertCommand, CallsCommand, MarkCommand, read_command
from bot.settings import MqttAllowed
from providers.model import NumberStatus
from tests.bot.mqtt.conftest import TOPICS

ALERT, NUMBER, CALLS = (
    "ringwatch/sales/alerts/low-balance/set",
    "ringwatch/sales/numbers/123/set",
    "ringwatch/calls/set",
)


@pytest.mark.parametrize(
    ("topic", "payload", "command", "needs"),
    [
        (ALERT, b"acknowledge", AlertCommand("sales", "low-balance", "acknowledge"), "acknowledge"),
        (ALERT, b" Acknowledge\n", AlertCommand("sales", "low-balance", "acknowledge"), "acknowledge"),
        (ALERT, b"unacknowledge", AlertCommand("sales", "low-balance", "unacknowledge"), "acknowledge"),
        (ALERT, b"snooze 30m", AlertCommand("sales", "low-balance", "snooze", timedelta(minutes=30)), "snooze"),
        (ALERT, b"snooze 1d", AlertCommand("sales", "low-balance", "snooze", timedelta(days=1)), "snooze"),
        (NUMBER, b"active", MarkCommand("sales", "123", NumberStatus.ACTIVE), "mark_numbers"),
        (NUMBER, b"spam", MarkCommand("sales", "123", NumberStatus.SPAM), "mark_numbers"),
        (CALLS, b"pause", CallsCommand(paused=True), "pause_calls"),
        (CALLS, b"resume", CallsCommand(paused=False), "pause_calls"),
    ],
)
def test_the_words_that_there_are(topic, payload, command, needs):
    found = read_command(TOPICS, topic, payload)
    assert found == command
    assert found.needs is MqttAllowed(needs)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        (ALERT, b""),
        (ALERT, b"ack"),
        (ALERT, b"acknowledge now"),
        (ALERT, b"snooze"),
        (ALERT, b"snooze soon"),
        (ALERT, b"snooze 0m"),
        (ALERT, b"snooze 31d"),
        (ALERT, b"acknowledge" + b" " * 100),
        (ALERT, b"\xff\xfe"),
        (ALERT, b"call +380441234567"),
        (NUMBER, b"disabled"),
        (NUMBER, b"unknown"),
        (CALLS, b"stop"),
        (CALLS, b"spam"),
        ("ringwatch/sales/alerts/LOW/set", b"acknowledge"),
        ("ringwatch/sales/numbers/low-balance/set", b"spam"),
        ("ringwatch/sales/alerts/123/set", b"acknowledge"),
        ("ringwatch/sales/calls/set", b"pause"),
        ("floor/calls/set", b"pause"),
    ],
)
def test_anything_else_is_no_command(topic, payload):
    assert read_command(TOPICS, topic, payload) is None


@given(st.text(max_size=60), st.binary(max_size=80))
def test_whatever_comes_in_is_read_without_a_mistake(name, payload):
    for topic in (f"ringwatch/{name}/set", f"ringwatch/sales/alerts/{name}/set", f"ringwatch/sales/numbers/{name}/set"):
        found = read_command(TOPICS, topic, payload)
        assert found is None or (len(found.account) <= 32 and len(found.target) <= 32)
