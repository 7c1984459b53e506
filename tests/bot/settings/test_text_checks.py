"""Secrets that are blank, cut off, swapped or short: told by their place, all at once, and never by what they hold."""

from pathlib import Path
from typing import Any

import pytest

from bot.settings import ConfigError, load

Loading = Any  # the fixture of conftest.py

KEY = "0123456789abcdef0123"
BOT, APP, SIGNING = f"xoxb-{KEY}", f"xapp-{KEY}", "0123456789abcdef0123456789abcdef"
TEXT = """\
slack:
  bot_token: ${BOT}
  app_token: ${APP:-}
  signing_secret: ${SIGNING:-}
  channel: "#alerts"
accounts:
  sales: {provider: momvoip, api_key: ${KEY}}
"""


def told(loading: Loading, tmp_path: Path, **environ: str) -> tuple[list[str], list[str]]:
    """The mistakes and the warnings."""
    file = tmp_path / "ringwatch.yaml"
    file.write_text(TEXT)
    try:
        loaded = load(file, {"BOT": BOT, "APP": APP, "KEY": KEY, **environ}, loading.vendors, loading.watches)
    except ConfigError as error:
        return [str(one).removeprefix(f"{file}:") for one in error.problems], []
    return [], [str(one).removeprefix(f"{file}:") for one in loaded.warnings]


def test_what_looks_right_is_not_told(loading: Loading, tmp_path: Path) -> None:
    assert told(loading, tmp_path, SIGNING=SIGNING) == ([], [])
    assert told(loading, tmp_path, BOT=f"xoxe.{BOT}") == ([], [])


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"BOT": APP, "APP": BOT},
            [
                (
                    "2: slack.bot_token: an app-level token (xapp-…) stands there; that belongs in slack.app_token; "
                    "a bot token (xoxb-…) is needed"
                ),
                (
                    "3: slack.app_token: a bot token (xoxb-…) stands there; that belongs in slack.bot_token; "
                    "an app-level token (xapp-…) is needed"
                ),
            ],
        ),
        (
            {"BOT": SIGNING, "SIGNING": BOT},
            [
                (
                    "2: slack.bot_token: a signing secret (32 hexadecimal digits) stands there; "
                    "that belongs in slack.signing_secret; a bot token (xoxb-…) is needed"
                ),
                (
                    "4: slack.signing_secret: a bot token (xoxb-…) stands there; that belongs in slack.bot_token; "
                    "a signing secret (32 hexadecimal digits) is needed"
                ),
            ],
        ),
        (
            {"BOT": f"xoxp-{KEY}", "APP": "https://hooks.slack.com/services/T/B/CANARY"},
            [
                "2: slack.bot_token: a user token (xoxp-…) stands there; a bot token (xoxb-…) is needed",
                "3: slack.app_token: an address stands there; an app-level token (xapp-…) is needed",
            ],
        ),
        (
            {"BOT": f"{BOT}\n", "APP": f"\r\n{APP}", "KEY": f"{KEY[:9]}\n{KEY[9:]}"},
            [
                (
                    "2: slack.bot_token: it ends in a line break; take that out: `printf %s`, for one, writes none where "
                    "`echo` does"
                ),
                (
                    "3: slack.app_token: it begins with a line break; take that out: `printf %s`, for one, writes none "
                    "where `echo` does"
                ),
                (
                    "7: accounts.sales.api_key: it holds a line break, a tab or another control character; "
                    "paste it anew, in one line"
                ),
            ],
        ),
        (
            {"BOT": " ", "APP": "\t", "SIGNING": "\n", "KEY": " \n"},
            [
                f"{line}: {key}: it is blank; write a value, or leave the key out"
                for line, key in [
                    (2, "slack.bot_token"),
                    (3, "slack.app_token"),
                    (4, "slack.signing_secret"),
                    (7, "accounts.sales.api_key"),
                ]
            ],
        ),
    ],
)
def test_what_cannot_be_right_is_a_mistake_each(
    loading: Loading, tmp_path: Path, environ: dict[str, str], said: list[str]
) -> None:
    mistakes, _ = told(loading, tmp_path, **environ)
    assert mistakes == said
    assert not any(value.strip() in "".join(mistakes) for value in environ.values() if value.strip())


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"KEY": "1"}, "7: accounts.sales.api_key: it has 1 character; one of fewer than 16 can be guessed"),
        ({"KEY": "CANARY-15-chars"}, "7: accounts.sales.api_key: it has 15 characters; one of fewer than 16 can be"),
        ({"KEY": f" {KEY}"}, "7: accounts.sales.api_key: it begins or ends with a blank; take that out, unless it"),
        (
            {"BOT": BOT[1:]},
            "2: slack.bot_token: it does not begin as such a token does; a bot token (xoxb-…) is needed",
        ),
        ({"APP": f'"{APP}"'}, "3: slack.app_token: it holds a blank or a quote; an app-level token (xapp-…) is needed"),
    ],
)
def test_what_is_hardly_right_is_a_warning(
    loading: Loading, tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    mistakes, warnings = told(loading, tmp_path, **environ)
    assert mistakes == []
    (warning,) = warnings
    assert warning.startswith(said)
    assert not any(value in warning for value in environ.values() if len(value) > 1)


def test_a_secret_of_sixteen_is_long_enough(loading: Loading, tmp_path: Path) -> None:
    assert told(loading, tmp_path, KEY=KEY[:16]) == ([], [])


@pytest.mark.parametrize(
    ("store", "warned"),
    [
        ("redis://:short@h/0", True),
        ("unix:///s?password=short", True),
        (f"redis://:{KEY}@h/0", False),
        ("redis://h/0", False),
        ("embedded", False),
    ],
)
def test_the_password_of_the_store_is_a_secret_like_others(
    loading: Loading, tmp_path: Path, store: str, warned: bool
) -> None:
    _, warnings = told(loading, tmp_path, RINGWATCH_STORE=store)
    said = ["RINGWATCH_STORE: store: it has 5 characters; one of fewer than 16 can be guessed"]
    assert warnings == (said if warned else [])
