"""What must hold over any history of breaches, clears, blindness, restarts, presses and clock jumps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from bot.alerts.hours import parse_hours
from bot.alerts.machine import press, sweep
from bot.alerts.model import (
    Acknowledge,
    Escalation,
    Finding,
    Judgement,
    Ledger,
    NoticeKind,
    Phase,
    Policy,
    Severity,
    Snooze,
    Unacknowledge,
)

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
NAMES = ("a", "b", "c")
CODEC = TypeAdapter(Ledger)
WAKING = {NoticeKind.REMINDER, NoticeKind.WAKE, NoticeKind.RISE, NoticeKind.ESCALATION, NoticeKind.ESCALATION_COPY}

seconds = st.integers(0, 900).map(lambda n: timedelta(seconds=n))
looks = st.tuples(
    st.just("look"),
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(Severity)),
    st.frozensets(st.sampled_from(NAMES)),
)
events = st.one_of(
    looks,
    looks,
    st.tuples(st.just("blind")),
    st.tuples(st.just("restart")),
    st.tuples(st.just("acknowledge"), st.integers(0, 3)),
    st.tuples(st.just("unacknowledge"), st.integers(0, 3)),
    st.tuples(st.just("snooze"), st.integers(0, 3), seconds),
    st.tuples(st.just("jump"), st.sampled_from((-3600, 3600, 86400))),
)
histories = st.lists(st.tuples(seconds, events), max_size=40)
policies = st.builds(
    Policy,
    alert=st.just("low"),
    account=st.just("sales"),
    watch=st.just("balance"),
    channel=st.just("#alerts"),
    hold=st.sampled_from((timedelta(), timedelta(minutes=5))),
    keep=st.sampled_from((timedelta(), timedelta(minutes=2))),
    repeat=st.sampled_from(((), (timedelta(minutes=10), timedelta(hours=1)))),
    calendar=st.sampled_from((None, parse_hours("mon-fri 09:00-17:00", ZoneInfo("UTC")))),
    escalate=st.sampled_from((None, Escalation(timedelta(minutes=15), "#managers", ("S1",)))),
    mention=st.just(("!here",)),
)


class Life:
    """One ledger, lived through a history, with what must hold checked at every step."""

    def __init__(self, policy):
        self.policy, self.now, self.ledger = policy, START, Ledger("low", "sales")
        self.seen: Judgement | None = Judgement()
        self.told = []

    def live(self, history):
        for pause, event in history:
            self.now += pause
            getattr(self, event[0])(*event[1:])
            self.step(self.seen)

    def look(self, breached, unknown):
        findings = tuple(Finding(name, {"of": name}, severity=severity) for name, severity in breached.items())
        self.seen = Judgement(findings, unknown - breached.keys())

    def blind(self):
        self.seen = None

    def restart(self):
        self.ledger = CODEC.validate_json(CODEC.dump_json(self.ledger))

    def jump(self, by):
        self.now += timedelta(seconds=by)

    def incident(self, nth):
        ids = list(self.ledger.incidents)
        return ids[nth % len(ids)] if ids else "none"

    def acknowledge(self, nth):
        self.pressed(nth, Acknowledge("U1", self.now))

    def unacknowledge(self, nth):
        self.pressed(nth, Unacknowledge("U1", self.now))

    def snooze(self, nth, span):
        self.pressed(nth, Snooze("U1", self.now + span, self.now))

    def pressed(self, nth, what):
        name = self.incident(nth)
        before = self.ledger
        self.ledger, notices = press(before, name, what, self.policy)[:2]
        self.check_notices(before, notices)
        assert {n.kind for n in notices} <= {NoticeKind.CARD, NoticeKind.ESCALATION_END}
        again, more = press(self.ledger, name, what, self.policy)[:2]
        assert not more
        assert again == self.ledger

    def step(self, judgement):
        before = self.ledger
        self.ledger, notices = sweep(before, judgement, self.policy, self.now)
        self.check_notices(before, notices)
        self.check_ledger(judgement)
        again, more = sweep(self.ledger, judgement, self.policy, self.now)
        assert more == (), "the same look at the same instant has nothing new to tell"
        assert again == self.ledger

    def check_notices(self, before, notices):
        for notice in notices:
            was, now = before.incidents.get(notice.incident), self.ledger.incidents[notice.incident]
            if notice.kind in WAKING:
                held = was is not None and was.acknowledged_by is not None
                assert now.phase is Phase.FIRING or (notice.kind is NoticeKind.WAKE and held), (
                    "nobody is woken for what is acknowledged, snoozed or over"
                )
                assert self.policy.calendar is None or self.policy.calendar.opening(self.now)
            if was is None:
                assert notice.kind in {NoticeKind.CARD, *WAKING}
        cards = [n.incident for n in notices if n.kind is NoticeKind.CARD]
        assert len(cards) == len(set(cards)), "one edit an incident"
        opened = self.ledger.incidents.keys() - before.incidents.keys()
        assert opened <= set(cards), "what is opened is posted"
        changed = {
            i.id
            for i in self.ledger.incidents.values()
            if i.id in before.incidents and before.incidents[i.id].phase is not i.phase
        }
        assert changed <= {n.incident for n in notices if n.kind is NoticeKind.CARD and n.urgent}
        self.told.extend(notices)

    def check_ledger(self, judgement):
        listed = [m.subject for i in self.ledger.incidents.values() if i.open for m in i.affected]
        assert len(listed) == len(set(listed)), "a subject is affected in one message at most"
        raised = {name for name, s in self.ledger.subjects.items() if s.incident is not None}
        assert raised == set(listed), "the raised are those that the open messages list"
        for name in raised:
            assert self.ledger.incidents[self.ledger.subjects[name].incident].open
        for incident in self.ledger.incidents.values():
            assert incident.open == bool(incident.affected)
            assert (incident.resolved_at is not None) == (incident.phase is Phase.RESOLVED)
            assert incident.severity.rank >= max(m.severity.rank for m in incident.members.values())
        if self.ledger.due is not None:
            assert self.ledger.due > self.now, "what is due now has been done"
        if judgement is not None and self.policy.hold == timedelta() and self.policy.calendar is None:
            assert {f.subject for f in judgement.findings} <= raised, "without `for` it is raised at once"


@settings(max_examples=300, deadline=None)
@given(policies, histories)
def test_it_keeps_its_promises_over_any_history(policy, history):
    Life(policy).live(history)


@settings(max_examples=100, deadline=None)
@given(policies, histories)
def test_it_tells_the_same_with_a_restart_after_every_step(policy, history):
    plain, restarted = Life(policy), Life(policy)
    plain.live(history)
    restarted.live([pair for step in history for pair in (step, (timedelta(), ("restart",)))])
    assert restarted.told == plain.told
    assert restarted.ledger == plain.ledger


@settings(max_examples=100, deadline=None)
@given(policies, histories)
def test_it_is_moved_by_no_blindness(policy, history):
    life = Life(policy)
    life.live(history)
    before = life.ledger
    after, notices = sweep(before, None, policy, life.now + timedelta(seconds=1))
    assert after.subjects == before.subjects
    assert {i.id for i in after.incidents.values() if i.open} == {i.id for i in before.incidents.values() if i.open}
    assert after.memory == before.memory
    assert all(n.kind in WAKING | {NoticeKind.CARD} for n in notices)


@settings(max_examples=150, deadline=None)
@given(policies, histories, st.integers(1, 40))
def test_it_has_nothing_to_do_before_it_is_due(policy, history, steps):
    """Between now and `due` the same look changes nothing: a tick need not load the ledger."""
    life = Life(policy)
    life.live(history)
    due = life.ledger.due or life.now + timedelta(days=2)
    early = life.now + (due - life.now) * steps / 41
    if early >= due:
        return
    after, notices = sweep(life.ledger, life.seen, policy, early)
    assert notices == ()
    assert replace(after, due=None) == replace(life.ledger, due=None)


@pytest.mark.parametrize("minutes", [3, 14])
def test_it_reminds_once_after_a_long_sleep(minutes):
    policy = Policy("low", "sales", "balance", "#alerts", repeat=(timedelta(minutes=minutes),))
    life = Life(policy)
    life.look({"a": Severity.WARNING}, frozenset())
    life.step(life.seen)
    life.now += timedelta(hours=9)
    life.step(life.seen)
    assert [n.kind for n in life.told].count(NoticeKind.REMINDER) == 1
    life.now += timedelta(minutes=minutes) - timedelta(seconds=1)
    life.step(life.seen)
    assert [n.kind for n in life.told].count(NoticeKind.REMINDER) == 1
