"""Every transition of an incident, in this one file. Pure: what is so goes in, what is to be told comes out.

A subject is pending until its rule has held for `for`; then it is raised into an incident, which is one message. It
leaves when the rule has been clear for `keep`; the incident is resolved when the last has left. Blindness
moves nothing but the words "not seen since".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bot.alerts.model import (
    RISEN,
    Acknowledge,
    Finding,
    Incident,
    Judgement,
    Ledger,
    Member,
    Notice,
    NoticeKind,
    Phase,
    Policy,
    Press,
    Severity,
    Snooze,
    Subject,
    Unacknowledge,
)
from bot.alerts.times import LINKED, REMEMBERED, due, escalation_at, kept, on_day, reminder_at, risen, stands

TOGETHER = timedelta(minutes=1)  # raised within this of the first: the same message
FLAPPING_RAISES = 6
FLAPPING_WITHIN = timedelta(hours=1)
SAME_PRESS = timedelta(minutes=1)  # snoozes whose ends are nearer than this are one and the same
SKEW = timedelta(seconds=5)  # further ahead than that is not another replica's clock: ours was set back
UNWATCHED = "no longer watched"
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


def sweep(
    ledger: Ledger, judgement: Judgement | None, policy: Policy, now: datetime
) -> tuple[Ledger, tuple[Notice, ...]]:
    """One look at what is so now. `judgement` None: we are blind."""
    step = _Step(ledger, policy, now)
    step.see(judgement)
    step.keep_time(blind=judgement is None)
    return step.done(judgement)


def press(ledger: Ledger, incident_id: str, pressed: Press, policy: Policy) -> tuple[Ledger, tuple[Notice, ...]]:
    """A person's press. The same ledger comes back where it changes nothing: resolved, or pressed before."""
    was = ledger.incidents.get(incident_id)
    if was is None or not was.open:
        return ledger, ()
    step = _Step(ledger, policy, pressed.at)
    match pressed:
        case Acknowledge(by, at) if was.acknowledged_by is None:
            step.put(
                replace(
                    was,
                    phase=Phase.ACKNOWLEDGED,
                    acknowledged_by=by,
                    acknowledged_at=at,
                    snoozed_by=None,
                    snoozed_until=None,
                    wake_owed=False,
                ),
                "acknowledged",
            )
            step.end_escalation(was, "acknowledged")
        case Unacknowledge(_, at) if was.acknowledged_by is not None:
            step.put(
                replace(
                    was,
                    phase=Phase.FIRING if was.phase is Phase.ACKNOWLEDGED else was.phase,
                    wake_owed=False,
                    acknowledged_by=None,
                    acknowledged_at=None,
                    counted_from=at,
                    last_reminder_at=None,
                    gaps_used=0,
                ),
                "acknowledgement taken back",
            )
        case Snooze(by, until, at) if until > at and not _snoozed_until(was, until):
            snoozed = replace(was, phase=Phase.SNOOZED, snoozed_by=by, snoozed_until=until, wake_owed=False)
            step.put(snoozed, "snoozed")
        case _:
            return ledger, ()
    after, notices = step.written()
    return replace(after, due=pressed.at), notices  # judged anew at the next tick


def close(ledger: Ledger, because: str, policy: Policy, now: datetime) -> tuple[Ledger, tuple[Notice, ...]]:
    """End every open incident with these words, and forget what was pending; later, what is a day old."""
    step = _Step(ledger, policy, now)
    for incident in list(ledger.incidents.values()):
        if incident.open:
            for member in incident.affected:
                step.leave(member.subject, incident.id, because)
    step.subjects = {}
    step.blind_since = None
    step.forget()
    return step.done(Judgement())


