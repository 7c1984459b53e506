"""PagerDuty's Events API v2: an incident of ours is one of theirs, named by `dedup_key`."""

from typing import Any

from bot.alerts.model import Phase
from bot.notify.change_event import ChangeEvent, rfc3339

MAX_SUMMARY_CHARACTERS = 1_024  # characters
MAX_KEY_CHARACTERS = 255  # characters
_ACTIONS = {
    Phase.FIRING: "trigger",  # also when an acknowledgement is taken back, or a snooze is over
    Phase.ACKNOWLEDGED: "acknowledge",
    Phase.SNOOZED: "acknowledge",
    Phase.RESOLVED: "resolve",
}


def write(event: ChangeEvent, routing_key: str) -> dict[str, Any]:
    """Returns the event; their severities `critical`, `warning` and `info` are ours."""
    return {
        "routing_key": routing_key,
        "event_action": _ACTIONS[event.state],
        "dedup_key": event.incident[:MAX_KEY_CHARACTERS],
        "client": "Ringwatch",
        "payload": {
            "summary": event.summary[:MAX_SUMMARY_CHARACTERS] or event.alert,
            "source": event.account,
            "severity": event.severity.value,
            "timestamp": rfc3339(event.changed_at),
            "component": event.alert,
            "group": event.account,
            "class": event.watch,
            "custom_details": {
                "state": event.state.value,
                "reason": event.reason,
                "subjects": list(event.subjects),
                "subjects_total": event.subjects_total,
                "change": event.change,
                "by": event.by,
                "opened_at": rfc3339(event.opened_at),
                "test": event.test,
            },
        },
        "links": [{"href": event.link, "text": "The alert in Slack"}] if event.link else [],
    }
