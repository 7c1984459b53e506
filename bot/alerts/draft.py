"""The draft of an alert state within one step, with the notifications that it causes.

It changes no phase: the machine does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.alerts.automation_state import Decision
from bot.alerts.automations import Automation, action_notifications, armed, decide, due_at, lately
from bot.alerts.members import no_later, remembered
from bot.alerts.model import RISEN, WORSE, AlertState, Evaluation, Incident, Notification, NotificationKind
from bot.alerts.policy import Policy
from bot.alerts.times import RETENTION, TOLD_AGAIN, due, escalation_at, reminder_at, risen, stands

SNOOZE_OVER = "snooze over"

Stepped = tuple[AlertState, tuple[Notification, ...]]


@dataclass
class Draft:
    """A draft is one step under way: the parts of an alert state, open for writing, and the notifications so far."""

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

    # --- notifications of an incident

    def put(self, incident: Incident, reason: str, *, urgent: bool = True) -> None:
        """Keeps the incident under its id, and adds a notification that has its message posted or edited."""
        self.incidents[incident.id] = incident
        self.notifications.append(Notification(NotificationKind.CARD, incident.id, reason, urgent))

    def notify(self, kind: NotificationKind, incident: Incident, reason: str) -> None:
        """Adds a notification beside the incident's own message, such as a reminder or an escalation."""
        self.notifications.append(Notification(kind, incident.id, reason))

    def notify_change(self, incident: Incident, reason: str, by: str | None) -> None:
        """Counts a change of phase and adds its notification; does nothing where the policy names no outlets."""
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
        """Has the message of every open incident edited, without urgency; tests are left out."""
        for incident in self.incidents.values():
            if incident.open and not incident.test:
                self.notifications.append(Notification(NotificationKind.CARD, incident.id, reason, urgent=False))

    # --- repeated notifications

    def notify_again(self, incident: Incident) -> None:
        """Adds what is due now: the end of a snooze, a reminder, a rise, an escalation, one of each at most.

        Adds nothing while the incident or the alert's hours are closed, or all its members are clear.
        """
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
        """Counts a reminder and adds it; a rise of severity that people have not heard of becomes its reason."""
        told = self.incidents[incident.id] = replace(incident, reminders=incident.reminders + 1, told=incident.severity)
        self.notify(kind, told, RISEN if risen(incident) and reason != WORSE else reason)
        return told

    def _rise(self, incident: Incident) -> Incident:
        """Adds a rise where the severity is higher than the one people were last notified of."""
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
        """Arms what the step's changes arm, and decides what is due; blind, nothing is decided that had to wait."""
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
        """Adds a reply in the incident's thread: what the automation did, or was kept from."""
        self.notifications.append(Notification(NotificationKind.AUTOMATION, incident.id, "", automation=name))

    # --- the end of the step

    def forget(self) -> None:
        """Drops incidents resolved 24 hours ago, older raises, and subjects that no later incident will link to."""
        self.incidents = {
            name: incident
            for name, incident in self.incidents.items()
            if incident.resolved_at is None or self.now - incident.resolved_at < RETENTION
        }
        known = ((name, remembered(subject, self.now)) for name, subject in self.subjects.items())
        self.subjects = {name: subject for name, subject in known if subject is not None}

    def written(self, at: datetime) -> Stepped:
        """Returns the new alert state and its notifications.

        It is due at `at`, or when it was due before if earlier.
        """
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
        """Returns the same after an evaluation, with the watch's memory and the next due time.

        None stands for blind.
        """
        alert_state, notifications = self.written(self.now)
        if evaluation is not None:
            alert_state = replace(alert_state, memory=dict(evaluation.memory))
        return replace(alert_state, due=due(alert_state, evaluation, self.policy, self.now)), notifications


def _merged(notifications: list[Notification]) -> Iterable[Notification]:
    """Yields one CARD for each incident, urgent if any was, and then all other notifications in order."""
    cards: dict[str, Notification] = {}
    for notice in notifications:
        if notice.kind is NotificationKind.CARD:
            before = cards.get(notice.incident)
            cards[notice.incident] = replace(notice, urgent=notice.urgent or (before is not None and before.urgent))
    yield from cards.values()
    yield from (notice for notice in notifications if notice.kind is not NotificationKind.CARD)
