"""Rules that act: what may be written, and one sentence for each mistake."""

from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.automations import (
    AcknowledgeIncident,
    MarkNumbers,
    PauseCalls,
    PhoneNumber,
    PostMessage,
    PostWebhook,
    SilenceTarget,
)
from bot.alerts.model import Phase, Severity
from bot.settings import ConfigError, load
from bot.settings.secret_values import secrets_of
from bot.watches.registry import watches
from providers.registry import vendors

Loading = Any  # the fixture of conftest.py

BASE = """
slack: {{bot_token: xoxb-bot, app_token: xapp-app, channel: "#alerts"}}
accounts:
  sales: {{provider: momvoip, api_key: k}}
  branch: {{provider: iexpbx, base_url: 'https://pbx.example.com', username: u, password: p}}
  trunk: {{provider: mor, base_url: 'https://mor.example.com', username: u, password: p, user_id: 17, api_secret: k}}
calls: {{region: UA}}
alerts:
  - {{name: low, watch: balance, accounts: [sales], below: 50}}
  - {{name: spam-number, watch: number_spam, accounts: [sales]}}
automations:
  - {keys}
"""


@pytest.fixture
def read(tmp_path):
    """The configuration with one automation; `alert` and `state` are given where they are not."""

    def loaded(keys):
        path = tmp_path / "ringwatch.yaml"
        path.write_text(BASE.format(keys=keys))
        return load(path, {}, vendors(), watches()).settings

    return loaded


def rule(then, when="{alert: spam-number, state: firing}", more=""):
    return f"{{name: rest, when: {when}, then: {then}{more}}}"


def test_it_reads_the_promised_example(read):
    then = '[{mark: spam}, {post: {channel: "#managers", text: "{summary} {link}", mention: ["!here"]}}]'
    more = ', after: 10m, hours: "mon-fri 09:00-18:00", at_most: 5/1h, dry_run: true'
    (made,) = read(rule(then, "{alert: spam-number, state: firing, severity: critical}", more)).automations
    assert (made.name, made.alert, made.state) == ("rest", "spam-number", Phase.FIRING)
    assert (made.severity, made.after, made.at_most) == (
        Severity.CRITICAL,
        timedelta(minutes=10),
        (5, timedelta(hours=1)),
    )
    assert made.dry_run
    assert made.calendar is not None
    assert made.actions == (MarkNumbers("spam"), PostMessage("#managers", "{summary} {link}", ("!here",)))


@pytest.mark.parametrize(
    ("then", "action"),
    [
        ("{mark: active}", MarkNumbers("active")),
        ("{pause_calls: true}", PauseCalls(paused=True)),
        ("{resume_calls: true}", PauseCalls(paused=False)),
        ("{silence: {target: sales, for: 2h}}", SilenceTarget("sales", timedelta(hours=2))),
        ("{acknowledge: true}", AcknowledgeIncident()),
        (
            "{phone: {account: branch, number: '+380671234567', say: Calls stopped}}",
            PhoneNumber("branch", "+380671234567", "Calls stopped"),
        ),
    ],
)
def test_it_reads_every_action(read, then, action):
    (made,) = read(rule(f"[{then}]")).automations
    assert made.actions == (action,)


def test_the_address_and_the_secret_of_a_webhook_are_secrets(read):
    settings = read(
        rule("[{webhook: {url: 'https://example.com/CANARY', format: pagerduty, secret: %s}}]" % ("R" * 32))
    )
    (action,) = settings.automations[0].actions
    assert action == PostWebhook("https://example.com/CANARY", "pagerduty", "R" * 32)
    assert {"https://example.com/CANARY", "R" * 32} <= set(secrets_of(settings))
    assert "CANARY" not in repr(settings)


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        (rule("[{mark: spam}]", "{alert: spam-numbr, state: firing}"), "when.alert", "did you mean spam-number?"),
        (rule("[{mark: spam}]", "{alert: low, state: firing}"), "then[1].mark", "names no caller IDs"),
        (rule("[{mark: grey}]"), "then[1].mark", "active"),
        (rule("[{mark: spam}]", "{alert: spam-number, state: resolved}"), "then[1].mark", "it feeds itself"),
        (rule("[{acknowledge: true}]", "{alert: low, state: acknowledged}"), "then[1].acknowledge", "cannot be"),
        (rule("[{acknowledge: false}]"), "then[1].acknowledge", "only true does something"),
        (rule("[]"), "then", "it does nothing"),
        (rule("[{}]"), "then[1]", "no action"),
        (rule("[{mark: spam, acknowledge: true}]"), "then[1]", "several actions in one"),
        (rule("[{post: {channel: '#a', text: '{sumary}'}}]"), "then[1].post.text", "{sumary} is filled by nothing"),
        (rule("[{silence: {target: salse, for: 2h}}]"), "then[1].silence", "did you mean sales?"),
        (rule("[{phone: {account: sale, number: '+380671234567', say: x}}]"), "then[1].phone", "did you mean sales?"),
        (rule("[{webhook: {format: flat}}]"), "then[1].webhook", "it has no address"),
        (rule("[{webhook: {format: pagerduty}}]"), "then[1].webhook.secret", "the routing key"),
        (rule("[{mark: spam}]", more=", at_most: often"), "at_most", "100/15m"),
        (rule("[{mark: spam}]", more=", hours: sometimes"), "hours", "sometimes"),
        (rule("[{mark: spam}]", "{alert: low, state: open}"), "when.state", "firing"),
    ],
)
def test_a_mistake_is_told_at_its_key(read, keys, key, words):
    with pytest.raises(ConfigError, match="automations") as caught:
        read(keys)
    told = str(caught.value)
    assert f"automations[1].{key}" in told
    assert words in told


def test_a_name_is_given_once(read):
    with pytest.raises(ConfigError, match="another automation is named rest too"):
        read(f"{rule('[{mark: spam}]')}\n  - {rule('[{mark: active}]')}")


@pytest.mark.parametrize(
    ("account", "number", "say", "key", "rule_"),
    [
        ("branch", "112", "Money is low", "number", "emergency"),
        ("branch", "+1 202 555 0188", "Money is low", "number", "calls.countries"),
        ("branch", "nonsense", "Money is low", "number", "no letters"),
        ("trunk", "1001", "+44 20 7946 0958", "say", "calls.countries"),
        ("trunk", "+44 20 7946 0958", "067 123 45 67", "number", "calls.countries"),
        ("trunk", "112", "067 123 45 67", "number", "emergency"),
        ("trunk", "1001", "Money is low", "say", "no letters"),
    ],
)  # fmt: skip
def test_a_number_that_the_call_policy_refuses_is_told_at_its_key(read, account, number, say, key, rule_):
    with pytest.raises(ConfigError) as error:
        read(rule(f"[{{phone: {{account: {account}, number: '{number}', say: '{say}'}}}}]"))
    (problem,) = error.value.problems
    assert problem.key == f"automations[1].then[1].phone.{key}"
    assert rule_ in problem.text


def test_an_extension_may_be_rung_first_and_an_allowed_number_called(read):
    for account, number, say in (("trunk", "1001", "067 123 45 67"), ("branch", "067 123 45 67", "Money is low")):
        (made,) = read(rule(f"[{{phone: {{account: {account}, number: '{number}', say: '{say}'}}}}]")).automations
        assert made.actions == (PhoneNumber(account, number, say),)
