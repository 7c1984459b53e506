"""One call is one call, however many rows a vendor has of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.model import Disposition, QueueCall
from providers.sdk.call_legs import CallLeg, one_call_each, one_row_each, untaken

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
S = timedelta(seconds=1)


def leg(row, start=0, lasted=20, taken=False, call_id=None, caller="380501234567"):
    return CallLeg(row, call_id, caller, NOON + start * S, lasted * S, taken)


def rows(calls):
    return sorted(sorted(each.row for each in call) for call in calls)


@pytest.mark.parametrize(
    ("legs", "missed"),
    [
        ([leg("a", call_id="1"), leg("b", taken=True, call_id="1")], []),
        ([leg("a", call_id="1"), leg("b", call_id="1")], [["a", "b"]]),
        ([leg("a", call_id="1"), leg("b", 600, taken=True, call_id="1")], []),  # a transfer, much later
        ([leg("a", call_id="1"), leg("b", taken=True, call_id="2")], [["a"]]),  # two lines of one switchboard
        ([leg("a", call_id="1"), leg("b", taken=None, call_id="1")], []),  # not known
        ([leg("a"), leg("b", taken=True)], []),
        ([leg("a"), leg("b", 20, 300, taken=True)], []),  # overflow
        ([leg("a"), leg("b", 200, 300, taken=True)], [["a"]]),  # who called again
        ([leg("a", 100), leg("b", 0, 300, taken=True, call_id="1")], []),
        ([leg("a"), leg("b", 5), leg("c", 21)], [["a", "b", "c"]]),
        ([leg("a"), leg("b", caller="380501234568", taken=True)], [["a"]]),
        ([leg("a", caller=""), leg("b", caller="", taken=True)], [["a"]]),  # two who withhold their numbers
        ([leg("a", caller="anonymous"), leg("b", caller="anonymous", taken=True)], [["a"]]),
        ([leg("a", caller="+380 50 123 45 67"), leg("b", taken=True)], []),
    ],
)
def test_a_call_is_missed_only_if_nobody_took_it(legs, missed):
    assert rows(untaken(legs)) == missed
    assert rows(untaken(reversed(legs))) == missed


legs_of_all_kinds = st.lists(
    st.builds(
        leg,
        st.uuids().map(str),
        st.integers(0, 600),
        st.integers(0, 120),
        st.sampled_from([True, False, None]),
        st.sampled_from([None, None, "1", "2"]),
        st.sampled_from(["", "101", "102"]),
    ),
    max_size=12,
)


@given(legs_of_all_kinds)
def test_every_leg_is_in_one_call_and_one_id_is_one_call(legs):
    calls = one_call_each(legs)
    assert sorted(each.row for call in calls for each in call) == sorted(each.row for each in legs)
    for call_id in ("1", "2"):
        assert sum(any(each.call_id == call_id for each in call) for call in calls) <= 1
    assert all(len({each.call_id for each in call} - {None}) <= 1 for call in calls)


def test_a_call_counts_once_in_each_queue_and_as_answered_if_anybody_took_it():
    def row(queue, disposition, waited):
        return QueueCall("1", queue, "380501234567", NOON, waited * S, disposition, "")

    taken, rung = row("Sales", Disposition.ANSWERED, 9), row("Sales", Disposition.NO_ANSWER, 20)
    over = row("Support", Disposition.TIMED_OUT, 30)
    assert one_row_each([rung, taken, over, rung]) == [taken, over]
