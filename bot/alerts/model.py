"""The terms of alerting. Plain, frozen data that goes into the store as JSON and comes back whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from bot.alerts.automation_state import AutomationState
from providers.errors import ErrorKind


class Severity(StrEnum):
    """The severity of an alert or of an incident, as configured."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Returns its order: 0 for info, 1 for warning, 2 for critical."""
        return _RANKS[self]


_RANKS = {severity: rank for rank, severity in enumerate(Severity)}


class Phase(StrEnum):
    """The phase of an incident. A pending subject has no incident yet and is silent."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Observed:
    """A poll that got an answer. `value` is of the neutral model (a Balance, Rows[Agent] …), `at` when it was read."""

    value: Any
    at: datetime


@dataclass(frozen=True, slots=True)
class Blind:
    """A poll that got no readable answer, at `at`.

    `error` is a sentence for people, `kind` the provider's kind of error.
    """

    error: str
    kind: ErrorKind
    at: datetime


Reading = Observed | Blind


@dataclass(frozen=True, slots=True)
class LatestReading:
    """All that is known of one kind on one account: the last observed value, and whether polls have failed since.

    `observed` None: no poll has succeeded yet.
    """

    observed: Observed | None = None
    blind: Blind | None = None  # the latest failure; None after a poll that succeeded
    failures: int = 0  # polls in a row without a readable answer, those that a cool-down left out included
    blind_since: datetime | None = None  # when the first of them failed

    def after(self, reading: Reading) -> "LatestReading":
        """Returns what is known once this reading has come in."""
        if isinstance(reading, Observed):
            return LatestReading(observed=reading)
        return LatestReading(self.observed, reading, self.failures + 1, self.blind_since or reading.at)


@dataclass(frozen=True, slots=True)
class Facts:
    """The typed figures behind a finding.

    Each watch subclasses it; this one has none, and a test's member carries it.
    """


@dataclass(frozen=True, slots=True)
class UnreadFacts(Facts):
    """Facts that this version cannot decode, a later version's or a former watch's: `tree` keeps them as stored."""

    tree: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding says that a subject breaks the alert's rule now.

    `facts` are for the watch's own `describe`. `since` is when it began, where the watch knows better than the first
    poll that saw it. `severity` None: the alert's own. `level` counts how often it has about doubled since it first
    held, as the watch sees it: a snooze "until it gets worse" compares it.
    """

    subject: str
    facts: Facts = field(default_factory=Facts)
    since: datetime | None = None
    severity: Severity | None = None
    level: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An evaluation is what a watch finds on an account now.

    What is in neither `findings` nor `unknown` is clear. `unknown` subjects stay as they were. `ended` says in words
    why a raised subject is clear, where that is not plain ("the shift ended"). `memory` is handed to the watch at its
    next evaluation. `look_again` is when to evaluate the same readings again at the latest; None: not before the next
    reading.
    """

    findings: tuple[Finding, ...] = ()
    unknown: frozenset[str] = frozenset()
    ended: Mapping[str, str] = field(default_factory=dict)
    memory: Mapping[str, str] = field(default_factory=dict)
    look_again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening is one stretch of time in an alert's `hours`: `start` is included, `end` is not."""

    start: datetime
    end: datetime


class Calendar(Protocol):
    """A calendar knows when an alert is open: its `hours`."""

    def opening(self, now: datetime) -> Opening | None:
        """Returns the opening that contains `now`; None while closed."""

    def next_opening(self, now: datetime) -> datetime | None:
        """Returns the start of the first opening later than `now`; None where none is known."""


@dataclass(frozen=True, slots=True)
class Escalation:
    """An escalation says who is notified once nobody has acknowledged for `after`.

    `channel` None: the alert's own channel alone; `mention` are Slack mentions, as configured.
    """

    after: timedelta
    channel: str | None = None
    mention: tuple[str, ...] = ()


