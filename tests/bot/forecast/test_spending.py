"""What was spent: steps down alone, five minutes by five, in the account's own days."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Blind, Observed
from bot.forecast.days import SLOT_SECONDS, Curve, Wall
from bot.forecast.spending import Spending
from providers.errors import ErrorKind
from providers.model import Balance, Money

KYIV = ZoneInfo("Europe/Kyiv")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def seen(amount, at, currency="USD"):
    return Observed(Balance(Money(Decimal(str(amount)), currency)), at)


def taken(*steps, zone=UTC, start=NOON):
    """(minutes since the last, balance) pairs, taken in."""
    spending, at = Spending(zone), start
    for minutes, amount in steps:
        at += minutes * MINUTE
        spending.add(seen(amount, at))
    return spending


def total(spending):
    return sum(day.total for day in spending.days.values())


def test_it_reckons_as_the_vector_says():
    spending = taken((0, 20), (30, 14), (30, 108), (30, 102))
    assert total(spending) == pytest.approx(12)
    spent, known = spending.lately(timedelta(hours=1))
    assert spent / known * 3600 == pytest.approx(12)
    assert [(t.amount, t.at) for t in spending.top_ups] == [(94, NOON + 60 * MINUTE)]


def test_it_spreads_a_step_evenly_over_the_slots_between():
    day = taken((2, 10), (10, 0)).days[NOON.date()]
    assert list(day.spent[144:148]) == pytest.approx([3, 5, 2, 0])
    assert list(day.known[144:148]) == [180, 300, 120, 0]


def test_it_knows_a_zero_from_what_is_not_known():
    day = taken((0, 10), (5, 10)).days[NOON.date()]
    assert (day.spent[144], day.known[144]) == (0, 300)
    assert (day.spent[145], day.known[145]) == (0, 0)


def test_it_does_not_know_what_was_spent_while_it_was_topped_up():
    day = taken((0, 10), (5, 60)).days[NOON.date()]
    assert day.seen == 0


def test_it_takes_a_failed_look_for_a_gap_and_not_for_a_zero():
    spending = taken((0, 10))
    spending.add(Blind("It did not answer.", ErrorKind.UNAVAILABLE, NOON + 5 * MINUTE))
    assert spending.days[NOON.date()].seen == 0
    spending.add(seen(4, NOON + 10 * MINUTE))
    assert list(spending.days[NOON.date()].spent[144:146]) == pytest.approx([3, 3])


def test_it_counts_a_long_gap_but_keeps_it_out_of_the_slots():
    day = taken((0, 100), (31, 69)).days[NOON.date()]
    assert day.total == pytest.approx(31)
    assert sum(day.spent) == 0
    assert sum(day.known) == 0
    assert sum(day.rough_known) == 31 * 60


def test_it_is_in_the_days_of_the_accounts_zone():
    spending = taken((0, 10), (10, 0), zone=KYIV, start=datetime(2026, 11, 20, 21, 55, tzinfo=UTC))
    assert {name: day.total for name, day in spending.days.items()} == pytest.approx(
        {date(2026, 11, 20): 5, date(2026, 11, 21): 5}
    )


@pytest.mark.parametrize(
    ("day", "hours", "at_three"),
    [(date(2026, 3, 29), 23, 0), (date(2026, 10, 25), 25, 600), (date(2026, 10, 26), 24, 300)],
)
def test_it_knows_a_whole_day_though_the_clock_is_changed(day, hours, at_three):
    start = datetime.combine(day, datetime.min.time(), tzinfo=KYIV).astimezone(UTC)
    spending = taken((0, 1000), *((5, 1000 - n) for n in range(1, hours * 12 + 1)), zone=KYIV, start=start)
    found = spending.days[day]
    assert sum(found.known) == hours * 3600
    assert found.total == pytest.approx(hours * 12)
    assert {spent / known * SLOT_SECONDS for spent, known in zip(found.spent, found.known, strict=True) if known} == {
        1.0
    }
    assert list(found.known[36:48]) == [at_three] * 12


def test_it_forgets_what_is_older_than_two_weeks_and_stays_small():
    spending = taken(*((60, 10_000 - n % 7 * 50) for n in range(40 * 24)))
    assert len(spending.days) == 15
    assert min(spending.days) == spending.last.at.date() - timedelta(days=14)
    assert spending.top_ups[0].at >= spending.last.at - timedelta(days=14)
    assert len(spending.steps) <= 3


def test_it_bounds_a_gap_of_a_year():
    spending = taken((0, 5000), (5, 4999), (365 * 1440, 4000))
    assert len(spending.days) <= 15
    assert total(spending) == pytest.approx(999 * 14 / 365, rel=0.01)


def paces(*amounts, minutes=5):
    """What a pace is told, and what is told of single charges, after readings so far apart."""
    return taken((0, amounts[0]), *((minutes, amount) for amount in amounts[1:])).pace()


@pytest.mark.parametrize(
    ("amounts", "pace", "charged"),
    [
        ([200], None, 0),
        ([200, 199], None, 1),  # one step
        ([200, 160, 160], None, 40),  # what one step tells is no pace, nor that there is none
        ([200, 160, 160, 160], 0, 40),
        ([200, 200, 200, 160], 0, 40),
        ([100, 99, 98], 12, 0),
        ([100, 100, 100, 90, 80], 60, 0),  # it has begun: two steps that are alike tell
        ([100, 99, 98, 97, 57, 56, 55], 12, 40),
        ([100, 99, 98, 95, 94], 18, 0),  # uneven, as calls are
        ([100, 100, 98, 98, 97, 97, 97, 95, 95], 7.5, 0),  # three calls, each by itself
        ([500, 499, 498, 398, 397, 396, 356, 355, 354], 12, 140),  # two rents in one hour
    ],
)
def test_it_takes_no_single_charge_for_a_pace(amounts, pace, charged):
    assert paces(*amounts) == (pace if pace is None else pytest.approx(pace), pytest.approx(charged))


def test_it_tells_a_pace_by_readings_an_hour_apart():
    assert paces(1000, 950, 900, minutes=60)[0] == pytest.approx(50)
    assert paces(1000, 950, minutes=60)[0] is None
    assert paces(1000, 999, 899, 898, minutes=60)[0] is not None
    assert paces(1000, 999, 998, 898, minutes=60)[0] is None  # of the last hour a charge alone is known


def test_a_charge_before_a_reading_that_comes_at_once_is_no_hundredfold_pace():
    spending = taken((0, 100), (5, 99), (5, 98))
    spending.add(seen(97.2, spending.last.at + timedelta(seconds=5)))
    assert spending.pace()[0] == pytest.approx(2.8 / 605 * 3600)


def test_a_hold_is_no_pace_while_it_is_kept_nor_after():
    held = taken(*((5, 200 - n * 0.1) for n in range(12)), (5, 148.9))
    assert held.pace() == (pytest.approx(1.2), pytest.approx(50))
    released = held.after(seen(198.7, held.last.at + 5 * MINUTE)).after(seen(198.6, held.last.at + 10 * MINUTE))
    assert released.pace()[0] == pytest.approx(1.2)


def test_what_stands_alone_is_known_for_today():
    night = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
    spending = taken((0, 200), (5, 160), *((5, 160 - n) for n in range(1, 50)), start=night)
    assert [spent for *_, spent in spending.charges] == [40]
    assert spending.after(seen(111, night + timedelta(days=1, minutes=5))).charges == ()


@pytest.mark.parametrize(
    ("held", "rise", "is_one"),
    [
        (20, "0.03", False),
        (20, "0.99", False),
        (20, "1", True),
        (-20, "0.5", False),
        (0, "5", True),
        (5000, "49.99", False),
        (5000, "50", True),
    ],
)
def test_what_is_given_back_in_cents_is_no_top_up(held, rise, is_one):
    spending = taken((0, held), (5, held + Decimal(rise)))
    assert bool(spending.top_ups) is is_one
    assert total(spending) == 0


def test_it_begins_anew_in_another_currency():
    spending = taken((0, 5000), (5, 4900))
    spending.add(seen(120, NOON + 10 * MINUTE, "EUR"))
    assert total(spending) == 0
    assert not spending.top_ups
    spending.add(seen(119, NOON + 15 * MINUTE, None))  # nameless for once
    assert total(spending) == pytest.approx(1)
    spending.add(seen(40, NOON + 20 * MINUTE, "USD"))  # no 79 EUR were spent
    assert total(spending) == 0


def test_it_passes_over_a_reading_that_comes_twice_or_late():
    spending = taken((0, 100), (10, 90))
    for late in (seen(90, NOON + 10 * MINUTE), seen(100, NOON + 5 * MINUTE)):
        spending.add(late)
    assert total(spending) == pytest.approx(10)
    assert not spending.top_ups


def test_it_passes_over_what_is_no_balance():
    spending = taken((0, 100))
    spending.add(Observed("maintenance", NOON + MINUTE))
    assert spending.last.at == NOON


def test_it_forecasts_by_days_only_when_two_are_known():
    hours = [(5, 10_000 - n) for n in range(1, 4 * 288)]
    day = timedelta(days=1)
    for length, told in ((timedelta(hours=46), False), (2 * day, True), (3 * day, True)):
        spending = taken((0, 10_000), *hours[: length // (5 * MINUTE)], start=NOON.replace(hour=1))
        assert (spending.profile is not None) is told


def test_one_more_reading_leaves_the_others_as_they_were():
    spending = taken((0, 20), (30, 14), (5, 13))
    more = spending.after(seen(113, NOON + 40 * MINUTE)).after(seen(111, NOON + 45 * MINUTE))
    assert (total(more), more.topped_up(NOON)) == (pytest.approx(9), 100)
    assert (total(spending), spending.topped_up(NOON), spending.last.amount) == (pytest.approx(7), 0, 13)
    assert spending.lately(timedelta(hours=1)) == pytest.approx((7, 2100))


STEPS = st.lists(
    st.tuples(st.integers(1, 90), st.decimals(-50, 200, places=2)),
    min_size=1,
    max_size=30,
)


def walked(steps):
    held, found = Decimal(1000), [(0, Decimal(1000))]
    for minutes, change in steps:
        held += change
        found.append((minutes, held))
    return found


@given(STEPS)
def test_a_total_is_the_sum_of_the_downwardsteps(steps):
    spending = taken(*walked(steps))
    down = sum(-change for _, change in steps if change < 0)
    assert total(spending) == pytest.approx(float(down))
    held = [amount for _, amount in walked(steps)]
    rises = [(before, after - before) for before, after in pairwise(held) if after > before]
    assert [t.amount for t in spending.top_ups] == [r for before, r in rises if r >= max(1, abs(before) / 100)]


@given(STEPS, st.integers(0, 29), st.decimals(1, 1000, places=2))
def test_a_top_up_never_lowers_what_was_spent(steps, place, amount):
    place %= len(steps)
    without = total(taken(*walked(steps)))
    topped = [*steps[:place], (1, amount), *steps[place:]]
    assert total(taken(*walked(topped))) == pytest.approx(without)


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_of_steps_and_gaps_does_not_change_a_total(steps, dice):
    mixed = list(steps)
    dice.shuffle(mixed)
    assert total(taken(*walked(mixed))) == pytest.approx(total(taken(*walked(steps))))


@given(st.integers(2, 60), st.decimals("0.01", 100, places=2), st.data())
def test_splitting_a_step_changes_no_total(minutes, amount, data):
    at = data.draw(st.integers(1, minutes - 1))
    part = (amount * at / minutes).quantize(Decimal("0.01"))
    whole = taken((0, 500), (minutes, 500 - amount))
    split = taken((0, 500), (at, 500 - part), (minutes - at, 500 - amount))
    assert total(split) == pytest.approx(total(whole))
    assert whole.lately(timedelta(hours=1)) == pytest.approx(split.lately(timedelta(hours=1)))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.floats(0, 1))
def test_a_curve_goes_back_the_way_it_came(steps, share):
    sums = [0.0]
    for step in steps:
        sums.append(sums[-1] + step)
    curve = Curve(sums)
    spent = share * sums[-1]
    assert curve.by(curve.when(spent)) == pytest.approx(spent)
    assert 0 <= curve.when(spent) <= curve.length


def test_the_wall_clock_shows_an_hour_twice_or_skips_it():
    wall = Wall(KYIV)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()  # 03:30, and once more an hour later
    assert wall.place(first)[:2] == wall.place(first + 3600)[:2] == (date(2026, 10, 25), 42)
    skipped = datetime(2026, 3, 29, 1, 0, tzinfo=UTC).timestamp()
    assert wall.place(skipped - 1)[1] == 35
    assert wall.place(skipped)[1] == 48
