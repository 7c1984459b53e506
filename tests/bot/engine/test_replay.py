"""A replay takes the live steps: over any history it raises and resolves what the engine does on a real store."""

from collections import deque
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Evaluation, Finding, Observed, Severity
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.engine.replay import WARM_UP, replay, wanted
from bot.store.codec import micros, moment
from bot.watches import HistoryWindow, Summary, Watch, WatchKeys
from bot.watches.account_down import AccountDownKeys
from bot.watches.agent_offline import AgentOfflineKeys
from bot.watches.balance import BalanceKeys
from bot.watches.queue_wait import QueueWaitKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Balance, Money, Queue, QueuedCall, Rows

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
KEEP = timedelta(days=30)
EVERY = {Kind.BALANCE: MINUTE, Kind.QUEUES: 15 * SECOND, Kind.AGENTS: 30 * SECOND}
B, Q, A = Kind.BALANCE, Kind.QUEUES, Kind.AGENTS


class Last:
    """The last three balances within its reach: what a watch may make of the history."""

    def __init__(self):
        self.last: deque[Any] = deque(maxlen=3)

    def add(self, reading):
        if isinstance(reading, Observed):
            self.last.append((reading.at, reading.value.money.amount))
            while self.last[0][0] < reading.at - 30 * HOUR:
                self.last.popleft()

    @property
    def amounts(self):
        return [amount for _, amount in self.last]


def average(watch_input, keys):
    known = watch_input.past.amounts
    assert known[-1] == watch_input.latest_readings[B].observed.value.money.amount, "the gist has what is judged"
    low = len(known) == 3 and sum(known) / 3 < 50
    return Evaluation(findings=(Finding(watch_input.account),) if low else ())


AVERAGE = Watch(
    "average",
    (B,),
    (),
    WatchKeys,
    average,
    lambda incident, account: Summary("low on average"),
    past=lambda keys: HistoryWindow(B, 30 * HOUR, lambda zone: Last()),
)


def rule(watch="balance", keys=None, alert=None, every=EVERY, **policy):
    made = watch if isinstance(watch, Watch) else watches()[watch]
    keys = keys or BalanceKeys(below=Decimal(50))
    name = alert or made.name.replace("_", "-")
    return Rule(Policy(name, "sales", made.name, "#a", **policy), made, keys, polled=frozenset(every), every=every)


RULES = (
    rule(alert="plain"),
    rule(alert="held", hold=2 * MINUTE, keep=3 * MINUTE, repeat=(MINUTE, HOUR)),
    rule(keys=BalanceKeys(below=Decimal(50), clear_above=Decimal(60)), alert="wide"),
    rule(alert="office", calendar=parse_hours("daily 09:00-18:00", ZoneInfo("Europe/Kyiv"))),
    rule(AVERAGE, WatchKeys()),
    rule("queue_wait", QueueWaitKeys(longest_wait_above=MINUTE), hold=MINUTE),
    rule("agent_offline", AgentOfflineKeys(), hold=5 * MINUTE),
    rule("account_down", AccountDownKeys(), hold=3 * MINUTE),
)


def balance(amount, at):
    return Observed(Balance(Money(Decimal(amount), "USD")), at)


def minutes(*amounts, start=NOW):
    """One balance a minute; None could not be read."""
    times = (start + n * MINUTE for n in range(len(amounts)))
    return [blind(at) if a is None else balance(a, at) for a, at in zip(amounts, times, strict=True)]


def blind(at):
    return Blind("It timed out.", ErrorKind.UNAVAILABLE, at)


def raised(rule_, readings, since=NOW, until=NOW + HOUR):
    """The minutes after NOW at which it was raised, and resolved."""
    found = replay(rule_, readings if isinstance(readings, dict) else {B: readings}, since, until)
    return [((r.at - NOW) / MINUTE, r.until and (r.until - NOW) / MINUTE) for r in found.raises]


