"""The environment: which variable means which key, and that it wins."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings import load

Loading = Any  # the fixture of conftest.py

FILE = """
    timezone: Europe/Kyiv
    poll: {agents: 1m, calls: 2m}
    calls: {region: UA, countries: [UA, PL]}
    permissions: {call: [S0123456789]}
    accounts:
      my-sales: {provider: momvoip, api_key: from-the-file, poll: {numbers: 10m}}
    agents: {U0123456789: {account: my-sales, agent: "1"}}
"""


def read(loading: Loading, **environ: str) -> Any:
    loaded = loading(FILE, {f"RINGWATCH_{name}": value for name, value in environ.items()})
    assert loaded.warnings == ()
    return loaded.settings


def test_a_single_value_is_set_by_its_path(loading: Loading) -> None:
    settings = read(
        loading,
        TIMEZONE="Asia/Tokyo",
        HTTP__PORT="8080",
        SLACK__BOT_TOKEN="xoxb-env",
        POLL__AGENTS="2m",
        CALLS__REGION="PL",
        SLACK__COMMANDS__CALL="dial",
        ACCOUNTS__MY_SALES__API_KEY="from-the-environment",
        ACCOUNTS__MY_SALES__POLL__NUMBERS="off",
        AGENTS__U0123456789__AGENT="0042",
        AGENTS__U999__ACCOUNT="my-sales",
        AGENTS__U999__AGENT="9",
        HEARTBEAT__URL="https://beat.example.com/x",
    )
    account = settings.accounts["my-sales"]
    assert settings.timezone.key == "Asia/Tokyo"
    assert settings.http.port == 8080
    assert settings.slack.bot_token.get_secret_value() == "xoxb-env"
    assert settings.slack.commands == {"call": "dial"}
    assert settings.poll["agents"].total_seconds() == 120
    assert settings.poll["calls"].total_seconds() == 120
    assert settings.calls.region == "PL"
    assert settings.calls.countries == ("UA", "PL")
    assert account.vendor.api_key.get_secret_value() == "from-the-environment"
    assert account.poll["numbers"] is None
    assert settings.agents["U0123456789"].agent == "0042"
    assert settings.agents["U999"].account == "my-sales"
    assert settings.heartbeat.url == "https://beat.example.com/x"


def test_a_list_and_a_map_are_json_and_replace_the_files(loading: Loading) -> None:
    settings = read(
        loading,
        CALLS__COUNTRIES='["DE"]',
        PERMISSIONS='{"hangup": ["U1234"], "ivr": []}',
        ACCOUNTS__MY_SALES='{"provider": "momvoip", "api_key": "json", "poll": {"calls": "off"}}',
        ACCOUNTS__MY_SALES__CURRENCY="usd",
        ALERTS='[{"name": "low", "watch": "balance", "below": 50, "clear_above": 50.5, "accounts": null}]',
        CALLS__CONFIRM="false",
    )
    account = settings.accounts["my-sales"]
    assert settings.calls.countries == ("DE",)
    assert settings.permissions == {"hangup": ("U1234",), "ivr": ()}
    assert account.vendor.api_key.get_secret_value() == "json"
    assert account.currency == "USD"
    assert account.poll["calls"] is None
    assert account.poll["numbers"].total_seconds() == 300
    assert str(settings.alerts[0].keys.clear_above) == "50.5"
    assert settings.calls.confirm is False


def test_a_value_comes_from_a_file(loading: Loading, tmp_path: Path) -> None:
    secret, json = tmp_path / "secret", tmp_path / "json"
    secret.write_text("xoxb with: {structure}\r\n", encoding="utf-8")
    json.write_text('{"provider": "momvoip", "api_key": "k2"}\n', encoding="utf-8")
    settings = read(loading, SLACK__BOT_TOKEN_FILE=str(secret), ACCOUNTS__SECOND_FILE=str(json))
    assert settings.slack.bot_token.get_secret_value() == "xoxb with: {structure}"
    assert settings.accounts["second"].vendor.api_key.get_secret_value() == "k2"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\xff", "not UTF-8"), (b"x" * 1_000_001, "megabyte")],
)
def test_a_file_that_cannot_be_read_is_told(loading: Loading, tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    (mistake,) = loading.mistakes(FILE, {"RINGWATCH_SLACK__BOT_TOKEN_FILE": str(file)})
    assert mistake.startswith("RINGWATCH_SLACK__BOT_TOKEN_FILE: slack.bot_token: the file that it names cannot be read")
    assert said in mistake


def test_one_key_from_two_variables_is_a_mistake(loading: Loading, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", encoding="utf-8")
    environ = {"RINGWATCH_SLACK__BOT_TOKEN": "x", "RINGWATCH_SLACK__BOT_TOKEN_FILE": str(tmp_path / "x")}
    (mistake,) = loading.mistakes(FILE, environ)
    assert "RINGWATCH_SLACK__BOT_TOKEN gives this key too" in mistake


def test_an_empty_variable_is_none(loading: Loading) -> None:
    settings = read(loading, TIMEZONE="", PERMISSIONS__CALL="", SLACK__BOT_TOKEN_FILE="")
    assert settings.timezone.key == "Europe/Kyiv"
    assert settings.permissions == {"call": ("S0123456789",)}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("RINGWATCH_SLACK__BOT_TOKN", "RINGWATCH_SLACK__BOT_TOKEN"),
        ("RINGWATCH_SLAK__BOT_TOKEN_FILE", "RINGWATCH_SLACK__BOT_TOKEN"),
        ("RINGWATCH_ACCOUNTS__MY_SALE__API_KEY", "RINGWATCH_ACCOUNTS__MY_SALES__API_KEY"),
        ("RINGWATCH_ACCOUNTS__MY_SALES__APIKEY", "RINGWATCH_ACCOUNTS__MY_SALES__API_KEY"),
        ("RINGWATCH_TIMEZON", "RINGWATCH_TIMEZONE"),
    ],
)
def test_a_variable_that_names_no_key_is_a_warning_with_the_nearest(loading: Loading, name: str, meant: str) -> None:
    loaded = loading(FILE, {name: "CANARY"})
    (warning,) = loaded.warnings
    assert str(warning) == f"{name}: this variable names no key and is ignored; did you mean {meant}?"
    assert list(loaded.settings.accounts) == ["my-sales"]


@pytest.mark.parametrize(
    "name", ["RINGWATCH_ALERTS__0__BELOW", "RINGWATCH_ACCOUNTS__MY_SALES__CODE", "RINGWATCH_HTTP__PORT__X"]
)
def test_what_is_in_a_list_or_another_vendors_names_no_key(loading: Loading, name: str) -> None:
    (warning,) = loading(FILE, {name: "1"}).warnings
    assert warning.file == name


def test_what_kubernetes_sets_is_passed_over(loading: Loading) -> None:
    environ = {
        "RINGWATCH_PORT": "tcp://10.0.0.1:3000",
        "RINGWATCH_PORT_3000_TCP_ADDR": "10.0.0.1",
        "RINGWATCH_SERVICE_HOST": "10.0.0.1",
        "RINGWATCH_SERVICE_PORT_HTTP": "3000",
        "RINGWATCH_CONFIG": "somewhere",
    }
    assert loading(FILE, environ).warnings == ()


def test_mistakes_name_the_variable_and_never_a_secret(loading: Loading) -> None:
    mistakes = loading.mistakes(
        FILE,
        {
            "RINGWATCH_HTTP__PORT": "abc",
            "RINGWATCH_CALLS__COUNTRIES": "UA,PL",
            "RINGWATCH_PERMISSIONS": '{"call": [], "call": []}',
            "RINGWATCH_STORE": "mysql://u:CANARY@h",
        },
    )
    assert mistakes == [
        'RINGWATCH_CALLS__COUNTRIES: calls.countries: found a text of 5 characters; write a list as JSON: ["…", "…"]',
        "RINGWATCH_HTTP__PORT: http.port: found 'abc'; a whole number is needed",
        'RINGWATCH_PERMISSIONS: permissions: found a text of 24 characters; write a map as JSON: {"key": "…"}',
        (
            "RINGWATCH_STORE: store: found a value of 18 characters; "
            "embedded, or an address redis://…, rediss://… or unix://… is needed"
        ),
    ]


def test_the_environment_alone_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendors: Mapping[str, Any], watches: Mapping[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {
        "RINGWATCH_SLACK__BOT_TOKEN": "xoxb",
        "RINGWATCH_SLACK__SIGNING_SECRET": "s",
        "RINGWATCH_SLACK__CHANNEL": "C0123456789",
        "RINGWATCH_ACCOUNTS__EU_WEST__PROVIDER": "momvoip",
        "RINGWATCH_ACCOUNTS__EU_WEST__API_KEY": "k",
        "RINGWATCH_ALERTS": '[{"name": "gone", "watch": "agent_offline", "for": "5m"}]',
    }
    settings = load(None, environ, vendors, watches).settings
    assert list(settings.accounts) == ["eu-west"]
    assert settings.alerts[0].accounts == ("eu-west",)
