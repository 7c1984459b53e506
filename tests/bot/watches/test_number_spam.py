"""Caller IDs that the vendor lists as spam."""

import json
from datetime import timedelta

import pytest

from bot.alerts.model import Kind
from bot.watches.number_spam import WATCH, NumberSpamKeys
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