# What a change of an incident can be told by, as texts.
EVENT_FIELDS = (
    "alert",
    "account",
    "watch",
    "incident",
    "change",
    "state",
    "reason",
    "severity",
    "subjects",
    "subjects_total",
    "summary",
    "by",
    "opened_at",
    "resolved_at",
    "test",
    "link",
)


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow that people may start from an incident's message. `inputs`: its own names, each with a field's."""

    text: str
    url: str
    inputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Member:
    """A member is one subject in an incident's message.

    `left_at` None: still affected; `left_because` "": simply clear.
    """

    subject: str
    facts: Facts
    severity: Severity
    since: datetime
    left_at: datetime | None = None
    left_because: str = ""
    flapping: bool = False
    level: int = 0
    clear_since: datetime | None = None  # clear, but held by `keep` or by flapping


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident is the life of one message, from its raise to its resolution."""

    id: str
    opened_at: datetime
    members: Mapping[str, Member]
    severity: Severity  # the highest among the members, never lower than it was
    phase: Phase = Phase.FIRING
    acknowledged_by: str | None = None  # a Slack user id
    acknowledged_at: datetime | None = None
    snoozed_by: str | None = None
    snoozed_until: datetime | None = None  # None while snoozed: until it gets worse
    worse_than: tuple[Severity, int] | None = None  # than that severity and level, as they were then
    resolved_at: datetime | None = None
    resolved_because: str = ""
    previous: str | None = None  # the last incident of the same subject, where it came back
    raises_today: int = 1
    reminders: int = 0  # ever sent
    gaps_used: int = 0  # of `repeat`, since reminders were last counted anew
    counted_from: datetime | None = None  # reminders and escalation count from here; None: from opened_at
    last_reminder_at: datetime | None = None
    escalated_at: datetime | None = None  # None again when an acknowledgement is taken back
    escalations: int = 0  # ever
    told: Severity | None = None  # the highest severity that people were notified of; None: its severity
    wake_owed: bool = False  # its snooze is over, and nobody may be notified yet: closed, or clear and only kept
    worsened: bool = False  # its last snooze was over because it got worse
    copied: bool = False  # the escalation stands in a channel of its own, and its end is not posted there yet
    test: bool = False
    watch: str = ""  # in whose words it is told; "": the alert's, as configured
    changes: int = 0  # of phase, ever: they number what outlets are told
    automations: Mapping[str, AutomationState] = field(default_factory=dict)  # by name

    @property
    def open(self) -> bool:
        """Returns whether it is not resolved."""
        return self.phase is not Phase.RESOLVED

    @property
    def affected(self) -> tuple[Member, ...]:
        """Returns the members that are still affected, worst first, then by subject."""
        here = [m for m in self.members.values() if m.left_at is None]
        return tuple(sorted(here, key=lambda m: (-m.severity.rank, m.subject)))


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject's state between evaluations. All None and empty: nothing is known of it."""

    breached_since: datetime | None = None  # pending or raised since
    clear_since: datetime | None = None  # clear, but `keep` (or flapping) holds it
    incident: str | None = None  # raised in
    raises: tuple[datetime, ...] = ()  # of the last 24 hours
    last_incident: str | None = None  # resolved
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class AlertState:
    """The state of one alert on one account: one record, one commit.

    `watch` and `channel` are as last configured: an alert that is taken out of the configuration can still be closed.
    `blind_since` None: its account is seen.
    """

    alert: str
    account: str
    watch: str = ""
    channel: str = ""
    subjects: Mapping[str, Subject] = field(default_factory=dict)
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    memory: Mapping[str, str] = field(default_factory=dict)
    blind_since: datetime | None = None
    down: bool = False  # blind, and silent because that its account is down has been told
    due: datetime | None = None  # when to look again though nothing has been read
    acted: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)  # when each automation did, of late


class NotificationKind(StrEnum):
    """The kind of a notification: which message it posts or edits."""

    CARD = "card"  # the incident's own message: posted the first time, edited after
    REMINDER = "reminder"  # a reply shown in the channel, with the mention
    WAKE = "wake"  # the same, when a snooze is over
    RISE = "rise"  # the same, when the severity rose
    ESCALATION = "escalation"  # the same, with the escalation's mention
    ESCALATION_COPY = "escalation_copy"  # in the escalation's channel; posted once, edited once more
    ESCALATION_END = "escalation_end"
    ACTION = "action"  # of an automation, to be carried out; or its decision, where it does nothing
    POST = "post"  # of an automation: words in a channel
    AUTOMATION = "automation"  # a reply in the thread alone: what an automation did, or was kept from
    CHANGE = "webhook"  # a change of phase, for programs; stored under the first outlet's name


OPENING_ENDED = "the opening ended"  # why a subject left though nobody mended anything
RISEN = "risen"  # why a reminder says more than the last one: the severity rose since
WORSE = "it got worse"  # why a snooze is over before its time, or without one


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification of an incident, and its reason.

    `urgent`: not held by the rate limit of edits (a post, a press, a change of phase). A change says what changed: the
    `change`-th of its incident, into `phase`, at `at`, by `by`; other kinds leave these empty.
    """

    kind: NotificationKind
    incident: str
    reason: str
    urgent: bool = True
    change: int = 0
    phase: Phase | None = None
    at: datetime | None = None
    by: str | None = None  # a Slack user id
    automation: str = ""
    action: int = 0  # its place among the automation's


@dataclass(frozen=True, slots=True)
class MessageRef:
    """The place of a message. Only its messenger reads `channel` and `ts`; `permalink` is "" where it is not known."""

    channel: str
    ts: str
    permalink: str = ""

    @property
    def id(self) -> str:
        """Returns what identifies the message within its conversation."""
        return self.ts


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A press by which a person takes an incident on. `by` is a Slack user id."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unacknowledge:
    """A press that takes an acknowledgement back. `by` is a Slack user id."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """A press that silences one incident until `until`; None: until it gets worse. `by` is a Slack user id."""

    by: str
    until: datetime | None
    at: datetime


Press = Acknowledge | Unacknowledge | Snooze
