"""`since` is a time as RFC 3339 writes it, and nothing else."""

from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.api.server import read_since

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES).filter(lambda at: 1900 < at.year < 2200)


@given(MOMENTS)
def test_it_reads_every_moment_in_every_zone(at):
    assert read_since(at.isoformat()) == at
    assert read_since(at.isoformat().lower().replace("+00:00", "z")) == at
    assert read_since(at.isoformat().replace("+", " ")) == at, "a + that was not percent-encoded"


@given(st.text(max_size=40))
def test_anything_else_is_refused_in_one_sentence(text):
    with pytest.raises(ValueError, match=r"^since is a time as RFC 3339 writes it, with its offset: 2026-11-21T12:00"):
        read_since(text)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-11-21", "2026-11-21T12:00:00", "2026-11-21 12:00:00", "2026-11-21T12:00Z", "20261121T120000Z",
     "2026-W47-6T12:00:00Z", "2026-02-30T12:00:00Z", "2026-11-21T25:00:00Z", "2026-11-21T12:00:00+0200",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-21T12:00:00Z ", "٢٠٢٦-11-21T12:00:00Z"],
)  # fmt: skip
def test_what_is_none(text):
    with pytest.raises(ValueError, match="RFC 3339"):
        read_since(text)


def test_nothing_is_nothing():
    assert read_since(None) is None
