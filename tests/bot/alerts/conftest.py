"""One alert on one account, told by hand what is so: what comes of it, in no time."""

from datetime import UTC, datetime

import pytest

from bot.alerts.machine import begin_test, press, sweep
from bot.alerts.model import AlertState, Evaluation, Facts, Finding, NotificationKind
from bot.alerts.policy import Policy

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


class Told:
    """One alert on one account, told what is so."""

    def __init__(self, **policy):
        self.policy = Policy("low", "sales", "balance", "#alerts", **policy)
        self.alert_state, self.now = AlertState("low", "sales"), NOON
        self.seen, self.notifications = Evaluation(), []

    def sweep(self, seen):
        self.seen = seen
        return self._kinds(*sweep(self.alert_state, seen, self.policy, self.now))

    def _kinds(self, alert_state, notifications):
        self.alert_state = alert_state
        self.notifications += notifications
        return [n.kind for n in notifications if n.kind is not NotificationKind.CHANGE]

    def breach(self, *subjects, severity=None, since=None, level=0):
        return self.sweep(Evaluation(tuple(Finding(s, Facts(), since, severity, level) for s in subjects)))

    def clear(self, **ended):
        return self.sweep(Evaluation(ended=ended))

    def blind(self):
        return self.sweep(None)

    def wait(self, span):
        """Let time pass as the engine's tick does: the last look again, whenever it is due."""
        until, told = self.now + span, []
        while self.alert_state.due is not None and self.alert_state.due <= until:
            self.now = max(self.now, self.alert_state.due)
            told += self.sweep(self.seen)
        self.now = until
        return told

    def press(self, pressed, nth=-1):
        return self._kinds(*press(self.alert_state, list(self.alert_state.incidents)[nth], pressed, self.policy))

    def test(self, by=None):
        return self._kinds(*begin_test(self.alert_state, self.policy, self.now, by))

    @property
    def incidents(self):
        return list(self.alert_state.incidents.values())

    @property
    def last(self):
        return self.incidents[-1]

    @property
    def open(self):
        return [i for i in self.incidents if i.open]


@pytest.fixture
def told():
    """`told(hold=…, keep=…)`: an alert with that policy."""
    return Told
