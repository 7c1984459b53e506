"""One watch before one account: what it sees, and what it makes of it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.machine import sweep
from bot.alerts.model import AlertState, Blind, Calendar, Evaluation, LatestReading, Observed
from bot.alerts.policy import Policy
from bot.watches import Watch, WatchInput, WatchKeys
from providers.errors import ErrorKind


@dataclass
class Bench:
    """Shows the watch readings and keeps its memory, its alert without `for`, as the engine does."""

    watch: Watch
    keys: WatchKeys
    now: datetime = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)  # a Friday
    calendar: Calendar | None = None
    latest_readings: dict = field(default_factory=dict)
    evaluation: Evaluation = field(default_factory=Evaluation)
    hold: timedelta = timedelta()

    def __post_init__(self):
        self.alert_state = AlertState("alert", "sales")

    def sees(self, kind: Kind, value):
        return self.takes(kind, Observed(value, self.now))

    def fails(self, kind: Kind, error="The vendor did not answer."):
        return self.takes(kind, Blind(error, ErrorKind.UNAVAILABLE, self.now))

    def takes(self, kind, reading):
        self.latest_readings[kind] = self.latest_readings.get(kind, LatestReading()).after(reading)
        return self.evaluate()

    def evaluate(self):
        """The subjects that it finds now."""
        opening = self.calendar.opening(self.now) if self.calendar else None
        raised = frozenset(s for s, of in self.alert_state.subjects.items() if of.incident)
        self.evaluation = self.watch.evaluate(
            WatchInput(
                account="sales",
                now=self.now,
                latest_readings=self.latest_readings,
                raised=raised,
                known=frozenset(s for s, of in self.alert_state.subjects.items() if of.breached_since),
                memory=self.alert_state.memory,
                calendar=self.calendar,
                opening=opening,
                currency="UAH",
            ),
            self.keys,
        )
        policy = Policy("alert", "sales", self.watch.name, "#alerts", calendar=self.calendar, hold=self.hold)
        self.alert_state, _ = sweep(self.alert_state, self.evaluation, policy, self.now)
        return {finding.subject: finding for finding in self.evaluation.findings}

    def wait(self, **span):
        self.now += timedelta(**span)

    @property
    def last(self):
        return list(self.alert_state.incidents.values())[-1]

    @property
    def story(self):
        return self.watch.describe(self.last, "sales")


@pytest.fixture
def bench():
    """`bench(WATCH, Keys(…))`."""
    return Bench
