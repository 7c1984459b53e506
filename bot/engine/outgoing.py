"""Which outbox rows a notification becomes, and under which ids. Pure: the engine commits them with the state."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.alerts.model import Incident, Notification, NotificationKind
from bot.alerts.policy import Policy
from bot.store import AUTOMATION, SLACK, WEBHOOK, OutboxRow

ESCALATIONS = (NotificationKind.ESCALATION, NotificationKind.ESCALATION_COPY, NotificationKind.ESCALATION_END)
COPIES = (NotificationKind.ESCALATION_COPY, NotificationKind.ESCALATION_END)


def outbox_rows(
    notifications: Iterable[Notification], incidents: Mapping[str, Incident], policy: Policy, now: datetime
) -> list[OutboxRow]:
    """Returns one row for each notification; for a change of phase, one for each of the policy's outlets."""
    return [
        OutboxRow(
            id=row_id(notification, incidents[notification.incident], outlet),
            notice=notification,
            alert=policy.alert,
            account=policy.account,
            channel=_channel(notification, policy),
            severity=incidents[notification.incident].severity,
            created_at=now,
            due_at=now,
            outlet=outlet,
        )
        for notification in notifications
        for outlet in _outlets(notification, policy)
    ]


def row_id(notification: Notification, incident: Incident, outlet: str = WEBHOOK) -> str:
    """Returns the id of a notification's row, the same however often the step is taken.

    The next reminder or rise has another one. `outlet` counts for a change alone: each outlet gets it in a row of its
    own.
    """
    tail = ""
    if notification.automation:
        name, place = notification.automation, notification.action
        return f"{notification.kind.value}:{incident.id}:{name}:{place}"
    if notification.kind is NotificationKind.CHANGE:
        return _change_id(outlet, incident.id, notification.change)
    if notification.kind in {NotificationKind.REMINDER, NotificationKind.WAKE}:
        tail = f":{incident.reminders}"
    elif notification.kind is NotificationKind.RISE:
        tail = f":{incident.severity.value}"
    elif notification.kind in ESCALATIONS and incident.escalations > 1:
        tail = f":{incident.escalations}"
    return f"{notification.kind.value}:{incident.id}{tail}"


def earlier_row_ids(row: OutboxRow) -> list[str]:
    """Returns the ids of the rows that must be settled before this one: earlier changes, oldest first."""
    return [_change_id(row.outlet, row.notice.incident, number) for number in range(1, row.notice.change)]


def _outlets(notification: Notification, policy: Policy) -> tuple[str, ...]:
    if notification.kind is NotificationKind.ACTION:
        return (AUTOMATION,)
    if notification.kind is not NotificationKind.CHANGE:
        return (SLACK,)
    return (WEBHOOK,) if notification.automation else policy.outlets


def _change_id(outlet: str, incident: str, number: int) -> str:
    return f"{outlet}:{incident}:{number}"


def _channel(notification: Notification, policy: Policy) -> str:
    if notification.kind in COPIES and policy.escalate is not None:
        return policy.escalate.channel or policy.channel
    return policy.channel
