"""What must hold over any history: breaches, clears, blindness, restarts, presses, tests, silences, clock jumps, 429s."""

import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.hours import Never, Quiet, parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.machine import begin_test, end_test, press, sweep
from bot.alerts.model import (
    Acknowledge,
    AlertState,
    Escalation,
    Evaluation,
    Finding,
    Notification,
    NotificationKind,
    Phase,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.alerts.policy import Policy
from bot.cards import Channel, Person, Row, When
from bot.notify.incident_message import incident_message
from bot.notify.notification_context import NotificationContext
from bot.store.alert_state_codec import decoded, encoded
from bot.watches import Summary, Watch, WatchKeys
from bot.watches.agent_offline.words import AgentOfflineFacts

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
NAMES = ("a", "b", "c")
K = NotificationKind
WAKING = {K.REMINDER, K.WAKE, K.RISE, K.ESCALATION, K.ESCALATION_COPY}
PEOPLE = ("U1", "U2", "U3")
FOLLOWS = {
    Phase.FIRING: {Phase.ACKNOWLEDGED, Phase.SNOOZED, Phase.RESOLVED},
    Phase.ACKNOWLEDGED: {Phase.FIRING, Phase.SNOOZED, Phase.RESOLVED},
    Phase.SNOOZED: {Phase.FIRING, Phase.ACKNOWLEDGED, Phase.RESOLVED},
    Phase.RESOLVED: set(),
}


def history(seed, length):
    """So many moments, each a pause and what happens after it, by even chances; a shorter one begins the same."""
    chance = Random(seed)
    return [_moment(chance) for _ in range(length)]


def _moment(chance):
    pause = timedelta(seconds=chance.choice((0, 1, 30, 60, 61, 600, chance.randint(0, 900))))
    whom, span = (chance.randint(0, 3), chance.choice(PEOPLE)), timedelta(seconds=chance.randint(0, 900))
    look = ("look", {name: _state(chance) for name in chance.sample(NAMES, chance.randint(0, 2))})
    pressed = (("acknowledge", *whom), ("unacknowledge", *whom), ("snooze", *whom, chance.choice((None, span))))
    odd = (
        ("blind", chance.random() < 0.5),
        ("restart",),
        ("test", whom[1]),
        ("end_test", whom[0]),
        ("flutter", chance.choice(NAMES)),
        ("silence", span),
        ("jump", chance.choice((-3600, 3600, 86400))),
    )
    [what] = chance.choices((look, chance.choice(pressed), chance.choice(odd), ("deliver",)), (50, 20, 15, 15))
    return pause, what


def _state(chance):
    if chance.random() < 0.45:
        return chance.choice(("clear", "clear", "unknown"))
    return chance.choice(list(Severity)), chance.randint(0, 3)


histories = st.builds(history, st.integers(0, 2**32), st.integers(0, 60))
policies = st.builds(
    Policy,
    alert=st.just("low"),
    account=st.just("sales"),
    watch=st.just("agent_offline"),
    channel=st.just("#alerts"),
    severity=st.sampled_from((Severity.INFO, Severity.WARNING)),
    hold=st.sampled_from((timedelta(), timedelta(minutes=5))),
    keep=st.sampled_from((timedelta(), timedelta(minutes=2))),
    repeat=st.sampled_from(((), (timedelta(minutes=10), timedelta(hours=1)))),
    calendar=st.sampled_from((None, parse_hours("mon-fri 09:00-17:00", ZoneInfo("UTC")))),
    escalate=st.sampled_from((None, Escalation(timedelta(minutes=15), "#managers", ("S1",)))),
    mention=st.just(("!here",)),
    outlets=st.sampled_from([(), ("webhook",)]),
)


def describe(incident, account):
    members = incident.affected or tuple(incident.members.values())
    figures = ", ".join(m.facts.name for m in members)
    if not incident.open:
        return Summary(f"it was {figures} on {account}")
    return Summary(f"it is {figures} on {account}", tuple(Row(m.facts.name) for m in members), "Look.")


STUB = Watch("agent_offline", (Kind.BALANCE,), (), WatchKeys, lambda _watch_input, _keys: Evaluation(), describe)


def words(card):
    """All that a card says."""

    def said(line):
        match line:
            case tuple():
                return "".join(said(part) for part in line)
            case When(at):
                return f"{at:%H:%M}"
            case Person(user):
                return f"@{user}"
            case Channel(channel):
                return channel
        return getattr(line, "words", line)

    return "\n".join(said(line) for line in (card.verdict, *(r.line for s in card.body for r in s.rows), *card.context))


class Life:
    """One ledger, lived through a history, with what must hold checked at every step; and a Slack that is often late."""

    def __init__(self, policy):
        self.base, self.now, self.alert_state = policy, START, AlertState("low", "sales")
        self.seen, self.states = Evaluation(), {}
        self.silenced, self.down = START, False
        self.told = []
        self.owners = {}  # who has which incident, as they were told
        self.snoozes = {}  # what was snoozed: until when, or than what it has to be worse
        self.changes = defaultdict(list)
        self.cards, self.replies, self.slack = {}, [], {}

    @property
    def policy(self):
        """As `bot.engine.evaluation` has it: closed while silenced, and while its account is down."""
        if self.down and self.seen is None:
            return replace(self.base, calendar=Never())
        if self.silenced > self.now:
            return replace(self.base, calendar=Quiet(self.silenced, self.base.calendar))
        return self.base

    def live(self, moments):
        for pause, event in moments:
            self.now += pause
            getattr(self, event[0])(*event[1:])
            self.step()
        self.deliver()

    # --- what happens

    def look(self, changes):
        """These subjects are another thing than before; what was unknown once is known again."""
        self.states = {n: state for n, state in {**self.states, **changes}.items() if state != "clear"}
        findings = (
            Finding(name, AgentOfflineFacts(f"{name}={state[0]}/{state[1]}"), severity=state[0], level=state[1])
            for name, state in self.states.items()
            if state != "unknown"
        )
        self.seen = Evaluation(tuple(findings), frozenset(n for n, s in self.states.items() if s == "unknown"))

    def flutter(self, name):
        """Breached and clear, six times in four minutes."""
        for at in range(12):
            self.look({name: "clear" if at % 2 else (Severity.WARNING, 0)})
            self.step()
            self.now += timedelta(seconds=20)

    def blind(self, down):
        self.seen, self.down = None, down

    def restart(self):
        self.alert_state = decoded(encoded(self.alert_state))

    def jump(self, by):
        self.now += timedelta(seconds=by)

    def silence(self, span):
        self.silenced = self.now + span

    def incident(self, nth):
        ids = list(self.alert_state.incidents)
        return ids[nth % len(ids)] if ids else "none"

    def acknowledge(self, nth, by):
        if self.pressed(nth, Acknowledge(by, self.now)):
            self.owners[self.incident(nth)] = by
            self.snoozes.pop(self.incident(nth), None)

    def unacknowledge(self, nth, by):
        if self.pressed(nth, Unacknowledge(by, self.now)):
            del self.owners[self.incident(nth)]

    def snooze(self, nth, by, span):
        until = None if span is None else self.now + span
        if self.pressed(nth, Snooze(by, until, self.now)):
            self.snoozes[self.incident(nth)] = until or _worst(self.alert_state.incidents[self.incident(nth)])

    def pressed(self, nth, what):
        name, before = self.incident(nth), self.alert_state
        after, notifications = press(before, name, what, self.base)
        assert {n.kind for n in notifications} <= {K.CARD, K.ESCALATION_END, K.CHANGE}
        self.take(after, notifications)
        again, more = press(after, name, what, self.base)
        assert (again, more) == (after, ()), "the second press changes nothing"
        return after is not before

    def test(self, by):
        before = self.alert_state
        after, notifications = begin_test(before, self.base, self.now, by)
        assert {n.kind for n in notifications} == {K.CARD} | ({K.CHANGE} if self.base.outlets else set())
        self.take(after, notifications)
        assert after.subjects.keys() == before.subjects.keys()
        [name] = after.incidents.keys() - before.incidents.keys()
        assert ".test" in name
        assert after.due <= self.now + timedelta(minutes=2)

    def end_test(self, nth):
        name, before = self.incident(nth), self.alert_state
        after, notifications = end_test(before, name, self.base, self.now)
        self.take(after, notifications)
        was = before.incidents.get(name)
        if was is None or not (was.test and was.open):
            assert after is before
        else:
            assert after.incidents[name].phase is Phase.RESOLVED

    # --- one look

    def step(self):
        before = self.alert_state
        after, notifications = sweep(before, self.seen, self.policy, self.now)
        self.check_woken(after, notifications)
        self.check_snoozes(before, after, notifications)
        self.take(after, notifications)
        self.check_ledger()
        again, more = sweep(after, self.seen, self.policy, self.now)
        assert more == (), "the same look at the same instant has nothing new to tell"
        assert again == after

    def take(self, after, notifications):
        """Commit it: what is to be told waits for Slack, and what waits is not forgotten."""
        before = self.alert_state
        cards = [n.incident for n in notifications if n.kind is K.CARD]
        assert len(cards) == len(set(cards)), "one edit an incident"
        assert after.incidents.keys() - before.incidents.keys() <= set(cards), "what is opened is posted"
        for name, incident in after.incidents.items():
            was = before.incidents.get(name)
            assert was is not None or incident.phase is Phase.FIRING, "resolved only what was raised"
            if was is not None and was.phase is not incident.phase:
                assert incident.phase in FOLLOWS[was.phase]
                assert any(n.kind is K.CARD and n.urgent and n.incident == name for n in notifications)
        for notice in notifications:
            assert notice.incident in after.incidents, "what is pending is silent"
            if notice.kind is K.CHANGE:
                self.changes[notice.incident].append(notice)
                assert (notice.at, notice.by is not None) == (self.now, notice.by in PEOPLE)
            elif notice.kind is K.CARD:
                self.cards[notice.incident] = notice
            else:
                self.replies.append(notice)
        untold = {n: i for n, i in before.incidents.items() if n in self.cards and n not in after.incidents}
        self.alert_state = replace(after, incidents={**after.incidents, **untold}) if untold else after
        self.told.extend(notifications)

    def check_woken(self, after, notifications):
        woken = [n for n in notifications if n.kind in WAKING]
        for notice in woken:
            incident = after.incidents[notice.incident]
            rise = notice.kind in {K.RISE, K.WAKE} and incident.phase is Phase.ACKNOWLEDGED
            assert incident.phase is Phase.FIRING or rise, "nobody is woken for what is snoozed or over"
            assert self.policy.calendar is None or self.policy.calendar.opening(self.now)
            assert not incident.test or notice.kind is K.WAKE
            assert incident.test or any(m.clear_since is None for m in incident.affected)
        again = [n.incident for n in woken if n.kind in {K.REMINDER, K.WAKE}]
        assert len(again) == len(set(again)), "one reminder, however long nobody looked"

    def check_snoozes(self, before, after, notifications):
        for name, was in before.incidents.items():
            now = after.incidents.get(name)
            if was.phase is not Phase.SNOOZED or not now.open:
                continue  # a snoozed one is never forgotten
            until = self.snoozes[name]
            if isinstance(until, datetime):
                over = self.now >= until
            else:
                over = any(m.severity.rank > until[0] or m.level > until[1] for m in now.affected)
            assert (now.phase is Phase.SNOOZED) is not over
            assert over or not any(n.incident == name and n.kind is not K.CARD for n in notifications)

    def check_ledger(self):
        incidents = self.alert_state.incidents
        listed = [m.subject for i in incidents.values() if i.open and not i.test for m in i.affected]
        assert len(listed) == len(set(listed)), "a subject is affected in one message at most"
        raised = {name for name, s in self.alert_state.subjects.items() if s.incident is not None}
        assert raised == set(listed), "the raised are those that the open messages list"
        for subject in self.alert_state.subjects.values():
            assert subject.incident is None or self.now - subject.breached_since >= self.base.hold - timedelta(hours=1)
        for name, incident in incidents.items():
            assert incident.open == bool(incident.affected)
            assert (incident.resolved_at is not None) == (incident.phase is Phase.RESOLVED)
            assert incident.severity.rank >= max(m.severity.rank for m in incident.members.values())
            assert incident.acknowledged_by == self.owners.get(name), "until it is over or taken back"
            if incident.test:
                assert set(incident.members) == {"test"}
                assert incident.open is (self.now < incident.opened_at + timedelta(minutes=2)) or not incident.open
        self.check_changes()
        if self.alert_state.due is not None:
            assert self.alert_state.due > self.now, "what is due now has been done"
        if self.seen is not None:
            self.check_seen(raised)

    def check_seen(self, raised):
        found = {f.subject: f for f in self.seen.findings}
        if self.base.hold == timedelta() and self.policy.calendar is None:
            assert found.keys() <= raised, "without `for` it is raised at once"
        for incident in self.alert_state.incidents.values():
            for member in () if incident.test else incident.affected:
                if member.subject in found:
                    assert member.clear_since is None
                    assert member.facts == found[member.subject].facts
                elif member.subject not in self.seen.unknown:
                    assert member.clear_since is not None, "its last figure stands no more"

    def check_changes(self):
        for name, incident in self.alert_state.incidents.items():
            told = self.changes[name]
            assert [n.change for n in told] == list(range(1, incident.changes + 1))
            if self.base.outlets:
                phases = [n.phase for n in told]
                assert phases[0] is Phase.FIRING
                assert phases[-1] is incident.phase
                assert all(b in FOLLOWS[a] for a, b in pairwise(phases))
            else:
                assert not told

    # --- Slack, at last

    def telling(self, name):
        incident, blind = self.alert_state.incidents[name], self.alert_state.blind_since
        return NotificationContext(incident, self.base, STUB, self.now, blind_since=blind, down=self.alert_state.down)

    def deliver(self):
        """Slack takes what waits, as it reads now. Then each message says what is so."""
        for name, notice in self.cards.items():
            self.slack[name] = incident_message(notice, self.telling(name))
        self.cards = {}
        for notice in self.replies:
            incident = self.alert_state.incidents.get(notice.incident)
            told = incident_message(notice, self.telling(notice.incident)) if incident is not None else None
            if told is not None and notice.kind is not K.ESCALATION_END:
                assert incident.phase in {Phase.FIRING, Phase.ACKNOWLEDGED} or notice.kind is K.ESCALATION_COPY
                assert incident.open or not told.mention
        self.replies = []
        for name in self.alert_state.incidents:
            now = incident_message(Notification(K.CARD, name, ""), self.telling(name))
            assert _timeless(self.slack[name]) == _timeless(now), "no edit was left out"
            self.check_card(name)
        over = self.slack.keys() - self.alert_state.incidents.keys()
        assert all(self.slack[name].metadata["event_payload"]["state"] == "resolved" for name in over)

    def check_card(self, name):
        incident, shown = self.alert_state.incidents[name], self.slack[name]
        said, payload = words(shown.card), shown.metadata["event_payload"]
        assert payload["state"] == incident.phase.value
        assert payload["subjects"] == "; ".join(sorted(m.subject for m in incident.affected))
        assert bool(shown.mention) is (incident.phase is Phase.FIRING)
        assert bool(shown.card.controls) is incident.open
        assert ("Resolved after" in said) is not incident.open
        assert said.startswith("TEST, nothing is wrong") is incident.test
        blind = incident.open and not incident.test and self.alert_state.blind_since is not None
        assert ("Not seen since" in said) is blind
        assert ("nothing more is said" in said) is (blind and self.alert_state.down)
        if incident.acknowledged_by:
            assert f"Acknowledged by @{self.owners[name]}" in said
        standing = [m for m in incident.affected if m.clear_since is None]
        assert ("Clear now" in said) is (incident.open and not standing)
        for member in incident.affected:
            held = f"{member.subject} · clear since"
            assert (held in said) is (member.clear_since is not None)
            if standing and not incident.test:
                facts: Any = member.facts
                assert (facts.name in said) is (member in standing), "no figure stands that is clear"


def _timeless(shown):
    """Without its times: a clock that was set back moves them, and that is not worth an edit."""
    said = re.sub(r"\d\d:\d\d|Resolved after [^:]*:", "", words(shown.card))
    return said, shown.card.tone, shown.card.controls, shown.metadata, shown.mention


def _worst(incident):
    return max(m.severity.rank for m in incident.affected), max(m.level for m in incident.affected)


@settings(max_examples=250)
@given(policies, histories)
def test_it_keeps_its_promises_over_any_history(policy, moments):
    Life(policy).live(moments)


@settings(max_examples=60)
@given(policies, histories)
def test_it_tells_the_same_with_a_restart_after_every_step(policy, moments):
    plain, restarted = Life(policy), Life(policy)
    plain.live(moments)
    restarted.live([pair for step in moments for pair in (step, (timedelta(), ("restart",)))])
    assert restarted.told == plain.told
    assert restarted.alert_state == plain.alert_state
    assert restarted.slack == plain.slack


@settings(max_examples=60)
@given(policies, histories)
def test_it_changes_nothing_but_what_an_address_is_told_for_a_webhook(policy, moments):
    plain, hooked = Life(replace(policy, outlets=())), Life(replace(policy, outlets=("webhook",)))
    plain.live(moments)
    hooked.live(moments)
    assert [n for n in hooked.told if n.kind is not K.CHANGE] == plain.told
    assert hooked.slack == plain.slack


@settings(max_examples=60)
@given(policies, histories)
def test_it_is_moved_by_no_blindness(policy, moments):
    life = Life(policy)
    life.live(moments)
    before = life.alert_state
    after, notifications = sweep(before, None, life.policy, life.now + timedelta(seconds=1))
    assert after.subjects == before.subjects
    assert {i.id for i in after.incidents.values() if i.open and not i.test} == {
        i.id for i in before.incidents.values() if i.open and not i.test
    }
    assert after.memory == before.memory
    assert all(n.kind in WAKING | {K.CARD, K.ESCALATION_END, K.CHANGE} for n in notifications)


@settings(max_examples=100)
@given(policies, histories, st.integers(1, 40))
def test_it_has_nothing_to_do_before_it_is_due(policy, moments, steps):
    """Between now and `due` the same look changes nothing: a tick need not load the ledger."""
    life = Life(policy)
    life.live(moments)
    life.step()
    if life.silenced > life.now or life.alert_state.due is None:
        return  # the end of a silence is a time of its own
    early = life.now + (life.alert_state.due - life.now) * steps / 41
    after, notifications = sweep(life.alert_state, life.seen, life.policy, early)
    assert notifications == ()
    assert replace(after, due=None) == replace(life.alert_state, due=None)


@pytest.mark.parametrize("minutes", [3, 14])
def test_it_reminds_once_after_a_long_sleep(minutes):
    life = Life(Policy("low", "sales", "agent_offline", "#alerts", repeat=(timedelta(minutes=minutes),)))
    life.look({"a": (Severity.WARNING, 0)})
    life.step()
    life.now += timedelta(hours=9)
    life.step()
    assert [n.kind for n in life.told].count(K.REMINDER) == 1
    life.now += timedelta(minutes=minutes) - timedelta(seconds=1)
    life.step()
    assert [n.kind for n in life.told].count(K.REMINDER) == 1
