"""Numbers as people type them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.phone_numbers import (
    MAX_SEARCHED_CHARACTERS,
    NotANumberError,
    country_name,
    digits,
    local_time,
    numbers_in,
    plain,
    read,
    same,
)

WRITTEN = st.lists(
    st.sampled_from([*"0123456789+ ()-.*#&ax", "\u00a0", "\u202e", "\uff11", "\n", "00", "380"]), max_size=20
)


@pytest.mark.parametrize(
    ("typed", "region", "expected"),
    [
        ("+380671234567", None, "+380671234567"),
        ("+380 (67) 123-45-67", "UA", "+380671234567"),
        ("(067) 123-45-67", "UA", "+380671234567"),
        ("067.123.45.67", "UA", "+380671234567"),
        ("380671234567", "UA", "+380671234567"),
        ("380 67 123 45 67", "UA", "+380671234567"),
        ("00380671234567", "UA", "+380671234567"),
        ("+380\u00a067\u00a0123\u00a045\u00a067", "UA", "+380671234567"),
        ("+380 67 123\u201145\u201167", "UA", "+380671234567"),
        ("48501234567", "PL", "+48501234567"),
        ("501 234 567", "PL", "+48501234567"),
        ("0048 501 234 567", "UA", "+48501234567"),
        ("1 (202) 555-0143", "US", "+12025550143"),
        ("202-555-0143", "US", "+12025550143"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("44 20 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "GB", "+442079460958"),
    ],
)
def test_it_reads_a_number_as_it_is_written_at_home(typed, region, expected):
    number = read(typed, region)
    assert (number.e164, number.valid) == (expected, True)


def test_it_asks_for_the_country_code_where_no_region_is_set():
    with pytest.raises(NotANumberError, match=r"calls\.region"):
        read("067 123 45 67", None)


@pytest.mark.parametrize("typed", ["", "+", "++380671234567", "abc", "*100#", "067\n123", "０６７"])
def test_it_refuses_what_is_no_number_with_a_sentence(typed):
    with pytest.raises(NotANumberError) as refused:
        plain(typed)
    assert str(refused.value).endswith(".")


@given(WRITTEN.map("".join) | st.text(max_size=60), st.sampled_from([None, "UA", "PL", "US", "GB"]))
def test_it_never_crashes_and_never_invents_characters(typed, region):
    try:
        number = read(typed, region)
    except NotANumberError:
        return
    assert number.e164[0] == "+"
    assert number.e164[1:].isascii()
    assert number.e164[1:].isdigit()


@pytest.mark.parametrize(
    "mark", [*"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"]
)
def test_a_pasted_mark_that_cannot_be_seen_is_no_part_of_a_number(mark):
    assert plain(f"{mark}+38067{mark}1234567{mark}") == "+380671234567"


@pytest.mark.parametrize(
    "typed",
    ["\uff0b380671234567", "+380\u2212671234567", "+380\u201467\u2015123\uff0d4567", "tel:+380-67-1234567",
     "TEL:+380671234567", "<tel:+380671234567|+380 67 123 45 67>", "+380\t671234567", "\u202atel:+380671234567\u202c"],
)  # fmt: skip
def test_every_dash_plus_and_link_of_a_pasted_number_is_read(typed):
    assert plain(typed) == "+380671234567"


def test_it_compares_our_numbers_in_digits():
    assert same("+1 202-555-0143", "12025550143")
    assert not same("", "+")
    assert digits("+1 (2) ٣") == "12"


def test_it_names_countries_and_their_time():
    noon = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert country_name("UA") == "Ukraine (UA)"
    assert country_name("GB") == "United Kingdom (GB)"
    assert f"{local_time('UA', noon):%H:%M}" == "14:00"
    assert f"{local_time('PL', noon):%H:%M}" == "13:00"
    assert local_time("US", noon) is None
    assert local_time("", noon) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ring +380 67 123 45 67, or (050) 123-45-67!", ["+380 67 123 45 67", "(050) 123-45-67"]),
        ("<tel:+380671234567|067 123 45 67> said so", ["+380671234567"]),
        ("+380671234567 and +380 67 123 45 67 are one", ["+380671234567"]),
        ("order 12345, at 14:05 on 2026-11-21", []),
        ("", []),
    ],
)
def test_it_finds_the_numbers_of_a_text(text, found):
    assert numbers_in(text, "UA") == found


def test_a_long_text_is_read_in_part():
    assert numbers_in("x " * MAX_SEARCHED_CHARACTERS + "+380671234567", "UA") == []
