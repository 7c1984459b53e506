"""The outbox against a model of it: whatever replicas do and in whatever order, no notice is lost or doubled."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
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

from bot.alerts.model import Incident, Ledger, Notice, NoticeKind, Severity
from bot.store import KEEP, OutboxRow, Store

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)
seconds = st.integers(-5, 5).map(lambda n: NOW + n * SECOND)
incidents = st.sampled_from(["i1", "i2"])
owners = st.sampled_from(["one", "two"])


class Outbox(RuleBasedStateMachine):
    """Two committers with versions as they last read them, two couriers with rows as they last read them."""

    portal: object
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
        ledger, self.versions[owner] = self.ask("ledger", "a", "sales")
        assert ledger.memory.get("n", "0") == str(self.commits)

    @rule(owner=owners, name=incidents, due=seconds, urgent=st.booleans(), severity=st.sampled_from(Severity))
    def commit(self, owner, name, due, urgent, severity):
        reason = str(self.commits + 1)
        ledger = Ledger("a", "sales", incidents={name: Incident(name, NOW, {}, severity)}, memory={"n": reason})
        row = OutboxRow(
            f"{name}:card", Notice(NoticeKind.CARD, name, reason, urgent), "a", "sales", "C1", severity, due, due
        )
        _, current = self.ask("ledger", "a", "sales")
        done = self.ask("commit", ledger, self.versions[owner], [row])
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

    @rule(owner=owners, name=incidents)
    def claim(self, owner, name):
        token = self.ask("lease", f"deliver:{name}", owner, LONG)
        holder = self.held.get(name)
        assert (token is None) == (holder is not None and holder[0] != owner)
        row = self.rows.get(f"{name}:card")
        if token is not None:
            self.held[name] = (owner, token)
            self.newest[name] = token
            if row is not None:
                self.seen[owner, name] = (row, token)

    @rule(name=incidents)
    def lose_the_lease(self, name):
        if name in self.held:
            self.ask("release", f"deliver:{name}", self.held.pop(name)[0])

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
        assert self.ask("outbox_size") == len(self.rows)
        for name, reason in self.last.items():
            assert f"{name}:card" in self.rows or self.told_last[name] == reason, "a notice was lost"
        for moment in (NOW - 3 * SECOND, NOW, NOW + 9 * SECOND):
            due = [r for r in self.rows.values() if max(r.due_at, r.doubt_until or r.due_at) <= moment]
            due.sort(key=lambda r: (-r.severity.rank, r.created_at, r.id))
            assert self.ask("due_rows", moment) == due


def test_it_behaves_as_its_model_whatever_replicas_do(redis_url, clock):
    clock.now = NOW
    with anyio.from_thread.start_blocking_portal() as portal:
        Outbox.portal = portal
        Outbox.store = portal.call(lambda: Store.connect(redis_url, clock=clock))
        try:
            run_state_machine_as_test(Outbox, settings=settings(max_examples=40, stateful_step_count=30, deadline=None))
        finally:
            portal.call(Outbox.store.close)
