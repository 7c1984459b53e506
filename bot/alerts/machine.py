"""Every transition of an incident, in this one file. Pure: an evaluation goes in, notifications come out.

A subject is pending until its rule has held for `for`; then it is raised into an incident, which is one message. It
leaves when the rule has been clear for `keep`; the incident is resolved when the last has left. Blindness changes
nothing but the words "not seen since". Who is in which message: `members`; what is due when: `times`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bot.alerts.automation_state import Decision
from bot.alerts.automations import Automation, finished
from bot.alerts.draft import SNOOZE_OVER, Draft, Stepped
from bot.alerts.hours import Never
from bot.alerts.members import (
    alone,
    breached,
    clear,
    gone,
    joinable,
    joined,
    linked,
    member_of,
    raised,
    ripe,
    seen_again,
    with_member,
    without,
)
from bot.alerts.model import (
    WORSE,
    Acknowledge,
    AlertState,
    Evaluation,
    Facts,
    Finding,
    Incident,
    Member,
    NotificationKind,
    Phase,
    Press,
    Snooze,
    Subject,
    Unacknowledge,
)
from bot.alerts.policy import Policy
from bot.alerts.times import RETENTION, TEST_DURATION, kept, test_over_at, worsened, worst

SNOOZE_TOLERANCE = timedelta(minutes=1)  # snoozes whose ends are nearer than this are one and the same
UNWATCHED = "no longer watched"
TEST = "test"  # the one member of a test
TEST_OVER = "the test is over"


class Event(StrEnum):
    """An event is what can happen to an incident. Its value is the reason that its notifications give."""

    RAISED = "opened"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_BACK = "acknowledgement taken back"
    SNOOZED = "snoozed"
    TIME_UP = SNOOZE_OVER
    WORSE = WORSE
    ENDED = "resolved"


class Stand(NamedTuple):
    """The state of an incident in the table: its phase, and whether somebody has acknowledged it (`held`)."""

    phase: Phase
    held: bool = False


class Move(NamedTuple):
    """A move is the state that follows, and the notification beside the incident's own message (None: no other).

    That message is always edited, and outlets are notified where the phase changes.
    """

    to: Stand
    tells: NotificationKind | None = None


FIRING = Stand(Phase.FIRING)
ACKNOWLEDGED = Stand(Phase.ACKNOWLEDGED, held=True)
SNOOZED = Stand(Phase.SNOOZED)
SNOOZED_HELD = Stand(Phase.SNOOZED, held=True)
RESOLVED = Stand(Phase.RESOLVED)

WAKE = NotificationKind.WAKE  # as soon as people may be woken
LAST = NotificationKind.ESCALATION_END  # where its escalation has a copy that was not ended yet

# Its state, and what happens → the next state, and the notification. What is not here changes nothing.
TABLE: Mapping[tuple[Stand | None, Event], Move] = {
    (None, Event.RAISED): Move(FIRING),
    (FIRING, Event.ACKNOWLEDGED): Move(ACKNOWLEDGED, LAST),
    (FIRING, Event.SNOOZED): Move(SNOOZED),
    (FIRING, Event.ENDED): Move(RESOLVED, LAST),
    (ACKNOWLEDGED, Event.TAKEN_BACK): Move(FIRING),
    (ACKNOWLEDGED, Event.SNOOZED): Move(SNOOZED_HELD),
    (ACKNOWLEDGED, Event.ENDED): Move(RESOLVED),
    (SNOOZED, Event.ACKNOWLEDGED): Move(ACKNOWLEDGED, LAST),
    (SNOOZED, Event.SNOOZED): Move(SNOOZED),
    (SNOOZED, Event.TIME_UP): Move(FIRING, WAKE),
    (SNOOZED, Event.WORSE): Move(FIRING, WAKE),
    (SNOOZED, Event.ENDED): Move(RESOLVED, LAST),
    (SNOOZED_HELD, Event.TAKEN_BACK): Move(SNOOZED),
    (SNOOZED_HELD, Event.SNOOZED): Move(SNOOZED_HELD),
    (SNOOZED_HELD, Event.TIME_UP): Move(ACKNOWLEDGED, WAKE),
    (SNOOZED_HELD, Event.WORSE): Move(ACKNOWLEDGED, WAKE),
    (SNOOZED_HELD, Event.ENDED): Move(RESOLVED),
}

NOBODY: Mapping[str, Any] = {"acknowledged_by": None, "acknowledged_at": None}
NO_SNOOZE: Mapping[str, Any] = {"snoozed_by": None, "snoozed_until": None, "worse_than": None}


def sweep(alert_state: AlertState, evaluation: Evaluation | None, policy: Policy, now: datetime) -> Stepped:
    """Takes one step with what is so at `now`, and returns the new alert state and its notifications.

    `evaluation` None: the account is blind, which moves no member.
    """
    step = _Step(alert_state, policy, now)
    step.see(evaluation)
    for name in list(step.incidents):
        step.keep_time(step.incidents[name])
        step.notify_again(step.incidents[name])
    if evaluation is not None:
        step.forget()
    return step.evaluated(evaluation)


def press(alert_state: AlertState, incident_id: str, pressed: Press, policy: Policy) -> Stepped:
    """Takes the step of a person's press, and returns the new alert state and its notifications.

    Where it changes nothing (an incident that is resolved or unknown, the same press again), the same alert state comes
    back, with no notifications.
    """
    step = _Step(alert_state, policy, pressed.at)
    was = step.incidents.get(incident_id)
    if was is None or not was.open or not step.pressed(was, pressed):
        return alert_state, ()
    return step.written(pressed.at)  # evaluated anew at the next tick


def close(alert_state: AlertState, because: str, policy: Policy, now: datetime) -> Stepped:
    """Ends every open incident with the reason `because`, forgets pending subjects, and drops what is 24 hours old.

    Returns the new alert state and its notifications.
    """
    step = _Step(alert_state, policy, now)
    for incident in list(step.incidents.values()):
        for member in incident.affected if incident.open else ():
            step.leave(member.subject, incident.id, because)
    step.subjects = {}
    step.blind_since, step.down = None, False
    step.forget()
    return step.evaluated(Evaluation())


def begin_test(alert_state: AlertState, policy: Policy, now: datetime, by: str | None) -> Stepped:
    """Raises a test: an incident that evaluations leave alone, notified like any other, which ends by itself.

    Returns the new alert state and its notifications; `by` is a Slack user id, or None.
    """
    step = _Step(alert_state, policy, now)
    member = Member(TEST, Facts(), policy.severity, now)
    step.go(alone(member, policy, now, step.incidents, test=True), Event.RAISED, by)
    return step.written(now + TEST_DURATION)


def end_test(alert_state: AlertState, incident_id: str, policy: Policy, now: datetime) -> Stepped:
    """Ends a test at once.

    Where there is no such test, or it is over, the same alert state comes back, with no notifications.
    """
    step = _Step(alert_state, policy, now)
    test = step.incidents.get(incident_id)
    if test is None or not test.test or not test.open:
        return alert_state, ()
    step.leave(TEST, incident_id, TEST_OVER)
    return step.written(now + RETENTION)


def record_action(
    alert_state: AlertState,
    incident_id: str,
    automation: Automation,
    place: int,
    outcome: str,
    *,
    policy: Policy,
    now: datetime,
) -> Stepped:
    """Notes what came of an action, or of the decision (`WHOLE`), once; told when it was the automation's last.

    The same alert state comes back where it is known already, or the incident is forgotten.
    """
    step = _Step(alert_state, policy, now)
    incident = step.incidents.get(incident_id)
    here = incident.automations.get(automation.name) if incident is not None else None
    if incident is None or here is None or here.decision is None or str(place) in here.outcomes:
        return alert_state, ()
    noted = replace(here, outcomes={**here.outcomes, str(place): outcome})
    told = replace(incident, automations={**incident.automations, automation.name: noted})
    step.incidents[incident_id] = told
    if here.decision is not Decision.ACT or finished(automation, noted):
        step.notify_automation(told, automation.name)
    return step.written(now + RETENTION)


class _Step(Draft):
    """A draft that takes moves: what may change an incident, and the one way from phase to phase."""

    def go(self, incident: Incident, event: Event, by: str | None = None, **changes: Any) -> bool:
        """Takes the table's move with these changes of the incident; returns False where the table has none."""
        stands = _stand(incident) if incident.id in self.incidents else None
        move = TABLE.get((stands, event))
        if move is None:
            return False
        last = move.tells is LAST and incident.copied
        self.put(
            replace(
                incident,
                phase=move.to.phase,
                copied=incident.copied and not last,
                wake_owed=move.tells is WAKE,
                **changes,
            ),
            event.value,
        )
        if stands is None or stands.phase is not move.to.phase:
            self.notify_change(self.incidents[incident.id], event.value, by)
        if last:
            self.notify(LAST, incident, event.value)
        return True

    def pressed(self, was: Incident, pressed: Press) -> bool:
        """Applies a press to an incident; returns whether it changed anything."""
        match pressed:
            case Acknowledge(by, at):
                owner = {"acknowledged_by": by, "acknowledged_at": at}
                return self.go(was, Event.ACKNOWLEDGED, by, **owner, **NO_SNOOZE)
            case Unacknowledge(by, at):
                return self.go(was, Event.TAKEN_BACK, by, **NOBODY, **_counted_anew(at), escalated_at=None)
            case Snooze(by, until, at):
                if _snoozed_so(was, until) or (until is not None and until <= at):
                    return False
                than = worst(was) if until is None else None
                return self.go(was, Event.SNOOZED, by, snoozed_by=by, snoozed_until=until, worse_than=than)

    # --- what is seen

    def see(self, evaluation: Evaluation | None) -> None:
        """Applies an evaluation to each subject, which is breached, clear or unknown; None marks the state as blind."""
        self._visibility(blind=evaluation is None)
        if evaluation is None:
            return
        findings = {finding.subject: finding for finding in evaluation.findings}
        for finding in findings.values():
            self._breached(finding)
        for subject in list(self.subjects):
            if subject not in findings and subject not in evaluation.unknown:
                self._clear(subject, evaluation.ended.get(subject, ""))

    def _visibility(self, *, blind: bool) -> None:
        """Has the open messages edited where it changed whether the account is blind, or known to be down."""
        if blind is not (self.blind_since is not None):
            self.blind_since = self.now if blind else None
            self.notify_open("blind" if blind else "seen again")
        down = blind and isinstance(self.policy.calendar, Never)
        if down is not self.down:
            self.down = down
            self.notify_open("its account is down" if down else "its account is not down")

    def _breached(self, finding: Finding) -> None:
        was = self.subjects.get(finding.subject, Subject())
        here = self.subjects[finding.subject] = breached(was, finding, self.now)
        if here.incident is not None:
            member = self.incidents[here.incident].members[finding.subject]
            self._member(here.incident, seen_again(member, finding, self.policy), "changed")
        elif self.open and ripe(here, self.policy, self.now):
            self._raise(finding, raised(here, self.now))

    def _clear(self, name: str, because: str) -> None:
        here = self.subjects[name] = clear(self.subjects[name], self.now)
        if here.incident is None or here.clear_since is None:
            return
        if self.now >= here.clear_since + kept(self.policy, flapping=here.flapping):
            self.leave(name, here.incident, because)
        else:
            member = self.incidents[here.incident].members[name]
            self._member(here.incident, replace(member, clear_since=here.clear_since), "clear, and held")

    def _member(self, incident_id: str, member: Member, reason: str) -> None:
        was = self.incidents[incident_id]
        if member != was.members[member.subject]:
            after = with_member(was, member)
            worse = after.severity is not was.severity
            self.put(after, "worse" if worse else reason, urgent=worse)

    def _raise(self, finding: Finding, subject: Subject) -> None:
        member = member_of(finding, subject, self.policy, self.now)
        home = next((i for i in self.incidents.values() if joinable(i, self.now)), None)
        if home is None:
            home = alone(member, self.policy, self.now, self.incidents)
            self.go(linked(home, subject, self.policy, self.now), Event.RAISED)
        else:
            self.put(linked(joined(home, member, self.now), subject, self.policy, self.now), "grown", urgent=False)
        self.subjects[finding.subject] = replace(subject, incident=home.id)

    def leave(self, subject: str, incident_id: str, because: str) -> None:
        """Marks one member as no longer affected; the last one to leave ends the incident."""
        left = without(self.incidents[incident_id], subject, because, self.now)
        if not left.test:
            self.subjects[subject] = gone(self.subjects.get(subject, Subject()), incident_id)
        if left.affected:
            self.put(left, "shrunk", urgent=False)
        else:
            self.go(left, Event.ENDED, resolved_at=self.now, resolved_because=because, **NO_SNOOZE)

    # --- what time brings

    def keep_time(self, incident: Incident) -> None:
        """Ends a test or a snooze that is over: its message is edited at once, people are notified when they may be."""
        over = test_over_at(incident)
        if over is not None and self.now >= over:
            self.leave(TEST, incident.id, TEST_OVER)
        elif incident.snoozed_until is not None and self.now >= incident.snoozed_until:
            self.go(incident, Event.TIME_UP, **NO_SNOOZE, **_counted_anew(self.now), worsened=False)
        elif worsened(incident):
            self.go(incident, Event.WORSE, **NO_SNOOZE, **_counted_anew(self.now), worsened=True)


def _stand(incident: Incident) -> Stand:
    return Stand(incident.phase, held=incident.open and incident.acknowledged_by is not None)


def _counted_anew(at: datetime) -> dict[str, Any]:
    """Returns the changes that let reminders and escalation count from `at`."""
    return {"counted_from": at, "last_reminder_at": None, "gaps_used": 0}


def _snoozed_so(incident: Incident, until: datetime | None) -> bool:
    """Returns whether it is snoozed until that time already, within a minute."""
    if incident.phase is not Phase.SNOOZED:
        return False
    if until is None or incident.snoozed_until is None:
        return until is incident.snoozed_until
    return abs(incident.snoozed_until - until) < SNOOZE_TOLERANCE