def test_it_tells_when_it_would_have_raised_and_resolved_and_why():
    found = replay(rule(), {B: minutes(70, "59.8", "49.5", 48, 70, -1)}, NOW, NOW + HOUR)
    first, second = found.raises
    assert (first.at, first.until) == (NOW + 2 * MINUTE, NOW + 4 * MINUTE)
    assert (first.subjects, first.severity, first.flapping) == (("sales",), Severity.WARNING, False)
    assert first.because.startswith("Balance of sales is low: 49.50 USD, lasts until"), "as it was told at first"
    assert (second.at, second.until, second.severity) == (NOW + 5 * MINUTE, None, Severity.CRITICAL)
    assert (found.readings, found.blind, found.first, found.standing) == (6, 0, NOW, ())


def test_it_raises_between_two_readings_when_for_is_over():
    slow = {B: 5 * MINUTE}
    readings = [balance(a, NOW + n * 5 * MINUTE) for n, a in enumerate([70, 49, 49, 70, 70])]
    assert raised(rule(hold=2 * MINUTE, every=slow), readings) == [(7, 15)]
    assert raised(rule(keep=7 * MINUTE, every=slow), readings, until=NOW + 30 * MINUTE) == [(5, 22)]
    assert raised(rule(keep=7 * MINUTE, every=slow), readings, until=NOW + 22 * MINUTE) == [(5, 22)]
    assert raised(rule(keep=7 * MINUTE, every=slow), readings, until=NOW + 21 * MINUTE) == [(5, None)]


def test_it_judges_nothing_anew_once_the_next_poll_was_overdue():
    readings = [*minutes(70, 49), balance(49, NOW + 3 * HOUR)]
    assert raised(rule(hold=2 * MINUTE), readings, until=NOW + 4 * HOUR) == [(180, None)]
    assert raised(rule(hold=MINUTE), readings, until=NOW + 4 * HOUR) == [(2, None)]


def test_it_holds_what_it_cannot_see():
    assert raised(rule(keep=2 * MINUTE), minutes(49, None, None, None, 70, None, 70, 70)) == [(0, 6)]
    found = replay(rule(), {B: minutes(None, None, 70)}, NOW, NOW + HOUR)
    assert (found.readings, found.blind, found.raises) == (3, 2, ())


def test_what_stood_before_is_told_apart():
    readings = minutes(49, 49, 49, 70, 49)
    found = replay(rule(), {B: readings}, NOW + 2 * MINUTE, NOW + HOUR)
    assert [(r.at, r.until) for r in found.standing] == [(NOW, NOW + 3 * MINUTE)]
    assert [r.at for r in found.raises] == [NOW + 4 * MINUTE]
    assert (found.readings, found.first) == (3, NOW + 2 * MINUTE)
    over = replay(rule(), {B: readings}, NOW + 3 * MINUTE, NOW + HOUR)
    assert over.standing == ()
    late = replay(rule(), {B: readings[:2]}, NOW + 3 * MINUTE, NOW + HOUR)
    assert (late.readings, late.first, len(late.standing)) == (0, None, 1)


def test_it_ends_at_the_end():
    assert raised(rule(), minutes(70, 70, 49), until=NOW + MINUTE) == []


def test_it_takes_no_more_than_the_watch_looks_at():
    since = NOW - WARM_UP
    assert wanted(rule(), NOW) == {B: NOW - 14 * 24 * HOUR}  # a forecast looks so far back
    assert wanted(rule("queue_wait", QueueWaitKeys(waiting_above=1)), NOW) == {Q: since, A: since}
    assert wanted(rule("queue_wait", QueueWaitKeys(waiting_above=1), every={Q: MINUTE}), NOW) == {Q: since}
    assert wanted(rule("account_down", AccountDownKeys()), NOW) == dict.fromkeys(EVERY, since)
    assert wanted(rule(AVERAGE, WatchKeys()), NOW) == {B: NOW - 30 * HOUR}
    far = Watch(
        "far",
        (Q,),
        (),
        WatchKeys,
        average,
        lambda *_: Summary(""),
        past=lambda _: HistoryWindow(B, MINUTE, lambda _: Last()),
    )
    assert wanted(rule(far, WatchKeys()), NOW) == {Q: since, B: since}


