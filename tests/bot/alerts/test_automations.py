"""When an automation is decided: once an incident, after its time, within its hours, so often, whatever happens."""

from dataclasses import replace
from datetime import timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.automation_state import Decision
from bot.alerts.automations import (
    WHOLE,
    AcknowledgeIncident,
    Automation,
    MarkNumbers,
    PauseCalls,
    PostMessage,
    PostWebhook,
)
from bot.alerts.hours import parse_hours
from bot.alerts.machine import begin_test, press, record_action, sweep
from bot.alerts.model import (
    Acknowledge,
    AlertState,
    Evaluation,
    Finding,
    NotificationKind,
    Phase,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.alerts.policy import Policy
from bot.store.alert_state_codec import decoded, encoded
from bot.watches.number_spam import NumberSpamFacts
from tests.bot.alerts.conftest import NOON, Told

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
K = NotificationKind
POST = PostMessage("#managers", "{summary}")
REST = Automation("rest", "low", Phase.FIRING, (MarkNumbers("spam"), POST), after=10 * MINUTE)


def rows(told, automation=REST):
    """What an automation has come to so far: kind and place of each."""
    return [(n.kind, n.action) for n in told.notifications if n.automation == automation.name]


def alert(*automations, **policy):
    return Told(automations=automations, **policy)


def test_it_acts_once_it_has_stood_so_for_its_time():
    told = alert(REST)
    told.breach("a")
    told.wait(9 * MINUTE)
    assert rows(told) == []
    told.wait(MINUTE)
    assert rows(told) == [(K.ACTION, 0), (K.POST, 1)]
    told.wait(HOUR)
    told.breach("a", severity=Severity.CRITICAL)
    assert len(rows(told)) == 2, "once an incident"


def test_what_is_over_before_its_time_is_left_alone():
    told = alert(REST)
    told.breach("a")
    told.wait(5 * MINUTE)
    told.press(Acknowledge("U1", told.now))
    told.wait(HOUR)
    assert rows(told) == []
    told.press(Unacknowledge("U1", told.now))
    told.wait(9 * MINUTE)
    assert rows(told) == [], "its time begins anew"
    told.wait(MINUTE)
    assert len(rows(told)) == 2


def test_it_waits_while_what_it_waits_for_cannot_be_seen_or_is_only_held_open():
    told = alert(REST, keep=30 * MINUTE)
    told.breach("a")
    told.blind()
    told.wait(20 * MINUTE)
    assert rows(told) == []
    told.clear()
    told.wait(5 * MINUTE)
    assert rows(told) == [], "clear, and kept"
    told.breach("a")
    assert len(rows(told)) == 2


@pytest.mark.parametrize(
    ("state", "press"),
    [
        (Phase.ACKNOWLEDGED, Acknowledge("U1", NOON)),
        (Phase.SNOOZED, Snooze("U1", NOON + HOUR, NOON)),
    ],
)
def test_a_press_is_acted_on_in_the_commit_that_it_makes(state, press):
    pause = Automation("pause", "low", state, (PauseCalls(paused=True),))
    told = alert(pause)
    told.breach("a")
    told.press(press)
    assert rows(told, pause) == [(K.ACTION, 0)]


def test_an_end_is_acted_on_but_not_one_that_was_there_before_the_rule():
    resume = Automation("resume", "low", Phase.RESOLVED, (PauseCalls(paused=False),))
    told = alert(resume)
    told.breach("a")
    told.clear()
    assert rows(told, resume) == [(K.ACTION, 0)]
    late = alert()
    late.breach("a")
    late.clear()
    late.policy = replace(late.policy, automations=(resume,))
    late.breach("b")
    late.wait(HOUR)
    assert rows(late, resume) == []


def test_a_severity_is_a_floor_that_a_rise_may_reach():
    loud = Automation("loud", "low", Phase.FIRING, (POST,), severity=Severity.CRITICAL)
    told = alert(loud)
    told.breach("a")
    assert rows(told, loud) == []
    told.breach("a", severity=Severity.CRITICAL)
    assert rows(told, loud) == [(K.POST, 0), (K.ACTION, WHOLE)]


def decisions(told, automation):
    return [i.automations[automation.name].decision for i in told.incidents if automation.name in i.automations]


@pytest.mark.parametrize(
    ("changes", "decision"),
    [
        ({"dry_run": True}, Decision.DRY_RUN),
        ({"calendar": parse_hours("sat 09:00-10:00", ZoneInfo("UTC"))}, Decision.OUTSIDE_HOURS),
    ],
)
def test_what_it_does_not_do_is_one_row_that_says_so(changes, decision):
    rule = replace(REST, **changes)
    told = alert(rule)
    told.breach("a")
    told.wait(10 * MINUTE)
    assert (rows(told), decisions(told, rule)) == ([(K.ACTION, WHOLE)], [decision])


def test_it_acts_at_most_so_often_and_again_when_that_time_is_over():
    rule = replace(REST, after=timedelta(), at_most=(2, HOUR))
    told = alert(rule)
    for name in "abc":
        told.breach(name)
        told.clear()
        told.now += 2 * MINUTE
    told.now += HOUR
    told.breach("d")
    assert decisions(told, rule) == [Decision.ACT, Decision.ACT, Decision.AT_MOST, Decision.ACT]


def test_a_test_of_the_alert_is_nothing_to_act_on():
    told = alert(replace(REST, after=timedelta()))
    told.test("U1")
    told.wait(HOUR)
    assert rows(told) == []


def test_a_webhook_is_a_change_and_numbers_no_other():
    rule = Automation("hook", "low", Phase.FIRING, (PostWebhook("https://example.com/x"),))
    told = alert(rule, outlets=("webhook",))
    told.breach("a")
    changes = [n for n in told.notifications if n.kind is K.CHANGE]
    assert [(n.automation, n.change) for n in changes] == [("", 1), ("hook", 0)]


def outcome(told, place, words="done"):
    (incident,) = told.open
    args = (told.alert_state, incident.id, told.policy.automations[0], place, words)
    alert_state, notifications = record_action(*args, policy=told.policy, now=told.now)
    changed, told.alert_state = alert_state is not told.alert_state, alert_state
    return changed, [n.kind for n in notifications]


def test_it_is_told_when_its_last_action_has_an_outcome_and_each_outcome_is_the_first():
    rule = replace(REST, after=timedelta(), actions=(MarkNumbers("spam"), POST, AcknowledgeIncident()))
    told = alert(rule)
    told.breach("a")
    assert outcome(told, 2) == (True, [])
    assert outcome(told, 0) == (True, [K.AUTOMATION])
    assert outcome(told, 0, "something else") == (False, [])
    (incident,) = told.open
    assert incident.automations["rest"].outcomes == {"2": "done", "0": "done"}


# --- over any history


rules = st.builds(
    Automation,
    name=st.sampled_from(["one", "two"]),
    alert=st.just("low"),
    state=st.sampled_from(Phase),
    actions=st.sampled_from([(MarkNumbers("spam"), POST), (POST,), (PauseCalls(paused=True),)]),
    severity=st.sampled_from([None, *Severity]),
    after=st.sampled_from([timedelta(), MINUTE, 10 * MINUTE]),
    calendar=st.sampled_from([None, parse_hours("mon-fri 09:00-12:30", ZoneInfo("UTC"))]),
    at_most=st.sampled_from([None, (1, HOUR), (2, 10 * MINUTE)]),
    dry_run=st.booleans(),
)


class World:
    """A history of looks, presses and pauses, with or without a restart after each step."""

    def __init__(self, automations, seed, *, restarts):
        self.policy = Policy("low", "sales", "number_spam", "#a", automations=automations, keep=2 * MINUTE)
        self.state, self.now, self.restarts = AlertState("low", "sales"), NOON, restarts
        self.seen, self.acted = Evaluation(), []
        chance = Random(seed)
        for _ in range(40):
            self.now += timedelta(seconds=chance.choice((0, 1, 30, 61, 600, 1_900)))
            self.step(chance)

    def step(self, chance):
        incidents = list(self.state.incidents)
        what = chance.choice(("look", "look", "look", "again", "blind", "press", "test"))
        if what == "press" and incidents:
            of = chance.choice(incidents)
            pressed = chance.choice((Acknowledge, Unacknowledge))("U1", self.now)
            if chance.random() < 0.3:
                pressed = Snooze("U1", self.now + 20 * MINUTE, self.now)
            self.took(press(self.state, of, pressed, self.policy))
        elif what == "test":
            self.took(begin_test(self.state, self.policy, self.now, "U1"))
        else:
            if what == "look":
                names = chance.sample("abc", chance.randint(0, 2))
                facts = NumberSpamFacts("380", active=1, total=2)
                found = [Finding(n, facts, None, chance.choice([None, Severity.CRITICAL])) for n in names]
                self.seen = Evaluation(tuple(found))
            self.took(sweep(self.state, None if what == "blind" else self.seen, self.policy, self.now))

    def took(self, stepped):
        self.state, notifications = stepped
        if self.restarts:
            self.state = decoded(encoded(self.state))
        self.acted += [(self.now, n.incident, n.automation, n.kind, n.action) for n in notifications if n.automation]

    def check(self):
        """The promises, over all that was told."""
        keys = [key[1:] for key in self.acted]
        assert len(keys) == len(set(keys)), "each row of an incident once"
        rules = {rule.name: rule for rule in self.policy.automations}
        for name, rule in rules.items():
            times = {incident: at for at, incident, told, kind, place in self.acted if told == name and place != WHOLE}
            assert not (times and rule.dry_run)
            for at in times.values():
                assert rule.calendar is None or rule.calendar.opening(at) is not None
            if rule.at_most is not None:
                most, within = rule.at_most
                for at in times.values():
                    assert sum(at - within < other <= at for other in times.values()) <= most
        for incident in self.state.incidents.values():
            for name, here in incident.automations.items():
                assert not incident.test
                if here.decision is not None:
                    assert here.decided_at - here.armed_at >= rules[name].after


@settings(deadline=None)
@given(st.lists(rules, max_size=2, unique_by=lambda rule: rule.name).map(tuple), st.integers(0, 2**32))
def test_it_keeps_its_promises_over_any_history_and_over_restarts(automations, seed):
    straight = World(automations, seed, restarts=False)
    straight.check()
    assert World(automations, seed, restarts=True).acted == straight.acted
