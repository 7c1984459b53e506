"""Agents who were there and are gone."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Observed
from bot.watches import WatchInput
from bot.watches.agent_offline import WATCH, AgentOfflineKeys, clauses, evaluate, sample
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
    assert sales.evaluation.findings[0].since == sales.now


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
    assert sales.evaluation.findings[0].since == began


def test_it_is_there_if_any_of_two_rows_says_so(sales):
    see(sales, _1=FREE)
    assert set(sales.sees(Kind.AGENTS, Rows((Agent("1", OUT, "out"), Agent("1", FREE, "free"))))) == set()


def test_it_is_there_though_another_row_does_not_tell(sales):
    see(sales, _1=FREE)
    see(sales, _1=OUT)
    sales.sees(Kind.AGENTS, Rows((Agent("1", FREE, "free"), Agent("1", ODD, "odd"))))
    assert sales.last.resolved_because == "signed in again"


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
    assert not office.alert_state.incidents


def test_it_ends_at_closing_time_and_says_so_and_looks_again_then(office):
    office.now = day("2026-11-20T17:00")
    see(office, _1=FREE)
    office.now = day("2026-11-20T17:01")
    see(office, _1=OUT)
    assert office.alert_state.due == day("2026-11-20T18:00")
    office.now = day("2026-11-20T18:00")
    office.evaluate()
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
    assert len(office.alert_state.incidents) == 1


def test_it_asks_about_the_pbx_when_half_of_those_at_work_are_gone(sales):
    names = [f"_{n}" for n in range(100, 200)]
    crew = dict.fromkeys(names[:50], FREE) | dict.fromkeys(names[50:], OUT)  # half are on another shift
    see(sales, **crew)
    assert len(see(sales, **(crew | dict.fromkeys(names[:24], OFF)))) == 24
    assert "PBX" not in sales.story.headline
    assert len(see(sales, **(crew | dict.fromkeys(names[:25], OFF)))) == 25
    assert sales.story.headline == "25 of 50 agents at work on sales went offline together: is the PBX down?"
    assert "Look at the PBX" in sales.story.todo
    assert len(sales.alert_state.incidents) == 1


def test_it_does_not_ask_about_the_pbx_for_four(sales):
    see(sales, _1=FREE, _2=FREE, _3=FREE, _4=FREE)
    see(sales, _1=OUT, _2=OUT, _3=OUT, _4=OUT)
    assert "PBX" not in sales.story.headline
    assert not any(finding.facts.total is not None for finding in sales.evaluation.findings)


def test_it_does_not_ask_about_the_pbx_for_the_few_who_are_in_a_message_of_their_own(sales):
    see(sales, **crew(6))
    see(sales, **crew(6, OUT))
    assert "is the PBX down?" in sales.story.headline
    some = dict(list(sales.last.members.items())[:4])
    assert WATCH.describe(replace(sales.last, members=some), "sales").headline == "4 agents on sales are offline"


def test_it_forgets_who_was_not_seen_for_two_days(sales):
    see(sales, _1=FREE, _2=FREE)
    sales.wait(hours=49)
    see(sales, _2=FREE)
    assert set(sales.alert_state.memory) == {"2"}


def test_it_tells_who_and_since_when(sales):
    see(sales, _1=FREE)
    see(sales, _1=OUT)
    assert sales.story.headline == "Max _1 (1) on sales is offline"
    see(sales, _1=FREE)
    assert sales.story.headline == "Max _1 (1) on sales was offline"


def crew(count, state=FREE):
    return {f"_{100 + n}": state for n in range(count)}


def test_what_it_says_of_a_mass_change_stays_true_while_they_come_back(sales):
    see(sales, **crew(12))
    sales.wait(seconds=30)
    see(sales, **crew(12) | crew(10, OFF))
    assert sales.story.headline == "10 of 12 agents at work on sales went offline together: is the PBX down?"
    sales.wait(minutes=3)
    see(sales, **crew(12) | crew(7, OFF))
    assert (
        sales.story.headline
        == "10 of 12 agents at work on sales went offline together, 7 are still offline: is the PBX down?"
    )
    see(sales, **crew(12) | crew(2, OFF))
    assert sales.story.headline == "2 of 10 agents on sales who went offline together are still offline"
    assert "PBX" not in sales.story.todo
    see(sales, **crew(12) | crew(1, OFF))
    assert sales.story.headline == "1 of 10 agents on sales who went offline together is still offline"
    assert len(sales.story.rows) == 1
    see(sales, **crew(12))
    assert sales.story.headline == "10 agents on sales were offline"


def test_those_who_go_one_after_another_did_not_go_together(sales):
    see(sales, **crew(8))
    for gone in range(1, 7):
        sales.wait(minutes=2)
        see(sales, **crew(8) | crew(gone, OUT))
    assert len(sales.evaluation.findings) == 6
    assert not any(finding.facts.total is not None for finding in sales.evaluation.findings)


def test_it_is_told_in_the_same_words_while_others_come_and_go(sales):
    see(sales, _1=FREE, _2=FREE, _3=FREE)
    see(sales, _1=OUT, _2=FREE, _3=FREE)
    before = sales.last
    see(sales, _1=OUT, _2=FREE, _3=BREAK, _4=FREE)
    assert sales.last == before


def why(bench, zone=UTC):
    watch_input = WatchInput(
        "sales",
        bench.now,
        bench.latest_readings,
        known=frozenset(s for s, of in bench.alert_state.subjects.items() if of.breached_since),
        memory=bench.alert_state.memory,
        calendar=bench.calendar,
        opening=bench.calendar.opening(bench.now) if bench.calendar else None,
        zone=zone,
    )
    return {c.subject: (c.words, c.holds) for c in clauses(watch_input, bench.keys)}


def test_it_says_of_each_agent_what_it_makes_of_them(sales):
    sales.now = day("2026-11-20T14:04")
    see(sales, _1=FREE, _2=FREE, _4=FREE, _5=FREE)
    sales.now = day("2026-11-20T14:05")
    see(sales, _1=OUT, _2=FREE, _3=OUT, _4=ODD, _5=OUT)
    see(sales, _1=OUT, _2=FREE, _3=OUT, _4=ODD)
    assert why(sales) == {
        "1": ("Max _1 (1) is not signed in since 14:05, was there at 14:04", True),
        "2": ("Max _2 (2) is signed in", False),
        "3": ("Max _3 (3) is not signed in, and was never there before", False),
        "4": ("Max _4 (4) is in a state that does not tell: “unknown”", None),
        "5": ("5 is not listed", None),
    }
    assert next(iter(why(sales))) == "1"


def test_it_tells_times_by_the_accounts_clock_and_the_day_where_it_is_another(sales):
    sales.now = day("2026-11-19T21:58")
    see(sales, _1=FREE)
    sales.now = day("2026-11-20T10:00")
    see(sales, _1=OUT)
    kyiv = ZoneInfo("Europe/Kyiv")
    assert (
        why(sales, kyiv)["1"][0]
        == "Max _1 (1) is not signed in since 12:00, was there at Thu 19 Nov 23:58, more than 12 hours before"
    )


def test_it_says_which_opening_held_it_back(office):
    office.now = day("2026-11-19T17:59")
    see(office, _1=FREE)
    office.now = day("2026-11-19T18:05")
    see(office, _1=OUT)
    assert why(office)["1"] == ("Max _1 (1) is not signed in, and nobody is missed outside the alert's hours", False)
    office.now = day("2026-11-20T09:05")
    see(office, _1=OUT, _2=OUT)
    held = "is not signed in, and was never there in this opening"
    assert why(office)["1"] == (f"Max _1 (1) {held}: last at Thu 19 Nov 17:59", False)
    assert why(office)["2"] == (f"Max _2 (2) {held}", False)


def test_it_says_why_who_is_listed_no_more_is_not_missed(office):
    office.now = day("2026-11-19T17:00")
    see(office, _1=FREE, _2=FREE)
    office.now = day("2026-11-19T17:01")
    see(office, _1=OUT, _2=FREE)
    office.now = day("2026-11-20T09:05")
    office.latest_readings[Kind.AGENTS] = LatestReading(Observed(Rows((Agent("2", FREE, "free"),)), office.now))
    assert why(office)["1"] == ("1 is not listed, and was not there in the opening that is running", False)


def test_it_says_who_moved_to_another_group(bench):
    sales = bench(WATCH, AgentOfflineKeys(groups=("Team-1",)))
    see(sales, _1=FREE, group="Team-1")
    see(sales, _1=OUT, group="Team-1")
    sales.latest_readings[Kind.AGENTS] = LatestReading(
        Observed(Rows((Agent("1", OUT, "out", group="Team-2"),)), sales.now)
    )
    assert why(sales) == {"1": ("1 is in a group that is not watched", False)}


LOOKS = st.lists(
    st.dictionaries(st.sampled_from(["1", "2", "3"]), st.sampled_from([FREE, OUT, ODD, BREAK])), min_size=1, max_size=6
)


@given(LOOKS, st.booleans())
def test_why_and_the_judgement_are_one(looks, hours):
    now = day("2026-11-20T17:00")
    memory: Mapping[str, str] = {}
    known: frozenset[str] = frozenset()
    calendar = OFFICE if hours else None
    for states in looks:
        rows = Rows(tuple(Agent(ext, state, state.value) for ext, state in states.items()))
        latest_readings = {Kind.AGENTS: LatestReading(Observed(rows, now))}
        opening = calendar.opening(now) if calendar else None
        watch_input = WatchInput(
            "sales", now, latest_readings, known=known, memory=memory, calendar=calendar, opening=opening
        )
        evaluation, said = evaluate(watch_input, AgentOfflineKeys()), clauses(watch_input, AgentOfflineKeys())
        found = {finding.subject for finding in evaluation.findings}
        assert found == {c.subject for c in said if c.holds}
        assert evaluation.unknown <= {c.subject for c in said if c.holds is None}
        assert set(states) <= {c.subject for c in said}
        memory, known = evaluation.memory, frozenset(found | (known & evaluation.unknown))
        now += (day("2026-11-20T18:00") - day("2026-11-20T17:00")) / 4


@pytest.mark.parametrize(
    ("states", "unreadable", "words"),
    [
        ((FREE, BREAK, OUT), 0, "2 of 3 signed in"),
        ((FREE, ODD, OUT), 2, "1 of 3 signed in, 1 not told, 2 not readable"),
        ((), 0, "0 of 0 signed in"),
    ],
)
def test_it_says_what_one_look_saw(states, unreadable, words):
    rows = Rows(tuple(Agent(str(n), state, "") for n, state in enumerate(states)), unreadable)
    assert sample(rows, AgentOfflineKeys()) == words


def test_it_says_what_one_look_saw_of_its_groups():
    rows = Rows((Agent("1", FREE, "", group="A"), Agent("2", FREE, "", group="B")))
    assert sample(rows, AgentOfflineKeys(groups=("a",))) == "1 of 1 signed in"
