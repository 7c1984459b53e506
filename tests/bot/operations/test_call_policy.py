"""Whom the bot may call. The hostile numbers are in `hostile_numbers.json`, by the rule that refuses them."""

from types import SimpleNamespace

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.call_policy import Allowed, Refused, caller_refusal, cap_refusal, countries, evaluate_call
from bot.settings import Calls
from providers.model import NumberStatus, PhoneNumber

HOME = {"UA": "+380671234567", "PL": "+48501234567", "US": "+12025550143", "GB": "+442079460958"}
EVERYWHERE = Calls(region="UA", countries=("UA", "PL", "US", "GB"))


def test_it_refuses_every_hostile_number_by_its_rule(hostile, rule, rules):
    verdict = evaluate_call(hostile, rules)
    assert isinstance(verdict, Refused)
    assert verdict.rule == rule
    assert verdict.sentence.endswith(".")
    assert "\n" not in verdict.sentence


@pytest.mark.parametrize(
    ("region", "typed", "e164"),
    [
        ("UA", "+380671234567", "+380671234567"),
        ("UA", "067 123 45 67", "+380671234567"),
        ("UA", "380671234567", "+380671234567"),
        ("UA", "(044) 234-56-78", "+380442345678"),
        ("UA", "0 800 500 123", "+380800500123"),
        ("PL", "501 234 567", "+48501234567"),
        ("PL", "48 501 234 567", "+48501234567"),
        ("PL", "+48 22 123 45 67", "+48221234567"),
        ("US", "(202) 555-0143", "+12025550143"),
        ("US", "1-202-555-0143", "+12025550143"),
        ("US", "+1 800 356 9377", "+18003569377"),
        ("GB", "020 7946 0958", "+442079460958"),
        ("GB", "+44 7400 123456", "+447400123456"),
        ("GB", "0044 7400 123456", "+447400123456"),
    ],
)
def test_it_allows_ordinary_numbers_of_the_region(region, typed, e164):
    verdict = evaluate_call(typed, Calls(region=region))
    assert isinstance(verdict, Allowed), verdict
    assert verdict.number.e164 == e164


@pytest.mark.parametrize(("country", "number"), HOME.items())
def test_it_calls_the_region_alone_unless_countries_are_named(country, number):
    assert isinstance(evaluate_call(number, Calls(region=country)), Allowed)
    for other in set(HOME) - {country}:
        verdict = evaluate_call(number, Calls(region=other))
        assert isinstance(verdict, Refused)
        assert "calls.countries" in verdict.sentence
    assert isinstance(evaluate_call(number, Calls(countries=(country,))), Allowed)


@pytest.mark.parametrize("typed", [*HOME.values(), "067 123 45 67", "112", "", "abc"])
def test_it_refuses_everything_without_region_and_countries_and_names_the_key(typed):
    verdict = evaluate_call(typed, Calls())
    assert isinstance(verdict, Refused)
    assert "calls.region" in verdict.sentence
    assert "calls.countries" in verdict.sentence


def test_it_speaks_of_emergency_also_where_nothing_may_be_called():
    verdict = evaluate_call("112", Calls())
    assert isinstance(verdict, Refused)
    assert "emergency" in verdict.sentence


@pytest.mark.parametrize("region", ["UA", "PL", "US", "GB", "DE", "FR", "IT", "ES", "TR", "IL", "AU", "LT", "IN", "BR"])
def test_it_never_dials_the_emergency_numbers_of_any_region(region):
    rules = Calls(region=region)
    code = phonenumbers.country_code_for_region(region)
    for number in ("112", "911", "999", "000", "110", "101"):
        for dressed in (
            number,
            f"+{number}",
            f"0{number}",
            f"00{number}",
            f"9{number}",
            f"+{code}{number}",
            f"00{code}{number}",
        ):
            verdict = evaluate_call(dressed, rules)
            assert isinstance(verdict, Refused), (region, dressed)
            assert verdict.rule == "emergency", (region, dressed, verdict)


def test_it_blocks_a_prefix_and_a_whole_number():
    rules = Calls(region="UA", blocked=("+380671*", "+380501112233"))
    assert isinstance(evaluate_call("0671112233", rules), Refused)
    assert isinstance(evaluate_call("0501112233", rules), Refused)
    assert isinstance(evaluate_call("0501112234", rules), Allowed)
    assert "calls.blocked" in evaluate_call("0671112233", rules).sentence


def test_it_knows_no_country_that_does_not_exist():
    assert countries(SimpleNamespace(region=None, countries=("ua", "XX"), blocked=())) == ("UA",)


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from([*"0123456789+ ()-.", "380", "48", "1", "44", "00"]), max_size=16).map("".join)
)
def test_it_allows_nothing_but_valid_numbers_of_allowed_countries(typed):
    verdict = evaluate_call(typed, EVERYWHERE)
    if isinstance(verdict, Refused):
        assert verdict.sentence
        return
    parsed = phonenumbers.parse(verdict.number.e164)
    assert phonenumbers.is_valid_number(parsed)
    assert phonenumbers.region_code_for_number(parsed) in EVERYWHERE.countries
    assert len(verdict.number.e164) <= 16


@given(
    st.integers(min_value=10**8, max_value=10**9 - 1), st.sampled_from(["+380", "380", "0", "00380", "+38 0", "+380 ("])
)
def test_it_reads_one_number_the_same_however_it_is_dressed(national, dress):
    plain, dressed = evaluate_call(f"+380{national}", EVERYWHERE), evaluate_call(f"{dress}{national}", EVERYWHERE)
    assert isinstance(plain, Allowed) == isinstance(dressed, Allowed)
    if isinstance(plain, Allowed):
        assert plain.number == dressed.number


OURS = (
    PhoneNumber("12025550100", NumberStatus.ACTIVE, "active"),
    PhoneNumber("12025550101", NumberStatus.SPAM, "spam"),
    PhoneNumber("12025550102", NumberStatus.ACTIVE, "active"),
    PhoneNumber("12025550102", NumberStatus.DISABLED, "disabled"),
)


def test_it_shows_no_caller_id_that_is_not_ours_and_active():
    assert caller_refusal("+1 202 555 0100", OURS, "sales") is None
    assert "not one of" in caller_refusal("+12025550199", OURS, "sales")
    assert "spam" in caller_refusal("12025550101", OURS, "sales")
    assert "active and disabled" in caller_refusal("12025550102", OURS, "sales")
    assert "12025550199" not in caller_refusal("12025550199", OURS, "sales")


def test_it_stops_at_the_days_limit():
    assert cap_refusal(29, 30) is None
    assert "calls.per_user_per_day" in cap_refusal(30, 30)
    assert cap_refusal(0, 0) is not None
