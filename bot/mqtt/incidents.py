"""What is said of an alert where everybody reads who may read the broker. Pure.

Without `names` agents are told by extension and queues by name; caller IDs are counted, and the summary says no more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import Incident, Notification, Phase
from bot.mqtt.snapshot import WatchedAlert
from bot.notify.change_event import change_event, data, rfc3339
from bot.notify.incident_message import verdict
from bot.notify.metadata import MOST_SUBJECTS
from bot.notify.notification_context import NotificationContext
from bot.text.durations import span
from bot.watches import Watch
from bot.watches.registry import watches
from providers.masking import concealed

ON, OFF = "ON", "OFF"
EVENT_TYPES = tuple(phase.value for phase in Phase)
_OPEN = (Phase.FIRING, Phase.ACKNOWLEDGED, Phase.SNOOZED)  # what nobody has, first


def alert_payload(alert: WatchedAlert, now: datetime, *, names: bool) -> dict[str, Any]:
    """Returns how an alert on an account stands: every key always, null for what is not known.

    Of several open incidents it tells the one that wants somebody most; where none is open, how the last one ended.
    """
    incident = leading(alert.state.incidents)
    told: dict[str, Any] = {
        "state": (ON if incident is not None and incident.open else OFF) if alert.evaluated or incident else None,
        "phase": None,
        "severity": None,
        "summary": None,
        "subjects": [],
        "subjects_total": 0,
        "since": None,
        "resolved_at": None,
        "incident": None,
        "by": None,
        "link": None,
        "test": False,
    }
    if incident is None:
        return told
    known = watches().get(incident.watch, alert.watch)
    context = NotificationContext(incident, alert.policy, known, now, links=alert.links)
    subjects = _subjects(incident)
    link = alert.links.get(incident.id)
    return told | {
        "phase": incident.phase.value,
        "severity": incident.severity.value,
        "summary": _summary(context, names=names),
        "subjects": _shown(subjects[:MOST_SUBJECTS], len(subjects), known, names=names),
        "subjects_total": len(subjects),
        "since": rfc3339(incident.opened_at),
        "resolved_at": rfc3339(incident.resolved_at) if incident.resolved_at is not None else None,
        "incident": incident.id,
        "by": _holder(incident),
        "link": (link.permalink or None) if link is not None else None,
        "test": incident.test,
    }


def event_payload(notification: Notification, context: NotificationContext, *, names: bool) -> dict[str, Any]:
    """Returns one change: the `data` of a webhook, and the type by which Home Assistant tells changes apart."""
    event = change_event(notification, context, _summary(context, names=names))
    shown = _shown(event.subjects, event.subjects_total, context.watch, names=names)
    return {"event_type": event.state.value, **data(replace(event, subjects=tuple(shown)))}


def leading(incidents: Mapping[str, Incident]) -> Incident | None:
    """Returns the open incident that wants somebody most, else the one that ended last; None where there is none."""
    here = [incident for incident in incidents.values() if incident.open]
    if here:
        return min(here, key=lambda one: (_OPEN.index(one.phase), -one.severity.rank, one.opened_at, one.id))
    return max(incidents.values(), key=lambda one: (one.resolved_at or one.opened_at, one.id), default=None)


def _holder(incident: Incident) -> str | None:
    if incident.phase is Phase.SNOOZED:
        return incident.snoozed_by
    return incident.acknowledged_by


def _subjects(incident: Incident) -> list[str]:
    return sorted(member.subject for member in incident.affected or incident.members.values())


def _shown(subjects: Sequence[str], total: int, watch: Watch, *, names: bool) -> list[str]:
    if Kind.NUMBERS in watch.kinds:
        return list(subjects) if names else [_caller_ids(total)] * bool(total)
    return [concealed(subject) for subject in subjects]


def _summary(context: NotificationContext, *, names: bool) -> str:
    """Returns one sentence. What people may be named in is put into words of its own, unless names are told."""
    watch, incident = context.watch, context.incident
    if names or not {Kind.NUMBERS, Kind.AGENTS} & {*watch.kinds, *watch.also}:
        return verdict(context)
    subjects = _subjects(incident)
    who = ", ".join(_shown(subjects[:MOST_SUBJECTS], len(subjects), watch, names=False))
    if incident.resolved_at is not None:
        lasted = span(incident.resolved_at - incident.opened_at)
        lead = f"Resolved after {lasted}: {context.policy.alert} on {context.policy.account}"
    else:
        held = f" · {incident.phase.value}" if incident.phase is not Phase.FIRING else ""
        lead = f"{context.policy.alert} on {context.policy.account}{held}"
    test = "Test: " if incident.test else ""
    return f"{test}{lead}: {who}." if who else f"{test}{lead}."


def _caller_ids(count: int) -> str:
    return f"{count} caller ID{'' if count == 1 else 's'}"
