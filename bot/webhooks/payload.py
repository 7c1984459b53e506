"""Encodes a change of an incident as JSON, for an alert's `webhook`. Pure; docs/webhooks.md promises it to receivers.

What it changed into, when and by whom is as it was then; everything else is as it is when it is sent.
"""

import json
from datetime import UTC, datetime
from typing import Any

from bot.alerts.model import Notification
from bot.notify.incident_message import NotificationContext, verdict
from bot.notify.metadata import MOST_SUBJECTS

TYPE = "ringwatch.alert"


def event(notification: Notification, context: NotificationContext) -> dict[str, Any]:
    """Returns what a receiver gets, its fields in the order in which they are documented."""
    incident, policy = context.incident, context.policy
    state = (notification.phase or incident.phase).value
    changed = _moment(notification.at or context.now)
    subjects = sorted(member.subject for member in incident.affected or incident.members.values())
    link = context.links.get(incident.id)
    over = incident.resolved_at
    return {
        "type": f"{TYPE}.{state}",
        "timestamp": changed,
        "data": {
            "alert": policy.alert,
            "account": policy.account,
            "watch": context.watch.name,
            "incident": incident.id,
            "change": notification.change,
            "state": state,
            "reason": notification.reason,
            "severity": incident.severity.value,
            "subjects": subjects[:MOST_SUBJECTS],
            "subjects_total": len(subjects),
            "summary": verdict(context),
            "by": notification.by,
            "opened_at": _moment(incident.opened_at),
            "changed_at": changed,
            "resolved_at": _moment(over) if over is not None else None,
            "duration_seconds": int((over - incident.opened_at).total_seconds()) if over is not None else None,
            "test": incident.test,
            "link": (link.permalink or None) if link is not None else None,
        },
    }


def body(notification: Notification, context: NotificationContext) -> bytes:
    """Returns the same as it is sent: ASCII JSON, so that half a character that a vendor sent cannot break it."""
    return json.dumps(event(notification, context), separators=(",", ":")).encode("ascii")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
