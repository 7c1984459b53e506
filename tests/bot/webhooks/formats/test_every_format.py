"""What holds of every format, whoever reads it: JSON in ASCII, its receiver's schema, in every state."""

import json
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest

from bot.alerts.model import EVENT_FIELDS, Phase, Severity
from bot.settings.webhook_formats import WebhookFormat
from bot.webhooks.formats import FORMATS, body

KEY = "R" * 32
TEXT, TIME = {"type": "string"}, {"type": "string", "format": "date-time"}
TEXTS = {"type": "object", "additionalProperties": TEXT}


def closed(properties, *optional):
    """An object of these fields and no others."""
    needed = [name for name in properties if name not in optional]
    return {"type": "object", "additionalProperties": False, "required": needed, "properties": properties}


# Each as its receiver publishes it: https://developer.pagerduty.com/docs/send-alert-event (Events API v2),
# prometheus.io/docs/alerting/latest/configuration (webhook_config), adaptivecards.io (1.4), Apprise API's README.
SCHEMAS = {
    WebhookFormat.FLAT: closed(dict.fromkeys(EVENT_FIELDS, TEXT)),
    WebhookFormat.APPRISE: closed(
        {"title": TEXT, "body": {**TEXT, "minLength": 1}, "type": {"enum": ["info", "success", "warning", "failure"]}}
    ),
    WebhookFormat.PAGERDUTY: closed(
        {
            "routing_key": {**TEXT, "minLength": 32, "maxLength": 32},
            "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
            "dedup_key": {**TEXT, "minLength": 1, "maxLength": 255},
            "client": TEXT,
            "payload": closed(
                {
                    "summary": {**TEXT, "minLength": 1, "maxLength": 1024},
                    "source": {**TEXT, "minLength": 1},
                    "severity": {"enum": ["critical", "error", "warning", "info"]},
                    "timestamp": TIME,
                    "component": TEXT,
                    "group": TEXT,
                    "class": TEXT,
                    "custom_details": {"type": "object"},
                }
            ),
            "links": {"type": "array", "items": closed({"href": {**TEXT, "format": "uri"}, "text": TEXT})},
        }
    ),
    WebhookFormat.ALERTMANAGER: closed(
        {
            "version": {"const": "4"},
            "groupKey": TEXT,
            "truncatedAlerts": {"type": "integer", "minimum": 0},
            "status": {"enum": ["firing", "resolved"]},
            "receiver": TEXT,
            "groupLabels": TEXTS,
            "commonLabels": TEXTS,
            "commonAnnotations": TEXTS,
            "externalURL": TEXT,
            "alerts": {
                "type": "array",
                "minItems": 1,
                "items": closed(
                    {
                        "status": {"enum": ["firing", "resolved"]},
                        "labels": {**TEXTS, "required": ["alertname"]},
                        "annotations": TEXTS,
                        "startsAt": TIME,
                        "endsAt": TIME,
                        "generatorURL": TEXT,
                        "fingerprint": {**TEXT, "pattern": "^[0-9a-f]{16}$"},
                    }
                ),
            },
        }
    ),
    WebhookFormat.TEAMS: closed(
        {
            "type": {"const": "message"},
            "attachments": {
                "type": "array",
                "minItems": 1,
                "items": closed(
                    {
                        "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                        "contentUrl": {"type": "null"},
                        "content": closed(
                            {
                                "$schema": TEXT,
                                "type": {"const": "AdaptiveCard"},
                                "version": {"const": "1.4"},
                                "body": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": closed(
                                        {
                                            "type": {"const": "RichTextBlock"},
                                            "inlines": {
                                                "type": "array",
                                                "items": closed(
                                                    {
                                                        "type": {"const": "TextRun"},
                                                        "text": TEXT,
                                                        "weight": {"enum": ["Lighter", "Default", "Bolder"]},
                                                        "isSubtle": {"type": "boolean"},
                                                        "color": {"enum": ["Accent", "Good", "Warning", "Attention"]},
                                                    },
                                                    "weight",
                                                    "isSubtle",
                                                    "color",
                                                ),
                                            },
                                        }
                                    ),
                                },
                                "actions": {
                                    "type": "array",
                                    "items": closed({"type": {"const": "Action.OpenUrl"}, "title": TEXT, "url": TEXT}),
                                },
                            },
                            "actions",
                        ),
                    }
                ),
            },
        }
    ),
}


