"""`webhook` and `webhook_secret`: an address that is a secret, and what its posts are signed with."""

import base64
from typing import Any

import pytest

from bot.settings.values import signing_key

Loading = Any  # the fixture of conftest.py

ACCOUNTS = "accounts: {sales: {provider: momvoip, api_key: k}}"
RAW = b"CANARY-CANARY-CANARY-CANARY-1234"
PLAIN = base64.b64encode(RAW).decode()
HOOK = "webhook: https://hooks.example.com/CANARY-path"


def text(keys: str) -> str:
    return f"\n    {ACCOUNTS}\n    alerts: [{{name: a, watch: number_spam, {keys}}}]\n"


@pytest.mark.parametrize("written", [PLAIN, f"whsec_{PLAIN}", f"' {PLAIN} '"])
def test_it_takes_a_secret_with_its_prefix_or_without(loading: Loading, written: str) -> None:
    loaded = loading(text(f"{HOOK}, webhook_secret: {written}"))
    (alert,) = loaded.settings.alerts
    assert signing_key(alert.webhook_secret.get_secret_value()) == RAW
    assert PLAIN not in repr(loaded)
    assert "CANARY" not in repr(loaded)


def test_a_webhook_needs_no_secret(loading: Loading) -> None:
    (alert,) = loading(text(HOOK)).settings.alerts
    assert alert.webhook_secret is None


def test_a_secret_without_a_webhook_is_a_mistake(loading: Loading) -> None:
    (mistake,) = loading.mistakes(text(f"webhook_secret: {PLAIN}"))
    assert mistake == (
        f"5: alerts[1].webhook_secret: found a value of {len(PLAIN)} characters; "
        "there is no webhook whose posts it could sign: give that too, or take this out"
    )


def test_a_webhook_that_is_wrong_is_one_mistake_not_two(loading: Loading) -> None:
    (mistake,) = loading.mistakes(text(f"webhook: nowhere, webhook_secret: {PLAIN}"))
    assert "alerts[1].webhook: " in mistake


@pytest.mark.parametrize(
    "secret",
    [
        "CANARY",
        "whsec_",
        "whsec_CANARY!",
        base64.b64encode(b"CANARY" * 3).decode(),
        base64.b64encode(b"CANARY" * 11).decode(),
        PLAIN[:-1],
        "ключ",
    ],
)
def test_what_is_no_secret_is_a_mistake_that_says_how_to_make_one(loading: Loading, secret: str) -> None:
    (mistake,) = loading.mistakes(text(f"{HOOK}, webhook_secret: '{secret}'"))
    assert mistake.endswith("24 to 64 random bytes as base64 are needed, such as `openssl rand -base64 32` prints")
    assert secret not in mistake.partition("webhook_secret")[2]
    assert "CANARY" not in mistake
