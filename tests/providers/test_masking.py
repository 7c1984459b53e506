"""Customers' numbers in foreign words: masked in every spelling; what is no number stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.observability.logs import Redaction
from providers.errors import ErrorKind, ProviderError
from providers.masking import concealed, masked, pieces

SPELLINGS = (
    "380671234567", "+380671234567", "00380671234567", "0671234567", "671234567",
    "+380 67 123 45 67", "380 67 123 45 67", "067 123 45 67", "067 1234567", "(067) 123-45-67", "(067)1234567",
    "+380 (67) 123-45-67", "38 (067) 123 45 67", "+380-67-123-45-67", "067-123-45-67", "380-67-1234567",
    "+380.67.123.45.67", "067.123.45.67", "380.67.123.4567", "+380/67/1234567", "067/123-45-67", "067/1234567",
    "tel:+380671234567", "tel:0671234567", "tel:+380-67-123-45-67", "id-380671234567", "id-380671234567-1",
    "id_380671234567", "SIP/380671234567-0000a1b2", "sip:380671234567@pbx.example.com:5060",
    "+380\u00a067\u00a0123\u00a045\u00a067", "067\u2013123\u201345\u201367", "067\u2212123\u22124567", "+380\u2009671234567",
    "\u202a+380671234567\u202c", "380\u200b671\u200b234\u200b567", "tel%3A%2B380%2067%20123%2045%2067", "x380671234567y",
    "20261201052530-380671234567-380501112233-65-ANSWERED", "callerid=380671234567&u=1", "380671234567:5060",
    "<380671234567>", "380671234567.", "380671234567,380501112233", "0671234567 0501112233", "380671234567 60 s",
)  # fmt: skip
HARMLESS = (
    "2026-12-01", "2026-12-01 05:26:11", "2026-12-01T05:26:11.123456+00:00", "01.12.2026 05:26", "1/12/2026",
    "192.168.100.200", "10.0.0.12:6379", "1714121428.13", "1763730000.000100", "took 1234567 ms", "port 3000",
    "104857600 bytes", "(503)", "extension 1101", "12,345,678.90", "0f8fad5b-d9cb-469f-a165-70867728950e",
    "9b2c1234567890ab9b2c1234567890ab", "U012AB34567", "python3.11.9", "429 after 60 s", "2026-12-01 (3)",
)  # fmt: skip


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_it_masks_a_number_in_every_spelling_alike_for_people_and_in_the_log(spelled: str) -> None:
    for text in (spelled, f"No route to {spelled} now", f"“{spelled}”: 12 of 40"):
        for shown in (concealed(text), Redaction().clean(text), ProviderError(ErrorKind.REJECTED, text).user_text):
            left = re.sub(r"%[0-9A-F]{2}|[^0-9•]", "", shown)
            assert not re.search(r"67\D*123|1234|50\D*111", left), shown
            assert "•••" in shown
    assert "1234" not in re.sub(r"\D", "", str(ProviderError(ErrorKind.REJECTED, f"No route to {spelled}")))


@pytest.mark.parametrize("text", HARMLESS)
def test_it_leaves_what_is_no_number(text: str) -> None:
    for said in (text, f"at {text} there", f"“{text}”"):
        assert concealed(said) == said


@given(st.lists(st.sampled_from(["+380671234567", "0", " ", "-", "a", "1.", "2026-12-01", ")"]), max_size=30))
def test_no_run_of_seven_digits_is_left_but_in_what_is_harmless(words: list[str]) -> None:
    assert "380671234567" not in re.sub(r"[\s().-]", "", concealed("".join(words)))


@given(st.text(st.sampled_from("+0123456789٣²%() -a"), max_size=20))
def test_few_digits_are_left_by_the_short_way_as_by_the_long_one(typed: str) -> None:
    assert concealed(typed) == "".join(masked(piece) if number else piece for piece, number in pieces(typed))


@given(st.text(max_size=60))
def test_it_hides_the_middle_of_every_customers_number(typed):
    hidden = masked(typed)
    digits_left = [c for c in hidden if c.isdigit()]
    assert len(digits_left) <= 6
    assert len(hidden) <= 40


def test_it_leaves_the_country_and_the_end_of_a_masked_number():
    assert masked("+380671234567") == "+380••••••567"
    assert masked("0671234567") == "•••••••567"
    assert masked("112") == "••2"
