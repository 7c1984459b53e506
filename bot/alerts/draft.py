"""An alert state that is being written, with what is to be told of it. It moves no phase: that is the machine's."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.automation_state import Decision
from bot.alerts.automations import Automation, action_notifications, armed, decide, due_at, lately
from bot.alerts.members import no_later, remembered
from bot.alerts.model import RISEN, WORSE, AlertState, Evaluation, Incident, Notification, NotificationKind
from bot.alerts.policy import Policy
from bot.alerts.times import REMEMBERED, TOLD_AGAIN, due, escalation_at, reminder_at, risen, stands

SNOOZE_OVER = "snooze over"

Stepped = tuple[AlertState, tuple[Notification, ...]]


@dataclass
class Draft:
    """One step under way: the alert state's parts, open for writing."""

    alert_state: AlertState
    policy: Policy
    now: datetime

    def __post_init__(self) -> None:
        self.subjects = {name: no_later(s, self.now) for name, s in self.alert_state.subjects.items()}
        self.incidents = {name: no_later(i, self.now) for name, i in self.alert_state.incidents.items()}
        self.blind_since, self.down = self.alert_state.blind_since, self.alert_state.down
        self.acted = dict(self.alert_state.acted)
        self.notifications: list[Notification] = []
        calendar = self.policy.calendar
        self.open = calendar is None or calendar.opening(self.now) is not None

    # --- what is told of an incident

    def put(self, incident: Incident, reason: str, *, urgent: bool = True) -> None:
        """Keep an incident, and have its message say so."""
        self.incidents[incident.id] = incident
        self.notifications.append(Notification(NotificationKind.CARD, incident.id, reason, urgent))

    def notify(self, kind: NotificationKind, incident: Incident, reason: str) -> None:
        """Something beside its message."""
        self.notifications.append(Notification(kind, incident.id, reason))

    def notify_change(self, incident: Incident, reason: str, by: str | None) -> None:
        """A change of phase, numbered, where somebody outside wants to know."""
        if self.policy.outlets:
            numbered = self.incidents[incident.id] = replace(incident, changes=incident.changes + 1)
            self.notifications.append(
                Notification(
                    NotificationKind.CHANGE,
                    incident.id,
                    reason,
                    change=numbered.changes,
                    phase=numbered.phase,
                    at=self.now,
                    by=by,
                )
            )

    def notify_open(self, reason: str) -> None:
        """Every open message says it; a test has nothing to do with what is seen."""
        for incident in self.incidents.values():
            if incident.open and not incident.test:
                self.notifications.append(Notification(NotificationKind.CARD, incident.id, reason, urgent=False))

    # --- what is told again

    def notify_again(self, incident: Incident) -> None:
        """Ends of snoozes, reminders, rises, escalations that people may be woken for now; one of each."""
        if not (incident.open and self.open and stands(incident, self.subjects)):
            return
        if incident.wake_owed:
            incident = self._wake(incident)
        again = TOLD_AGAIN[incident.phase]
        if NotificationKind.REMINDER in again:
            incident = self._remind(incident)
        if NotificationKind.RISE in again:
            incident = self._rise(incident)
        if NotificationKind.ESCALATION in again:
            self._escalate(incident)

    def _wake(self, incident: Incident) -> Incident:
        awake = replace(incident, wake_owed=False, counted_from=self.now)
        return self._aloud(awake, NotificationKind.WAKE, WORSE if incident.worsened else SNOOZE_OVER)

    def _remind(self, incident: Incident) -> Incident:
        at = reminder_at(incident, self.policy)
        if at is None or self.now < at:
            return incident
        reminded = replace(incident, gaps_used=incident.gaps_used + 1, last_reminder_at=self.now)
        return self._aloud(reminded, NotificationKind.REMINDER, "repeat")

    def _aloud(self, incident: Incident, kind: NotificationKind, reason: str) -> Incident:
        """A rise that people have not heard of is told with it."""
        told = self.incidents[incident.id] = replace(incident, reminders=incident.reminders + 1, told=incident.severity)
        self.notify(kind, told, RISEN if risen(incident) and reason != WORSE else reason)
        return told

    def _rise(self, incident: Incident) -> Incident:
        """Worse than people have been told: say so, also where it rose while nobody was to be told."""
        if not risen(incident):
            return incident
        told = self.incidents[incident.id] = replace(incident, told=incident.severity)
        self.notify(NotificationKind.RISE, told, incident.severity.value)
        return told

    def _escalate(self, incident: Incident) -> None:
        at = escalation_at(incident, self.policy)
        if at is None or self.now < at:
            return
        copied = self.policy.escalate is not None and bool(self.policy.escalate.channel)
        times = incident.escalations + 1
        self.incidents[incident.id] = replace(incident, escalated_at=self.now, escalations=times, copied=copied)
        self.notify(NotificationKind.ESCALATION, incident, "not acknowledged")
        if copied:
            self.notify(NotificationKind.ESCALATION_COPY, incident, "not acknowledged")

    # --- rules that act

    def automate(self) -> None:
        """Arm what the step's changes arm, and decide what is due; blind, nothing is decided that had to wait."""
        for name, incident in list(self.incidents.items()):
            known = armed(self.policy.automations, self.alert_state.incidents.get(name), incident, self.now)
            if known != incident.automations:
                self.incidents[name] = replace(incident, automations=known)
            for automation in self.policy.automations:
                self._decide(automation, self.incidents[name])

    def _decide(self, automation: Automation, incident: Incident) -> None:
        at = due_at(automation, incident)
        if at is None or self.now < at:
            return
        if incident.open and automation.after and (self.blind_since or not stands(incident, self.subjects)):
            return
        acted = self.acted.get(automation.name, ())
        decision = decide(automation, acted, self.now)
        decided = replace(incident.automations[automation.name], decided_at=self.now, decision=decision)
        self.incidents[incident.id] = replace(incident, automations={**incident.automations, automation.name: decided})
        if decision is Decision.ACT:
            self.acted[automation.name] = (*acted, self.now)
        self.notifications += action_notifications(automation, decision, incident.id)

    def notify_automation(self, incident: Incident, name: str) -> None:
        """A reply in the incident's thread: what the automation did, or was kept from."""
        self.notifications.append(Notification(NotificationKind.AUTOMATION, incident.id, "", automation=name))

    # --- the end of the step

    def forget(self) -> None:
        """Drop what is a day old: resolved incidents and raises; and subjects that nothing will be linked to."""
        self.incidents = {
            name: incident
            for name, incident in self.incidents.items()
            if incident.resolved_at is None or self.now - incident.resolved_at < REMEMBERED
        }
        known = ((name, remembered(subject, self.now)) for name, subject in self.subjects.items())
        self.subjects = {name: subject for name, subject in known if subject is not None}

    def written(self, at: datetime) -> Stepped:
        """The alert state as it stands, and what is to be told. Look again by then, or when it was due before."""
        self.automate()
        used = bool(self.subjects or self.incidents)
        alert_state = replace(
            self.alert_state,
            watch=self.policy.watch if used else "",
            channel=self.policy.channel if used else "",
            subjects=self.subjects,
            incidents=self.incidents,
            blind_since=self.blind_since,
            down=self.down,
            acted=lately(self.acted, self.policy.automations, self.now),
            due=min(self.alert_state.due or at, at),
        )
        return alert_state, tuple(_merged(self.notifications))

    def evaluated(self, evaluation: Evaluation | None) -> Stepped:
        """The same after a look: with what the watch remembers, and when to look again."""
        alert_state, notifications = self.written(self.now)
        if evaluation is not None:
            alert_state = replace(alert_state, memory=dict(evaluation.memory))
        return replace(alert_state, due=due(alert_state, evaluation, self.policy, self.now)), notifications


def _merged(notifications: list[Notification]) -> Iterable[Notification]:
    """An incident's message once, urgent if it once was."""
    cards: dict[str, Notification] = {}
    for notice in notifications:
        if notice.kind is NotificationKind.CARD:
            before = cards.get(notice.incident)
            cards[notice.incident] = replace(notice, urgent=notice.urgent or (before is not None and before.urgent))
    yield from cards.values()
    yield from (notice for notice in notifications if notice.kind is not NotificationKind.CARD)
