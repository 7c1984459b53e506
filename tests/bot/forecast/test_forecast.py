"""When the money is gone."""

import importlib.util
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Blind, Observed
from bot.forecast.about import about, lasts, told
from bot.forecast.outlook import Fate, Forecast, forecast, sensible
from bot.forecast.spending import Spending
from bot.forecast.talk import minutes_left, per_minute
from providers.errors import ErrorKind
from providers.model import AgentStats, Balance, CallRecord, Direction, Disposition, Money

KYIV = ZoneInfo("Europe/Kyiv")
MONDAY = date(2026, 11, 16)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def euros(amount):
    return Money(Decimal(amount), "EUR")


def worth(amount, credit=None, currency="USD", plan=None):
    if credit not in {None, "unlimited"}:
        credit = Money(Decimal(str(credit)), currency)
    return Balance(Money(Decimal(str(amount)), currency), credit, plan)


def taken(*steps, start=START, zone=UTC):
    spending, at = Spending(zone), start
    for minutes, amount in steps:
        at += minutes * MINUTE
        spending.add(Observed(worth(amount), at))
    return spending


def told_of(spending, amount=None, credit=None, end=None):
    held = spending.last.amount if amount is None else amount
    return forecast(spending, worth(held, credit), spending.last.at, end)


def office(hour, day):
    """Twelve an hour from nine to six, a third at lunch; nothing at weekends."""
    if day.weekday() > 4 or not 9 <= hour < 18:
        return 0
    return 4 if hour == 13 else 12


def lived(until, days, rate=office, zone=KYIV, held=10_000.0, step=5, rents=MappingProxyType({})):
    """An account that was seen every five minutes for so many days, until then by its own clock."""
    spending = Spending(zone)
    at = datetime.combine(until.date() - timedelta(days=days), time(), tzinfo=zone).astimezone(UTC)
    end = until.astimezone(UTC)
    while at <= end:
        spending.add(Observed(worth(f"{held:.4f}"), at))
        for n in range(0, step, 5):
            there = (at + n * MINUTE).astimezone(zone)
            held -= rate(there.hour, there.date()) / 12 + rents.get(there, 0)
        at += step * MINUTE
    return spending


def at(day, hour, minute=0, zone=KYIV):
    return datetime.combine(day, time(hour, minute), tzinfo=zone)


@cache
def known(day=MONDAY, hour=11, minute=0, days=14):
    return lived(at(day, hour, minute), days)


# --- the last hour alone


def test_it_reckons_as_the_vector_says():
    seen = told_of(taken((0, 20), (30, 14), (30, 108), (30, 102)))
    assert (seen.fate, seen.by_hour) == (Fate.RUNS_OUT, True)
    assert (seen.pace, seen.spent_today) == (12, 12)
    assert seen.empty == START + 90 * MINUTE + 8.5 * HOUR
    assert abs(seen.earliest - (START + 90 * MINUTE + 8.5 * HOUR / 1.2)) < timedelta(seconds=1)
    assert abs(seen.latest - (START + 90 * MINUTE + 8.5 * HOUR / 0.8)) < timedelta(seconds=1)


def test_it_takes_the_last_hour_alone_before_two_days_are_known():
    seen = told_of(taken((0, 1000), (30, 500), *((5, 500 - n) for n in range(1, 13))))
    assert (seen.pace, seen.by_hour, seen.usual) == (12, True, None)


@pytest.mark.parametrize(
    ("steps", "amount", "credit", "fate"),
    [
        ([(0, 10)], 10, None, Fate.UNKNOWN),
        ([], 10, None, Fate.UNKNOWN),
        ([(0, 10), (10, 60)], 60, None, Fate.UNKNOWN),  # it was topped up: what was spent is not known
        ([(0, 10), (10, 10)], 10, None, Fate.UNKNOWN),  # one step is no pace, whatever it spends
        ([(0, 10), (10, 5)], 5, None, Fate.UNKNOWN),
        ([(0, 10), (5, 10), (5, 10)], 10, None, Fate.IDLE),
        ([(0, 15), (5, 10), (5, 5)], 5, None, Fate.RUNS_OUT),
        ([(0, 10), (10, 5)], 0, None, Fate.USED_UP),
        ([(0, 15), (5, 10), (5, 5)], -10, 20, Fate.RUNS_OUT),
        ([(0, 10), (10, 5)], -20, 20, Fate.USED_UP),
        ([(0, 10), (10, 10)], -10, 10, Fate.USED_UP),
        ([(0, 10), (10, 5)], -500, "unlimited", Fate.NO_LIMIT),
        ([(0, 15), (5, 10), (5, 5)], 10**9, None, Fate.LASTS),
    ],
)
def test_it_has_the_right_fate(steps, amount, credit, fate):
    spending = taken(*steps)
    seen = forecast(spending, worth(amount, credit), START + 10 * MINUTE)
    assert seen.fate is fate
    assert (seen.empty is not None) is (fate is Fate.RUNS_OUT)