def test_every_format_is_written_and_but_for_our_own_held_to_a_schema():
    assert set(FORMATS) == set(WebhookFormat)
    assert set(SCHEMAS) == set(WebhookFormat) - {WebhookFormat.RINGWATCH}  # ours is docs/webhooks.md


@pytest.mark.parametrize("form", SCHEMAS)
@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("phase", Phase)
def test_it_keeps_its_receivers_schema_in_every_state(event, form, severity, phase):
    over = event().opened_at + timedelta(minutes=7) if phase is Phase.RESOLVED else None
    for link in (event().link, None):
        made = json.loads(body(form, event(state=phase, severity=severity, resolved_at=over, link=link), KEY))
        jsonschema.validate(made, SCHEMAS[form], format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize("form", SCHEMAS)
def test_it_keeps_it_whatever_a_vendor_wrote(hostile, form):
    made = body(form, hostile, KEY)
    assert made.isascii()
    jsonschema.validate(json.loads(made), SCHEMAS[form])
    assert len(made) <= 20_000 or form is not WebhookFormat.TEAMS


@pytest.mark.parametrize("form", WebhookFormat)
def test_a_routing_key_is_in_no_other_format(event, form):
    assert (KEY.encode() in body(form, event(), KEY)) == form.takes_routing_key


def test_flat_has_a_text_for_everything_and_none_for_what_is_not_known(event):
    made = json.loads(body(WebhookFormat.FLAT, event(by=None, link=None)))
    assert (made["by"], made["link"], made["resolved_at"]) == ("", "", "")
    assert (made["subjects"], made["subjects_total"], made["test"]) == ("Sales; Support", "2", "false")


def pagerduty(event):
    return json.loads(body(WebhookFormat.PAGERDUTY, event, KEY))


def test_pagerduty_follows_an_incident_by_one_key(event, resolved):
    phases = (Phase.FIRING, Phase.ACKNOWLEDGED, Phase.SNOOZED, Phase.FIRING)
    made = [pagerduty(event(state=phase)) for phase in phases] + [pagerduty(resolved)]
    actions = ["trigger", "acknowledge", "acknowledge", "trigger", "resolve"]
    assert [one["event_action"] for one in made] == actions
    assert {one["dedup_key"] for one in made} == {event().incident}


def test_alertmanager_knows_it_by_one_fingerprint_and_ends_it(event, resolved):
    first, last = (json.loads(body(WebhookFormat.ALERTMANAGER, one)) for one in (event(), resolved))
    other = json.loads(body(WebhookFormat.ALERTMANAGER, event(incident="long-wait.helpdesk.2")))
    prints = [made["alerts"][0]["fingerprint"] for made in (first, last, other)]
    assert prints[0] == prints[1] != prints[2]
    assert first["alerts"][0]["endsAt"].startswith("0001-01-01")
    assert last["alerts"][0]["endsAt"] == "2026-11-21T12:07:00.000Z"


def test_apprise_sounds_as_bad_as_it_is(event, resolved):
    told = [event(), event(severity=Severity.WARNING), event(state=Phase.ACKNOWLEDGED), resolved]
    assert [json.loads(body(WebhookFormat.APPRISE, one))["type"] for one in told] == [
        "failure", "warning", "info", "success",
    ]  # fmt: skip


def test_teams_counts_what_it_does_not_name(event):
    many = replace(event(), subjects=tuple(f"a{n}" for n in range(200)), subjects_total=250)
    card = json.loads(body(WebhookFormat.TEAMS, many))["attachments"][0]["content"]
    assert card["body"][-1]["inlines"][0]["text"].endswith("a19; and 230 more")
