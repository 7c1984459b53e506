"""A key under its old name is read as the new one and warned of, until the version that no longer knows it."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from textwrap import dedent

import pytest

from bot import __version__
from bot.alerts.kinds import Kind
from bot.cli.check import offline_checks
from bot.settings import ConfigError, Loaded, load
from bot.settings.deprecated import ANY, RENAMED, Renamed
from bot.watches import Watch
from providers.vendor import Vendor

TABLE = (
    Renamed(("http",), "listen", "host", "2.0"),
    Renamed((), "web", "http", "2.0"),
    Renamed(("accounts", ANY), "every", "poll", "2.0"),
    Renamed(("accounts", ANY), "key", "api_key", "2.0"),
    Renamed(("alerts", ANY), "hold", "for", "3.1"),
)
SLACK = "slack: {bot_token: xoxb-bot-0123456789, app_token: xapp-app-0123456789, channel: '#alerts'}\n"


class Reading:
    """Loads a text with what is said of it."""

    def __init__(self, folder: Path, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> None:
        self.file = folder / "ringwatch.yaml"
        self.vendors = vendors
        self.watches = watches

    def __call__(self, text: str = "", **environ: str) -> Loaded:
        self.file.write_text(SLACK + dedent(text), encoding="utf-8")
        given = {f"RINGWATCH_{name}": value for name, value in environ.items()}
        return load(self.file, given, self.vendors, self.watches, renamed=TABLE)

    def warnings(self, loaded: Loaded) -> list[str]:
        """Every warning, as it is shown."""
        assert {one.id for one in loaded.warnings} <= {"W209"}
        return [str(one).removeprefix(f"{self.file}:") for one in loaded.warnings]

    def problems(self, text: str = "", **environ: str) -> list[str]:
        """Every mistake, as it is shown."""
        with pytest.raises(ConfigError) as caught:
            self(text, **environ)
        return [str(one).removeprefix(f"{self.file}:") for one in caught.value.problems]


@pytest.fixture
def reading(tmp_path: Path, vendors: Mapping[str, Vendor], watches: Mapping[str, Watch]) -> Reading:
    return Reading(tmp_path, vendors, watches)


def test_an_old_name_is_read_as_the_new_one_and_warned_of_with_its_place(reading: Reading) -> None:
    loaded = reading("timezone: UTC\nhttp:\n  port: 1\n  listen: 10.0.0.1\n")
    assert (loaded.settings.http.host, loaded.settings.http.port) == ("10.0.0.1", 1)
    assert reading.warnings(loaded) == [
        "5: http.listen: it is called host now; the old name works until 2.0, which no longer knows it"
    ]


def test_each_place_is_told_once_in_whatever_account_or_alert_it_stands(reading: Reading) -> None:
    loaded = reading(
        """
        accounts:
          sales: {provider: momvoip, key: one-0123456789abcdef, every: {balance: 10m}}
          help: {provider: momvoip, api_key: two-0123456789abcdef}
        alerts:
          - {watch: account_down, name: gone, hold: 2m}
        """
    )
    assert str(loaded.settings.accounts["sales"].poll[Kind.BALANCE]) == "0:10:00"
    (alert,) = loaded.settings.alerts
    assert alert.hold == timedelta(minutes=2)
    assert [one.partition(" now;")[0] for one in reading.warnings(loaded)] == [
        "4: accounts.sales.every: it is called poll",
        "4: accounts.sales.key: it is called api_key",
        "7: alerts[1].hold: it is called for",
    ]


def test_a_parent_and_its_child_may_both_be_old(reading: Reading) -> None:
    loaded = reading("web: {listen: 10.0.0.2}")
    assert loaded.settings.http.host == "10.0.0.2"
    assert len(loaded.warnings) == 2


def test_a_variable_of_the_old_name_counts_and_is_warned_of(reading: Reading, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from-a-file-of-its-own")
    loaded = reading(
        "accounts: {my-sales: {provider: momvoip}}\nhttp: {host: 10.0.0.3}",
        HTTP__LISTEN="10.0.0.4",
        WEB__PORT="99",
        ACCOUNTS__MY_SALES__KEY_FILE=str(secret),
        ACCOUNTS__MY_SALES__EVERY__BALANCE="10m",
    )
    account = loaded.settings.accounts["my-sales"]
    assert account.vendor.secrets() == ["from-a-file-of-its-own"]
    assert str(account.poll[Kind.BALANCE]) == "0:10:00"
    assert (loaded.settings.http.host, loaded.settings.http.port) == ("10.0.0.4", 99)
    assert sorted(one.partition(" now;")[0] for one in reading.warnings(loaded)) == [
        "RINGWATCH_ACCOUNTS__MY_SALES__EVERY__BALANCE: it is called RINGWATCH_ACCOUNTS__MY_SALES__POLL__BALANCE",
        "RINGWATCH_ACCOUNTS__MY_SALES__KEY_FILE: it is called RINGWATCH_ACCOUNTS__MY_SALES__API_KEY_FILE",
        "RINGWATCH_HTTP__LISTEN: it is called RINGWATCH_HTTP__HOST",
        "RINGWATCH_WEB__PORT: it is called RINGWATCH_HTTP__PORT",
    ]


def test_an_old_name_inside_a_variable_of_json_is_read_too(reading: Reading) -> None:
    loaded = reading(HTTP='{"listen": "10.0.0.5"}')
    assert loaded.settings.http.host == "10.0.0.5"
    assert len(loaded.warnings) == 1


def test_both_names_at_once_are_a_mistake(reading: Reading) -> None:
    assert reading.problems("http: {host: a, listen: b}") == [
        "2: http.listen: it is called host now, and that is there too; keep the new one"
    ]
    assert reading.problems(HTTP__LISTEN="a", HTTP__HOST="b") == [
        "RINGWATCH_HTTP__LISTEN: it is called RINGWATCH_HTTP__HOST now, and that is there too; keep the new one"
    ]


def test_an_empty_variable_counts_as_not_set(reading: Reading) -> None:
    loaded = reading(HTTP__LISTEN="", HTTP__HOST="10.0.0.6")
    assert (loaded.settings.http.host, loaded.warnings) == ("10.0.0.6", ())


def test_the_same_word_elsewhere_is_no_old_name(reading: Reading) -> None:
    assert "unknown key listen" in "".join(reading.problems("calls: {listen: x}"))
    loaded = reading("http: {port: 5}", ACCOUNTS__SALES__POLL__KEY="x")
    assert [one.id for one in loaded.warnings] == ["W201"]


def test_the_check_shows_it_as_a_warning(reading: Reading) -> None:
    lines = [str(one) for one in offline_checks(reading("http: {listen: 10.0.0.1}"))]
    assert [line for line in lines if "[W209]" in line and line.startswith("warn") and "http.listen" in line]


def over(table: tuple[Renamed, ...], version: str) -> list[Renamed]:
    """The entries whose old name this version was to have forgotten."""

    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(".")]

    return [one for one in table if numbers(one.gone_in) <= numbers(version)]


def test_an_old_name_goes_with_the_version_that_was_named() -> None:
    assert [one.old for one in over(TABLE, "2.0.0")] == ["listen", "web", "every", "key"]
    assert over(RENAMED, __version__) == []
