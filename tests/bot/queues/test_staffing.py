"""Who could take the calls of a queue: nobody, and not known, are two answers."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.model import Blind, LatestReading, Observed
from bot.queues.staffing import AGENTS_MAX_AGE, able, crew, free, unstaffed
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Rows

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FREE, TALKS, AWAY, OUT, ODD = (
    AgentState.AVAILABLE,
    AgentState.ON_CALL,
    AgentState.NOT_READY,
    AgentState.LOGGED_OUT,
    AgentState.UNKNOWN,
)


def seen(*states, unreadable=0, at=NOW):
    agents = tuple(Agent(str(100 + n), state, state.value) for n, state in enumerate(states))
    return LatestReading(Observed(Rows(agents, unreadable), at))


def of(latest_reading, members=None):
    return crew(latest_reading, members, NOW)


def test_without_members_it_is_everybody_on_the_account():
    assert len(of(seen(FREE, OUT))) == 2


def test_with_members_it_is_they_alone():
    assert [agent.extension for agent in of(seen(FREE, OUT, OUT), {"101", "102"})] == ["101", "102"]


@pytest.mark.parametrize(
    ("latest_reading", "members"),
    [
        (None, None),
        (LatestReading(), None),
        (seen(), None),
        (seen(OUT, unreadable=1), None),
        (seen(OUT, at=NOW - AGENTS_MAX_AGE - timedelta(seconds=1)), None),
        (seen(OUT).after(Blind("No.", ErrorKind.UNAVAILABLE, NOW)), None),
        (seen(OUT), {"100", "mobile"}),
        (seen(OUT), frozenset()),
    ],
    ids=["never", "unseen", "nobody listed", "cut", "old", "blind", "a member who is not listed", "no members"],
)
def test_it_is_not_known_where_the_look_is_not_whole(latest_reading, members):
    assert of(latest_reading, members) is None
    assert unstaffed(of(latest_reading, members)) is None
    assert able(of(latest_reading, members)) is None


@pytest.mark.parametrize(
    ("states", "answer"),
    [((OUT, OUT), True), ((OUT, TALKS), False), ((OUT, AWAY), False), ((OUT, ODD), None), ((ODD, FREE), False)],
)
def test_nobody_is_there_only_if_everybody_is_known_to_be_gone(states, answer):
    assert unstaffed(of(seen(*states))) is answer


@pytest.mark.parametrize(
    ("states", "answer"),
    [((FREE, TALKS, AWAY, OUT), 2), ((OUT,), 0), ((FREE, ODD), None)],
)
def test_those_are_able_who_are_signed_in_and_not_away(states, answer):
    assert able(of(seen(*states))) == answer


def test_two_rows_of_one_agent_are_one():
    twice = LatestReading(Observed(Rows((Agent("1", FREE, "f"), Agent("1", TALKS, "t"))), NOW))
    assert able(of(twice)) == 1


def test_a_call_at_a_phone_where_nobody_is_signed_in_is_nobody():
    phone = LatestReading(
        Observed(Rows((Agent("1", TALKS, "t", login=False), Agent("2", FREE, "f", login=False))), NOW)
    )
    assert unstaffed(of(phone)) is True
    assert able(of(phone)) == 0
    assert free(of(phone)) == []


def test_free_is_who_could_take_a_call_now():
    assert [agent.extension for agent in free(of(seen(TALKS, FREE, OUT)))] == ["101"]
