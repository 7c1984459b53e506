"""What is said of an alert where everybody reads: enough to act, and nobody's name or number unless that is wanted."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.model import AlertState, Incident, Member, MessageRef, Notification, NotificationKind, Phase, Severity
from bot.alerts.policy import Policy
from bot.mqtt.incidents import alert_payload, event_payload, leading
from bot.notify.notification_context import NotificationContext
from bot.watches.agent_offline.words import AgentOfflineFacts
from bot.watches.number_spam import NumberSpamFacts
from bot.watches.registry import watches
from tests.bot.mqtt.conftest import MINUTE, NOON, alert

SPAM, AGENT = "12025550110", "1101"
FACTS = {
    "number_spam": (SPAM, NumberSpamFacts(f"+{SPAM}", 3, 4)),
    "agent_offline": (AGENT, AgentOfflineFacts(name="Olena Shevchenko")),
}


def incident(watch="number_spam", name="i1", phase=Phase.FIRING, severity=Severity.WARNING, **more):
    subject, facts = FACTS[watch]
    member = Member(subject, facts, severity, NOON)
    return Incident(name, more.pop("opened_at", NOON), {subject: member}, severity, phase, **more)


def one(watch, *incidents, **more):
    state = AlertState(f"my-{watch}".replace("_", "-"), "sales", watch, incidents={i.id: i for i in incidents})
    return alert(state.alert, watch, state, **more)


def test_one_that_was_never_evaluated_is_not_known():
    told = alert_payload(one("number_spam", evaluated=False), NOON, names=False)
    assert (told["state"], told["phase"]) == (None, None)


def test_one_that_never_rose_is_off():
    assert alert_payload(one("number_spam"), NOON, names=False)["state"] == "OFF"


def test_it_is_on_from_raised_to_resolved_and_has_its_keys_always():
    quiet = alert_payload(one("number_spam"), NOON, names=False)
    for phase in (Phase.FIRING, Phase.ACKNOWLEDGED, Phase.SNOOZED):
        told = alert_payload(one("number_spam", incident(phase=phase)), NOON, names=False)
        assert (told["state"], told["phase"]) == ("ON", phase.value)
        assert told.keys() == quiet.keys()
    over = incident(phase=Phase.RESOLVED, resolved_at=NOON + 5 * MINUTE)
    told = alert_payload(one("number_spam", over), NOON, names=False)
    assert (told["state"], told["phase"], told["resolved_at"]) == ("OFF", "resolved", "2026-11-21T12:05:00.000Z")


def test_without_names_caller_ids_are_counted_and_nothing_says_more():
    told = alert_payload(one("number_spam", incident()), NOON, names=False)
    assert (told["subjects"], told["subjects_total"]) == (["1 caller ID"], 1)
    assert told["summary"] == "my-number-spam on sales: 1 caller ID."
    assert SPAM not in json.dumps(told)
    named = alert_payload(one("number_spam", incident()), NOON, names=True)
    assert named["subjects"] == [SPAM]
    assert SPAM in named["summary"]


def test_without_names_agents_are_told_by_extension():
    told = alert_payload(one("agent_offline", incident("agent_offline")), NOON, names=False)
    assert (told["subjects"], told["summary"]) == ([AGENT], "my-agent-offline on sales: 1101.")
    assert "Olena" not in json.dumps(told)
    assert (
        "Olena Shevchenko (1101)"
        in alert_payload(one("agent_offline", incident("agent_offline")), NOON, names=True)["summary"]
    )


def test_it_says_who_has_it_since_when_and_where_it_is_read():
    held = incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="U1", acknowledged_at=NOON)
    told = alert_payload(
        one("number_spam", held, i1=MessageRef("C1", "1.1", "https://slack.example/p1")), NOON, names=False
    )
    assert (told["by"], told["since"], told["incident"]) == ("U1", "2026-11-21T12:00:00.000Z", "i1")
    assert told["link"] == "https://slack.example/p1"
    snoozed = incident(phase=Phase.SNOOZED, snoozed_by="mqtt", acknowledged_by="U1")
    assert alert_payload(one("number_spam", snoozed), NOON, names=False)["by"] == "mqtt"


def test_of_several_the_one_that_wants_somebody_is_told():
    mine = incident(name="i1", phase=Phase.ACKNOWLEDGED, severity=Severity.CRITICAL)
    nobodys = incident(name="i2", opened_at=NOON + MINUTE)
    ended = incident(name="i3", phase=Phase.RESOLVED, resolved_at=NOON + 9 * MINUTE)
    found = {i.id: i for i in (mine, nobodys, ended)}
    assert leading(found) is nobodys
    assert leading({"i1": mine, "i3": ended}) is mine
    assert leading({"i3": ended}) is ended
    assert leading({}) is None


@pytest.mark.parametrize("names", [False, True])
def test_an_event_is_a_webhook_s_data_with_its_type(names):
    held = incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="mqtt", acknowledged_at=NOON)
    context = NotificationContext(held, Policy("spam", "sales", "number_spam", "C1"), watches()["number_spam"], NOON)
    notice = Notification(
        NotificationKind.CHANGE, "i1", "acknowledged", change=2, phase=Phase.ACKNOWLEDGED, at=NOON, by="mqtt"
    )
    told = event_payload(notice, context, names=names)
    assert told["event_type"] == told["state"] == "acknowledged"
    assert (told["change"], told["by"], told["incident"], told["watch"]) == (2, "mqtt", "i1", "number_spam")
    assert set(told) == {
        "event_type", "alert", "account", "watch", "incident", "change", "state", "reason", "severity", "subjects",
        "subjects_total", "summary", "by", "opened_at", "changed_at", "resolved_at", "duration_seconds", "test", "link",
    }  # fmt: skip
    assert (SPAM in json.dumps(told)) is names


def test_a_customer_s_number_is_never_a_subject():
    member = Member("+380 44 123 45 67", FACTS["agent_offline"][1], Severity.WARNING, NOON)
    strange = replace(incident("agent_offline"), members={member.subject: member})
    for names in (False, True):
        told = alert_payload(one("agent_offline", strange), NOON + timedelta(hours=1), names=names)
        assert "123 45" not in json.dumps(told["subjects"])
