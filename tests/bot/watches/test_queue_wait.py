"""Callers who wait too long, and queues with too many of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Observed, Severity
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.queues.clearing_rate import ClearingRates
from bot.settings.typed import timed
from bot.watches import WatchInput
from bot.watches.queue_wait import WATCH, QueueWaitKeys, clauses, evaluate, sample
from providers.model import Agent, AgentState, Queue, QueuedCall, Rows
from providers.voicenter import wire

MINUTE = timedelta(minutes=1)
LONG = QueueWaitKeys(longest_wait_above=MINUTE)
MANY = QueueWaitKeys(waiting_above=5)


def queue(name, *waits, ref=None, **more):
    """`waits` in seconds, one a caller."""
    callers = tuple(QueuedCall(f"{name}-{n}", "972501234567", timedelta(seconds=w)) for n, w in enumerate(waits))
    return Queue(ref or f"id-{name}", name, callers, **more)


def told_nothing(name):
    return Queue(f"id-{name}", name, None)


@pytest.fixture
def waits(bench):
    return bench(WATCH, LONG)


@pytest.fixture
def crowds(bench):
    return bench(WATCH, MANY)


def see(bench, *queues, unreadable=0):
    return bench.sees(Kind.QUEUES, Rows(tuple(queues), unreadable))


def staffed(bench, *states, unreadable=0, **more):
    rows = tuple(Agent(f"11{n:02}", state, state.value, **more) for n, state in enumerate(states))
    bench.latest_readings[Kind.AGENTS] = LatestReading(Observed(Rows(rows, unreadable), bench.now))


def test_it_holds_above_the_wait_and_not_at_it(waits):
    assert see(waits, queue("Sales", 60, 3)) == {}
    assert set(see(waits, queue("Sales", 61), queue("Support"))) == {"Sales"}


def test_it_holds_above_the_count_and_not_at_it(crowds):
    assert see(crowds, queue("Sales", *[1] * 5)) == {}
    assert set(see(crowds, queue("Sales", *[1] * 6), queue("Support", 900))) == {"Sales"}


def test_it_holds_for_either_figure_where_both_are_given(bench):
    both = bench(WATCH, QueueWaitKeys(longest_wait_above=MINUTE, waiting_above=1))
    assert set(see(both, queue("A", 61), queue("B", 1, 1), queue("C", 60))) == {"A", "B"}


def test_it_looks_at_what_is_so_at_the_start(waits):
    assert set(see(waits, queue("Sales", 400))) == {"Sales"}
    assert waits.last.affected[0].subject == "Sales"


def test_it_watches_its_queues_alone_by_name_or_id(bench):
    some = bench(WATCH, QueueWaitKeys(waiting_above=0, queues=("sales", "620")))
    found = see(some, queue("Sales", 1), queue("Support", 1, ref="620"), queue("Billing", 1, ref="630"))
    assert set(found) == {"Sales", "Support"}


def test_it_takes_queues_of_one_name_together(bench):
    two = bench(WATCH, QueueWaitKeys(waiting_above=1))
    found = see(two, queue("Sales", 10, ref="1"), queue("Sales", 70, ref="2"))
    assert (found["Sales"].facts.waiting, found["Sales"].facts.longest) == (2, timedelta(seconds=70))


def test_it_counts_from_when_the_caller_had_waited_too_long(waits):
    found = see(waits, queue("Sales", 90))
    assert found["Sales"].since == waits.now - timedelta(seconds=30)


def test_it_takes_the_vendors_wait_and_lets_none_grow_between_polls(waits):
    see(waits, queue("Sales", 59))
    waits.wait(seconds=14)
    assert waits.evaluate() == {}


def test_it_ends_when_it_is_so_no_more_and_says_how_it_stands(waits):
    see(waits, queue("Sales", 90))
    see(waits, queue("Sales", 12, 5))
    assert waits.last.resolved_because == "2 callers waiting now, the longest for 12 s"
    see(waits, queue("Sales", 90))
    see(waits, queue("Sales"))
    assert waits.last.resolved_because == "nobody is waiting"


def test_it_takes_who_cannot_be_told_for_unknown_and_not_for_nobody(waits):
    see(waits, queue("Sales", 90))
    see(waits, told_nothing("Sales"))
    assert [m.subject for m in waits.last.affected] == ["Sales"]


def test_it_does_not_resolve_what_a_cut_or_empty_list_leaves_out(waits):
    see(waits, queue("Sales", 90), queue("Support"))
    see(waits, queue("Support"), unreadable=1)
    see(waits)
    assert waits.last.open
    see(waits, queue("Support"))
    assert waits.last.resolved_because == "no longer listed"


def test_it_holds_what_is_raised_while_it_is_blind(waits):
    see(waits, queue("Sales", 90))
    waits.wait(minutes=5)
    waits.latest_readings[Kind.QUEUES] = LatestReading(None)
    waits.evaluate()
    assert waits.last.open


def test_it_is_critical_where_nobody_is_signed_in(waits):
    see(waits, queue("Sales", 90))
    staffed(waits, AgentState.LOGGED_OUT, AgentState.OFFLINE)
    found = see(waits, queue("Sales", 90))
    assert found["Sales"].severity is Severity.CRITICAL
    assert waits.story.headline.endswith(", and nobody is signed in")
    assert "Have agents sign in" in waits.story.todo


@pytest.mark.parametrize(
    "states",
    [
        (AgentState.ON_CALL, AgentState.LOGGED_OUT),
        (AgentState.NOT_READY,),
        (AgentState.UNKNOWN, AgentState.LOGGED_OUT),
        (),
    ],
)
def test_it_is_not_critical_where_somebody_is_or_may_be_signed_in(waits, states):
    see(waits, queue("Sales"))
    staffed(waits, *states)
    assert see(waits, queue("Sales", 90))["Sales"].severity is None


def test_it_says_nothing_of_agents_it_saw_long_ago_or_not_wholly_or_not_now(waits):
    see(waits, queue("Sales"))
    staffed(waits, AgentState.LOGGED_OUT, unreadable=1)
    assert see(waits, queue("Sales", 90))["Sales"].severity is None
    staffed(waits, AgentState.LOGGED_OUT)
    waits.fails(Kind.AGENTS)
    assert see(waits, queue("Sales", 90))["Sales"].severity is None
    staffed(waits, AgentState.LOGGED_OUT)
    waits.wait(minutes=5, seconds=1)
    assert see(waits, queue("Sales", 90))["Sales"].severity is None


def test_it_looks_at_the_agents_of_the_queue_where_they_are_known(waits):
    see(waits, queue("Sales"))
    staffed(waits, AgentState.LOGGED_OUT, AgentState.AVAILABLE)
    found = see(waits, queue("Sales", 90, members=("1100",)), queue("Support", 90, members=("1100", "1101")))
    assert found["Sales"].severity is Severity.CRITICAL
    assert found["Support"].severity is None


def test_a_call_at_a_phone_where_nobody_is_signed_in_is_nobody(waits):
    see(waits, queue("Sales"))
    staffed(waits, AgentState.ON_CALL, login=False)
    assert see(waits, queue("Sales", 90))["Sales"].severity is Severity.CRITICAL


def test_it_tells_who_waits_and_by_what_it_was_measured(bench):
    both = bench(WATCH, QueueWaitKeys(longest_wait_above=MINUTE, waiting_above=5))
    see(both, queue("Sales", 130, 5, free_agents=0))
    assert both.story.headline == "Sales on sales: 2 callers waiting, the longest for 2 min 10 s"
    (row,) = both.story.rows
    assert row.line[0].words == "Sales"
    assert row.line[1] == " · 2 waiting (alert above 5) · longest 2 min 10 s (alert above 1 min) · 0 free"
    see(both, queue("Sales"))
    assert both.story.headline == "callers waited in Sales on sales, the longest for 2 min 10 s at the last"


def test_it_tells_of_several_queues_in_one_message_and_marks_what_is_about(waits):
    about = Queue("1", "Support", (QueuedCall("c", "", timedelta(seconds=3700), approx=True),))
    see(waits, queue("Sales", 130), about)
    assert len(waits.alert_state.incidents) == 1
    assert waits.story.headline == "2 queues on sales: 2 callers waiting, the longest for ≈ 1 h 1 min"


def test_it_holds_no_customers_number(waits):
    see(waits, queue("Sales", 90))
    assert "972501234567" not in repr(waits.last) + repr(waits.story)


@pytest.mark.parametrize("keys", [{}, {"queues": ["Sales"]}, {"waiting_above": "-1"}, {"longest_wait_above": "soon"}])
def test_it_refuses_keys_that_say_nothing(keys):
    with pytest.raises(ValidationError):
        QueueWaitKeys.model_validate(timed(QueueWaitKeys, keys))


def test_it_reads_its_keys_as_they_are_written():
    keys = {"longest_wait_above": "90s", "waiting_above": "5", "queues": ["Sales"]}
    read = QueueWaitKeys.model_validate(timed(QueueWaitKeys, keys))
    assert (read.longest_wait_above, read.waiting_above, read.queues) == (timedelta(seconds=90), 5, ("Sales",))


@given(
    st.lists(st.lists(st.integers(0, 900), max_size=8) | st.none(), max_size=5),
    st.integers(0, 900),
    st.integers(0, 8),
)
def test_any_queues_are_judged_by_what_is_told_of_them(all_waits, limit, most):
    queues = tuple(told_nothing(f"q{n}") if w is None else queue(f"q{n}", *w) for n, w in enumerate(all_waits))
    keys = QueueWaitKeys(longest_wait_above=timedelta(seconds=limit), waiting_above=most)
    now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    evaluation = evaluate(WatchInput("sales", now, {Kind.QUEUES: LatestReading(Observed(Rows(queues), now))}), keys)
    found = {finding.subject for finding in evaluation.findings}
    true = {f"q{n}" for n, w in enumerate(all_waits) if w and (max(w) > limit or len(w) > most)}
    assert found == true
    assert evaluation.unknown == {f"q{n}" for n, w in enumerate(all_waits) if w is None}
    assert all(finding.since is None or finding.since <= now for finding in evaluation.findings)


def over(name, waited):
    """A queue of a vendor that tells finished calls only."""
    return Queue(name, name, waited=timedelta(seconds=waited))


def test_it_judges_finished_calls_by_the_longest_that_was_waited(waits):
    assert see(waits, over("Sales", 60)) == {}
    facts = see(waits, over("Sales", 130), over("Support", 5))
    assert set(facts) == {"Sales"}


def test_it_says_waited_where_calls_are_told_afterwards(waits):
    see(waits, over("Sales", 130))
    story = waits.story
    assert "callers waited, the longest for 2 min 10 s" in story.headline
    assert "waiting" not in story.headline


def test_it_is_clear_when_none_of_the_finished_calls_waited_too_long(waits):
    see(waits, over("Sales", 130))
    assert see(waits, over("Sales", 0)) == {}


def test_it_cannot_count_who_waits_where_finished_calls_alone_are_told():
    class Afterwards:
        async def queue_calls(self, since): ...

    assert WATCH.unfit(Afterwards, LONG) is None
    assert "waiting_above" in WATCH.unfit(Afterwards, MANY)


# --- nobody is there to take them


def test_a_caller_at_a_queue_that_nobody_staffs_is_critical_at_once(waits):
    staffed(waits, AgentState.LOGGED_OUT)
    assert see(waits, queue("Sales")) == {}
    found = see(waits, queue("Sales", 0))
    assert found["Sales"].severity is Severity.CRITICAL
    assert waits.story.headline == "Sales on sales: 1 caller waiting, the longest for 0 s, and nobody is signed in"
    assert waits.last.affected[0].since == waits.now


def test_an_unstaffed_queue_waits_for_for_as_any_other(bench):
    later = bench(WATCH, LONG, hold=timedelta(minutes=1))
    staffed(later, AgentState.LOGGED_OUT)
    see(later, queue("Sales", 3))
    assert not later.alert_state.incidents
    later.wait(minutes=1)
    see(later, queue("Sales", 63))
    assert later.last.open


@pytest.mark.parametrize("keys", [LONG, MANY, QueueWaitKeys(waiting_above=9, queues=("Sales",))])
def test_the_figures_do_not_matter_where_nobody_is_there(bench, keys):
    any_of = bench(WATCH, keys)
    staffed(any_of, AgentState.OFFLINE)
    assert set(see(any_of, queue("Sales", 1))) == {"Sales"}


def test_members_who_are_in_no_list_may_be_signed_in(waits):
    staffed(waits, AgentState.LOGGED_OUT)
    assert see(waits, queue("Sales", 1, members=("1100", "mobile"))) == {}


def test_a_queue_that_tells_of_a_free_agent_is_staffed(waits):
    staffed(waits, AgentState.LOGGED_OUT)
    assert see(waits, queue("Sales", 1, free_agents=1)) == {}


def test_it_ends_when_somebody_signs_in_and_says_so(waits):
    staffed(waits, AgentState.LOGGED_OUT)
    see(waits, queue("Sales", 5))
    staffed(waits, AgentState.AVAILABLE)
    see(waits, queue("Sales", 20))
    assert waits.last.resolved_because == "somebody is signed in, 1 caller waiting now, the longest for 20 s"


def test_it_stays_unstaffed_while_the_agents_cannot_be_seen_until_nobody_waits(waits):
    staffed(waits, AgentState.LOGGED_OUT)
    see(waits, queue("Sales", 5))
    waits.fails(Kind.AGENTS)
    see(waits, queue("Sales", 20))
    see(waits, told_nothing("Sales"))
    see(waits, unreadable=1)
    assert see(waits, queue("Sales", 40)) == {}
    assert waits.last.open
    see(waits, queue("Sales"))
    assert waits.last.resolved_because == "nobody is waiting"
    assert see(waits, queue("Sales", 5)) == {}
    assert len(waits.alert_state.incidents) == 1


def test_what_was_raised_by_its_wait_ends_though_the_agents_are_not_seen(waits):
    see(waits, queue("Sales", 90))
    see(waits, queue("Sales", 5))
    assert not waits.last.open


def test_it_names_the_queues_that_nobody_takes_from(waits):
    staffed(waits, AgentState.LOGGED_OUT, AgentState.AVAILABLE)
    see(waits, queue("Sales", 90, members=("1100",)), queue("Support", 90, members=("1101",)))
    assert waits.story.headline == "2 queues on sales: 2 callers waiting, the longest for 1 min 30 s"
    assert waits.story.todo == "Have agents sign in for Sales: nobody takes these calls."


# --- how bad, and for how long


@pytest.mark.parametrize(
    ("keys", "waiting", "level"),
    [
        (LONG, (61,), 0),
        (LONG, (119,), 0),
        (LONG, (120,), 1),
        (LONG, (240,), 2),
        (LONG, (479,), 2),
        (MANY, (1,) * 6, 0),
        (MANY, (1,) * 11, 0),
        (MANY, (1,) * 12, 1),
        (MANY, (1,) * 24, 2),
        (QueueWaitKeys(longest_wait_above=MINUTE, waiting_above=5), (61,) * 12, 1),
        (QueueWaitKeys(longest_wait_above=timedelta()), (59,), 0),
        (QueueWaitKeys(longest_wait_above=timedelta()), (60,), 1),
    ],
)
def test_it_is_worse_with_each_doubling(bench, keys, waiting, level):
    assert see(bench(WATCH, keys), queue("Sales", *waiting))["Sales"].level == level


def test_the_same_wait_to_the_minute_is_the_same_story(waits):
    facts = [
        see(waits, queue("Sales", seconds))["Sales"].facts for seconds in (600, 659, 660, 60 * 61 + 1, 60 * 61 + 9)
    ]
    assert facts[0] == facts[1] != facts[2]
    assert facts[3] == facts[4]
    assert see(waits, queue("Sales", 161))["Sales"].facts.longest == timedelta(seconds=161)


@pytest.fixture
def learning(bench):
    """A watch that is given what its gist has learned, as the engine does."""
    past = WATCH.past(LONG)
    aggregate = past.begin(UTC)

    def with_gist(watch_input, keys):
        return evaluate(replace(watch_input, past=aggregate), keys)

    made = bench(replace(WATCH, evaluate=with_gist), LONG)
    made.aggregate = aggregate
    return made


def test_it_asks_for_the_readings_of_queues_and_learns_the_pace():
    past = WATCH.past(MANY)
    assert (past.kind, past.reach) == (Kind.QUEUES, timedelta(minutes=20))
    assert isinstance(past.begin(UTC), ClearingRates)


def leaving(learning, minutes, wait=90):
    """One of five leaves each minute, and another comes."""
    for _ in range(minutes):
        first = learning.now.hour * 60 + learning.now.minute
        callers = tuple(QueuedCall(str(n), "", timedelta(seconds=wait)) for n in range(first, first + 5))
        rows = Rows((Queue("1", "Sales", callers),))
        learning.aggregate.add(Observed(rows, learning.now))
        learning.sees(Kind.QUEUES, rows)
        learning.wait(minutes=1)


def test_it_says_when_the_queue_clears_at_the_present_pace(learning):
    leaving(learning, 5)
    assert "clears" not in learning.story.rows[0].line[1]
    leaving(learning, 7)
    assert learning.story.rows[0].line[1].endswith(" · clears in about 5 min at the present pace")


def test_a_steady_queue_is_told_in_the_same_words(learning):
    leaving(learning, 9)
    before = learning.last
    leaving(learning, 9)
    assert learning.last == before


async def test_the_engine_gives_it_the_pace_after_a_restart_too(one_store, clock):
    rule = Rule(Policy("long-wait", "sales", "queue_wait", "#voip"), WATCH, LONG)
    for minute in range(9):
        callers = tuple(QueuedCall(str(n), "", timedelta(seconds=90)) for n in range(minute, minute + 5))
        reading = Observed(Rows((Queue("1", "Sales", callers),)), clock())
        await one_store.record("sales", Kind.QUEUES, reading, keep=timedelta(days=1))
        await Engine(one_store, [rule], clock).observe("sales", Kind.QUEUES)
        clock.advance(MINUTE)
    alert_state, _ = await one_store.alert_state("long-wait", "sales")
    (incident,) = alert_state.incidents.values()
    assert incident.members["Sales"].facts.clears == 5 * MINUTE


def test_it_says_no_clear_time_where_nobody_takes_the_calls(learning):
    leaving(learning, 9)
    staffed(learning, AgentState.LOGGED_OUT)
    leaving(learning, 1)
    assert "clears" not in str(learning.story.rows)


def test_waits_are_by_the_vendors_clock_whatever_ours_says(bench):
    told = {"Name": "Sales", "ID": 1, "Callers": [
        {"Phone": "0501234567", "CallID": "a", "JoinTime": 1602599565, "Duration": 21},
        {"Phone": "0501234568", "CallID": "b", "JoinTime": 1602599583, "Duration": 3},
    ]}  # fmt: skip
    server = wire.server_now([told])
    assert server == datetime.fromtimestamp(1602599586, UTC)
    for ours in (server - timedelta(hours=2), server, server + timedelta(days=400)):
        short = bench(WATCH, QueueWaitKeys(longest_wait_above=timedelta(seconds=20)), now=ours)
        found = see(short, wire.queue(told, server))
        assert found["Sales"].facts.longest == timedelta(seconds=21)
        assert found["Sales"].since == ours - timedelta(seconds=1)
        assert see(bench(WATCH, LONG, now=ours), wire.queue(told, server)) == {}


# --- why, and what was seen


def why(bench, keys=None):
    watch_input = WatchInput(
        "sales",
        bench.now,
        bench.latest_readings,
        memory=bench.alert_state.memory,
        known=frozenset(bench.alert_state.subjects),
    )
    return [(c.subject, c.words, c.holds) for c in clauses(watch_input, keys or bench.keys)]


def test_it_says_each_condition_with_its_figure_and_its_limit(bench):
    both = bench(WATCH, QueueWaitKeys(longest_wait_above=MINUTE, waiting_above=5))
    staffed(both, AgentState.AVAILABLE)
    see(both, queue("Support", 3, 3), queue("Sales", 161), queue("Night"), told_nothing("Fax"), over("Old", 130))
    assert why(both) == [
        ("Sales", "longest wait 2 min 41 s is above 1 min", True),
        ("Old", "longest wait 2 min 10 s in the last 15 minutes is above 1 min", True),
        ("Fax", "who waits cannot be told", None),
        ("Fax", "who waits cannot be told", None),
        ("Sales", "1 waiting is not above 5", False),
        ("Sales", "somebody who could take the calls is signed in", False),
        ("Support", "longest wait 3 s is not above 1 min", False),
        ("Support", "2 waiting is not above 5", False),
        ("Support", "somebody who could take the calls is signed in", False),
        ("Night", "nobody is waiting", False),
    ]


def test_it_says_who_is_there_to_take_them(waits):
    see(waits, queue("Sales", 3))
    assert ("Sales", "whether anybody who could take the calls is signed in cannot be told", None) in why(waits)
    staffed(waits, AgentState.LOGGED_OUT)
    assert why(waits)[0] == ("Sales", "nobody who could take the calls is signed in", True)


def test_it_says_what_is_not_there(bench):
    some = bench(WATCH, QueueWaitKeys(waiting_above=0, queues=("sales", "Nigth")))
    see(some, queue("Sales", 1), queue("Night"))
    assert ("Nigth", "no queue of this name or id is listed", False) in why(some)
    see(some, queue("Night"), unreadable=1)
    assert ("Sales", "missing from a list that is not whole", None) in why(some)
    assert ("Nigth", "no queue of this name or id is listed", None) in why(some)
    some.latest_readings[Kind.QUEUES] = LatestReading(Observed(Rows((queue("Night"),)), some.now))
    assert ("Sales", "no longer listed", False) in why(some)
    some.latest_readings[Kind.QUEUES] = LatestReading(Observed(Rows((queue("Night"), queue("Sales", 1))), some.now))
    others = QueueWaitKeys(waiting_above=0, queues=("Night",))
    assert ("Sales", "not among the queues that are watched", False) in why(some, others)


def test_it_does_not_list_for_ever_and_leaves_out_nothing_that_holds(waits):
    see(waits, *[queue(f"Q{n}", 90) for n in range(25)], *[queue(f"Z{n}") for n in range(30)])
    found = why(waits)
    assert sum(holds is True for _, _, holds in found) == 25
    assert found[-1] == ("", "55 more do not hold or cannot be told", None)
    see(waits, *[queue(f"Q{n}") for n in range(25)])
    assert len(why(waits)) == 21
    assert why(waits)[-1][1:] == ("5 more do not hold", False)


STATES = st.sampled_from([AgentState.AVAILABLE, AgentState.LOGGED_OUT, AgentState.UNKNOWN])


@given(
    st.lists(st.lists(st.integers(0, 90), max_size=4) | st.none(), max_size=5),
    st.lists(STATES, max_size=3),
    st.booleans(),
)
def test_why_and_the_judgement_are_one(all_waits, states, remembered):
    queues = tuple(told_nothing(f"q{n}") if w is None else queue(f"q{n}", *w) for n, w in enumerate(all_waits))
    agents = Rows(tuple(Agent(str(n), state, "") for n, state in enumerate(states)))
    now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    latest_readings = {
        Kind.QUEUES: LatestReading(Observed(Rows(queues), now)),
        Kind.AGENTS: LatestReading(Observed(agents, now)),
    }
    memory = {f"q{n}": "unstaffed" for n in range(len(all_waits))} if remembered else {}
    watch_input = WatchInput("sales", now, latest_readings, memory=memory)
    keys = QueueWaitKeys(longest_wait_above=timedelta(seconds=30), waiting_above=2)
    evaluation, said = evaluate(watch_input, keys), clauses(watch_input, keys)
    assert {f.subject for f in evaluation.findings} == {c.subject for c in said if c.holds}
    assert evaluation.unknown <= {c.subject for c in said if c.holds is None}
    gone = bool(states) and all(state is AgentState.LOGGED_OUT for state in states)
    waiting = {f"q{n}" for n, w in enumerate(all_waits) if w}
    assert {f.subject for f in evaluation.findings if f.severity} == (waiting if gone else set())


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (Rows((queue("A", 161, 3), queue("B", 5), queue("C"))), "3 waiting in 2 queues, longest 2 min 41 s"),
        (Rows((queue("A", 5),)), "1 waiting in 1 queue, longest 5 s"),
        (Rows((queue("A"), queue("B"))), "nobody waiting in 2 queues"),
        (Rows((queue("A"), told_nothing("B")), 2), "nobody waiting in 1 queue, 1 cannot tell, 2 not readable"),
        (Rows((told_nothing("B"),)), "1 cannot tell"),
        (Rows((Queue("1", "A", waited=timedelta(seconds=130)),)), "waited up to 2 min 10 s in the last 15 minutes"),
        (Rows(), "no queue"),
    ],
)
def test_it_says_what_one_look_saw(rows, words):
    assert sample(rows, LONG) == words


def test_it_says_what_one_look_saw_of_its_queues():
    rows = Rows((queue("A", 161), queue("B", 5)))
    assert sample(rows, QueueWaitKeys(waiting_above=1, queues=("b",))) == "1 waiting in 1 queue, longest 5 s"
