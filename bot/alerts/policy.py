"""An alert as it is configured, on one account."""

from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo

from bot.alerts.automations import Automation
from bot.alerts.model import Calendar, Escalation, Severity, Workflow


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy is one alert, as configured, on one account.

    `hold` is its `for`; `repeat` are the gaps between reminders, the last one going on (empty: none); `calendar` None:
    always open; `escalate` and `workflow` None: never.
    """

    alert: str
    account: str
    watch: str
    channel: str
    severity: Severity = Severity.WARNING
    hold: timedelta = timedelta()  # `for`
    keep: timedelta = timedelta()
    repeat: tuple[timedelta, ...] = ()
    calendar: Calendar | None = None
    mention: tuple[str, ...] = ()
    escalate: Escalation | None = None
    workflow: Workflow | None = None
    zone: tzinfo = UTC  # in which a day begins
    automations: tuple[Automation, ...] = ()
    outlets: tuple[str, ...] = ()  # that each change of phase is told to, beside the incident's message
