"""`--set KEY=VALUE`: read where the file's value stands, by the same rules, with the same sentences."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.settings import ConfigError, load

Loading = Any  # the fixture of conftest.py

TEXT = """
    accounts:
      sales: {provider: momvoip, api_key: k}
      office: {provider: momvoip, api_key: k}
    alerts:
      - {name: low, watch: balance, below: 50, clear_above: 60, repeat: [1h, 4h], hours: "mon-fri 09:00-18:00"}
      - {name: gone, watch: agent_offline, for: 5m}
"""


def trying(loading: Loading, values: dict[str, str], alert: str = "low", environ: Any = None) -> Any:
    loading(TEXT, environ)  # as it is, it is right
    return load(loading.file, environ or {}, loading.vendors, loading.watches, {alert: values})


def mistakes(loading: Loading, values: dict[str, str], alert: str = "low") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        trying(loading, values, alert)
    return [str(one).replace(f"{loading.file}:", "") for one in caught.value.problems]


def test_it_takes_the_place_of_one_key_of_one_alert(loading: Loading) -> None:
    low, gone = trying(loading, {"below": "30.50"}).settings.alerts
    assert (low.keys.below, low.keys.clear_above, low.repeat[0]) == (Decimal("30.50"), 60, timedelta(hours=1))
    before = loading(TEXT).settings.alerts
    assert before[0].keys.below == 50
    assert gone == before[1]


def test_it_adds_a_key_and_leaves_one_out(loading: Loading) -> None:
    low, _ = trying(loading, {"for": "2m", "clear_above": "", "hours": ""}).settings.alerts
    assert (low.hold, low.keys.clear_above, low.calendar) == (timedelta(minutes=2), None, None)


def test_it_reads_lists_and_maps_as_json(loading: Loading) -> None:
    low, _ = trying(
        loading, {"repeat": '["30m"]', "accounts": '["office"]', "escalate": '{"after": "1h"}'}
    ).settings.alerts
    assert (low.repeat, low.accounts, low.escalate.after) == (
        (timedelta(minutes=30),),
        ("office",),
        timedelta(hours=1),
    )
    assert mistakes(loading, {"repeat": "30m"}) == [
        '--set: alerts[1].repeat: found a text of 3 characters; write a list as JSON: ["…", "…"]'
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"below": "many"}, ["--set: alerts[1].below: found 'many'; a number is needed"]),
        ({"belo": "30"}, ["--set: alerts[1].belo: unknown key belo; did you mean below?"]),
        ({"belo": ""}, ["--set: alerts[1].belo: unknown key belo; did you mean below?"]),
        ({"groups": "A"}, ["--set: alerts[1].groups: unknown key groups; allowed: name, watch, accounts"]),
        ({"for": "5"}, ["--set: alerts[1].for: found '5'; write a duration such as 15s, 5m, 2h or 1d"]),
        ({"hours": "mon"}, ["--set: alerts[1].hours: found 'mon'; \"mon\" has no time"]),
        ({"below": "70"}, ["8: alerts[1].clear_above: found '60'; it must be above below, 70"]),
        ({"below": ""}, ["8: alerts[1].clear_above: found '60'; it says when below is over, so below is needed"]),
        ({"below": "", "clear_above": ""}, ["8: alerts[1]: say when: below, for one"]),
        ({"name": "other"}, ["--set: alerts[1].name: an alert keeps its name; try another key"]),
        ({"watch": "balanc"}, ["--set: alerts[1].watch: found 'balanc'; did you mean balance?"]),
        ({"webhook": "s3cret"}, ["--set: alerts[1].webhook: found a value of 6 characters; an http:// or"]),
    ],
)
def test_what_is_wrong_is_told_as_in_the_file(loading: Loading, values: dict[str, str], said: list[str]) -> None:
    told = mistakes(loading, values)
    assert len(told) == len(said)
    assert all(one.startswith(start) for one, start in zip(told, said, strict=True)), told


def test_an_alert_that_is_not_there_is_told(loading: Loading) -> None:
    said = "--set: alerts: there is no alert lo; did you mean low?"
    assert mistakes(loading, {"below": "30"}, "lo") == [said]
    loading()
    with pytest.raises(ConfigError, match="there is no alert low; allowed: none"):
        load(loading.file, {}, loading.vendors, loading.watches, {"low": {"below": "30"}})


def test_it_comes_before_the_environment(loading: Loading) -> None:
    environ = {"RINGWATCH_ALERTS": '[{"name": "low", "watch": "balance", "below": "20"}]'}
    (low,) = trying(loading, {"below": "30"}, environ=environ).settings.alerts
    assert low.keys.below == 30
