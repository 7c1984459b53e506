"""A change of an incident as a program is told it: typed, and in no outlet's words. Pure.

What it changed into, when and by whom is as it was then; everything else is as it is when it is told.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.alerts.model import Notification, Phase, Severity
from bot.notify.metadata import MOST_SUBJECTS
from bot.notify.notification_context import NotificationContext


@dataclass(frozen=True, slots=True)
class ChangeEvent:
    """One change, numbered within its incident by `change`, from 1.

    `subjects` are sorted, at most `MOST_SUBJECTS` of the `subjects_total`. `resolved_at` is None while it is open, `by`
    where nobody pressed, `link` until it is known.
    """

    alert: str
    account: str
    watch: str
    incident: str
    change: int
    state: Phase
    reason: str
    severity: Severity
    subjects: tuple[str, ...]
    subjects_total: int
    summary: str
    by: str | None
    opened_at: datetime
    changed_at: datetime
    resolved_at: datetime | None
    test: bool
    link: str | None


def change_event(notification: Notification, context: NotificationContext, summary: str) -> ChangeEvent:
    """Makes the event of a CHANGE notification, with what is known of its incident now, and a sentence for people."""
    incident, policy = context.incident, context.policy
    subjects = sorted(member.subject for member in incident.affected or incident.members.values())
    link = context.links.get(incident.id)
    return ChangeEvent(
        alert=policy.alert,
        account=policy.account,
        watch=context.watch.name,
        incident=incident.id,
        change=notification.change,
        state=notification.phase or incident.phase,
        reason=notification.reason,
        severity=incident.severity,
        subjects=tuple(subjects[:MOST_SUBJECTS]),
        subjects_total=len(subjects),
        summary=summary,
        by=notification.by,
        opened_at=incident.opened_at,
        changed_at=notification.at or context.now,
        resolved_at=incident.resolved_at,
        test=incident.test,
        link=(link.permalink or None) if link is not None else None,
    )


def texts(event: ChangeEvent) -> dict[str, str]:
    """Returns the `EVENT_FIELDS` as texts; what is not known, or has not happened, is "". "; " parts subjects."""
    return {
        "alert": event.alert,
        "account": event.account,
        "watch": event.watch,
        "incident": event.incident,
        "change": str(event.change),
        "state": event.state.value,
        "reason": event.reason,
        "severity": event.severity.value,
        "subjects": "; ".join(event.subjects),
        "subjects_total": str(event.subjects_total),
        "summary": event.summary,
        "by": event.by or "",
        "opened_at": rfc3339(event.opened_at),
        "resolved_at": rfc3339(event.resolved_at) if event.resolved_at is not None else "",
        "test": str(event.test).lower(),
        "link": event.link or "",
    }


def data(event: ChangeEvent) -> dict[str, Any]:
    """Returns the fields as docs/webhooks.md promises them to programs, in their order; null for what is not known."""
    over = event.resolved_at
    return {
        "alert": event.alert,
        "account": event.account,
        "watch": event.watch,
        "incident": event.incident,
        "change": event.change,
        "state": event.state.value,
        "reason": event.reason,
        "severity": event.severity.value,
        "subjects": list(event.subjects),
        "subjects_total": event.subjects_total,
        "summary": event.summary,
        "by": event.by,
        "opened_at": rfc3339(event.opened_at),
        "changed_at": rfc3339(event.changed_at),
        "resolved_at": rfc3339(over) if over is not None else None,
        "duration_seconds": int((over - event.opened_at).total_seconds()) if over is not None else None,
        "test": event.test,
        "link": event.link,
    }


def rfc3339(at: datetime) -> str:
    """Returns the moment in UTC, to the millisecond: ``2026-11-21T12:04:30.000Z``."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
