"""Every transition of an incident, in this one file. Pure: what is so goes in, what is to be told comes out.

A subject is pending until its rule has held for `for`; then it is raised into an incident, which is one message. It
leaves when the rule has been clear for `keep`; the incident is resolved when the last has left. Blindness
moves nothing but the words "not seen since".
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerts.model import (
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

TOGETHER = timedelta(minutes=1)  # raised within this of the first: the same message
FLAPPING_RAISES = 6
FLAPPING_WITHIN = timedelta(hours=1)
FLAPPING_KEEP = timedelta(minutes=15)
REMEMBERED = timedelta(hours=24)  # raises of a subject, and incidents that are resolved
UNWATCHED = "no longer watched"


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
        case Acknowledge(by, at) if was.phase is not Phase.ACKNOWLEDGED:
            step.put(
                replace(
                    was,
                    phase=Phase.ACKNOWLEDGED,
                    acknowledged_by=by,
                    acknowledged_at=at,
                    snoozed_by=None,
                    snoozed_until=None,
                ),
                "acknowledged",
            )
            step.end_escalation(was, "acknowledged")
        case Unacknowledge(_, at) if was.phase is Phase.ACKNOWLEDGED:
            step.put(
                replace(
                    was,
                    phase=Phase.FIRING,
                    acknowledged_by=None,
                    acknowledged_at=None,
                    counted_from=at,
                    last_reminder_at=None,
                ),
                "acknowledgement taken back",
            )
        case Snooze(by, until, _) if until > pressed.at:
            step.put(replace(was, phase=Phase.SNOOZED, snoozed_by=by, snoozed_until=until), "snoozed")
        case _:
            return ledger, ()
    after, notices = step.written()
    return replace(after, due=pressed.at), notices  # judged anew at the next tick


def close(ledger: Ledger, because: str, policy: Policy, now: datetime) -> tuple[Ledger, tuple[Notice, ...]]:
    """End every open incident with these words, and forget what was pending."""
    step = _Step(ledger, policy, now)
    for incident in list(ledger.incidents.values()):
        if incident.open:
            for member in incident.affected:
                step.leave(member.subject, incident.id, because)
    step.subjects = {}
    step.blind_since = None
    return step.done(Judgement(memory=ledger.memory))


@dataclass
class _Step:
    """One step under way: the ledger's parts, open for writing."""

    ledger: Ledger
    policy: Policy
    now: datetime

    def __post_init__(self) -> None:
        self.subjects = dict(self.ledger.subjects)
        self.incidents = dict(self.ledger.incidents)
        self.blind_since = self.ledger.blind_since
        self.notices: list[Notice] = []
        calendar = self.policy.calendar
        self.open = calendar is None or calendar.opening(self.now) is not None

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
        self._rise(changed, worse=worse)

    def _clear(self, subject: str, because: str) -> None:
        was = self.subjects[subject]
        if was.incident is None:
            self.subjects[subject] = replace(was, breached_since=None, clear_since=None)
            return
        since = was.clear_since or self.now
        self.subjects[subject] = replace(was, clear_since=since)
        if self.now >= since + self._keep(was):
            self.leave(subject, was.incident, because)

    def _keep(self, subject: Subject) -> timedelta:
        return max(self.policy.keep, FLAPPING_KEEP) if subject.flapping else self.policy.keep

    def _severity(self, finding: Finding) -> Severity:
        own = finding.severity
        return own if own is not None and own.rank > self.policy.severity.rank else self.policy.severity

    # --- raising and leaving

    def _raise(self, finding: Finding, subject: Subject, since: datetime) -> None:
        raises = (*(at for at in subject.raises if self.now - at < REMEMBERED), self.now)
        flapping = sum(self.now - at < FLAPPING_WITHIN for at in raises) >= FLAPPING_RAISES
        member = Member(finding.subject, dict(finding.facts), self._severity(finding), since, flapping=flapping)
        joined = next((i for i in self.incidents.values() if self._joinable(i)), None)
        incident = self._open(member, subject, raises) if joined is None else self._join(joined, member)
        self.subjects[finding.subject] = replace(subject, incident=incident.id, raises=raises, flapping=flapping)

    def _joinable(self, incident: Incident) -> bool:
        untouched = incident.phase is Phase.FIRING and incident.counted_from is None and not incident.test
        return untouched and timedelta() <= self.now - incident.opened_at <= TOGETHER

    def _open(self, member: Member, subject: Subject, raises: tuple[datetime, ...]) -> Incident:
        today = self.now.astimezone(self.policy.zone).date()
        incident = Incident(
            id=self._new_id(),
            opened_at=self.now,
            members={member.subject: member},
            severity=member.severity,
            previous=subject.last_incident,
            raises_today=sum(at.astimezone(self.policy.zone).date() == today for at in raises),
        )
        self.put(incident, "opened")
        return incident

    def _join(self, incident: Incident, member: Member) -> Incident:
        worse = member.severity.rank > incident.severity.rank
        severity = member.severity if worse else incident.severity
        grown = replace(incident, members={**incident.members, member.subject: member}, severity=severity)
        self.put(grown, "grown", urgent=False)
        self._rise(grown, worse=worse and incident.opened_at < self.now)
        return grown

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
            if not incident.open or not self.open:
                continue
            if incident.phase is Phase.SNOOZED:
                self._wake(incident)
            elif incident.phase is Phase.FIRING:
                self._escalate(self._remind(incident))
        if not blind:
            self._forget()

    def _wake(self, incident: Incident) -> None:
        if incident.snoozed_until is not None and self.now < incident.snoozed_until:
            return
        phase = Phase.FIRING if incident.acknowledged_by is None else Phase.ACKNOWLEDGED
        awake = replace(
            incident,
            phase=phase,
            snoozed_until=None,
            snoozed_by=None,
            counted_from=self.now,
            last_reminder_at=None,
            reminders=incident.reminders + 1,
        )
        self.put(awake, "snooze over")
        self.notices.append(Notice(NoticeKind.WAKE, incident.id, "snooze over"))

    def _remind(self, incident: Incident) -> Incident:
        at = self._reminder_at(incident)
        if at is None or self.now < at:
            return incident
        reminded = replace(incident, reminders=incident.reminders + 1, last_reminder_at=self.now)
        self.incidents[incident.id] = reminded
        self.notices.append(Notice(NoticeKind.REMINDER, incident.id, "repeat"))
        return reminded

    def _reminder_at(self, incident: Incident) -> datetime | None:
        gaps = self.policy.repeat
        if not gaps:
            return None
        gap = gaps[min(incident.reminders, len(gaps) - 1)]
        return (incident.last_reminder_at or incident.counted_from or incident.opened_at) + gap

    def _escalate(self, incident: Incident) -> None:
        at = self._escalation_at(incident)
        if at is None or self.now < at:
            return
        self.incidents[incident.id] = replace(incident, escalated_at=self.now)
        self.notices.append(Notice(NoticeKind.ESCALATION, incident.id, "not acknowledged"))
        if self.policy.escalate is not None and self.policy.escalate.channel:
            self.notices.append(Notice(NoticeKind.ESCALATION_COPY, incident.id, "not acknowledged"))

    def _escalation_at(self, incident: Incident) -> datetime | None:
        if self.policy.escalate is None or incident.escalated_at is not None or incident.test:
            return None
        return (incident.counted_from or incident.opened_at) + self.policy.escalate.after

    def end_escalation(self, incident: Incident, reason: str) -> None:
        """The copy of an escalation says once more how it went."""
        if incident.escalated_at is not None and self.policy.escalate is not None and self.policy.escalate.channel:
            self.notices.append(Notice(NoticeKind.ESCALATION_END, incident.id, reason))

    def _rise(self, incident: Incident, *, worse: bool) -> None:
        if worse and self.open and incident.phase is not Phase.SNOOZED:
            self.notices.append(Notice(NoticeKind.RISE, incident.id, incident.severity))

    # --- the end of the step

    def put(self, incident: Incident, reason: str, *, urgent: bool = True) -> None:
        """Keep an incident, and have its message say so."""
        self.incidents[incident.id] = incident
        self.notices.append(Notice(NoticeKind.CARD, incident.id, reason, urgent))

    def _tell_open(self, reason: str) -> None:
        for incident in self.incidents.values():
            if incident.open:
                self.notices.append(Notice(NoticeKind.CARD, incident.id, reason, urgent=False))

    def _forget(self) -> None:
        """Drop what is a day old: resolved incidents, raises, subjects with nothing to remember."""
        for incident in list(self.incidents.values()):
            if incident.resolved_at is not None and self.now - incident.resolved_at >= REMEMBERED:
                del self.incidents[incident.id]
        for name, subject in list(self.subjects.items()):
            raises = tuple(at for at in subject.raises if self.now - at < REMEMBERED)
            if subject.breached_since is None and subject.incident is None and not raises:
                del self.subjects[name]
            elif raises != subject.raises:
                self.subjects[name] = replace(subject, raises=raises)

    def written(self) -> tuple[Ledger, tuple[Notice, ...]]:
        """The ledger as it stands, and what is to be told, an incident's message once."""
        ledger = replace(
            self.ledger,
            watch=self.policy.watch,
            channel=self.policy.channel,
            subjects=self.subjects,
            incidents=self.incidents,
            blind_since=self.blind_since,
        )
        return ledger, tuple(_merged(self.notices))

    def done(self, judgement: Judgement | None) -> tuple[Ledger, tuple[Notice, ...]]:
        """The same, with what the watch remembers and when to look again."""
        ledger, notices = self.written()
        memory = ledger.memory if judgement is None else dict(judgement.memory)
        return replace(ledger, memory=memory, due=self._due(judgement)), notices

    def _due(self, judgement: Judgement | None) -> datetime | None:
        times = [] if judgement is None else [judgement.look_again, *self._subject_times()]
        times += [self._allowed(at) for i in self.incidents.values() if i.open for at in self._incident_times(i)]
        times += [i.resolved_at + REMEMBERED for i in self.incidents.values() if i.resolved_at is not None]
        return min((at for at in times if at is not None and at > self.now), default=None)

    def _subject_times(self) -> Iterable[datetime | None]:
        for subject in self.subjects.values():
            if subject.clear_since is not None:
                yield subject.clear_since + self._keep(subject)
            elif subject.breached_since is not None and subject.incident is None:
                yield self._allowed(subject.breached_since + self.policy.hold)

    def _incident_times(self, incident: Incident) -> Iterable[datetime | None]:
        if incident.phase is Phase.SNOOZED:
            yield incident.snoozed_until
        elif incident.phase is Phase.FIRING:
            yield self._reminder_at(incident)
            yield self._escalation_at(incident)

    def _allowed(self, at: datetime | None) -> datetime | None:
        """The same moment, or the next opening where the alert is closed then."""
        calendar = self.policy.calendar
        if at is None or calendar is None:
            return at
        at = max(at, self.now)
        return at if calendar.opening(at) is not None else calendar.next_opening(at)


def _merged(notices: list[Notice]) -> Iterable[Notice]:
    """One card an incident, urgent if one of them is."""
    cards: dict[str, Notice] = {}
    for notice in notices:
        if notice.kind is NoticeKind.CARD:
            before = cards.get(notice.incident)
            cards[notice.incident] = replace(notice, urgent=notice.urgent or (before is not None and before.urgent))
    yield from cards.values()
    yield from (notice for notice in notices if notice.kind is not NoticeKind.CARD)
