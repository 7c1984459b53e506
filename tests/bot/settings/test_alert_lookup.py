"""Which alert a typed word means: the name in any case, then the only one that begins so."""

import pytest

from bot.settings import UnknownAlertError, find_alert, find_alert_or_account

TEXT = """
    accounts: {low-sales: {provider: momvoip, api_key: k}, office: {provider: momvoip, api_key: k}}
    alerts:
      - {name: low, watch: balance, below: 5}
      - {name: low-balance, watch: balance, below: 5}
      - {name: quiet, watch: balance, below: 5}
"""


@pytest.mark.parametrize(
    ("word", "name"),
    [("low", "low"), (" LOW ", "low"), ("low-", "low-balance"), ("Low-Balance", "low-balance"), ("q", "quiet")],
)
def test_it_finds_the_name_in_any_case_and_then_the_only_beginning(loading, word, name):
    assert find_alert(loading(TEXT).settings, word).name == name


@pytest.mark.parametrize(
    ("word", "sentence", "fits"),
    [
        ("lo", "Several alerts begin with lo: low and low-balance.", ("low", "low-balance")),
        ("quite", "There is no alert quite: did you mean quiet?", ()),
        ("zzz", "There is no alert zzz: allowed: low, low-balance, quiet.", ()),
        ("", "There is no alert : allowed: low, low-balance, quiet.", ()),
    ],
)
def test_it_lists_several_that_fit_and_names_the_nearest_where_none_does(loading, word, sentence, fits):
    with pytest.raises(UnknownAlertError) as refused:
        find_alert(loading(TEXT).settings, word)
    assert (str(refused.value), refused.value.fits) == (sentence, fits)


def test_an_account_may_be_meant_where_it_can_be_and_counts_among_what_fits(loading):
    settings = loading(TEXT).settings
    assert find_alert_or_account(settings, "OFF") == "office"
    assert find_alert_or_account(settings, "low") == "low"
    with pytest.raises(UnknownAlertError) as refused:
        find_alert_or_account(settings, "low-")
    assert refused.value.fits == ("low-sales", "low-balance")
    with pytest.raises(UnknownAlertError, match=r"^There is no account and no alert offices: did you mean office"):
        find_alert_or_account(settings, "offices")
