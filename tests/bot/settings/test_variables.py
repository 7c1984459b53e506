"""`${NAME}`: set aside before the YAML is read, put in value by value."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Loading = Any  # the fixture of conftest.py

ACCOUNT = """
    accounts:
      sales: {provider: momvoip, api_key: ${KEY}, currency: USD}
"""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")).filter(str.strip)
)
def test_no_value_of_a_variable_changes_the_structure(loading: Loading, value: str) -> None:
    text = ACCOUNT.replace("momvoip, api_key: ${KEY}", "quiet, username: ${KEY}, password: p")
    account = loading(text, {"KEY": value}).settings.accounts["sales"]
    assert account.vendor.username == value
    assert account.currency == "USD"


@pytest.mark.parametrize(
    ("written", "environ", "read"),
    [
        ("${ZONE}", {"ZONE": "Europe/Kyiv"}, "Europe/Kyiv"),
        ("${AREA}/${CITY}", {"AREA": "Europe", "CITY": "Kyiv"}, "Europe/Kyiv"),
        ("${ZONE:-Europe/Kyiv}", {}, "Europe/Kyiv"),
        ("${ZONE:-Europe/Kyiv}", {"ZONE": ""}, "Europe/Kyiv"),
        ("${ZONE:-Europe/Kyiv}", {"ZONE": "Asia/Tokyo"}, "Asia/Tokyo"),
        ("${ZONE:-${OTHER:-Europe/Kyiv}}", {}, "Europe/Kyiv"),
        ("'${ZONE}'", {"ZONE": "Europe/Kyiv"}, "Europe/Kyiv"),
        ('"${ZONE}"', {"ZONE": "Europe/Kyiv"}, "Europe/Kyiv"),
        ("${ZONE:-}", {}, "UTC"),
        ("${ZONE}", {"ZONE": ""}, "UTC"),
    ],
)
def test_it_puts_variables_and_defaults_in(loading: Loading, written: str, environ: dict[str, str], read: str) -> None:
    assert loading(f"timezone: {written}", environ).settings.timezone.key == read


def test_it_takes_a_doubled_dollar_as_a_literal(loading: Loading) -> None:
    text = "accounts: {sales: {provider: momvoip, api_key: a$${KEY}b$c$$d}}"
    assert loading(text).settings.accounts["sales"].vendor.api_key.get_secret_value() == "a${KEY}b$c$$d"


def test_a_default_may_hold_what_yaml_would_read(loading: Loading) -> None:
    text = "accounts: {sales: {provider: momvoip, api_key: ${KEY:-a: b, # [c]}, currency: USD}}"
    account = loading(text).settings.accounts["sales"]
    assert (account.vendor.api_key.get_secret_value(), account.currency) == ("a: b, # [c]", "USD")


def test_every_missing_variable_is_told_with_its_line_and_key(loading: Loading) -> None:
    text = """\
    timezone: ${ZONE}
    # ${IN_A_COMMENT} and ${ nonsense
    accounts:
      sales: {provider: momvoip, api_key: ${KEY}}
    """
    first, second = loading.mistakes(text)
    assert first.startswith("3: timezone: ${ZONE} is not set")
    assert second.startswith("6: accounts.sales.api_key: ${KEY} is not set")


@pytest.mark.parametrize(
    "environ",
    [
        {"RINGWATCH_ACCOUNTS__SALES__API_KEY": "k"},
        {"RINGWATCH_ACCOUNTS__SALES": '{"provider": "momvoip", "api_key": "k"}'},
        {"RINGWATCH_ACCOUNTS": '{"sales": {"provider": "momvoip", "api_key": "k"}}'},
    ],
)
def test_a_missing_variable_is_no_mistake_where_the_environment_gives_the_key(
    loading: Loading, environ: dict[str, str]
) -> None:
    account = loading(ACCOUNT, environ).settings.accounts["sales"]
    assert account.vendor.api_key.get_secret_value() == "k"


@pytest.mark.parametrize("written", ["${}", "${1A}", "${A", "${A-b}", "${A:?no}", "${A b}"])
def test_what_is_no_variable_is_refused(loading: Loading, written: str) -> None:
    (mistake,) = loading.mistakes(f"timezone: '{written}'", {"A": "x"})
    assert "3: timezone:" in mistake
    assert "${NAME}" in mistake


def test_a_key_is_no_place_for_a_variable(loading: Loading) -> None:
    (mistake,) = loading.mistakes("${KEY}: UTC", {"KEY": "timezone"})
    assert mistake.startswith("3: a key must be a plain name")
