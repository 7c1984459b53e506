"""What a webhook's receiver is told: every field that docs/webhooks.md promises, in that order, and nothing else."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from bot.alerts.model import Incident, Member, MessageRef, Notification, NotificationKind, Phase, Severity
from bot.alerts.policy import Policy
from bot.notify.change_event import change_event
from bot.notify.incident_message import verdict
from bot.notify.notification_context import NotificationContext
from bot.settings.webhook_formats import WebhookFormat
from bot.watches.queue_wait.facts import QueueWaitFacts
from bot.watches.registry import watches
from bot.webhooks.formats import body, ringwatch

PAGE = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text(encoding="utf-8")
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy("long-wait", "helpdesk", "queue_wait", "#alerts")
FACTS = QueueWaitFacts(6, timedelta(seconds=192), longest_wait_above=2 * MINUTE, free=0, unstaffed=True)


def member(subject="Support", **changes):
    return replace(Member(subject, FACTS, Severity.CRITICAL, NOON), **changes)


def incident(*members, **changes):
    members = members or (member(),)
    made = Incident("long-wait.helpdesk.19aa6b0f400", NOON, {m.subject: m for m in members}, Severity.CRITICAL)
    return replace(made, **changes)


def told(of, *, phase=None, reason="opened", at=NOON, change=1, by=None, **more):
    notice = Notification(NotificationKind.CHANGE, of.id, reason, change=change, phase=phase or of.phase, at=at, by=by)
    now = more.pop("now", NOON + 5 * MINUTE)
    context = NotificationContext(of, POLICY, watches()["queue_wait"], now, **more)
    return ringwatch.write(change_event(notice, context, verdict(context)))


def resolved(*members, **changes):
    left = [replace(m, left_at=NOON + 7 * MINUTE) for m in members or (member(),)]
    return incident(*left, phase=Phase.RESOLVED, resolved_at=NOON + 7 * MINUTE, **changes)


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_it_makes_the_documented_example():
    (example,) = (json.loads(text) for text in blocks("json"))
    acknowledged = incident(phase=Phase.ACKNOWLEDGED, acknowledged_by="U0123456789")
    link = example["data"]["link"]
    made = told(
        acknowledged,
        reason="acknowledged",
        at=NOON + timedelta(minutes=4, seconds=30),
        change=2,
        by="U0123456789",
        links={acknowledged.id: MessageRef("C0123456789", "1763726401.000100", link)},
    )
    assert made == example
    assert list(made) == list(example)
    assert list(made["data"]) == list(example["data"])


def test_the_page_explains_every_field_in_order():
    table = PAGE.partition("| field | means |")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert named == ["type", "timestamp", *told(incident())["data"]]


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_the_same_fields(phase):
    of = resolved() if phase is Phase.RESOLVED else incident(phase=phase)
    made = told(of, phase=phase)
    assert made["type"] == f"ringwatch.alert.{phase.value}"
    assert made["data"]["state"] == phase.value
    assert list(made["data"]) == list(told(incident())["data"])
    assert f"`{phase.value}`" in PAGE


def test_it_tells_the_change_as_it_was_and_the_rest_as_it_is():
    late = told(resolved(), phase=Phase.FIRING, now=NOON + 60 * MINUTE)
    assert (late["type"], late["timestamp"]) == ("ringwatch.alert.firing", "2026-11-21T12:00:00.000Z")
    assert late["data"]["state"] == "firing"
    assert late["data"]["resolved_at"] == "2026-11-21T12:07:00.000Z"
    assert late["data"]["duration_seconds"] == 420
    assert late["data"]["summary"].startswith("Resolved after 7 min")


def test_its_times_are_in_utc():
    kyiv = timezone(timedelta(hours=2))
    made = told(incident(), at=datetime(2026, 11, 21, 14, 0, 1, 234567, tzinfo=kyiv))
    assert made["timestamp"] == made["data"]["changed_at"] == "2026-11-21T12:00:01.234Z"


def test_it_names_who_is_affected_and_when_it_is_over_all_who_were():
    some = (member("b"), member("a"), member("c", left_at=NOON))
    assert told(incident(*some))["data"]["subjects"] == ["a", "b"]
    assert told(resolved(*some))["data"]["subjects"] == ["a", "b", "c"]


def test_it_names_two_hundred_at_most_and_counts_all():
    data = told(incident(*(member(f"{n:03}") for n in range(250))))["data"]
    assert data["subjects"] == [f"{n:03}" for n in range(200)]
    assert data["subjects_total"] == 250


def test_a_test_says_so():
    data = told(incident(test=True))["data"]
    assert data["test"] is True
    assert data["summary"].startswith("TEST, nothing is wrong")
    assert told(incident())["data"]["test"] is False


def test_the_summary_is_the_sentence_of_the_card():
    of = incident(member("a"), member("b"))
    assert told(of)["data"]["summary"] == verdict(NotificationContext(of, POLICY, watches()["queue_wait"], NOON))


def test_it_has_no_link_until_slack_has_one():
    of = incident()
    assert told(of)["data"]["link"] is None
    assert told(of, links={of.id: MessageRef("C1", "1.1")})["data"]["link"] is None


def test_half_a_character_of_a_vendors_cannot_break_it():
    of = incident(member("Ганна \ud800"))
    notice = Notification(NotificationKind.CHANGE, of.id, "opened", change=1, phase=Phase.FIRING, at=NOON)
    context = NotificationContext(of, POLICY, watches()["queue_wait"], NOON)
    made = body(WebhookFormat.RINGWATCH, change_event(notice, context, verdict(context)))
    assert made.isascii()
    assert json.loads(made)["data"]["subjects"] == ["Ганна \ud800"]


def test_the_pages_home_assistant_looks_at_fields_that_there_are():
    (automation,) = yaml.safe_load(blocks("yaml")[2])["automation"]
    made = told(incident())
    paths = set(re.findall(r"trigger\.json\.([\w.]+)", str(automation)))
    assert paths == {"data.test", "data.state", "data.severity"}
    for path in paths:
        assert path.removeprefix("data.") in made["data"]
    compared = set(re.findall(r"== '(\w+)'", str(automation)))
    assert compared <= {*Phase, *Severity}
    other = [name for text in re.findall(r"\$json\.body\.([\w.]+)", PAGE) for name in text.split(".")]
    assert other == ["data", "state"]
