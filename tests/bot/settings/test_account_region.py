"""The region of an account: its own key, else its zone's country, else its vendor's."""

import pytest

from bot.settings import ConfigError
from bot.text.phone_numbers import country_of
from providers.registry import vendors


@pytest.mark.parametrize(
    ("zone", "country"),
    [("Europe/Kyiv", "UA"), ("Asia/Jerusalem", "IL"), ("Australia/Sydney", "AU"), ("UTC", None), ("Etc/GMT+3", None)],
)
def test_a_zone_has_the_country_that_it_lies_in(zone, country):
    assert country_of(zone) == country


@pytest.mark.parametrize(
    ("keys", "region"),
    [
        ("provider: voicenter, code: c", "IL"),
        ("provider: voicenter, code: c, region: cy", "CY"),
        ("provider: voicenter, code: c, timezone: Europe/Warsaw", "PL"),
        ("provider: voipcloud, base_url: 'https://pbx.example.com', token: t", "AU"),
        ("provider: momvoip, api_key: k", None),
        ("provider: momvoip, api_key: k, timezone: UTC", None),
        ("provider: momvoip, api_key: k, timezone: Europe/Kyiv", "UA"),
    ],
)
def test_an_account_has_its_own_region_its_zones_or_its_vendors(loading, keys, region):
    loading.vendors, loading.watches = vendors(), {}
    loaded = loading(f"accounts: {{a: {{{keys}}}}}\ncalls: {{region: UA}}")
    assert loaded.settings.accounts["a"].region == region


def test_a_region_that_is_none_is_told_with_its_place(loading):
    with pytest.raises(ConfigError, match=r"accounts\.a\.region"):
        loading("accounts: {a: {provider: momvoip, api_key: k, region: Ukraine}}")
