"""The file: what is no configuration at all, and what YAML would hide."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings import ConfigError, load

Loading = Any  # the fixture of conftest.py


def test_every_scalar_is_a_text_that_its_key_types(loading: Loading) -> None:
    settings = loading(
        """
        calls: {region: no, confirm: no, blocked: [+380900*], per_user_per_day: 012}
        agents: {U0123456789: {account: sales, agent: 0123}}
        accounts: {sales: {provider: momvoip, api_key: 12_000}}
        """
    ).settings
    assert settings.calls.region == "NO"
    assert settings.calls.confirm is False
    assert settings.calls.blocked == ("+380900*",)
    assert settings.calls.per_user_per_day == 12
    assert settings.agents["U0123456789"].agent == "0123"
    assert settings.accounts["sales"].vendor.api_key.get_secret_value() == "12_000"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "1: this is no YAML"),
        (b"slack:\n\tbot_token: x", "2: this is no YAML"),
        (b"slack: {a: b}}\n", "1: this is no YAML"),
        (b"slack: *secret", "alias"),
        (b"slack: &secret", "anchor"),
        (b"timezone: !UTC", "tag"),
        (b"--- {}\n--- {}", "more than one"),
        (b"just words", "holds no keys"),
        (b"- a\n- b", "holds a list"),
        (b"timezone: UTC\ntimezone: UTC", "2: timezone: it is there twice, first in line 1"),
        (b"timezone: UTC\nhttp: {port: 1, port: 2}", "2: http.port: it is there twice"),
        (b"\xff\xfet\x00", "not UTF-8"),
        (b"a: b\nc: \xe4", "2: the file is not UTF-8"),
        (b"a: \x00", "character"),
        (b"? [a]\n: b", "plain name"),
        (b"a: " + b"[" * 100 + b"]" * 100, "too deep"),
        (b"a: " + b"[" * 5000 + b"]" * 5000, "too deep"),
        (b"a: b\n" * 300_000, "megabyte"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(loading: Loading, content: bytes, said: str) -> None:
    loading.file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load(loading.file, {}, loading.vendors, loading.watches)
    assert any(said in str(one) for one in caught.value.problems)
    assert str(caught.value).startswith(str(loading.file))
    assert "secret" not in str(caught.value)


def test_aliases_are_followed_but_not_for_ever(loading: Loading) -> None:
    settings = loading(
        "timezone: &zone Europe/Kyiv\naccounts: {a: {provider: momvoip, api_key: k, timezone: *zone}}"
    ).settings
    assert settings.accounts["a"].timezone.key == "Europe/Kyiv"
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    (mistake,) = loading.mistakes("\n".join(lines))
    assert "too large" in mistake


def test_a_file_that_holds_itself_ends(loading: Loading) -> None:
    assert "too large" in loading.mistakes("alerts: &a [*a]")[0]


def test_a_missing_file_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "nowhere.yaml", {"RINGWATCH_SLACK__BOT_TOKEN": "x"}, {}, {})
    assert str(caught.value) == (
        f"{tmp_path / 'nowhere.yaml'}: there is no such file; name one with --config FILE or RINGWATCH_CONFIG"
    )


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it is a directory"):
        load(tmp_path, {}, {}, {})


def test_the_default_file_is_needed_only_without_an_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendors: Mapping[str, Any], watches: Mapping[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"ringwatch\.yaml: there is no such file"):
        load(None, {"RINGWATCH_PORT": "tcp://10.0.0.1:3000"}, vendors, watches)
    environ = {"RINGWATCH_SLACK": '{"bot_token": "xoxb", "app_token": "xapp", "channel": "#a"}'}
    assert load(None, environ, vendors, watches).settings.slack.channel == "#a"
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file"):
        load(None, {**environ, "RINGWATCH_CONFIG": "nowhere.yaml"}, vendors, watches)
    Path("ringwatch.yaml").write_text("timezone: Europe/Kyiv", encoding="utf-8")
    assert load(None, environ, vendors, watches).settings.timezone.key == "Europe/Kyiv"


def test_an_empty_value_is_none_but_an_empty_list_is_a_list(loading: Loading) -> None:
    settings = loading(
        """
        timezone:
        http: {port: , host: ""}
        heartbeat: {url: "${HEARTBEAT:-}", every: 2m}
        calls:
        permissions: {call: [], hangup: , ivr: [ "" ]}
        """
    ).settings
    assert settings.timezone.key == "UTC"
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 3000)
    assert settings.heartbeat is None
    assert settings.permissions == {"call": (), "ivr": ()}


def test_an_unknown_key_is_one_without_a_value_too(loading: Loading) -> None:
    (mistake,) = loading.mistakes("http: {prot: }")
    assert mistake == "3: http.prot: unknown key prot; did you mean port?"
