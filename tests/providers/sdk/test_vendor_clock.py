"""Vendors' walls and instants around the days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from providers.sdk.lenient import time_of
from providers.sdk.vendor_clock import instant, midnight, walls

KYIV = ZoneInfo("Europe/Kyiv")
CHANGES = {  # the instants at which clocks change in 2026
    "Europe/Kyiv": [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)],
    "Asia/Jerusalem": [datetime(2026, 3, 27, 0, tzinfo=UTC), datetime(2026, 10, 24, 23, tzinfo=UTC)],
    "Australia/Sydney": [datetime(2026, 4, 4, 16, tzinfo=UTC), datetime(2026, 10, 3, 16, tzinfo=UTC)],
    "Australia/Lord_Howe": [datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)],
    "America/Havana": [datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 5, tzinfo=UTC)],
    "Europe/Istanbul": [datetime(2026, 3, 29, 1, tzinfo=UTC)],
}
around = st.sampled_from([(ZoneInfo(zone), at) for zone, changes in CHANGES.items() for at in changes])
seconds = st.integers(-4 * 3600, 4 * 3600).map(lambda s: timedelta(seconds=s))
lengths = st.integers(0, 3 * 86400).map(lambda s: timedelta(seconds=s))


@given(around, seconds, lengths)
@example((KYIV, CHANGES["Europe/Kyiv"][1]), timedelta(minutes=-20), timedelta(minutes=30))
def test_a_filter_never_ends_before_it_starts_and_holds_every_moment_of_its_period(change, before, length):
    zone, at = change
    since, until = at + before, at + before + length
    first, last = walls(since, until, zone)
    assert first <= last
    assert first.tzinfo is None
    for share in range(11):
        shown = (since + length * share / 10).astimezone(zone).replace(tzinfo=None)
        assert first <= shown <= last
    assert (last - first) - length <= timedelta(hours=2)


@given(around, seconds, lengths.map(lambda length: length / 24))
def test_the_time_between_two_walls_is_what_passed_as_far_as_the_walls_tell(change, before, length):
    zone, at = change
    start, end = (moment.replace(microsecond=0) for moment in (at + before, at + before + length))
    shown = [moment.astimezone(zone).replace(tzinfo=None) for moment in (start, end)]
    first = instant(shown[0], zone)
    second = instant(shown[1], zone, not_before=first)
    assert second >= first
    assert {first.tzinfo, second.tzinfo} == {UTC}
    if not any(_twice(wall, zone) for wall in shown):
        assert second - first == end - start


def _twice(wall, zone):
    return len({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}) > 1


def test_a_wait_over_the_spring_change_is_as_long_as_it_was():
    start, end = (time_of(f"2026-03-29 {clock}", KYIV) for clock in ("02:59:00", "04:01:00"))
    assert end - start == timedelta(minutes=2)


def test_of_a_wall_that_occurs_twice_the_one_that_fits_is_taken():
    start = instant(datetime(2026, 10, 25, 3, 58), KYIV)  # noqa: DTZ001 - a wall
    answered = instant(datetime(2026, 10, 25, 3, 2), KYIV, not_before=start)  # noqa: DTZ001
    assert answered - start == timedelta(minutes=4)


@pytest.mark.parametrize(("zone", "day"), [("America/Havana", date(2026, 3, 8)), ("America/Havana", date(2026, 11, 1))])
def test_a_day_begins_when_its_date_does_also_where_midnight_is_skipped_or_occurs_twice(zone, day):
    begins, there = midnight(day, ZoneInfo(zone)), ZoneInfo(zone)
    assert begins.astimezone(there).date() == day
    assert (begins - timedelta(seconds=1)).astimezone(there).date() == day - timedelta(days=1)
