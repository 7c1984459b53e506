"""One alert on one account, told by hand what is so: what comes of it, in no time."""

from datetime import UTC, datetime

import pytest

from bot.alerts.machine import begin_test, press, sweep
from bot.alerts.model import Finding, Judgement, Ledger, NoticeKind, Policy

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday


class Told:
    """One alert on one account, told what is so."""

    def __init__(self, **policy):
        self.policy = Policy("low", "sales", "balance", "#alerts", **policy)
        self.ledger, self.now = Ledger("low", "sales"), NOON
        self.seen, self.notices = Judgement(), []

    def sweep(self, seen):
        self.seen = seen
        return self._kinds(*sweep(self.ledger, seen, self.policy, self.now))

    def _kinds(self, ledger, notices):
        self.ledger = ledger
        self.notices += notices
        return [n.kind for n in notices if n.kind is not NoticeKind.WEBHOOK]

    def breach(self, *subjects, severity=None, since=None, level=0, **facts):
        return self.sweep(Judgement(tuple(Finding(s, facts, since, severity, level) for s in subjects)))

    def clear(self, **ended):
        return self.sweep(Judgement(ended=ended))

    def blind(self):
        return self.sweep(None)

    def wait(self, span):
        """Let time pass as the engine's tick does: the last look again, whenever it is due."""
        until, told = self.now + span, []
        while self.ledger.due is not None and self.ledger.due <= until:
            self.now = max(self.now, self.ledger.due)
            told += self.sweep(self.seen)
        self.now = until
        return told

    def press(self, pressed, nth=-1):
        return self._kinds(*press(self.ledger, list(self.ledger.incidents)[nth], pressed, self.policy))

    def test(self, by=None):
        return self._kinds(*begin_test(self.ledger, self.policy, self.now, by))

    @property
    def incidents(self):
        return list(self.ledger.incidents.values())

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
