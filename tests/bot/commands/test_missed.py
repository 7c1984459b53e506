"""`/pbx missed` of a vendor without a list of its own: one call is one row, and what anybody took is none."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.calls import _verdict
from bot.commands.missed import missed_of
from bot.commands.queue.finished import by_queue
from providers.model import CallRecord, Direction, Disposition, QueueCall

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def leg(call_id, disposition, start=0, direction=Direction.INBOUND, seconds=20, **more):
    began, lasted = NOON + timedelta(seconds=start), timedelta(seconds=seconds)
    return CallRecord(call_id, began, direction, "380501234567", "101", disposition, "", lasted, **more)


NO, YES, NOT_KNOWN = Disposition.NO_ANSWER, Disposition.ANSWERED, Disposition.UNKNOWN


@pytest.mark.parametrize("answered", [Direction.INBOUND, Direction.INTERNAL, Direction.UNKNOWN])
def test_a_call_that_rang_several_is_not_missed_if_one_took_it(answered):
    assert missed_of([leg("1", NO), leg("1", YES, direction=answered), leg("1", Disposition.BUSY)]) == []


def test_a_call_that_nobody_took_is_one_row_newest_first():
    longest = leg("1", Disposition.ABANDONED, seconds=50)
    assert missed_of([leg("1", NO), longest, leg("2", NO, 600)]) == [leg("2", NO, 600), longest]
    assert missed_of([leg("1", NOT_KNOWN), leg("1", NO)]) == []


def test_a_row_whose_vendor_names_no_call_is_matched_by_caller_and_span():
    assert missed_of([leg("a", NO, made_id=True), leg("b", YES, 20, seconds=90, made_id=True)]) == []
    assert missed_of([leg("a", NO), leg("b", YES, 20, seconds=90)]) == [leg("a", NO)]


def test_what_went_out_is_not_missed():
    assert missed_of([leg("1", NO, direction=Direction.OUTBOUND)]) == []


def test_a_queue_counts_a_call_once():
    def row(disposition):
        return QueueCall("1", "Sales", "380501234567", NOON, timedelta(seconds=9), disposition, "")

    figures = by_queue([row(NO), row(YES), row(NO)])["Sales"]
    assert (figures.offered, figures.answered, figures.overflowed) == (1, 1, 0)


def test_a_list_of_legs_says_how_many_calls_they_are(account_and_filter):
    account, wanted = account_and_filter
    shown = (leg("1", NO), leg("1", YES), leg("2", NO, 900))
    assert "2 finished calls, 1 answered" in _verdict(account, wanted, shown, first=True, more=False)


@pytest.fixture
def account_and_filter():
    from types import SimpleNamespace

    return SimpleNamespace(name="sales"), SimpleNamespace(agent=None, number=None, span=SimpleNamespace(words="today"))
