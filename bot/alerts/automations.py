"""Rules that act: what an automation does, and when it is decided. Pure; who carries an action out stands elsewhere.

A change of an incident that an automation waits for arms it. It is decided at once, or after its time where the
incident still stands so; once an incident, whatever comes of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.automation_state import AutomationState, Decision
from bot.alerts.model import Calendar, Incident, Notification, NotificationKind, Phase, Severity

# What can be filled into a post.
PLACEHOLDERS = ("summary", "alert", "account", "subjects", "severity", "state", "link")
WHOLE = -1  # the place of no action: the decision itself


@dataclass(frozen=True, slots=True)
class PostMessage:
    """Post words into a channel; `text` has `{word}`s to be filled in."""

    channel: str
    text: str
    mention: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostWebhook:
    """Post the change to an address, in a format; both are the webhook outlet's to read."""

    url: str = field(repr=False)
    format: str = "ringwatch"
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MarkNumbers:
    """Mark the incident's caller IDs, as `active` or `spam`."""

    status: str


@dataclass(frozen=True, slots=True)
class PauseCalls:
    """Pause our own calls, or let them go on."""

    paused: bool


@dataclass(frozen=True, slots=True)
class SilenceTarget:
    """Silence an account or an alert."""

    target: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class AcknowledgeIncident:
    """Acknowledge the incident."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """Ring a number through an account, and say something: words, or for a callback the number to connect with."""

    account: str
    number: str
    say: str


Performed = MarkNumbers | PauseCalls | SilenceTarget | AcknowledgeIncident | PhoneNumber
Action = PostMessage | PostWebhook | Performed


@dataclass(frozen=True, slots=True)
class Automation:
    """One automation as configured. `severity`: at least so bad. `at_most`: so many incidents in that time."""

    name: str
    alert: str
    state: Phase
    actions: tuple[Action, ...]
    severity: Severity | None = None
    after: timedelta = timedelta()
    calendar: Calendar | None = None
    at_most: tuple[int, timedelta] | None = None
    dry_run: bool = False

    def waits_for(self, incident: Incident) -> bool:
        """Returns whether the incident stands as it wants; a test never does."""
        bad = self.severity is None or incident.severity.rank >= self.severity.rank
        return incident.phase is self.state and bad and not incident.test


def armed(
    automations: tuple[Automation, ...], was: Incident | None, incident: Incident, now: datetime
) -> dict[str, AutomationState]:
    """Returns what the incident knows after a change of its phase or severity: newly armed, or no longer."""
    known = dict(incident.automations)
    changed = was is None or was.phase is not incident.phase or was.severity is not incident.severity
    for automation in automations:
        here = known.get(automation.name, AutomationState())
        if here.decision is not None:
            continue
        if not automation.waits_for(incident):
            known.pop(automation.name, None)
        elif changed and here.armed_at is None:
            known[automation.name] = AutomationState(armed_at=now)
    return known


def due_at(automation: Automation, incident: Incident) -> datetime | None:
    """Returns when it is to be decided; None where it is not armed, or has been."""
    here = incident.automations.get(automation.name)
    if here is None or here.armed_at is None or here.decision is not None:
        return None
    return here.armed_at + automation.after


def decide(automation: Automation, acted: tuple[datetime, ...], now: datetime) -> Decision:
    """Returns what becomes of an automation that is due; `acted` is when it acted before."""
    if automation.calendar is not None and automation.calendar.opening(now) is None:
        return Decision.OUTSIDE_HOURS
    if automation.at_most is not None:
        most, within = automation.at_most
        if sum(now - at < within for at in acted) >= most:
            return Decision.AT_MOST
    return Decision.DRY_RUN if automation.dry_run else Decision.ACT


def action_notifications(automation: Automation, decision: Decision, incident: str) -> Iterator[Notification]:
    """Yields what the decision comes to: each action's row; or one alone, so that it is written down why not."""
    actions = enumerate(automation.actions) if decision is Decision.ACT else ()
    for place, action in actions:
        match action:
            case PostMessage():
                kind = NotificationKind.POST
            case PostWebhook():
                kind = NotificationKind.CHANGE
            case _:
                kind = NotificationKind.ACTION
        yield Notification(kind, incident, decision.value, automation=automation.name, action=place)
    if decision is not Decision.ACT or not any(performed(automation)):
        yield Notification(NotificationKind.ACTION, incident, decision.value, automation=automation.name, action=WHOLE)


def lately(
    acted: Mapping[str, tuple[datetime, ...]], automations: tuple[Automation, ...], now: datetime
) -> dict[str, tuple[datetime, ...]]:
    """Returns what `at_most` still counts, by automation."""
    windows = {one.name: one.at_most[1] for one in automations if one.at_most is not None}
    kept = {name: tuple(at for at in acted.get(name, ()) if now - at < within) for name, within in windows.items()}
    return {name: times for name, times in kept.items() if times}


def performed(automation: Automation) -> Iterator[tuple[int, Performed]]:
    """Yields the actions that are carried out, not posted, with their places among all."""
    for place, action in enumerate(automation.actions):
        if not isinstance(action, PostMessage | PostWebhook):
            yield place, action


def finished(automation: Automation, state: AutomationState) -> bool:
    """Returns whether all that is carried out has an outcome."""
    return all(str(place) in state.outcomes for place, _ in performed(automation))
