"""What the read API tells of alerts and incidents: plain data, as in `bot/api/model.py`."""

from dataclasses import dataclass
from datetime import datetime

from bot.alerts.model import Phase, Severity
from bot.commands.alerts.standing import State


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One problem, from its raise to its end; `resolved_at` None while it is open.

    `as_of`: when it was found to stand so, None where that is not known now; of one that ended, its end.
    `vendor_subjects` are at most 200 of the `subjects_total`. `summary` says no more than this page does;
    `vendor_summary` says what its message says.
    """

    incident: str
    alert: str
    account: str
    watch: str
    state: Phase
    severity: Severity
    as_of: datetime | None
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    snoozed_by: str | None
    resolved_at: datetime | None
    duration_seconds: int | None
    summary: str
    subjects_total: int
    link: str | None
    test: bool
    vendor_summary: str | None
    vendor_subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertStanding:
    """How an alert on one account stands. `open` None: it was never evaluated, or cannot be now.

    `as_of` is when what it needs was read, None while that is not known; `blind_since`: since when.
    """

    alert: str
    account: str
    watch: str
    severity: Severity
    open: bool | None
    as_of: datetime | None
    blind_since: datetime | None


@dataclass(frozen=True, slots=True)
class AlertView(AlertStanding):
    """An alert on one account, with its open incidents, worst first; tests are left out."""

    incidents: tuple[IncidentView, ...]


@dataclass(frozen=True, slots=True)
class ClauseView:
    """One condition of an alert as it was evaluated. `holds` None: that cannot be known."""

    holds: bool | None
    vendor_words: str


@dataclass(frozen=True, slots=True)
class WhyView(AlertStanding):
    """Why an alert on one account stands as it does: the conditions, those that hold first, and what holds it back."""

    state: State
    vendor_state: str
    vendor_clauses: tuple[ClauseView, ...]
    vendor_notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AlertsAnswer:
    """Every alert on each account that it watches."""

    alerts: tuple[AlertView, ...]


@dataclass(frozen=True, slots=True)
class IncidentsAnswer:
    """What is open, or ended since a moment, the newest first.

    `complete` False: of what ended more than 24 hours ago nothing is kept here.
    """

    incidents: tuple[IncidentView, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class OpenAlertsAnswer:
    """The alerts that are open. Those in `cannot_tell` may be: they cannot be evaluated now."""

    open_alerts: tuple[AlertView, ...]
    cannot_tell: tuple[AlertStanding, ...]


@dataclass(frozen=True, slots=True)
class WhyAnswer:
    """Why an alert stands as it does, account by account, the worst first."""

    why_alert: tuple[WhyView, ...]
