"""Hours as people write them, in zones whose clocks jump."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.hours import DAYS, parse_hours

KYIV = ZoneInfo("Europe/Kyiv")
UTC_ZONE = ZoneInfo("UTC")


def at(text, zone=UTC_ZONE):
    """2026-11-20 is a Friday."""
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def span(opening):
    return None if opening is None else (opening.start.isoformat(), opening.end.isoformat())


def test_it_is_open_from_the_first_minute_to_before_the_last():
    hours = parse_hours("mon-fri 09:00-18:00", UTC_ZONE)
    assert hours.opening(at("2026-11-20T08:59:59")) is None
    assert hours.opening(at("2026-11-20T09:00")).end == at("2026-11-20T18:00")
    assert hours.opening(at("2026-11-20T17:59:59")).start == at("2026-11-20T09:00")
    assert hours.opening(at("2026-11-20T18:00")) is None


def test_it_speaks_of_the_zones_clock():
    hours = parse_hours("mon-fri 09:00-18:00", KYIV)
    assert hours.opening(at("2026-11-20T07:00")) is not None
    assert hours.opening(at("2026-11-20T16:00")) is None
    assert hours.next_opening(at("2026-11-20T16:00")) == at("2026-11-23T07:00")


def test_it_gives_a_night_to_its_first_day():
    hours = parse_hours("sat 22:00-06:00", UTC_ZONE)
    assert hours.opening(at("2026-11-22T05:59")).start == at("2026-11-21T22:00")
    assert hours.opening(at("2026-11-21T05:00")) is None
    assert hours.opening(at("2026-11-22T22:30")) is None


def test_it_takes_midnight_as_the_end_of_a_day():
    for text in ("fri 20:00-24:00", "fri 20:00-00:00"):
        opening = parse_hours(text, UTC_ZONE).opening(at("2026-11-20T23:59"))
        assert opening.end == at("2026-11-21T00:00")


def test_it_makes_one_of_stretches_that_touch_or_overlap():
    hours = parse_hours("fri 20:00-24:00, sat 00:00-04:00, sat 03:00-05:00", UTC_ZONE)
    assert span(hours.opening(at("2026-11-20T21:00"))) == (
        "2026-11-20T20:00:00+00:00",
        "2026-11-21T05:00:00+00:00",
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon,wed 09:00-10:00", {"mon", "wed"}),
        ("sat-mon 09:00-10:00", {"sat", "sun", "mon"}),
        ("Mon - Wed, FRI 09:00-10:00", {"mon", "tue", "wed", "fri"}),
        ("tue 09:00-10:00, thu 09:00-10:00", {"tue", "thu"}),
        ("daily 09:00-10:00", {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}),
    ],
)
def test_it_reads_days_as_people_write_them(text, days):
    hours = parse_hours(text, UTC_ZONE)
    monday = at("2026-11-16T09:30")
    week = {n: hours.opening(monday + timedelta(days=n)) for n in range(7)}
    assert {DAYS[n] for n, o in week.items() if o} == days


@pytest.mark.parametrize(
    "text",
    [
        "",
        "always",
        "mon-fri",
        "09:00-18:00",
        "mon-fri 09:00",
        "mon-fri 9-18",
        "mon-fri 09:00-25:00",
        "mon-fri 09:60-18:00",
        "mon-fri 24:00-06:00",
        "mon-fri 09:00-24:01",
        "mon-fri 09:00-09:00",
        "foo 09:00-18:00",
        "mon-foo 09:00-18:00",
        "mon-fri 09:00-18:00,",
        "mon-fri 09:00-18:00 and more",
        ", mon 09:00-10:00",
        "mon 09:00-10:00 tue 09:00-10:00",
        "mon--fri 09:00-18:00",
    ],
)
def test_it_refuses_what_is_no_hours_in_one_sentence(text):
    with pytest.raises(ValueError, match=r".") as refused:
        parse_hours(text, UTC_ZONE)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) > 20


def test_it_has_no_opening_where_the_clock_skips_it():
    hours = parse_hours("sun 03:10-03:40", KYIV)  # the clock goes from 03:00 to 04:00
    assert not any(hours.opening(at("2027-03-28T00:00") + n * timedelta(minutes=5)) for n in range(36))


def test_it_begins_where_the_clock_skips_to():
    opening = parse_hours("sun 03:30-06:00", KYIV).opening(at("2027-03-28T04:30", KYIV))
    assert opening.start == at("2027-03-28T01:00")
    assert opening.end == at("2027-03-28T03:00")


def test_it_is_open_both_times_the_clock_shows_an_hour_twice():
    hours = parse_hours("sun 03:00-04:00", KYIV)  # 2026-10-25: 04:00 becomes 03:00
    opening = hours.opening(at("2026-10-25T00:30"))
    assert opening.end - opening.start == timedelta(hours=2)


def test_it_has_a_night_of_nine_hours_when_the_clock_is_set_back():
    opening = parse_hours("sat 22:00-06:00", KYIV).opening(at("2026-10-25T00:30"))
    assert opening.end - opening.start == timedelta(hours=9)


def test_it_is_closed_on_holidays_nights_by_their_first_day():
    christmas = {date(2026, 12, 25)}
    hours = parse_hours("thu-sat 22:00-06:00", UTC_ZONE, christmas.__contains__)
    assert hours.opening(at("2026-12-25T05:00")) is not None
    assert hours.opening(at("2026-12-25T23:00")) is None
    assert hours.opening(at("2026-12-26T05:00")) is None
    assert hours.next_opening(at("2026-12-25T06:00")) == at("2026-12-26T22:00")


def test_it_finds_the_opening_after_three_weeks_of_holidays():
    closed = {date(2026, 12, 1) + timedelta(days=n) for n in range(21)}
    hours = parse_hours("mon-fri 09:00-18:00", UTC_ZONE, closed.__contains__)
    assert hours.next_opening(at("2026-11-30T18:00")) == at("2026-12-22T09:00")


def test_it_never_ends_when_it_is_always_open():
    hours = parse_hours("mon-sun 00:00-24:00", UTC_ZONE)
    now = at("2026-11-20T12:00")
    opening = hours.opening(now)
    assert opening.start < now - timedelta(days=14)
    assert opening.end > now + timedelta(days=14)
    assert hours.next_opening(now) is None


moments = st.integers(0, 1_000_000).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))
written = st.sampled_from(
    ("mon-fri 09:00-18:00", "sat 22:00-06:00", "mon-sun 20:00-02:00, mon 01:00-05:00", "daily 00:00-24:00")
)


@given(written, st.sampled_from(("Europe/Kyiv", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")), moments)
def test_it_agrees_with_itself(text, zone, now):
    hours = parse_hours(text, ZoneInfo(zone))
    opening, following = hours.opening(now), hours.next_opening(now)
    if opening is not None:
        assert opening.start <= now < opening.end
        if opening.end < now + timedelta(days=20):
            assert hours.opening(opening.end) is None, "what touches is one opening"
    if following is not None:
        assert following > now
        assert hours.opening(following).start == following
        assert hours.opening(following - timedelta(seconds=1)) is None
