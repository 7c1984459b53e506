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


ROUTING_KEY = "R0UTING" + "x" * 25


def test_pagerduty_needs_its_routing_key_alone(loading: Loading) -> None:
    (alert,) = loading(text(f"webhook_format: pagerduty, webhook_secret: ' {ROUTING_KEY} '")).settings.alerts
    assert alert.webhook == "https://events.pagerduty.com/v2/enqueue"
    assert alert.webhook_secret.get_secret_value() == ROUTING_KEY
    (own,) = loading(text(f"{HOOK}, webhook_format: pagerduty, webhook_secret: {ROUTING_KEY}")).settings.alerts
    assert own.webhook == "https://hooks.example.com/CANARY-path"


@pytest.mark.parametrize(
    ("keys", "key", "hint"),
    [
        ("webhook_format: pagerduty", "webhook_secret", "webhook_format: pagerduty needs it: the routing key"),
        (f"webhook_format: pagerduty, webhook_secret: {PLAIN}", "webhook_secret", "has 32 letters and digits"),
        (f"{HOOK}, webhook_format: flat, webhook_secret: CANARY", "webhook_secret", "24 to 64 random bytes"),
        (f"{HOOK}, webhook_format: pager-duty", "webhook_format", "pagerduty"),
        ("webhook_format: teams", "webhook_format", "there is no webhook that it could be posted to"),
    ],
)
def test_a_format_that_cannot_be_is_one_mistake(loading: Loading, keys: str, key: str, hint: str) -> None:
    (mistake,) = loading.mistakes(text(keys))
    assert f"alerts[1].{key}: " in mistake
    assert hint in mistake
    assert "CANARY" not in mistake


WORKFLOW = "https://slack.com/shortcuts/Ft012/abc"


def test_a_workflow_is_a_button_with_inputs(loading: Loading) -> None:
    keys = f"workflow: {{text: Order a top-up, url: '{WORKFLOW}', inputs: {{reason: summary, who: account}}}}"
    (alert,) = loading(text(keys)).settings.alerts
    assert (alert.workflow.text, alert.workflow.url) == ("Order a top-up", WORKFLOW)
    assert alert.workflow.inputs == (("reason", "summary"), ("who", "account"))


@pytest.mark.parametrize(
    ("keys", "path", "hint"),
    [
        ("{text: Go, url: 'https://example.com/x'}", "workflow.url", "begins with https://slack.com/shortcuts/"),
        (f"{{url: '{WORKFLOW}'}}", "workflow.text", "it is needed"),
        (f"{{text: Go, url: '{WORKFLOW}', inputs: {{a: sumary}}}}", "workflow.inputs.a", "did you mean summary?"),
        (f"{{text: {'x' * 76}, url: '{WORKFLOW}'}}", "workflow.text", "75"),
    ],
)
def test_a_workflow_that_cannot_be_is_one_mistake(loading: Loading, keys: str, path: str, hint: str) -> None:
    (mistake,) = loading.mistakes(text(f"workflow: {keys}"))
    assert f"alerts[1].{path}" in mistake
    assert hint in mistake