@dataclass
class _Step:
    """One step under way: the ledger's parts, open for writing."""

    ledger: Ledger
    policy: Policy
    now: datetime

    def __post_init__(self) -> None:
        self.subjects = {name: self._no_later(s) for name, s in self.ledger.subjects.items()}
        self.incidents = {name: self._no_later(i) for name, i in self.ledger.incidents.items()}
        self.blind_since = self.ledger.blind_since
        self.notices: list[Notice] = []
        calendar = self.policy.calendar
        self.open = calendar is None or calendar.opening(self.now) is not None

    def _no_later(self, of: Timed) -> Timed:
        """What happened after now, by a clock that was set back since, happened now."""
        late: dict[str, Any] = {
            name: self.now for name in PAST if (at := getattr(of, name, None)) is not None and at > self.now + SKEW
        }
        if "opened_at" in late:
            late["counted_from"] = self.now  # and what is raised from now on is a message of its own
        return replace(of, **late) if late else of

    # --- what is seen

    def see(self, judgement: Judgement | None) -> None:
        """Breached, clear or unknown: each subject takes its turn."""
        if judgement is None:
            if self.blind_since is None:
                self.blind_since = self.now
                self._tell_open("blind")
            return
        if self.blind_since is not None:
            self.blind_since = None
            self._tell_open("seen again")
        findings = {finding.subject: finding for finding in judgement.findings}
        for finding in findings.values():
            self._breached(finding)
        for subject in list(self.subjects):
            if subject not in findings and subject not in judgement.unknown:
                self._clear(subject, judgement.ended.get(subject, ""))

    def _breached(self, finding: Finding) -> None:
        was = self.subjects.get(finding.subject, Subject())
        since = was.breached_since or min(finding.since or self.now, self.now)
        here = self.subjects[finding.subject] = replace(was, breached_since=since, clear_since=None)
        if here.incident is not None:
            self._update_member(finding, here.incident)
        elif self.open and self.now >= since + self.policy.hold:
            self._raise(finding, here, since)

    def _update_member(self, finding: Finding, incident_id: str) -> None:
        incident = self.incidents[incident_id]
        was = incident.members[finding.subject]
        severity = self._severity(finding)
        member = replace(was, facts=dict(finding.facts), severity=severity)
        if member == was:
            return
        worse = severity.rank > incident.severity.rank
        members = {**incident.members, finding.subject: member}
        changed = replace(incident, members=members, severity=severity if worse else incident.severity)
        self.put(changed, "worse" if worse else "changed", urgent=worse)

    def _clear(self, subject: str, because: str) -> None:
        was = self.subjects[subject]
        if was.incident is None:
            self.subjects[subject] = replace(was, breached_since=None, clear_since=None)
            return
        since = was.clear_since or self.now
        self.subjects[subject] = replace(was, clear_since=since)
        if self.now >= since + kept(was, self.policy):
            self.leave(subject, was.incident, because)

    def _severity(self, finding: Finding) -> Severity:
        own = finding.severity
        return own if own is not None and own.rank > self.policy.severity.rank else self.policy.severity

    # --- raising and leaving

    def _raise(self, finding: Finding, subject: Subject, since: datetime) -> None:
        raises = (*(at for at in subject.raises if self.now - at < REMEMBERED), self.now)
        flapping = sum(abs(self.now - at) < FLAPPING_WITHIN for at in raises) >= FLAPPING_RAISES
        member = Member(finding.subject, dict(finding.facts), self._severity(finding), since, flapping=flapping)
        joined = next((i for i in self.incidents.values() if self._joinable(i)), None)
        incident = self._open(member) if joined is None else self._join(joined, member)
        incident = self._again(incident, subject, raises)
        self.subjects[finding.subject] = replace(subject, incident=incident.id, raises=raises, flapping=flapping)

    def _joinable(self, incident: Incident) -> bool:
        untouched = incident.phase is Phase.FIRING and incident.counted_from is None and not incident.test
        return untouched and -SKEW <= self.now - incident.opened_at <= TOGETHER

    def _open(self, member: Member) -> Incident:
        incident = Incident(
            id=self._new_id(),
            opened_at=self.now,
            members={member.subject: member},
            severity=member.severity,
            told=member.severity,
            watch=self.policy.watch,
        )
        self.put(incident, "opened")
        return incident

    def _join(self, incident: Incident, member: Member) -> Incident:
        worse = member.severity.rank > incident.severity.rank
        severity = member.severity if worse else incident.severity
        grown = replace(incident, members={**incident.members, member.subject: member}, severity=severity)
        if incident.opened_at == self.now:
            grown = replace(grown, told=severity)  # the post itself tells it
        self.put(grown, "grown", urgent=False)
        return grown

    def _again(self, incident: Incident, subject: Subject, raises: tuple[datetime, ...]) -> Incident:
        """Which message it comes back from, and how often it came today; of several that come back, the most."""
        last = subject.last_incident if subject.last_incident != incident.id else None
        today = max(incident.raises_today, on_day(raises, self.now, self.policy.zone) if last else 1)
        self.incidents[incident.id] = replace(incident, previous=incident.previous or last, raises_today=today)
        return self.incidents[incident.id]

    def _new_id(self) -> str:
        name = f"{self.policy.alert}.{self.policy.account}.{int(self.now.timestamp() * 1000):x}"
        while name in self.incidents:
            name += "x"
        return name

    def leave(self, subject: str, incident_id: str, because: str) -> None:
        """One subject is affected no longer; the last one ends the incident."""
        incident = self.incidents[incident_id]
        member = replace(incident.members[subject], left_at=self.now, left_because=because)
        left = replace(incident, members={**incident.members, subject: member})
        was = self.subjects.get(subject, Subject())
        self.subjects[subject] = replace(
            was,
            breached_since=None,
            clear_since=None,
            incident=None,
            last_incident=incident_id,
            flapping=False,
        )
        if left.affected:
            self.put(left, "shrunk", urgent=False)
            return
        self.put(replace(left, phase=Phase.RESOLVED, resolved_at=self.now, resolved_because=because), "resolved")
        self.end_escalation(incident, "resolved")

    # --- what time brings

    def keep_time(self, *, blind: bool) -> None:
        """Snoozes that are over, reminders, escalations. At most one of each, however long nobody looked."""
        for incident in list(self.incidents.values()):
            here = self._snooze_over(incident)
            if not here.open or not self.open or not stands(here, self.subjects):
                continue
            if here.wake_owed:
                here = self._wake(here)
            if here.phase is Phase.FIRING:
                self._escalate(self._rise(self._remind(here)))
        if not blind:
            self.forget()

    def _snooze_over(self, incident: Incident) -> Incident:
        """Its time is up: the message says so at once, people are told as soon as they may be."""
        if incident.snoozed_until is None or self.now < incident.snoozed_until or not incident.open:
            return incident
        over = replace(
            incident,
            phase=Phase.FIRING if incident.acknowledged_by is None else Phase.ACKNOWLEDGED,
            snoozed_until=None,
            snoozed_by=None,
            counted_from=self.now,
            last_reminder_at=None,
            gaps_used=0,
            wake_owed=True,
        )
        self.put(over, "snooze over")
        return over

    def _wake(self, incident: Incident) -> Incident:
        return self._aloud(replace(incident, wake_owed=False, counted_from=self.now), NoticeKind.WAKE, "snooze over")

    def _aloud(self, incident: Incident, kind: NoticeKind, reason: str) -> Incident:
        """Tell people again; a rise that they have not heard of is told with it."""
        told = replace(incident, reminders=incident.reminders + 1, told=incident.severity)
        self.incidents[told.id] = told
        self.notices.append(Notice(kind, told.id, RISEN if risen(incident) else reason))
        return told

    def _remind(self, incident: Incident) -> Incident:
        at = reminder_at(incident, self.policy)
        if at is None or self.now < at:
            return incident
        reminded = replace(incident, gaps_used=incident.gaps_used + 1, last_reminder_at=self.now)
        return self._aloud(reminded, NoticeKind.REMINDER, "repeat")

    def _escalate(self, incident: Incident) -> None:
        at = escalation_at(incident, self.policy)
        if at is None or self.now < at:
            return
        copied = self.policy.escalate is not None and bool(self.policy.escalate.channel)
        self.incidents[incident.id] = replace(incident, escalated_at=self.now, copied=copied)
        self.notices.append(Notice(NoticeKind.ESCALATION, incident.id, "not acknowledged"))
        if copied:
            self.notices.append(Notice(NoticeKind.ESCALATION_COPY, incident.id, "not acknowledged"))

    def end_escalation(self, incident: Incident, reason: str) -> None:
        """The copy of an escalation says once more how it went, and only once."""
        if incident.copied:
            self.incidents[incident.id] = replace(self.incidents[incident.id], copied=False)
            self.notices.append(Notice(NoticeKind.ESCALATION_END, incident.id, reason))

    def _rise(self, incident: Incident) -> Incident:
        """Worse than people have been told: say so, also where it rose while nobody was to be told."""
        if not risen(incident):
            return incident
        told = self.incidents[incident.id] = replace(incident, told=incident.severity)
        self.notices.append(Notice(NoticeKind.RISE, incident.id, incident.severity))
        return told

    # --- the end of the step

    def put(self, incident: Incident, reason: str, *, urgent: bool = True) -> None:
        """Keep an incident, and have its message say so."""
        self.incidents[incident.id] = incident
        self.notices.append(Notice(NoticeKind.CARD, incident.id, reason, urgent))

    def _tell_open(self, reason: str) -> None:
        for incident in self.incidents.values():
            if incident.open:
                self.notices.append(Notice(NoticeKind.CARD, incident.id, reason, urgent=False))

    def forget(self) -> None:
        """Drop what is a day old: resolved incidents and raises; and subjects that nothing will be linked to."""
        for incident in list(self.incidents.values()):
            if incident.resolved_at is not None and self.now - incident.resolved_at >= REMEMBERED:
                del self.incidents[incident.id]
        for name, subject in list(self.subjects.items()):
            raises = tuple(at for at in subject.raises if self.now - at < REMEMBERED) or subject.raises[-1:]
            idle = subject.breached_since is None and subject.incident is None
            if idle and not (raises and self.now - raises[-1] < LINKED):
                del self.subjects[name]
            elif raises != subject.raises:
                self.subjects[name] = replace(subject, raises=raises)

    def written(self) -> tuple[Ledger, tuple[Notice, ...]]:
        """The ledger as it stands, and what is to be told, an incident's message once."""
        used = bool(self.subjects or self.incidents)
        ledger = replace(
            self.ledger,
            watch=self.policy.watch if used else "",
            channel=self.policy.channel if used else "",
            subjects=self.subjects,
            incidents=self.incidents,
            blind_since=self.blind_since,
        )
        return ledger, tuple(_merged(self.notices))

    def done(self, judgement: Judgement | None) -> tuple[Ledger, tuple[Notice, ...]]:
        """The same, with what the watch remembers and when to look again."""
        ledger, notices = self.written()
        if judgement is not None:
            ledger = replace(ledger, memory=dict(judgement.memory))
        return replace(ledger, due=due(ledger, judgement, self.policy, self.now)), notices


def _snoozed_until(incident: Incident, until: datetime) -> bool:
    return incident.snoozed_until is not None and abs(incident.snoozed_until - until) < SAME_PRESS


def _merged(notices: list[Notice]) -> Iterable[Notice]:
    """One card an incident, urgent if one of them is."""
    cards: dict[str, Notice] = {}
    for notice in notices:
        if notice.kind is NoticeKind.CARD:
            before = cards.get(notice.incident)
            cards[notice.incident] = replace(notice, urgent=notice.urgent or (before is not None and before.urgent))
    yield from cards.values()
    yield from (notice for notice in notices if notice.kind is not NoticeKind.CARD)
