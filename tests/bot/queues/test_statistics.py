"""Contact-centre figures: the six service levels of one day, and what is said where there is too little."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.queues.statistics import DEFAULT, Formula, QueueStatistics, Share, figures
from providers.model import Disposition, QueueCall

AT = datetime(2026, 11, 21, 11, 30, tzinfo=UTC)


def call(disposition, seconds, queue="Support"):
    return QueueCall("x", queue, "+380671112233", AT, timedelta(seconds=seconds), disposition, disposition.value)


DAY = [
    *(call(Disposition.ANSWERED, 20) for _ in range(860)),
    *(call(Disposition.ANSWERED, 40) for _ in range(140)),
    *(call(Disposition.ABANDONED, 4.9) for _ in range(10)),
    *(call(Disposition.ABANDONED, 5) for _ in range(10)),
    *(call(Disposition.ABANDONED, 21) for _ in range(40)),
]


@pytest.mark.parametrize(
    ("formula", "percent"),
    [
        (Formula.ANSWERED_OF_OFFERED_WITHOUT_SHORT, 81.90),
        (Formula.ABANDONED_IN_TIME_COUNT_AS_GOOD, 83.02),
        (Formula.ANSWERED_IN_TIME_OF_ANSWERED, 86.00),
        (Formula.ANSWERED_OF_OFFERED, 81.13),
        (Formula.EARLY_ABANDONS_LEFT_OUT, 82.69),
        (Formula.SHORT_ABANDONS_COUNT_AS_GOOD, 82.08),
    ],
)
def test_it_reckons_the_same_day_by_each_formula(formula, percent):
    assert round(figures(DAY).service_level(formula).percent, 2) == percent


def test_it_takes_the_one_without_short_abandons_and_shows_what_it_is_of():
    assert DEFAULT is Formula.ANSWERED_OF_OFFERED_WITHOUT_SHORT
    assert str(figures(DAY).service_level()) == "81.9 % (860/1,050)"


def test_it_reckons_abandonment_with_and_without_the_short_ones():
    day = figures(DAY)
    assert round(day.abandonment(short=True).percent, 2) == 5.66
    assert round(day.abandonment().percent, 2) == 4.76


def test_it_leaves_the_abandoned_out_of_the_speed_of_answer():
    day = figures([call(Disposition.ANSWERED, 10), call(Disposition.ANSWERED, 30), call(Disposition.ABANDONED, 600)])
    assert day.average_speed_of_answer == timedelta(seconds=20)
    assert day.average_wait_of_abandoned == timedelta(seconds=600)
    assert day.longest == timedelta(seconds=600)


def test_it_divides_nothing_by_nothing():
    empty = QueueStatistics()
    assert str(empty.service_level()) == "–"
    assert str(empty.abandonment()) == "–"
    assert empty.average_speed_of_answer is None
    assert str(Share(0, 30)) == "0.0 % (0/30)"


def test_it_counts_where_there_are_few():
    assert str(Share(9, 12)) == "9 of 12"
    assert str(Share(9, 19)) == "9 of 19"
    assert "%" in str(Share(9, 20))


def test_it_counts_an_unknown_end_in_no_figure():
    day = figures([call(Disposition.UNKNOWN, 9), call(Disposition.ANSWERED, 9)])
    assert (day.offered, day.unknown) == (1, 1)


@given(st.lists(st.tuples(st.sampled_from(Disposition), st.integers(0, 600)), max_size=60))
def test_it_counts_every_call_once_and_no_share_is_beyond_the_whole(rows):
    day = figures([call(disposition, seconds) for disposition, seconds in rows])
    assert day.offered + day.unknown == len(rows)
    for formula in Formula:
        share = day.service_level(formula)
        assert 0 <= share.part <= share.whole
    assert 0 <= day.abandonment().part <= day.abandonment().whole
