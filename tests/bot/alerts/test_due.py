"""Looking when it is due is enough: to look more often, tells nothing else and nothing sooner."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.alerts.hours import parse_hours
from bot.alerts.machine import begin_test, press, sweep
from bot.alerts.model import (
    Acknowledge,
    AlertState,
    Escalation,
    Evaluation,
    Finding,
    NotificationKind,
    Phase,
    Press,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.alerts.policy import Policy

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # a Friday
MINUTE = timedelta(minutes=1)
HOURS = parse_hours("mon-fri 09:00-17:00, sat 22:00-06:00", ZoneInfo("Europe/Kyiv"))
K = NotificationKind

policies = st.builds(
    Policy,
    alert=st.just("low"),
    account=st.just("sales"),
    watch=st.just("balance"),
    channel=st.just("#alerts"),
    hold=st.sampled_from((timedelta(), 5 * MINUTE)),
    keep=st.sampled_from((timedelta(), 2 * MINUTE, 90 * MINUTE)),
    repeat=st.sampled_from(((), (10 * MINUTE, 60 * MINUTE))),
    calendar=st.sampled_from((None, HOURS)),
    escalate=st.sampled_from((None, Escalation(15 * MINUTE), Escalation(45 * MINUTE, "#managers"))),
    outlets=st.sampled_from([(), ("webhook",)]),
)
pauses = st.sampled_from((0, 1, 30, 60, 61, 299, 300, 601, 3600, 20_000, 90_000)).map(lambda n: timedelta(seconds=n))
looks = st.dictionaries(st.sampled_from("abc"), st.sampled_from(Severity)).map(lambda seen: ("look", seen))
presses = st.sampled_from(("acknowledge", "unacknowledge", "snooze", "doze", "worse", "test")).map(
    lambda what: (what, None)
)
histories = st.lists(
    st.tuples(pauses, st.one_of(looks, looks, presses, st.just(("blind", None)))), min_size=5, max_size=25
)


class Life:
    def __init__(self, policy, also=None):
        self.policy, self.also = policy, also
        self.now, self.alert_state, self.seen = START, AlertState("low", "sales"), Evaluation()
        self.told, self.sweeps = [], 0

    def live(self, history):
        for pause, (what, seen) in history:
            self.wait(pause)
            if what == "look":
                findings = (Finding(name, severity=severity, level=severity.rank) for name, severity in seen.items())
                self.seen = Evaluation(tuple(findings))
            elif what == "blind":
                self.seen = None
            else:
                self.press(what)
            self.sweep()
        self.wait(timedelta(days=4))

    def wait(self, span):
        end = self.now + span
        while True:
            times = [self.alert_state.due, self.now + self.also if self.also and self.sweeps < 500 else None]
            step = min((at for at in times if at is not None), default=end)
            if step >= end:
                break
            self.now = max(step, self.now)
            self.sweep()
        self.now = end

    def sweep(self):
        self.sweeps += 1
        self.alert_state, notifications = sweep(self.alert_state, self.seen, self.policy, self.now)
        self.told += [(self.now, n) for n in notifications]
        assert self.alert_state.due is None or self.alert_state.due > self.now, "what is due now has been done"

    def press(self, what):
        if what == "test":
            self.alert_state, notifications = begin_test(self.alert_state, self.policy, self.now, "U1")
            self.told += [(self.now, n) for n in notifications]
            return
        presses: dict[str, Press] = {
            "acknowledge": Acknowledge("U1", self.now),
            "unacknowledge": Unacknowledge("U1", self.now),
            "snooze": Snooze("U1", self.now + 30 * MINUTE, self.now),
            "doze": Snooze("U2", self.now + timedelta(hours=20), self.now),
            "worse": Snooze("U3", None, self.now),
        }
        for name in list(self.alert_state.incidents)[-1:]:
            self.alert_state, notifications = press(self.alert_state, name, presses[what], self.policy)
            self.told += [(self.now, n) for n in notifications]


@settings(max_examples=120)
@given(policies, histories, st.sampled_from((7, 333, 4000)))
def test_it_tells_the_same_however_often_it_is_looked_at(policy, history, seconds):
    due, often = Life(policy), Life(policy, timedelta(seconds=seconds))
    due.live(history)
    often.live(history)
    assert due.told == often.told
    assert due.alert_state == often.alert_state


@settings(max_examples=200)
@given(policies, histories)
def test_it_tells_each_rise_and_each_escalation_once_and_wakes_nobody_while_closed(policy, history):
    life = Life(policy)
    life.live(history)
    rises = [(n.incident, n.reason) for _, n in life.told if n.kind is K.RISE]
    assert len(rises) == len(set(rises))
    taken_back = sum(event == "unacknowledge" for _, (event, _) in history)
    for kind in (K.ESCALATION, K.ESCALATION_COPY):
        times = Counter(n.incident for _, n in life.told if n.kind is kind)
        assert all(count <= 1 + taken_back for count in times.values())
    copies, ends = (
        Counter(n.incident for _, n in life.told if n.kind is kind) for kind in (K.ESCALATION_COPY, K.ESCALATION_END)
    )
    assert ends <= copies, "each copy is edited once more, and once"
    for at, notice in life.told:
        if policy.calendar is not None and notice.kind not in {K.CARD, K.ESCALATION_END, K.CHANGE}:
            assert policy.calendar.opening(at) is not None
    for incident in life.alert_state.incidents.values():
        if incident.phase is Phase.FIRING and not incident.wake_owed and policy.calendar is None:
            assert incident.told is incident.severity or life.alert_state.blind_since or _calm(life, incident)


def _calm(life, incident):
    """Whether all of it is clear, and only kept: nobody is woken for that."""
    return all(life.alert_state.subjects[member.subject].clear_since for member in incident.affected)


@settings(max_examples=100)
@given(policies, histories)
def test_it_is_looked_at_seldom(policy, history):
    """A standing problem is looked at when something may be told, not all the time."""
    life = Life(policy)
    life.live(history)
    told = sum(n.kind not in {K.CARD, K.CHANGE} for _, n in life.told)
    assert life.sweeps <= 3 * len(history) + 3 * told + 40
