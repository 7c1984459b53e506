"""Durations as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings import parse_duration, show_duration
from bot.text.durations import span


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0s", timedelta()),
        ("15s", timedelta(seconds=15)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        (" 1d ", timedelta(days=1)),
    ],
)
def test_it_reads_what_is_written(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "m", "-5m", "1.5h", "1h30m", "PT5M", "00:05:00", "5M", "٥m", "99999999d"]
)
def test_it_refuses_everything_else_and_says_how(text: str) -> None:
    with pytest.raises(ValueError, match=r"15s, 5m, 2h or 1d"):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10_000_000))
def test_it_shows_what_can_be_read_again(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert parse_duration(show_duration(length)) == length


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (90, "1 min 30 s"),
        (161, "2 min 41 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (3900, "1 h 5 min"),
        (25_920, "7 h 12 min"),
        (86_400, "1 d"),
        (86_700, "1 d"),
        (100_000, "1 d 3 h"),
        (604_800, "7 d"),
    ],
)
def test_it_says_how_long_in_two_units_at_the_most(seconds: int, words: str) -> None:
    assert span(timedelta(seconds=seconds)) == words
