"""When an alert's next step is due: reminders, escalations, `for`, `keep` and the openings. It takes no step itself."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo

from bot.alerts.automations import due_at
from bot.alerts.model import AlertState, Evaluation, Incident, NotificationKind, Phase, Severity, Subject
from bot.alerts.policy import Policy

FLAPPING_KEEP = timedelta(minutes=15)  # what flaps must be clear for that long
RETENTION = timedelta(hours=24)  # raises of a subject, and incidents that are resolved
LINK_RETENTION = timedelta(days=30)  # how long a subject that comes back is linked to its last message
TEST_DURATION = timedelta(minutes=2)

# The notifications that time alone may cause, by phase.
TOLD_AGAIN: Mapping[Phase, frozenset[NotificationKind]] = {
    Phase.FIRING: frozenset({NotificationKind.REMINDER, NotificationKind.RISE, NotificationKind.ESCALATION}),
    Phase.ACKNOWLEDGED: frozenset({NotificationKind.RISE}),
    Phase.SNOOZED: frozenset(),
    Phase.RESOLVED: frozenset(),
}


def stands(incident: Incident, subjects: Mapping[str, Subject]) -> bool:
    """Returns whether any affected member is breached still; what is clear and only kept notifies nobody again."""
    here = [subjects.get(member.subject) for member in incident.affected]
    return incident.test or any(subject is None or subject.clear_since is None for subject in here)


def on_day(moments: Iterable[datetime], now: datetime, zone: tzinfo) -> int:
    """Returns how many of the moments are on the day of `now` in this zone."""
    today = now.astimezone(zone).date()
    return sum(at.astimezone(zone).date() == today for at in moments)


def risen(incident: Incident) -> bool:
    """Returns whether its severity is higher than people have been notified of."""
    return incident.told is not None and incident.severity.rank > incident.told.rank


def worst(incident: Incident) -> tuple[Severity, int]:
    """Returns the highest severity and the highest level among the members that are affected now."""
    here = incident.affected
    return max((m.severity for m in here), key=lambda s: s.rank), max(m.level for m in here)


def worsened(incident: Incident) -> bool:
    """Returns whether an incident that is snoozed until it gets worse has got worse: in severity or in level."""
    if incident.phase is not Phase.SNOOZED or incident.worse_than is None:
        return False
    (severity, level), (was, level_was) = worst(incident), incident.worse_than
    return severity.rank > was.rank or level > level_was


def kept(policy: Policy, *, flapping: bool) -> timedelta:
    """Returns how long a subject must be clear before it leaves: `keep`, and 15 minutes at least if it flaps."""
    return max(policy.keep, FLAPPING_KEEP) if flapping else policy.keep


def reminder_at(incident: Incident, policy: Policy) -> datetime | None:
    """Returns when the next reminder is due, hours left aside; None where the policy has none, and for a test."""
    gaps = policy.repeat
    if not gaps or incident.test:
        return None
    gap = gaps[min(incident.gaps_used, len(gaps) - 1)]
    return (incident.last_reminder_at or incident.counted_from or incident.opened_at) + gap


def escalation_at(incident: Incident, policy: Policy) -> datetime | None:
    """Returns when it is to be escalated, hours left aside; None where it has been, or never is."""
    if policy.escalate is None or incident.escalated_at is not None or incident.test:
        return None
    return (incident.counted_from or incident.opened_at) + policy.escalate.after


def test_over_at(incident: Incident) -> datetime | None:
    """Returns when a test ends by itself; None for what is no test, or has ended."""
    return incident.opened_at + TEST_DURATION if incident.test and incident.open else None


def due(alert_state: AlertState, evaluation: Evaluation | None, policy: Policy, now: datetime) -> datetime | None:
    """Returns when the same evaluation, taken later, first changes anything; None where it never does.

    `evaluation` None: blind, so that raising and leaving wait for a reading.
    """
    times: list[datetime | None] = [] if evaluation is None else [evaluation.look_again]
    if evaluation is not None:
        times += _subject_times(alert_state, policy, now)
    for incident in alert_state.incidents.values():
        if incident.resolved_at is not None:
            times.append(incident.resolved_at + RETENTION)
        times.append(test_over_at(incident))
        times.append(incident.snoozed_until if incident.phase is Phase.SNOOZED else None)
        times += [due_at(automation, incident) for automation in policy.automations]
        if stands(incident, alert_state.subjects):
            times += [_allowed(at, policy, now) for at in _incident_times(incident, policy)]
    return min((at for at in times if at is not None and at > now), default=None)


def _subject_times(alert_state: AlertState, policy: Policy, now: datetime) -> Iterator[datetime | None]:
    for subject in alert_state.subjects.values():
        if subject.clear_since is not None:
            yield subject.clear_since + kept(policy, flapping=subject.flapping)
        elif subject.breached_since is not None and subject.incident is None:
            yield _allowed(subject.breached_since + policy.hold, policy, now)
        if subject.raises:
            yield subject.raises[0] + RETENTION
            yield subject.raises[-1] + LINK_RETENTION


def _incident_times(incident: Incident, policy: Policy) -> Iterator[datetime | None]:
    again = TOLD_AGAIN[incident.phase]
    if incident.wake_owed:
        yield incident.counted_from
        return
    if NotificationKind.REMINDER in again:
        yield reminder_at(incident, policy)
    if NotificationKind.ESCALATION in again:
        yield escalation_at(incident, policy)
    if NotificationKind.RISE in again and risen(incident):
        yield incident.opened_at  # held back until the opening


def _allowed(at: datetime | None, policy: Policy, now: datetime) -> datetime | None:
    """Returns the same moment, or the next opening where the alert is closed then."""
    if at is None or policy.calendar is None:
        return at
    at = max(at, now)
    return at if policy.calendar.opening(at) is not None else policy.calendar.next_opening(at)