def test_it_counts_the_credit_in():
    spending = taken((0, 10), (15, 7.5), (15, 5))
    assert told_of(spending, -10, 20).left == 10
    assert told_of(spending, -10, 20).empty == told_of(spending, 10).empty == START + 90 * MINUTE


def test_it_says_so_where_it_is_not_known_how_far_it_may_go():
    spending = taken((0, 15), (5, 10), (5, 5))
    for balance in (worth(5, plan="postpaid"), worth(-5, plan="postpaid"), replace(worth(12), credit=euros(10))):
        seen = forecast(spending, balance, START + 10 * MINUTE)
        assert (seen.fate, seen.left, seen.empty, seen.top_up) == (Fate.LIMIT_UNKNOWN, None, None, None)
    assert forecast(spending, worth(5, plan="prepaid"), START + 10 * MINUTE).fate is Fate.RUNS_OUT


@pytest.mark.parametrize("step", [5, 10, 30])
def test_a_rent_at_midnight_is_no_pace(step):
    quiet = taken((0, 200), (step, 200), (step, 200), (step, 160), start=at(MONDAY, 0))
    for _ in range(60 // step + 1):
        assert told_of(quiet).fate is Fate.IDLE
        quiet.add(Observed(worth(160), quiet.last.at + step * MINUTE))
    assert told_of(quiet).fate is Fate.IDLE


def test_a_charge_of_a_hundred_hours_leaves_the_forecast_as_it_was():
    spending = taken(*((5, f"{552 + (12 - n) * 0.1072:.4f}") for n in range(13)))
    before = told_of(spending)
    after = told_of(spending.after(Observed(worth(432), spending.last.at + 5 * MINUTE)))
    assert (before.empty - spending.last.at) / HOUR == pytest.approx(429, rel=0.01)
    assert (after.empty - spending.last.at) / HOUR == pytest.approx(429 * 432 / 552, rel=0.01)
    assert after.charge == 120
    assert before.charge is None


def test_a_charge_by_day_presses_nothing_and_does_not_speed_up_the_day():
    usual = told_of(known(), 200)
    charged = known().after(Observed(worth(known().last.amount - 300), known().last.at + 5 * MINUTE))
    rent = lived(
        at(MONDAY, 11), 14, lambda hour, day: 480 if (day, hour) == (MONDAY, 0) else office(hour, day), step=60
    )
    for spending in (charged, rent):
        seen = told_of(spending, 200)
        assert abs(seen.empty - usual.empty) < 15 * MINUTE
    assert charged.charges
    assert rent.charges


@pytest.mark.parametrize("step", [5, 30, 60])
@pytest.mark.parametrize("rent", [40, 400])
def test_a_rent_of_one_day_is_no_usual_day(rent, step):
    usual = lived(at(MONDAY, 12), 14, step=step)
    charged = lived(at(MONDAY, 12), 14, step=step, rents={at(date(2026, 11, 9), 3): rent})
    assert charged.last.amount == usual.last.amount - rent
    for left in (50, 150, 250):
        assert abs(told_of(charged, left).empty - told_of(usual, left).empty) < MINUTE


def test_a_rent_of_every_week_stays_in_what_a_week_costs():
    for days, more in (((9, 16), 40), ((16,), 0)):
        rents = {at(date(2026, 11, day), 3): 40 for day in days}
        week = lived(at(date(2026, 11, 22), 12), 14, step=60, rents=rents).profile.week
        assert week == pytest.approx(500 + more)


def test_a_rent_of_every_night_is_forecast():
    def rented(hour, day):
        return 40 if hour == 0 else office(hour, day)

    seen = told_of(lived(at(MONDAY, 11), 14, rented, step=60), 100)  # 76 until six, 40 at midnight
    assert abs(seen.empty - at(MONDAY + timedelta(days=1), 1)) < HOUR


def test_what_begins_is_told_by_the_second_step():
    spending = lived(at(MONDAY, 3), 14)
    assert told_of(spending, 210).empty.date() == date(2026, 11, 18)
    now, held = spending.last.at, float(spending.last.amount)
    for n, fate in ((1, False), (2, True)):
        spending.add(Observed(worth(f"{held - 10 * n:.4f}"), now + n * 5 * MINUTE))
        assert (told_of(spending, 100).empty - now < 12 * HOUR) is fate  # 120 an hour, seen as 20 in the last hour


def test_it_is_not_told_a_pace_by_what_was_seen_long_ago():
    spending = taken((0, 100), (5, 95), (5, 90))
    spending.add(Blind("?", ErrorKind.GARBLED, START + HOUR))
    assert told_of(spending).pace == 60
    assert told_of(taken((0, 100), (5, 95), (5, 90), (300, 90), (5, 90))).pace == 0


# --- by the days


def test_it_walks_the_days_as_they_go():
    seen = told_of(known(), 200)  # Monday 11:00: 76 until six, 100 on Tuesday, then 24 more
    assert (seen.fate, seen.by_hour) == (Fate.RUNS_OUT, False)
    assert abs(seen.empty - at(date(2026, 11, 18), 11)) < MINUTE
    assert (seen.pace, seen.usual, seen.spent_today) == (12, 12, 24)
    assert seen.earliest < seen.empty < seen.latest


def test_it_knows_that_nothing_is_spent_at_the_weekend():
    seen = told_of(known(date(2026, 11, 20), 17), 13)  # Friday: 12 until six, the last one on Monday
    assert abs(seen.empty - at(date(2026, 11, 23), 9, 5)) < MINUTE
    seen = told_of(known(date(2026, 11, 21), 12), 13)  # on Saturday
    assert abs(seen.empty - at(date(2026, 11, 23), 10, 5)) < MINUTE
    assert (seen.pace, seen.usual, seen.shift_end) == (0, 0, None)


def test_it_scales_today_by_how_it_has_gone_so_far():
    busy = lived(at(MONDAY, 13), 14, lambda hour, day: office(hour, day) * (1.5 if day == MONDAY else 1))
    half = lived(at(MONDAY, 13), 14, lambda hour, day: office(hour, day) * (0.1 if day == MONDAY else 1))
    usual = told_of(known(MONDAY, 13), 40).empty
    assert told_of(busy, 40).empty < usual < told_of(half, 40).empty
    assert abs(told_of(busy, 6).empty - at(MONDAY, 14)) < 5 * MINUTE  # six at lunch, where four are usual
    ratio = told_of(half, 2.2).empty - at(MONDAY, 13)  # never below half
    assert ratio == pytest.approx(HOUR, abs=5 * MINUTE)


def test_it_takes_what_is_unusual_now_to_go_on_and_says_that_it_may_not():
    night = lived(at(MONDAY, 3), 14, lambda hour, day: 60 if day == MONDAY else office(hour, day))
    seen = told_of(night, 120)
    assert abs(seen.empty - at(MONDAY, 5)) < MINUTE
    assert seen.latest > at(MONDAY, 12)
    assert (seen.pace, seen.usual) == (60, 0)


def test_it_keeps_a_day_of_the_week_with_its_own_ways_apart():
    def rate(hour, day):
        return 12 if day.weekday() == 5 and 9 <= hour < 13 else office(hour, day)

    seen = told_of(lived(at(date(2026, 11, 21), 12), 14, rate), 13)  # on a Saturday: 12 until one
    assert abs(seen.empty - at(date(2026, 11, 23), 9, 5)) < MINUTE
    assert seen.shift_end == at(date(2026, 11, 21), 13)


def test_it_is_not_misled_by_a_holiday():
    seen = told_of(
        lived(at(MONDAY, 11), 14, lambda hour, day: 0 if day == date(2026, 11, 9) else office(hour, day)), 200
    )
    assert abs(seen.empty - at(date(2026, 11, 18), 11)) < MINUTE


def test_it_drops_a_week_that_is_over_for_good():
    seen = told_of(
        lived(at(MONDAY, 11), 14, lambda hour, day: 0 if day >= date(2026, 11, 9) else office(hour, day)), 200
    )
    assert (seen.fate, seen.by_hour) == (Fate.IDLE, True)


def test_it_takes_a_new_day_of_the_week_as_those_of_its_kind():
    wednesday = date(2026, 11, 11)
    seen = told_of(lived(at(date(2026, 11, 16), 11), 5), 200)  # Wednesday to Sunday are known
    assert abs(seen.empty - at(date(2026, 11, 18), 11)) < MINUTE
    friday = lived(at(wednesday + timedelta(days=2), 11), 2)  # the weekend was never seen: as if it were a day as any
    assert abs(told_of(friday, 177).empty - at(date(2026, 11, 15), 9, 5)) < MINUTE


@pytest.mark.parametrize("day", [date(2026, 10, 25), date(2026, 10, 24), date(2026, 3, 29), date(2026, 3, 28)])
def test_it_walks_over_a_change_of_the_clock(day):
    def always(hour, _day):
        return 12 if hour >= 9 else 0

    spending = lived(at(day, 20), 14, always)
    assert abs(told_of(spending, 49).empty - at(day + timedelta(days=1), 9, 5)) < MINUTE
    night = lived(at(day, 1), 14, lambda _hour, _day: 12)
    assert abs(told_of(night, 120).empty - (at(day, 1).astimezone(UTC) + 10 * HOUR)) < MINUTE


def test_it_goes_on_by_the_week_after_two():
    seen = told_of(known(), 76 + 4 * 500 + 20)
    assert abs(seen.empty - at(date(2026, 12, 15), 9)) < timedelta(days=2)
    assert told_of(known(), 500 * 60).fate is Fate.LASTS


def test_it_goes_by_rough_figures_where_readings_are_hours_apart():
    seen = told_of(lived(at(MONDAY, 12), 14, step=60), 200)
    assert not seen.by_hour
    assert abs(seen.empty - at(date(2026, 11, 18), 12)) < HOUR


@given(st.floats(0.01, 5000), st.floats(0.01, 5000))
def test_more_money_never_lasts_less(one, other):
    less, more = sorted((one, other))
    for spending in (known(), known(hour=3), taken((0, 20), (30, 14))):
        a, b = (told_of(spending, f"{amount:.2f}") for amount in (less, more))
        if a.empty is None or b.empty is None:
            assert b.empty is None
            continue
        assert a.empty <= b.empty
        assert a.earliest <= a.empty
        assert a.latest is None or a.empty <= a.latest


# --- the shift


def test_it_says_how_much_the_shift_still_needs():
    seen = told_of(known(), 38.2)  # 76 until six, 91.2 at the most
    assert seen.shift_end == at(MONDAY, 18)
    assert seen.top_up == 55
    assert told_of(known(), 92).top_up is None
    early = told_of(known(), 38.2, end=at(MONDAY, 13))
    assert (early.shift_end, early.top_up) == (at(MONDAY, 13), None)
    assert told_of(known(), -20).top_up == 120


def test_it_knows_no_shift_where_the_day_is_over_or_never_was():
    assert told_of(known(hour=19), 5).shift_end is None
    assert told_of(taken((0, 20), (15, 17), (15, 14))).shift_end is None
    until_six = told_of(taken((0, 20), (15, 17), (15, 14)), end=START + 6 * HOUR)
    assert until_six.top_up == 70  # 12 an hour and a fifth more, for five hours and a half, less the 14: 65.20


@pytest.mark.parametrize(
    ("amount", "said"), [(0.2, 1), (8.2, 9), (19.2, 20), (38, 40), (40, 40), (113, 120), (1234, 1300), (5678, 6000)]
)
def test_it_rounds_up_to_what_a_person_would_top_up(amount, said):
    assert sensible(amount) == said


# --- what a minute of talk costs


def test_it_knows_what_a_minute_of_talk_costs():
    def stats(cost, seconds, currency="USD"):
        return AgentStats("Max", None, None, talk=timedelta(seconds=seconds), cost=Money(Decimal(cost), currency))

    assert per_minute([stats("34.84", 8712)], "USD") == Decimal("0.2399")
    assert per_minute([stats("29.44", 7359)], None) == Decimal("0.2400")
    assert per_minute([stats("34.84", 8712), stats("1", 9000, "EUR")], "USD") == Decimal("0.2399")
    assert per_minute([stats("1", 240)], "USD") is None  # too little to tell
    assert per_minute([stats("0", 9000)], "USD") is None
    assert minutes_left(Decimal("111.74"), Decimal("0.24")) == 465
    assert minutes_left(Decimal(-3), Decimal("0.24")) is None
    assert minutes_left(Decimal(3), None) is None


def test_it_adds_no_prices_of_two_currencies():
    def stats(cost, currency):
        return AgentStats("Max", None, None, talk=timedelta(hours=1), cost=Money(Decimal(cost), currency))

    assert per_minute([stats(60, "EUR"), stats(60, "USD")], None) is None
    assert per_minute([stats(60, "EUR"), stats(120, None)], None) == Decimal("1.5000")
    assert per_minute([stats(60, "EUR"), stats(120, None)], "EUR") == Decimal("1.5000")
    assert per_minute([stats(60, "EUR")], "USD") is None


def test_it_takes_the_price_of_calls_that_have_one():
    def call(cost, talk):
        return CallRecord(
            "1",
            None,
            Direction.OUTBOUND,
            "",
            "",
            Disposition.ANSWERED,
            "",
            talk=talk,
            cost=cost and Money(Decimal(cost)),
        )

    calls = [call("1.20", 5 * MINUTE), call(None, 50 * MINUTE), call("9", timedelta()), call("9", None)]
    assert per_minute(calls, "USD") == Decimal("0.2400")


# --- about


def test_it_tells_a_moment_about():
    now = datetime(2026, 11, 20, 15, 10, 7, tzinfo=UTC)
    assert told(now + timedelta(hours=1, minutes=43), now, UTC) == "16:55"
    assert told(now + timedelta(hours=20), now, UTC) == "Sat 21 Nov 11:10"
    assert told(now + timedelta(days=3, minutes=10), now, UTC) == "Mon 23 Nov 15:00"
    assert told(now + timedelta(days=30), now, UTC) == "20 Dec"
    assert told(now + timedelta(hours=8), now, KYIV) == "Sat 21 Nov 01:10"
    assert about(now + MINUTE, now) == datetime(2026, 11, 20, 15, 15, tzinfo=UTC)


def test_it_tells_the_range_without_saying_the_day_twice():
    now = datetime(2026, 11, 20, 15, 10, tzinfo=UTC)

    def said(empty, earliest, latest):
        ends = [None if hours is None else now + hours * HOUR for hours in (empty, earliest, latest)]
        return lasts(Forecast(Fate.RUNS_OUT, Decimal(1), *ends), now, UTC)

    assert said(3, 2.5, 4) == "18:10 (17:40–19:10)"
    assert said(8, 7, 10) == "23:10 (22:10–Sat 21 Nov 01:10)"
    assert said(24, 22, 26) == "Sat 21 Nov 15:00 (13:10–17:00)"
    assert said(30 * 24, 25 * 24, None) == "20 Dec (15 Dec–later)"
    assert said(0.5, 0.5, 0.5) == "15:40"
    assert said(None, None, None) == ""


# --- how good it is


def test_it_is_far_better_than_the_last_hour():
    path = Path(__file__).parents[3] / "benchmarks" / "forecast.py"
    spec = importlib.util.spec_from_file_location("forecast_benchmark", path)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    for weekends, history in ((True, 5), (False, 10)):
        found = list(benchmark.errors(100, history=history, weekends=weekends))
        ours, naive = [one.ours for one in found], [one.last_hour for one in found]
        assert len(found) > 90
        assert benchmark.share(ours, 0.5) <= 0.05
        assert benchmark.share(ours, 0.9) <= 0.12
        assert benchmark.share(naive, 0.5) > 5 * benchmark.share(ours, 0.5)