def test_a_forecast_has_its_history_but_is_not_judged_by_it():
    old = minutes(49, 49, start=NOW - 29 * HOUR)
    assert raised(rule(AVERAGE, WatchKeys()), [*old, *minutes(49)]) == [(0, None)]
    assert raised(rule(AVERAGE, WatchKeys()), minutes(49, 49)) == []
    old = minutes(49, 49, 49, start=NOW - 29 * HOUR)
    assert (
        replay(rule(AVERAGE, WatchKeys()), {B: [*old, *minutes(70, 70, start=NOW + MINUTE)]}, NOW, NOW + HOUR).standing
        == ()
    )


def test_it_judges_by_what_it_does_without_when_the_next_look_comes_as_live():
    nobody = agents([AgentState.OFFLINE], NOW + 15 * SECOND)
    waits = [queues([300], NOW), queues([300], NOW + 30 * SECOND)]
    each = rule("queue_wait", QueueWaitKeys(longest_wait_above=MINUTE))
    (first,) = replay(each, {Q: waits[:1], A: [nobody]}, NOW, NOW + HOUR).raises
    found = replay(each, {Q: waits, A: [nobody]}, NOW, NOW + HOUR)
    assert (first.severity, found.raises[0].severity) == (Severity.WARNING, Severity.CRITICAL)
    assert found.readings == 2, "of what it needs"


def test_of_several_it_tells_the_headline_that_names_them_all():
    def agents(at, *offline):
        states = [AgentState.OFFLINE if n in offline else AgentState.AVAILABLE for n in range(8)]
        return Observed(Rows(tuple(Agent(str(n), s, s.value) for n, s in enumerate(states))), at)

    readings = [agents(NOW), agents(NOW + 30 * SECOND, 1), agents(NOW + MINUTE, 1, 2), agents(NOW + 90 * SECOND, 2)]
    (found,) = replay(rule("agent_offline", AgentOfflineKeys()), {A: readings}, NOW, NOW + HOUR).raises
    assert (found.at, found.until, found.subjects) == (NOW + 30 * SECOND, None, ("1", "2"))
    assert found.because == "2 agents on sales are offline"


def test_it_says_what_flaps():
    found = replay(rule(), {B: minutes(*[49, 70] * 10)}, NOW, NOW + HOUR)
    assert [r.flapping for r in found.raises] == [False] * 5 + [True]


def test_it_leaves_out_what_is_polled_no_longer():
    assert (
        raised(rule("account_down", AccountDownKeys(), every={B: MINUTE}), {A: [blind(NOW), blind(NOW + MINUTE)]}) == []
    )


# --- the same as live


def queues(longest, at):
    calls = tuple(QueuedCall("c", "+380", timedelta(seconds=s)) for s in longest)
    return Observed(Rows((Queue("1", "Sales", calls), Queue("2", "Help", calls[:1] or None))), at)


def agents(states, at):
    return Observed(Rows(tuple(Agent(str(n), state, state.value) for n, state in enumerate(states))), at)


moments = st.sampled_from([0 * SECOND, 30 * SECOND, MINUTE, MINUTE, 4 * MINUTE, 20 * MINUTE, 7 * HOUR, 25 * HOUR])
seen = st.one_of(
    st.tuples(st.just(B), st.sampled_from([30, 49, 49, 55, 70, 70, -5])),
    st.tuples(st.just(Q), st.lists(st.sampled_from([0, 45, 90, 300]), max_size=2)),
    st.tuples(
        st.just(A), st.lists(st.sampled_from([AgentState.AVAILABLE, AgentState.OFFLINE]), min_size=2, max_size=6)
    ),
    st.tuples(st.sampled_from([B, B, Q, A]), st.none()),
)
MAKES = {B: balance, Q: queues, A: agents}
FLAPS = [(MINUTE, (B, amount)) for amount in (49, 70) * 9]


