"""The outbox against a model of it: whatever replicas do and in whatever order, no notice is lost or doubled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
from anyio.from_thread import BlockingPortal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.alerts.model import AlertState, Incident, Notification, NotificationKind, Severity
from bot.store import KEEP, OUTLETS, OutboxRow, Store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)
seconds = st.integers(-5, 5).map(lambda n: NOW + n * SECOND)
# What is told: a card of either incident, and the first change of one of them to its webhook.
rows = st.sampled_from(["card:i1", "card:i2", "webhook:i1:1"])
owners = st.sampled_from(["one", "two"])


def row_of(name, reason, due, severity=Severity.INFO, *, urgent=True):
    kind, incident = name.split(":")[:2]
    notice = Notification(NotificationKind(kind), incident, reason, urgent, change=1 if kind == "webhook" else 0)
    return OutboxRow(name, notice, "a", "sales", "C1", severity, due, due)


class Outbox(RuleBasedStateMachine):
    """Two committers with versions as they last read them, two dispatchers with rows as they last read them."""

    portal: BlockingPortal
    store: Store

    def ask(self, method, *args, **kwargs):
        return self.portal.call(lambda: getattr(self.store, method)(*args, **kwargs))

    @initialize()
    def begin(self):
        self.ask("ask", "FLUSHDB")
        self.rows: dict[str, OutboxRow] = {}
        self.versions = dict.fromkeys(["one", "two"], 0)
        self.commits = 0
        self.told_last: dict[str, str] = {}
        self.last: dict[str, str] = {}
        self.held: dict[str, tuple[str, int]] = {}
        self.newest: dict[str, int] = {}
        self.seen: dict[tuple[str, str], tuple[OutboxRow, int]] = {}

    @rule(owner=owners)
    def read(self, owner):
        alert_state, self.versions[owner] = self.ask("alert_state", "a", "sales")
        assert alert_state.memory.get("n", "0") == str(self.commits)

    @rule(owner=owners, name=rows, due=seconds, urgent=st.booleans(), severity=st.sampled_from(Severity))
    def commit(self, owner, name, due, urgent, severity):
        reason = str(self.commits + 1)
        row = row_of(name, reason, due, severity, urgent=urgent)
        incident = Incident(row.notice.incident, NOW, {}, severity)
        alert_state = AlertState("a", "sales", incidents={incident.id: incident}, memory={"n": reason})
        _, current = self.ask("alert_state", "a", "sales")
        done = self.ask("commit", alert_state, self.versions[owner], [row])
        assert done == (self.versions[owner] == current)
        if not done:
            return
        self.commits += 1
        row = replace(row, rev=self.commits)
        self.last[name] = reason
        was = self.rows.get(row.id)
        if was is not None:
            row = replace(
                row,
                notice=replace(row.notice, urgent=urgent or was.notice.urgent),
                due_at=min(due, was.due_at),
                created_at=was.created_at,
                doubt_until=was.doubt_until,
                attempts=was.attempts,
            )
        self.rows[row.id] = row

    @rule(owner=owners, name=rows)
    def claim(self, owner, name):
        token = self.ask("lease", row_of(name, "", NOW).lease, owner, LONG)
        holder = self.held.get(name)
        assert (token is None) == (holder is not None and holder[0] != owner)
        row = self.rows.get(name)
        if token is not None:
            self.held[name] = (owner, token)
            self.newest[name] = token
            if row is not None:
                self.seen[owner, name] = (row, token)

    @rule(name=rows)
    def lose_the_lease(self, name):
        if name in self.held:
            self.ask("release", row_of(name, "", NOW).lease, self.held.pop(name)[0])

    @precondition(lambda self: getattr(self, "seen", None))
    @rule(
        data=st.data(),
        deed=st.sampled_from(["settle", "settle", "postpone", "doubt"]),
        until=seconds,
        keep=st.booleans(),
    )
    def deliver(self, data, deed, until, keep):
        (_, name), (row, token) = data.draw(st.sampled_from(sorted(self.seen.items(), key=lambda item: item[0])))
        waiting = self.rows.get(row.id)
        if deed == "settle":
            done = self.ask("settle", row, token)
        elif deed == "postpone":
            done = self.ask("postpone", row, token, until, doubt=KEEP if keep else None)
        else:
            done = self.ask("doubt", row, token, until)
        assert done == (token == self.newest[name] and not (deed == "doubt" and waiting is None))
        if not done or waiting is None:
            return
        same = waiting.rev == row.rev
        if deed == "settle":
            self.told_last[name] = row.notice.reason
            if same:
                del self.rows[row.id]
            else:
                self.rows[row.id] = replace(waiting, due_at=NOW, doubt_until=None, attempts=0)
        elif deed == "postpone":
            self.rows[row.id] = replace(
                waiting,
                due_at=until if same else waiting.due_at,
                doubt_until=waiting.doubt_until if keep else None,
                attempts=waiting.attempts + 1,
            )
        else:
            self.rows[row.id] = replace(waiting, doubt_until=until)

    @invariant()
    def it_holds_what_the_model_holds(self):
        if not hasattr(self, "rows"):
            return
        sizes = (len(self.rows), *(sum(r.outlet == outlet for r in self.rows.values()) for outlet in OUTLETS))
        assert tuple(self.ask("outbox_size", outlet) for outlet in (None, *OUTLETS)) == sizes
        for name, reason in self.last.items():
            assert name in self.rows or self.told_last[name] == reason, "a notice was lost"
        for moment in (NOW - 3 * SECOND, NOW, NOW + 9 * SECOND):
            ready = [r for r in self.rows.values() if max(r.due_at, r.doubt_until or r.due_at) <= moment]
            ready.sort(key=lambda r: (-r.severity.rank, r.created_at, r.id))
            for outlet in OUTLETS:
                assert self.ask("due_rows", outlet, moment) == [r for r in ready if r.outlet == outlet]


def test_it_behaves_as_its_model_whatever_replicas_do(redis_url, clock):
    clock.now = NOW
    with anyio.from_thread.start_blocking_portal() as portal:
        Outbox.portal = portal
        Outbox.store = portal.call(lambda: Store.connect(redis_url, clock=clock))
        try:
            run_state_machine_as_test(Outbox, settings=settings(max_examples=40, stateful_step_count=30))
        finally:
            portal.call(Outbox.store.close)
