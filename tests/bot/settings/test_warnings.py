"""Alerts that are valid and pointless: each warning names the file, the line and the key."""

from typing import Any

import pytest

from bot.watches.registry import watches

Loading = Any  # the fixture of conftest.py

HEAD = """
    accounts:
      sales: {provider: momvoip, api_key: k}
      branch: {provider: momvoip, api_key: other, poll: {balance: 1h}}
    alerts:
"""


def told(loading: Loading, *alerts: str, before: str = "") -> list[str]:
    text = before + HEAD + "".join(f"      - {{{keys}}}\n" for keys in alerts)
    loaded = loading(text)
    assert all(one.file == str(loading.file) for one in loaded.warnings)
    return [str(one).removeprefix(f"{loading.file}:") for one in loaded.warnings]


def test_two_alerts_that_say_the_same_are_told(loading: Loading) -> None:
    low = "watch: balance, below: 50"
    (warning,) = told(loading, f"name: a, {low}", f"name: b, {low}, severity: critical, repeat: [1h]")
    assert warning == (
        "9: alerts[2]: it tells the same of sales, branch as a, in the same channel; "
        "so everything is told twice: leave one out"
    )


@pytest.mark.parametrize(
    "other",
    [
        "watch: balance, below: 20, accounts: [sales]",
        "watch: balance, below: 50, accounts: [branch]",
        "watch: balance, below: 50, accounts: [sales], channel: '#money'",
        "watch: balance, below: 50, accounts: [sales], for: 30m",
        "watch: balance, below: 50, accounts: [sales], hours: 'mon-fri 09:00-18:00'",
        "watch: balance, below: 50, accounts: [sales], holidays: PL",
    ],
)
def test_another_figure_account_channel_stage_or_time_is_another_alert(loading: Loading, other: str) -> None:
    assert told(loading, "name: a, watch: balance, below: 50, accounts: [sales]", f"name: b, {other}") == []


def test_the_same_hours_and_holidays_are_the_same(loading: Loading) -> None:
    times = "watch: number_spam, hours: 'mon-fri 09:00-18:00', holidays: PL"
    (warning,) = told(loading, f"name: a, {times}", f"name: b, {times}, accounts: [branch]")
    assert warning.startswith("9: alerts[2]: it tells the same of branch as a")


@pytest.mark.parametrize(
    ("escalate", "warned"),
    [
        ("{after: 15m}", True),
        ('{after: 15m, channel: "#alerts"}', True),
        ('{after: 15m, channel: "#managers"}', False),
        ("{after: 15m, mention: ['!here']}", False),
    ],
)
def test_an_escalation_that_reaches_nobody_else_is_told(loading: Loading, escalate: str, warned: bool) -> None:
    warnings = told(loading, f"name: a, watch: number_spam, escalate: {escalate}")
    assert [one.partition(";")[0] for one in warnings] == (
        [
            "8: alerts[1].escalate: it mentions nobody and goes to the alert's own channel, so it reaches nobody else",
        ]
        if warned
        else []
    )


@pytest.mark.parametrize(
    ("keys", "warned"),
    [
        ("for: 9h, hours: 'mon-fri 09:00-18:00'", "9h"),
        ("for: 8h, hours: 'mon-fri 09:00-18:00'", None),
        ("for: 3h, hours: 'sat 22:00-24:00, sun 00:00-02:00'", None),  # one night of four hours
        ("for: 4h, hours: 'sat 22:00-24:00, sun 00:00-02:00'", "4h"),
        ("for: 1d, holidays: PL", None),
        ("for: 9h", None),
    ],
)
def test_an_absence_that_no_opening_is_long_enough_for_is_told(loading: Loading, keys: str, warned: str | None) -> None:
    warnings = told(loading, f"name: a, watch: agent_offline, {keys}")
    assert [one.partition(",")[0] for one in warnings] == (
        [f"8: alerts[1].for: no opening of its hours is longer than {warned}"] if warned else []
    )


@pytest.fixture
def forecasting(loading: Loading) -> Loading:
    """With the watches that are here in truth."""
    loading.watches = watches()
    return loading


def test_money_that_may_run_out_between_two_polls_is_told(forecasting: Loading) -> None:
    (warning,) = told(forecasting, "name: a, watch: balance, runs_out_within: 1h")
    assert warning == (
        "8: alerts[1].runs_out_within: the money may run out between two polls: the balance is asked of branch every 1h; "
        "make it longer than that, or poll faster"
    )
    assert told(forecasting, "name: a, watch: balance, runs_out_within: 61m") == []


@pytest.mark.parametrize("keys", ["runs_out_within: 6h", "spend_spike: on"])
def test_readings_that_are_kept_too_short_for_a_forecast_are_told(forecasting: Loading, keys: str) -> None:
    alert = f"name: a, watch: balance, {keys}"
    assert told(forecasting, alert, before="\n    history: 2d") == [
        "4: history: a looks 14d back, readings are kept for 2d; so it judges by less than it could: 14d or more is needed"
    ]
    assert told(forecasting, alert, before="\n    history: 14d") == []


def test_an_alert_that_forecasts_nothing_needs_no_history(forecasting: Loading) -> None:
    assert told(forecasting, "name: a, watch: balance, below: 50", before="\n    history: 2d") == []
