"""Secrets that come from files: Docker's, systemd's, Kubernetes'. What is wrong with one is told, what is in it never."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.settings import load

Loading = Any  # the fixture of conftest.py

TOKEN = "RINGWATCH_SLACK__BOT_TOKEN"
BARE = "slack: {app_token: xapp-1, channel: C0123456789}"  # its bot token comes from elsewhere


def token(loading: Loading, path: Path) -> str:
    loaded = loading(BARE, {f"{TOKEN}_FILE": str(path)}, minimal=False)
    assert loaded.warnings == ()
    return str(loaded.settings.slack.bot_token.get_secret_value())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"CANARY", "CANARY"),
        (b"CANARY\n", "CANARY"),
        (b"CANARY\r\n", "CANARY"),
        (b"CANARY\n\n", "CANARY"),
        (b"\xef\xbb\xbfCANARY\n", "CANARY"),
        (b"CANARY ${HOME} #1: {a}\n", "CANARY ${HOME} #1: {a}"),
        ("пароль\n".encode(), "пароль"),
    ],
)
def test_it_takes_a_file_whole_but_for_the_line_break_at_its_end(
    loading: Loading, tmp_path: Path, content: bytes, expected: str
) -> None:
    file = tmp_path / "bot_token"
    file.write_bytes(content)
    assert token(loading, file) == expected


def test_it_follows_the_links_that_kubernetes_makes(loading: Loading, tmp_path: Path) -> None:
    (tmp_path / "..2026_11_21").mkdir()
    (tmp_path / "..2026_11_21" / "bot-token").write_text("CANARY", encoding="utf-8")
    (tmp_path / "..data").symlink_to("..2026_11_21")
    (tmp_path / "bot-token").symlink_to("..data/bot-token")
    assert token(loading, tmp_path / "bot-token") == "CANARY"


def test_it_reads_what_may_be_read_once(loading: Loading) -> None:
    """A pipe, as a shell's `<(…)` gives."""
    reading, writing = os.pipe()
    os.write(writing, b"CANARY\n")
    os.close(writing)
    assert token(loading, Path(f"/dev/fd/{reading}")) == "CANARY"
    os.close(reading)


def test_every_secret_may_come_from_a_file_and_then_none_stands_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vendors: Mapping[str, Any], watches: Mapping[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {
        "RINGWATCH_STORE": "redis://:CANARY-1@redis/0",
        "RINGWATCH_SLACK__BOT_TOKEN": "CANARY-2",
        "RINGWATCH_SLACK__APP_TOKEN": "CANARY-3",
        "RINGWATCH_SLACK__SIGNING_SECRET": "CANARY-4",
        "RINGWATCH_ACCOUNTS__SALES__API_KEY": "CANARY-5",
        "RINGWATCH_ACCOUNTS__SALES__WEBHOOK_TOKEN": "CANARY-6",
        "RINGWATCH_HEARTBEAT__URL": "https://beat.example.com/CANARY-7",
    }
    environ = {"RINGWATCH_ACCOUNTS__SALES__PROVIDER": "momvoip"}
    for name, value in names.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
        environ[f"{name}_FILE"] = str(tmp_path / name)
    loaded = load(None, environ, vendors, watches)
    settings: Any = loaded.settings
    account = settings.accounts["sales"]
    secret = (
        settings.store, settings.slack.bot_token, settings.slack.app_token, settings.slack.signing_secret,
        account.vendor.api_key, account.webhook_token,
    )  # fmt: skip
    assert [one.get_secret_value() for one in secret] + [settings.heartbeat.url] == list(names.values())
    assert "CANARY" not in f"{settings!r} {settings} {loaded!r} {environ}"


def test_a_file_that_is_missing_or_none_is_told_by_its_variable(loading: Loading, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    (tmp_path / "file").write_text("CANARY", encoding="utf-8")
    for path, said in (
        (tmp_path / "missing", "No such file or directory"),
        (tmp_path, "Is a directory"),
        (loop, "Too many levels of symbolic links"),
        (tmp_path / "file" / "below", "Not a directory"),
        ("\0", "its name is none"),
        ("xoxb-CANARY-given-by-mistake", "No such file or directory"),
    ):
        mistakes = loading.mistakes(BARE, {f"{TOKEN}_FILE": str(path)}, minimal=False)
        told = f"{TOKEN}_FILE: slack.bot_token: the file that it names cannot be read: {said}; give a file's path"
        assert told in mistakes
        assert "CANARY" not in str(mistakes)


def test_a_file_that_we_may_not_read_is_told(loading: Loading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.write_text("CANARY", encoding="utf-8")
    file.chmod(0)
    opened = Path.open

    def refuse(path: Path, *args: Any, **words: Any) -> Any:
        if path == file:  # root may read everything
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **words)

    monkeypatch.setattr(Path, "open", refuse)
    mistakes = loading.mistakes(BARE, {f"{TOKEN}_FILE": str(file)}, minimal=False)
    assert "cannot be read: Permission denied" in mistakes[-1]


@pytest.mark.parametrize("content", ["", "\n", "\r\n\n"])
def test_an_empty_file_is_none_and_is_told(loading: Loading, tmp_path: Path, content: str) -> None:
    file = tmp_path / "file"
    file.write_text(content, encoding="utf-8")
    loaded = loading("", {f"{TOKEN}_FILE": str(file)})
    assert loaded.settings.slack.bot_token.get_secret_value() == "xoxb-bot"
    (warning,) = loaded.warnings
    said = "the file that it names is empty; that is the same as not setting the variable"
    assert (warning.id, str(warning)) == ("W202", f"{TOKEN}_FILE: slack.bot_token: {said}")
    (mistake,) = loading.mistakes(BARE, {f"{TOKEN}_FILE": str(file)}, minimal=False)
    assert mistake.endswith(f"slack.bot_token: it is needed; {TOKEN}_FILE: the file that it names is empty")


def test_a_value_and_a_file_for_one_key_are_a_mistake_that_tells_neither(loading: Loading, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("CANARY-1", encoding="utf-8")
    environ = {TOKEN: "CANARY-2", f"{TOKEN}_FILE": str(tmp_path / "x")}
    (mistake,) = loading.mistakes("", environ)
    assert mistake == f"{TOKEN}_FILE: slack.bot_token: {TOKEN} gives this key too; set one of the two"


def test_a_wrong_value_from_a_file_is_told_without_it(loading: Loading, tmp_path: Path) -> None:
    file = tmp_path / "port"
    file.write_text("CANARY", encoding="utf-8")
    (mistake,) = loading.mistakes("", {"RINGWATCH_HTTP__PORT_FILE": str(file)})
    assert "found a value from a file (6 characters); a whole number is needed" in mistake
    assert "CANARY" not in mistake
