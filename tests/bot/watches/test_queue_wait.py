"""Callers who wait too long, and queues with too many of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.alerts.model import Kind, Observed, Severity, Sight
from bot.settings.typed import timed
from bot.watches import Scene
from bot.watches.queue_wait import WATCH, QueueWaitKeys, judge, span
from providers.model import Agent, AgentState, Queue, QueuedCall, Rows

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
    bench.sees(Kind.AGENTS, Rows(rows, unreadable))


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
    assert (found["Sales"].facts["waiting"], found["Sales"].facts["longest"]) == ("2", "70")


def test_it_counts_from_when_the_caller_had_waited_too_long(waits):
    found = see(waits, queue("Sales", 90))
    assert found["Sales"].since == waits.now - timedelta(seconds=30)


def test_it_takes_the_vendors_wait_and_lets_none_grow_between_polls(waits):
    see(waits, queue("Sales", 59))
    waits.wait(seconds=14)
    assert waits.judge() == {}


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
    waits.sights[Kind.QUEUES] = Sight(None)
    waits.judge()
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
    assert len(waits.ledger.incidents) == 1
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
    judgement = judge(Scene("sales", now, {Kind.QUEUES: Sight(Observed(Rows(queues), now))}), keys)
    found = {finding.subject for finding in judgement.findings}
    true = {f"q{n}" for n, w in enumerate(all_waits) if w and (max(w) > limit or len(w) > most)}
    assert found == true
    assert judgement.unknown == {f"q{n}" for n, w in enumerate(all_waits) if w is None}
    assert all(finding.since is None or finding.since <= now for finding in judgement.findings)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (131, "2 min 11 s"), (3600, "1 h"), (7321, "2 h 2 min")],
)
def test_it_says_a_span_in_two_units(seconds, words):
    assert span(timedelta(seconds=seconds)) == words


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
