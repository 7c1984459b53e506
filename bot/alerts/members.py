"""Who is in which message: pending, raised, joined, held, gone, come back. It moves no phase and tells nothing."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.alerts.model import Finding, Incident, Member, Phase, Severity, Subject
from bot.alerts.policy import Policy
from bot.alerts.times import LINKED, REMEMBERED, on_day

TOGETHER = timedelta(minutes=1)  # raised within this of the first: the same message
FLAPPING_RAISES = 6
FLAPPING_WITHIN = timedelta(hours=1)
SKEW = timedelta(seconds=5)  # further ahead than that is not another replica's clock: ours was set back
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
    """What happened after now, by a clock that was set back since, happened now."""
    late: dict[str, Any] = {
        name: now for name in PAST if (at := getattr(of, name, None)) is not None and at > now + SKEW
    }
    if "opened_at" in late:
        late["counted_from"] = now  # and what is raised from now on is a message of its own
    return replace(of, **late) if late else of


# --- a subject


def breached(was: Subject, finding: Finding, now: datetime) -> Subject:
    """The rule holds for it: pending at the least."""
    since = was.breached_since or min(finding.since or now, now)
    return replace(was, breached_since=since, clear_since=None)


def ripe(subject: Subject, policy: Policy, now: datetime) -> bool:
    """Whether the rule has held for `for`."""
    return subject.breached_since is not None and now >= subject.breached_since + policy.hold


def clear(was: Subject, now: datetime) -> Subject:
    """The rule does not hold for it: pending no longer; what is raised is clear since the first such look."""
    if was.incident is None:
        return replace(was, breached_since=None, clear_since=None)
    return replace(was, clear_since=was.clear_since or now)


def raised(was: Subject, now: datetime) -> Subject:
    """Raised once more; the sixth time within an hour it flaps."""
    raises = (*(at for at in was.raises if now - at < REMEMBERED), now)
    flapping = sum(abs(now - at) < FLAPPING_WITHIN for at in raises) >= FLAPPING_RAISES
    return replace(was, raises=raises, flapping=flapping)


def gone(was: Subject, incident_id: str) -> Subject:
    """Affected no longer; it is remembered which message told of it."""
    return replace(was, breached_since=None, clear_since=None, incident=None, last_incident=incident_id, flapping=False)


def remembered(was: Subject, now: datetime) -> Subject | None:
    """Without the raises that are a day old; None where nothing of it will be needed."""
    raises = tuple(at for at in was.raises if now - at < REMEMBERED) or was.raises[-1:]
    idle = was.breached_since is None and was.incident is None
    if idle and not (raises and now - raises[-1] < LINKED):
        return None
    return was if raises == was.raises else replace(was, raises=raises)


# --- a member of a message


def severity_of(finding: Finding, policy: Policy) -> Severity:
    """Its own, where that is higher than the alert's."""
    own = finding.severity
    return own if own is not None and own.rank > policy.severity.rank else policy.severity


def member_of(finding: Finding, subject: Subject, policy: Policy, now: datetime) -> Member:
    """What a message says of a subject that is raised now."""
    return Member(
        subject=finding.subject,
        facts=finding.facts,
        severity=severity_of(finding, policy),
        since=subject.breached_since or now,
        flapping=subject.flapping,
        level=finding.level,
    )


def seen_again(was: Member, finding: Finding, policy: Policy) -> Member:
    """The same member as it is now."""
    severity = severity_of(finding, policy)
    return replace(was, facts=finding.facts, severity=severity, level=finding.level, clear_since=None)


# --- a message


def alone(member: Member, policy: Policy, now: datetime, taken: Collection[str], *, test: bool = False) -> Incident:
    """A message of its own for this member, under an id that none of the `taken` has."""
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
    """Whether what is raised now belongs to this message: a minute old at most, and nobody has touched it."""
    untouched = incident.phase is Phase.FIRING and incident.counted_from is None and not incident.test
    return untouched and -SKEW <= now - incident.opened_at <= TOGETHER


def with_member(incident: Incident, member: Member) -> Incident:
    """With this member as it is now; as severe as the worst that ever was in it."""
    severity = max(incident.severity, member.severity, key=lambda s: s.rank)
    return replace(incident, members={**incident.members, member.subject: member}, severity=severity)


def joined(incident: Incident, member: Member, now: datetime) -> Incident:
    """With one more member. What joins in the look that raised it is told by the post itself."""
    grown = with_member(incident, member)
    return replace(grown, told=grown.severity) if incident.opened_at == now else grown


def without(incident: Incident, subject: str, because: str, now: datetime) -> Incident:
    """With this member gone; it goes on being listed as that."""
    left = replace(incident.members[subject], left_at=now, left_because=because, clear_since=None)
    return replace(incident, members={**incident.members, subject: left})


def linked(incident: Incident, subject: Subject, policy: Policy, now: datetime) -> Incident:
    """Which message a subject comes back from, and how often it came today; of several that do, the most."""
    last = subject.last_incident if subject.last_incident != incident.id else None
    today = max(incident.raises_today, on_day(subject.raises, now, policy.zone) if last else 1)
    return replace(incident, previous=incident.previous or last, raises_today=today)
