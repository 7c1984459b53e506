"""Caller IDs that the vendor lists as spam."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Observed
from bot.watches import WatchInput
from bot.watches.number_spam import WATCH, NumberSpamKeys, clauses, evaluate, sample
from providers.model import NumberStatus, PhoneNumber, Rows

SPAM, ACTIVE, DISABLED, UNKNOWN = NumberStatus.SPAM, NumberStatus.ACTIVE, NumberStatus.DISABLED, NumberStatus.UNKNOWN


def listed(*numbers, unreadable=0, group=None):
    return Rows(tuple(PhoneNumber(n, s, s.value.upper(), group) for n, s in numbers), unreadable)


@pytest.fixture
def sales(bench):
    return bench(WATCH, NumberSpamKeys())


def see(sales, *numbers, **more):
    return set(sales.sees(Kind.NUMBERS, listed(*numbers, **more)))


def test_it_finds_what_is_spam_now_at_the_first_look_too(sales):
    assert see(sales, ("+1 (202) 555-0143", SPAM), ("12025550144", ACTIVE)) == {"12025550143"}


@pytest.mark.parametrize(("status", "words"), [(ACTIVE, "marked active"), (DISABLED, "marked disabled")])
def test_it_ends_when_it_is_marked_otherwise_and_says_how(sales, status, words):
    see(sales, ("1", SPAM))
    see(sales, ("1", status))
    assert sales.last.resolved_because == words


def test_it_ends_when_it_is_no_longer_listed(sales):
    see(sales, ("1", SPAM), ("2", ACTIVE))
    see(sales, ("2", ACTIVE))
    assert sales.last.resolved_because == "no longer listed"


def test_it_holds_what_is_missing_from_a_list_that_could_not_all_be_read(sales):
    see(sales, ("1", SPAM), ("2", ACTIVE))
    see(sales, ("2", ACTIVE), unreadable=1)
    assert sales.last.open


def test_it_holds_when_nothing_at_all_is_listed(sales):
    see(sales, ("1", SPAM))
    see(sales)
    assert sales.last.open


def test_it_holds_a_status_that_is_not_known(sales):
    see(sales, ("1", SPAM))
    see(sales, ("1", UNKNOWN))
    assert sales.last.open
    assert see(sales, ("2", UNKNOWN), ("1", ACTIVE)) == set()


@pytest.mark.parametrize("other", [ACTIVE, DISABLED, UNKNOWN])
def test_it_is_spam_if_any_of_two_rows_says_so(sales, other):
    assert see(sales, ("1", other), ("1", SPAM)) == {"1"}
    assert see(sales, ("1", SPAM), ("1", other)) == {"1"}


def test_it_holds_if_one_of_two_rows_is_not_known(sales):
    see(sales, ("1", SPAM))
    see(sales, ("1", UNKNOWN), ("1", ACTIVE))
    assert sales.last.open


def test_it_watches_its_groups_alone_and_says_when_a_number_moved(bench):
    sales = bench(WATCH, NumberSpamKeys(groups=("US-East",)))
    assert see(sales, ("1", SPAM), group="us-east") == {"1"}
    assert see(sales, ("1", SPAM), group="EU") == set()
    assert sales.last.resolved_because == "in a group that is not watched"
    assert see(sales, ("9", SPAM)) == set()


def test_it_keeps_a_pending_number_that_could_not_be_read(bench):
    sales = bench(WATCH, NumberSpamKeys(), hold=timedelta(minutes=5))
    see(sales, ("1", SPAM))
    sales.wait(minutes=4)
    see(sales, ("2", ACTIVE), unreadable=1)
    sales.wait(minutes=1)
    see(sales, ("1", SPAM))
    assert sales.last.open


def test_it_has_a_button_for_every_number(sales):
    see(sales, ("1202", SPAM))
    (button,) = sales.story.buttons
    assert (button.action, button.words) == ("mark_number", "Mark as active")
    assert json.loads(button.value) == {
        "account": "sales",
        "number": "1202",
        "status": "active",
        "incident": sales.last.id,
    }
    see(sales, ("1202", SPAM), ("1203", SPAM))
    controls = [row.control for row in sales.story.rows if row.control]
    assert [json.loads(c.value)["number"] for c in controls] == ["1202", "1203"]
    assert not sales.story.buttons


def test_it_tells_what_was_once_it_is_over(sales):
    see(sales, ("1202", SPAM))
    assert "1202 of sales is marked as spam" in sales.story.headline
    see(sales, ("1202", ACTIVE))
    assert "1202 of sales was marked as spam" in sales.story.headline
    assert not sales.story.buttons


def why(bench):
    known = frozenset(s for s, of in bench.alert_state.subjects.items() if of.breached_since)
    watch_input = WatchInput("sales", bench.now, bench.latest_readings, known=known)
    return [(c.subject, c.words, c.holds) for c in clauses(watch_input, bench.keys)]


def test_it_says_of_each_number_how_it_is_listed(sales):
    see(sales, ("9", SPAM))
    sales.latest_readings[Kind.NUMBERS] = LatestReading(
        Observed(listed(("+1 (202) 1", SPAM), ("2", UNKNOWN), ("3", ACTIVE), ("4", DISABLED), unreadable=1), sales.now)
    )
    assert why(sales) == [
        ("12021", "the vendor lists it as spam", True),
        ("2", "its status is not known: “UNKNOWN”", None),
        ("9", "missing from a list that is not whole", None),
        ("3", "the vendor lists it as active", False),
        ("4", "the vendor lists it as disabled", False),
    ]


def test_it_says_which_numbers_are_gone_or_elsewhere(bench):
    some = bench(WATCH, NumberSpamKeys(groups=("EU",)))
    see(some, ("1", SPAM), ("2", SPAM), ("3", ACTIVE), group="EU")
    numbers = (PhoneNumber("1", SPAM, "SPAM", "US"), PhoneNumber("3", ACTIVE, "ACTIVE", "EU"))
    some.latest_readings[Kind.NUMBERS] = LatestReading(Observed(Rows(numbers), some.now))
    assert why(some)[:2] == [
        ("2", "no longer listed", False),
        ("1", "in a group that is not watched", False),
    ]


NUMBERS = st.lists(st.tuples(st.sampled_from(["1", "2", "3", "4"]), st.sampled_from(list(NumberStatus))), max_size=6)


@given(NUMBERS, st.frozensets(st.sampled_from(["1", "2", "5"])), st.integers(0, 1))
def test_why_and_the_judgement_are_one(numbers, known, unreadable):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    latest_readings = {Kind.NUMBERS: LatestReading(Observed(listed(*numbers, unreadable=unreadable), now))}
    watch_input = WatchInput("sales", now, latest_readings, known=known)
    evaluation, said = evaluate(watch_input, NumberSpamKeys()), clauses(watch_input, NumberSpamKeys())
    assert {finding.subject for finding in evaluation.findings} == {c.subject for c in said if c.holds}
    assert evaluation.unknown == {c.subject for c in said if c.holds is None}
    assert {number for number, _ in numbers} | known == {c.subject for c in said}


def test_it_says_what_one_look_saw():
    assert sample(listed(("1", SPAM), ("2", ACTIVE), ("3", DISABLED)), NumberSpamKeys()) == "1 of 3 spam"
    cut = listed(("1", SPAM), ("2", UNKNOWN), unreadable=4)
    assert sample(cut, NumberSpamKeys()) == "1 of 2 spam, 1 not known, 4 not readable"
    assert sample(listed(("1", SPAM), group="EU"), NumberSpamKeys(groups=("us",))) == "0 of 0 spam"