class Live:
    """The engine, told what is read, and looked at whenever it is due."""

    def __init__(self, store, clock):
        self.store, self.clock = store, clock
        self.engine = Engine(store, RULES, clock)
        self.looked = clock()
        self.incidents = {}

    async def sees(self, kind, value):
        at = self.clock()
        await self.store.record("sales", kind, blind(at) if value is None else MAKES[kind](value, at), keep=KEEP)
        await self.engine.observe("sales", kind)
        await self.note()

    async def wait(self, until):
        due = "{ringwatch}:ledgers:due"
        while True:
            span = (f"({micros(self.looked)}", f"({micros(until)}")
            found = await self.store.ask("ZRANGEBYSCORE", due, *span, "WITHSCORES", "LIMIT", 0, 1)
            if not found:
                break
            self.looked = self.clock.now = moment(int(float(found[1])))
            await self.engine.tick(self.looked)
            await self.note()
        self.clock.now = until

    async def note(self):
        for alert_state in await self.store.alert_states():
            self.incidents.update({(alert_state.alert, name): i for name, i in alert_state.incidents.items()})

    def raised(self, alert):
        return [
            (i.opened_at, i.resolved_at, set(i.members), i.severity, any(m.flapping for m in i.members.values()))
            for (name, _), i in self.incidents.items()
            if name == alert
        ]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(trace=st.lists(st.tuples(moments, seen), min_size=1, max_size=40), part=st.floats(0, 1))
@example(trace=FLAPS, part=0.5)
@example(trace=[*FLAPS, (20 * MINUTE, (B, 49)), (25 * HOUR, (B, 70))], part=0)
async def test_it_raises_and_resolves_what_the_engine_does(one_store, clock, trace, part):
    await one_store.ask("FLUSHDB")
    clock.now = NOW
    live = Live(one_store, clock)
    await live.engine.tick(NOW)
    last = None
    for gap, (kind, value) in trace:
        # the history does not keep which of two kinds was read first in one instant
        await live.wait(clock() + (gap if kind is last else max(gap, timedelta.resolution)))
        await live.sees(kind, value)
        last = kind
    await live.wait(clock() + 20 * MINUTE)
    until = clock() - timedelta.resolution
    since = NOW + part * min(until - NOW, WARM_UP)  # no later than the first reading is judged
    for each in RULES:
        history = {
            kind: await one_store.history("sales", kind, begin, until) for kind, begin in wanted(each, since).items()
        }
        found = replay(each, history, since, until)
        told = [(r.at, r.until, set(r.subjects), r.severity, r.flapping) for r in (*found.standing, *found.raises)]
        asked = [one for one in live.raised(each.policy.alert) if one[0] >= since or one[1] is None or one[1] > since]
        assert told == asked, each.policy.alert


@pytest.mark.parametrize("each", RULES, ids=lambda each: each.policy.alert)
def test_every_rule_here_raises_something(each):
    """So that the comparison compares something."""
    low = [balance(49, NOW + n * MINUTE) for n in range(9)]
    waits = [queues([300], NOW + n * 15 * SECOND) for n in range(20)]
    there = [AgentState.AVAILABLE] * 2
    gone = [
        agents(there if n < 2 else [AgentState.AVAILABLE, AgentState.OFFLINE], NOW + n * 30 * SECOND) for n in range(20)
    ]
    blinds = [blind(NOW + n * MINUTE) for n in range(9)]
    down = each.policy.alert == "account-down"
    assert raised(each, {B: blinds} if down else {B: low, Q: waits, A: gone})
