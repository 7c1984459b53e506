"""Agents who were there and are gone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.model import Kind
from bot.watches.agent_offline import WATCH, AgentOfflineKeys
from providers.model import Agent, AgentState, Rows

FREE, OUT, OFF, ODD, BREAK = (
    AgentState.AVAILABLE,
    AgentState.LOGGED_OUT,
    AgentState.OFFLINE,
    AgentState.UNKNOWN,
    AgentState.NOT_READY,
)
OFFICE = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))


@pytest.fixture
def sales(bench):
    return bench(WATCH, AgentOfflineKeys())


@pytest.fixture
def office(bench):
    return bench(WATCH, AgentOfflineKeys(), calendar=OFFICE)


def see(sales, unreadable=0, group=None, **states):
    rows = tuple(
        Agent(ext.strip("_"), state, state.value, name=f"Max {ext}", group=group) for ext, state in states.items()
    )
    return set(sales.sees(Kind.AGENTS, Rows(rows, unreadable)))


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_does_not_miss_who_was_never_there(sales):
    assert see(sales, _1=OUT, _2=OFF) == set()
    sales.wait(minutes=1)
    assert see(sales, _1=OUT, _2=FREE) == set()


@pytest.mark.parametrize("gone", [OUT, OFF])
def test_it_misses_who_was_there_and_is_signed_out(sales, gone):
    see(sales, _1=FREE)
    sales.wait(minutes=1)
    assert see(sales, _1=gone) == {"1"}
    assert sales.judgement.findings[0].since == sales.now


def test_it_counts_a_break_as_being_there(sales):
    see(sales, _1=FREE)
    assert see(sales, _1=BREAK) == set()


def test_it_remembers_who_was_there_for_twelve_hours_before_the_absence(sales):
    see(sales, _1=FREE, _2=FREE)
    sales.wait(hours=12)
    assert see(sales, _1=OUT) == {"1"}
    sales.wait(seconds=1)
    assert see(sales, _1=OUT, _2=OUT) == {"1"}


def test_it_goes_on_missing_who_does_not_come_back_for_days(sales):
    see(sales, _1=FREE)
    sales.wait(minutes=1)
    for _ in range(10):
        assert see(sales, _1=OUT) == {"1"}
        sales.wait(hours=11)
    assert sales.last.open


def test_it_ends_when_the_agent_is_signed_in_again_and_says_so(sales):
    see(sales, _1=FREE)
    see(sales, _1=OUT)
    see(sales, _1=FREE)
    assert sales.last.resolved_because == "signed in again"


def test_it_holds_who_vanished_and_who_is_in_a_state_that_does_not_tell(sales):
    see(sales, _1=FREE, _2=FREE)
    see(sales, _1=OUT, _2=OUT)
    see(sales, _1=ODD)
    assert [m.subject for m in sales.last.affected] == ["1", "2"]
    see(sales)
    assert [m.subject for m in sales.last.affected] == ["1", "2"]


def test_it_does_not_miss_who_only_vanished(sales):
    see(sales, _1=FREE, _2=FREE)
    assert see(sales, _1=FREE) == set()
    assert see(sales, _1=FREE, _2=ODD) == set()


def test_it_counts_from_the_begin_of_the_absence_through_a_state_that_does_not_tell(sales):
    see(sales, _1=FREE)
    sales.wait(minutes=1)
    see(sales, _1=OUT)
    began = sales.now
    sales.wait(minutes=1)
    see(sales, _1=ODD)
    sales.wait(minutes=1)
    see(sales, _1=OUT)
    assert sales.judgement.findings[0].since == began


def test_it_is_there_if_any_of_two_rows_says_so(sales):
    see(sales, _1=FREE)
    assert set(sales.sees(Kind.AGENTS, Rows((Agent("1", OUT, "out"), Agent("1", FREE, "free"))))) == set()


def test_a_phone_that_only_rings_has_nobody_to_miss(sales):
    ringing = Agent("1", AgentState.ON_CALL, "Talking", login=False)
    for agent in (ringing, Agent("1", OUT, "Logout", login=False)):
        assert set(sales.sees(Kind.AGENTS, Rows((agent,)))) == set()
        sales.wait(minutes=1)
    see(sales, _1=FREE)
    assert set(sales.sees(Kind.AGENTS, Rows((ringing,)))) == {"1"}


def test_it_watches_its_groups_alone(bench):
    sales = bench(WATCH, AgentOfflineKeys(groups=("Team-1",)))
    see(sales, _1=FREE, group="team-1")
    assert see(sales, _1=OUT, group="TEAM-1") == {"1"}
    assert see(sales, _1=OUT, group="Team-2") == set()
    assert sales.last.resolved_because == "in a group that is not watched"


def test_it_misses_nobody_who_was_not_there_in_this_opening(office):
    office.now = day("2026-11-20T08:59")
    see(office, _1=FREE, _2=FREE)
    office.now = day("2026-11-20T09:01")
    assert see(office, _1=OUT, _2=FREE) == set()
    office.wait(minutes=1)
    assert see(office, _1=OUT, _2=OUT) == {"2"}


def test_it_lets_people_go_home_at_closing_time_and_carries_nothing_to_the_next_opening(office):
    office.now = day("2026-11-19T17:59")
    see(office, _1=FREE)
    office.now = day("2026-11-19T18:05")
    assert see(office, _1=OUT) == set()
    office.now = day("2026-11-20T03:00")
    assert see(office, _1=OUT) == set()
    office.now = day("2026-11-20T09:05")
    assert see(office, _1=OUT) == set()
    assert not office.ledger.incidents


def test_it_ends_at_closing_time_and_says_so_and_looks_again_then(office):
    office.now = day("2026-11-20T17:00")
    see(office, _1=FREE)
    office.now = day("2026-11-20T17:01")
    see(office, _1=OUT)
    assert office.ledger.due == day("2026-11-20T18:00")
    office.now = day("2026-11-20T18:00")
    office.judge()
    assert office.last.resolved_because == "the opening ended"
    assert office.last.resolved_at == office.now


def test_it_ends_with_the_opening_even_if_nobody_looked_at_closing_time(office):
    office.now = day("2026-11-19T17:00")
    see(office, _1=FREE, _2=FREE)
    office.now = day("2026-11-19T17:01")
    see(office, _1=OUT, _2=OUT)
    office.now = day("2026-11-20T09:30")
    assert see(office, _1=OUT) == set()
    assert not office.last.open
    assert office.last.resolved_because == "the opening ended"


def test_it_stays_raised_within_one_opening(office):
    office.now = day("2026-11-20T09:01")
    see(office, _1=FREE)
    office.now = day("2026-11-20T09:02")
    see(office, _1=OUT)
    office.now = day("2026-11-20T17:59:59")
    assert see(office, _1=OUT) == {"1"}
    assert len(office.ledger.incidents) == 1


def test_it_asks_about_the_pbx_when_half_of_those_at_work_are_gone(sales):
    names = [f"_{n}" for n in range(100, 200)]
    crew = dict.fromkeys(names[:50], FREE) | dict.fromkeys(names[50:], OUT)  # half are on another shift
    see(sales, **crew)
    assert len(see(sales, **(crew | dict.fromkeys(names[:24], OFF)))) == 24
    assert "PBX" not in sales.story.headline
    assert len(see(sales, **(crew | dict.fromkeys(names[:25], OFF)))) == 25
    assert "is the PBX down?" in sales.story.headline
    assert len(sales.ledger.incidents) == 1


def test_it_does_not_ask_about_the_pbx_for_four(sales):
    see(sales, _1=FREE, _2=FREE, _3=FREE, _4=FREE)
    see(sales, _1=OUT, _2=OUT, _3=OUT, _4=OUT)
    assert "PBX" not in sales.story.headline


def test_it_forgets_who_was_not_seen_for_two_days(sales):
    see(sales, _1=FREE, _2=FREE)
    sales.wait(hours=49)
    see(sales, _2=FREE)
    assert set(sales.ledger.memory) == {"2"}


def test_it_tells_who_and_since_when(sales):
    see(sales, _1=FREE)
    see(sales, _1=OUT)
    assert sales.story.headline == "Max _1 (1) on sales is offline"
    see(sales, _1=FREE)
    assert sales.story.headline == "Max _1 (1) on sales was offline"
