"""Which subject is in which message: pending, raised, joined, kept, gone, come back.

It changes no phase and notifies nobody.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.alerts.model import Finding, Incident, Member, Phase, Severity, Subject
from bot.alerts.policy import Policy
from bot.alerts.times import LINK_RETENTION, RETENTION, on_day

JOIN_WINDOW = timedelta(minutes=1)  # raised within this of the first: the same message
FLAPPING_RAISES = 6
FLAPPING_WINDOW = timedelta(hours=1)
CLOCK_SKEW = timedelta(seconds=5)  # further ahead than that is not another replica's clock: ours was set back
PAST = (
    "breached_since",
    "clear_since",
    "opened_at",
    "acknowledged_at",
    "counted_from",
    "last_reminder_at",
    "escalated_at",
    "resolved_at",
)

Timed = TypeVar("Timed", Subject, Incident)


def no_later(of: Timed, now: datetime) -> Timed:
    """Returns it with times that lie in the future set to `now`: the clock was set back since.

    A lead of a few seconds is another replica's clock, and stays.
    """
    late: dict[str, Any] = {
        name: now for name in PAST if (at := getattr(of, name, None)) is not None and at > now + CLOCK_SKEW
    }
    if "opened_at" in late:
        late["counted_from"] = now  # and what is raised from now on is a message of its own
    return replace(of, **late) if late else of


# --- a subject


def breached(was: Subject, finding: Finding, now: datetime) -> Subject:
    """Returns the subject with its rule holding: it is pending at the least."""
    since = was.breached_since or min(finding.since or now, now)
    return replace(was, breached_since=since, clear_since=None)


def ripe(subject: Subject, policy: Policy, now: datetime) -> bool:
    """Returns whether the rule has held for `for`."""
    return subject.breached_since is not None and now >= subject.breached_since + policy.hold


def clear(was: Subject, now: datetime) -> Subject:
    """Returns the subject with its rule not holding.

    A pending one is reset; a raised one is clear since the first such evaluation.
    """
    if was.incident is None:
        return replace(was, breached_since=None, clear_since=None)
    return replace(was, clear_since=was.clear_since or now)


def raised(was: Subject, now: datetime) -> Subject:
    """Returns the subject with one more raise; the sixth within an hour makes it flap."""
    raises = (*(at for at in was.raises if now - at < RETENTION), now)
    flapping = sum(abs(now - at) < FLAPPING_WINDOW for at in raises) >= FLAPPING_RAISES
    return replace(was, raises=raises, flapping=flapping)


def gone(was: Subject, incident_id: str) -> Subject:
    """Returns the subject as no longer affected, with the incident that it was in as its last one."""
    return replace(was, breached_since=None, clear_since=None, incident=None, last_incident=incident_id, flapping=False)


def remembered(was: Subject, now: datetime) -> Subject | None:
    """Returns the subject without raises that are 24 hours old, the latest kept.

    None where it is idle and its last raise is too old to be linked to.
    """
    raises = tuple(at for at in was.raises if now - at < RETENTION) or was.raises[-1:]
    idle = was.breached_since is None and was.incident is None
    if idle and not (raises and now - raises[-1] < LINK_RETENTION):
        return None
    return was if raises == was.raises else replace(was, raises=raises)


# --- a member of a message


def severity_of(finding: Finding, policy: Policy) -> Severity:
    """Returns the finding's own severity where it is higher than the alert's, and the alert's otherwise."""
    own = finding.severity
    return own if own is not None and own.rank > policy.severity.rank else policy.severity


def member_of(finding: Finding, subject: Subject, policy: Policy, now: datetime) -> Member:
    """Returns the member for a finding whose subject is raised now."""
    return Member(
        subject=finding.subject,
        facts=finding.facts,
        severity=severity_of(finding, policy),
        since=subject.breached_since or now,
        flapping=subject.flapping,
        level=finding.level,
    )


def seen_again(was: Member, finding: Finding, policy: Policy) -> Member:
    """Returns the member with the facts, severity and level of a newer finding, and no longer clear."""
    severity = severity_of(finding, policy)
    return replace(was, facts=finding.facts, severity=severity, level=finding.level, clear_since=None)


# --- a message


def alone(member: Member, policy: Policy, now: datetime, taken: Collection[str], *, test: bool = False) -> Incident:
    """Returns a new incident with this one member, under an id that is not in `taken`."""
    name = f"{policy.alert}.{policy.account}.{int(now.timestamp() * 1000):x}" + (".test" if test else "")
    while name in taken:
        name += "x"
    return Incident(
        id=name,
        opened_at=now,
        members={member.subject: member},
        severity=member.severity,
        told=member.severity,
        watch=policy.watch,
        test=test,
    )


def joinable(incident: Incident, now: datetime) -> bool:
    """Returns whether a subject raised now joins this incident: a minute old at most, firing, and touched by nobody."""
    untouched = incident.phase is Phase.FIRING and incident.counted_from is None and not incident.test
    return untouched and -CLOCK_SKEW <= now - incident.opened_at <= JOIN_WINDOW


def with_member(incident: Incident, member: Member) -> Incident:
    """Returns the incident with this member added or replaced; its severity rises with the member's and never falls."""
    severity = max(incident.severity, member.severity, key=lambda s: s.rank)
    return replace(incident, members={**incident.members, member.subject: member}, severity=severity)


def joined(incident: Incident, member: Member, now: datetime) -> Incident:
    """Returns the incident with one more member.

    What joins in the step that opened it counts as notified by its post.
    """
    grown = with_member(incident, member)
    return replace(grown, told=grown.severity) if incident.opened_at == now else grown


def without(incident: Incident, subject: str, because: str, now: datetime) -> Incident:
    """Returns the incident with this member marked as left, for the reason `because`; it stays listed."""
    left = replace(incident.members[subject], left_at=now, left_because=because, clear_since=None)
    return replace(incident, members={**incident.members, subject: left})


def linked(incident: Incident, subject: Subject, policy: Policy, now: datetime) -> Incident:
    """Returns the incident with a link to the one that its subject was in before, if any.

    It counts the raises today, the largest number among its subjects.
    """
    last = subject.last_incident if subject.last_incident != incident.id else None
    today = max(incident.raises_today, on_day(subject.raises, now, policy.zone) if last else 1)
    return replace(incident, previous=incident.previous or last, raises_today=today)
