"""How fast callers leave a queue, and when it clears."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Blind, Observed
from bot.queues.clearing_rate import (
    GAP,
    MIN_LEFT_CALLERS,
    MIN_SEEN,
    MINUTE,
    REACH,
    ClearingRate,
    ClearingRates,
    about,
    with_more,
)
from providers.errors import ErrorKind
from providers.model import Queue, QueuedCall, Rows

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
POLL = timedelta(seconds=15)


def queue(*calls, name="Sales", ref="1"):
    return Queue(ref, name, tuple(QueuedCall(str(call), "", POLL) for call in calls))


def rows(*queues, unreadable=0):
    return Rows(tuple(queues), unreadable)


def blind(at):
    return Blind("It did not answer.", ErrorKind.UNAVAILABLE, at)


@pytest.fixture
def paces():
    return ClearingRates()


def look(paces, minutes, *calls):
    paces.add(Observed(rows(queue(*calls)), NOON + minutes * MINUTE))


def test_it_says_when_as_many_will_have_left_as_wait_now(paces):
    for minute in range(11):  # one leaves and one comes, every minute
        look(paces, minute, *range(minute, minute + 4))
    assert paces.of("Sales") == ClearingRate(left=10, seen=10 * MINUTE, busy=10 * MINUTE)
    assert paces.of("Sales").clears(4) == 4 * MINUTE
    assert paces.of("Sales").clears(0) == timedelta()


@pytest.mark.parametrize(("agents", "talk"), [(1, 90), (3, 180), (6, 240)])
def test_where_somebody_always_waits_it_is_waiting_times_talk_by_agents(paces, agents, talk):
    every = timedelta(seconds=talk) / agents  # one leaves
    at = NOON
    while at <= NOON + REACH:
        gone = (at - NOON) // every
        paces.add(Observed(rows(queue(*range(gone, gone + 8))), at))
        at += POLL
    expected = 8 * timedelta(seconds=talk) / agents
    assert abs(paces.of("Sales").clears(8) - expected) < expected / 8


def test_idle_time_is_no_pace(paces):
    for minute in range(15):
        look(paces, minute)
    for n, calls in enumerate([(1, 2, 3), (2, 3), (3,)]):
        look(paces, 15 + n, *calls)
    assert paces.of("Sales").clears(3) == 3 * MINUTE


def test_it_does_not_guess_from_too_little(paces):
    for minute in range(5):
        look(paces, minute, *range(minute, 9))
    assert paces.of("Sales").left >= MIN_LEFT_CALLERS
    assert paces.of("Sales").seen < MIN_SEEN
    assert paces.of("Sales").clears(4) is None
    look(paces, 5, *range(5, 9))
    assert paces.of("Sales").clears(4) == 4 * MINUTE
    assert ClearingRate(left=1, seen=9 * MINUTE, busy=9 * MINUTE).clears(4) is None


def test_nothing_is_known_of_a_queue_that_was_never_seen(paces):
    assert paces.of("Sales").clears(4) is None


def test_what_happened_while_it_was_blind_counts_for_nothing(paces):
    look(paces, 0, 1, 2, 3)
    paces.add(blind(NOON + MINUTE))
    look(paces, 2, 3)
    assert paces.of("Sales") == ClearingRate()
    look(paces, 3)
    assert paces.of("Sales") == ClearingRate(left=1, seen=MINUTE, busy=MINUTE)


@pytest.mark.parametrize(
    "between",
    [
        rows(),
        rows(queue(1, 2, 3), unreadable=1),
        rows(Queue("1", "Sales", None)),
        rows(queue(1, name="Support")),
        rows(queue(1, 2, 3), Queue("2", "Sales", None)),
        None,
    ],
    ids=["nothing", "cut", "untold", "unlisted", "a namesake that cannot tell", "no list"],
)
def test_a_look_that_is_not_whole_is_a_gap(paces, between):
    look(paces, 0, 1, 2, 3)
    paces.add(Observed(between, NOON + MINUTE))
    look(paces, 2)
    assert paces.of("Sales") == ClearingRate()


def test_looks_that_are_too_far_apart_show_nothing(paces):
    look(paces, 0, 1, 2, 3)
    look(paces, GAP / MINUTE + 0.01)
    assert paces.of("Sales") == ClearingRate()


def test_a_reading_that_is_not_later_is_passed_over(paces):
    look(paces, 0, 1, 2)
    look(paces, 1, 2)
    look(paces, 1)
    look(paces, 0)
    assert paces.of("Sales").left == 1


def test_who_waits_again_has_not_left(paces):
    counted = []
    for minute, calls in enumerate([(1, 2), (2,), (1, 2), (2,)]):
        look(paces, minute, *calls)
        counted.append(paces.of("Sales").left)
    assert counted == [0, 1, 0, 1]


def test_queues_of_one_name_are_one_and_their_calls_are_not(paces):
    paces.add(Observed(rows(queue("a", "b"), queue("a", ref="2"), queue("z", name="Support", ref="3")), NOON))
    paces.add(Observed(rows(queue("b"), queue(ref="2"), queue("z", name="Support", ref="3")), NOON + MINUTE))
    assert paces.of("Sales").left == 2
    assert paces.of("Support").left == 0


def test_it_counts_within_its_reach_alone(paces):
    for minute in range(60):
        look(paces, minute, *range(minute, minute + 4))
    assert paces.of("Sales") == ClearingRate(left=20, seen=REACH, busy=REACH)


def test_it_forgets_what_is_past_its_reach(paces):
    look(paces, 0, 1, 2)
    look(paces, 1)
    assert paces.of("Sales").left == 2
    paces.add(blind(NOON + MINUTE + REACH))
    assert paces.of("Sales") == ClearingRate()


CALLS = st.frozensets(st.integers(0, 6), max_size=6)
LOOKS = st.lists(CALLS | st.none(), max_size=30)


def played(looks, *, between=False):
    paces, at = ClearingRates(), NOON
    for calls in looks:
        paces.add(blind(at) if calls is None else Observed(rows(queue(*calls)), at))
        at += POLL
        if between:
            paces.add(blind(at))
            at += POLL
    return paces.of("Sales")


@given(LOOKS)
def test_any_looks_come_to_a_pace_that_can_be(looks):
    pace = played(looks)
    seen = [calls for calls in looks if calls is not None]
    assert 0 <= pace.left <= len(frozenset().union(*seen))
    assert timedelta() <= pace.busy <= pace.seen <= POLL * max(0, len(looks) - 1)
    assert pace.clears(0) in {None, timedelta()}


@given(LOOKS)
def test_nobody_ever_leaves_in_a_gap(looks):
    assert played(looks, between=True) == ClearingRate()


@given(st.integers(2, 50), st.integers(300, 1200), st.integers(0, 1200), st.lists(st.integers(0, 99), min_size=2))
def test_more_callers_never_clear_sooner(left, seen, busy, waiting):
    pace = ClearingRate(left, timedelta(seconds=seen), timedelta(seconds=min(busy, seen)))
    clears = [pace.clears(n) for n in sorted(waiting)]
    assert clears == sorted(clears)
    assert clears[0] >= timedelta()


def test_nothing_is_promised_while_the_first_in_line_is_not_served():
    """Those who left gave up: how fast they do says nothing of when the queue clears."""
    pace = ClearingRate(left=5, seen=timedelta(minutes=10), busy=timedelta(minutes=10))
    assert pace.clears(3, timedelta(minutes=2)) == timedelta(minutes=6)
    assert pace.clears(3, timedelta(minutes=10)) is None


def test_more_agents_clear_it_sooner():
    assert with_more(4 * MINUTE, 2, 2) == 2 * MINUTE
    assert with_more(4 * MINUTE, 6, 2) == 3 * MINUTE


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "30 s"),
        (44, "30 s"),
        (45, "1 min"),
        (90, "1.5 min"),
        (240, "4 min"),
        (250, "4 min"),
        (284, "4.5 min"),
        (286, "5 min"),
        (1200, "20 min"),
        (1400, "25 min"),
        (7200, "2 h"),
        (11000, "3 h"),
    ],
)
def test_it_says_no_more_than_a_guess_knows(seconds, words):
    assert about(timedelta(seconds=seconds)) == words
