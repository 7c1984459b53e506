"""The whole configuration: the promised example, the defaults, every mistake at once, and no secret anywhere."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bot.settings import ConfigError, ManifestKeys, load_manifest_keys
from bot.watches.registry import watches
from providers.registry import vendors

Loading = Any  # the fixture of conftest.py

EXAMPLE = """\
timezone: Europe/Kyiv                  # default UTC; used to show and to schedule
store: embedded                        # a server of our own in data_dir
data_dir: ./ringwatch-data             # what the embedded store keeps; survives restarts and kill -9
history: 30d                           # how long readings are kept, for forecasts, `why` and replay
http: {host: 127.0.0.1, port: 3000}
slack:
  bot_token: ${SLACK_BOT_TOKEN}
  app_token: ${SLACK_APP_TOKEN:-}      # set: Socket Mode
  signing_secret: ${SLACK_SIGNING_SECRET:-}   # set: HTTP mode at /slack/events; one of the two is needed, both may be
  api_url: https://slack.com/api/
  channel: "#voip-alerts"              # where alerts go unless they say otherwise
  commands: {}                         # {call: dial} where the workspace has a /call already
poll: {balance: 5m, numbers: 5m, agents: 30s, queues: 15s, calls: 1m}   # the defaults
accounts:
  sales:      {provider: momvoip,   api_key: ${MOMVOIP_API_KEY}, currency: USD, timezone: Europe/Kyiv}
  helpdesk:   {provider: voicenter, code: ${VOICENTER_CODE}}
  wholesale:  {provider: mor,       base_url: "https://mor.example.com", username: u, password: p, user_id: "1", api_secret: k}
  office:     {provider: voipcloud, base_url: "https://pbx.example.com", token: ${VOIPCLOUD_TOKEN}}
  branch:     {provider: iexpbx,    base_url: "http://pbx.example.com", username: u, password: p}
agents:                                # which agent a Slack user is, for /call
  U0123456789: {account: sales, agent: "1111"}
permissions: {}                        # who may, by Slack user, user-group and channel ids
calls:
  confirm: true                        # show who will be called, and ask, before a call is placed
  region: UA                           # how a number without + is read; no default
  countries: [UA, PL]                  # may be called; default: the region alone
  blocked: ["+380900*"]                # prefixes end in *
  per_user_per_day: 30
alerts:
  - {name: low-balance,  watch: balance,       below: 50, clear_above: 60, repeat: [1h, 4h]}
  - {name: runs-out,     watch: balance,       runs_out_within: 6h}
  - {name: spam-number,  watch: number_spam}
  - {name: agent-gone,   watch: agent_offline, for: 5m, hours: "mon-fri 09:00-18:00", groups: [Team-1]}
  - {name: long-wait,    watch: queue_wait,    longest_wait_above: 60s, for: 0s, channel: "#support", severity: critical, mention: ["!here"]}
  - {name: many-waiting, watch: queue_wait,    waiting_above: 5, queues: [Sales]}
  - {name: pbx-down,     watch: account_down,  for: 3m}
"""
ENVIRON = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_APP_TOKEN": "xapp-1",
    "MOMVOIP_API_KEY": "k",
    "VOICENTER_CODE": "c",
    "VOIPCLOUD_TOKEN": "t",
}


@pytest.fixture
def real(loading: Loading) -> Loading:
    """What is here in truth, instead of the stand-ins."""
    loading.vendors, loading.watches = vendors(), watches()
    return loading


def test_the_promised_example_loads_and_is_whole(real: Loading) -> None:
    loaded = real(EXAMPLE, ENVIRON, minimal=False)
    settings = loaded.settings
    assert settings.timezone.key == "Europe/Kyiv"
    assert settings.data_dir == Path("ringwatch-data")
    assert settings.history == timedelta(days=30)
    assert settings.slack.signing_secret is None
    assert settings.calls.countries == ("UA", "PL")
    assert list(settings.accounts) == ["sales", "helpdesk", "wholesale", "office", "branch"]
    assert {one.name: one.accounts for one in settings.alerts} == {
        "low-balance": ("sales", "wholesale"),
        "runs-out": ("sales", "wholesale"),
        "spam-number": ("sales",),
        "agent-gone": ("sales", "helpdesk", "branch"),
        "long-wait": ("helpdesk", "office", "branch"),
        "many-waiting": ("helpdesk", "branch"),
        "pbx-down": ("sales", "helpdesk", "wholesale", "office", "branch"),
    }
    (slowed,) = loaded.warnings  # which is promised as well
    assert (slowed.id, slowed.key) == ("W203", "poll.queues")
    assert "VoIPcloud may be asked for its queues every 1m at most" in str(slowed)


def test_the_example_names_every_variable_that_is_missing(real: Loading) -> None:
    mistakes = real.mistakes(EXAMPLE, {"RINGWATCH_SLACK__APP_TOKEN": "xapp"}, minimal=False)
    assert [one.split(" is not set")[0] for one in mistakes] == [
        "7: slack.bot_token: ${SLACK_BOT_TOKEN}",
        "15: accounts.sales.api_key: ${MOMVOIP_API_KEY}",
        "16: accounts.helpdesk.code: ${VOICENTER_CODE}",
        "18: accounts.office.token: ${VOIPCLOUD_TOKEN}",
    ]


def test_the_defaults_are_the_promised_ones(loading: Loading) -> None:
    settings = loading().settings
    assert settings.timezone.key == "UTC"
    assert settings.store.get_secret_value() == "embedded"
    assert settings.data_dir == Path("ringwatch-data")
    assert settings.history == timedelta(days=30)
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 3000)
    assert settings.slack.api_url == "https://slack.com/api/"
    assert {str(kind): every.total_seconds() for kind, every in settings.poll.items()} == {
        "balance": 300,
        "numbers": 300,
        "agents": 30,
        "queues": 15,
        "calls": 60,
    }
    assert (settings.calls.confirm, settings.calls.region, settings.calls.countries) == (True, None, ())
    assert settings.calls.per_user_per_day == 30
    assert (settings.permissions, settings.alerts, settings.heartbeat) == ({}, (), None)


def test_the_region_alone_may_be_called_by_default(loading: Loading) -> None:
    assert loading("calls: {region: ua}").settings.calls.countries == ("UA",)
    assert loading("calls: {region: ua, countries: []}").settings.calls.countries == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezon: UTC", "timezon: unknown key timezon; did you mean timezone?"),
        ("timezone: Europe/Kyyv", "timezone: found 'Europe/Kyyv'; did you mean Europe/Kyiv?"),
        ("timezone: ../../etc/passwd", "the name of a time zone such as"),
        ("timezone: [UTC]", "timezone: found a list"),
        ("store: postgres://u:CANARY@h", "embedded, or an address redis://"),
        ("store: redis://", "embedded, or an address redis://"),
        ("store: redis://h:99999", "embedded, or an address redis://"),
        ("store: unix://", "the path of a socket"),
        ("history: 0s", "history: found '0s'; it must be longer than 0s"),
        ("http: {port: 65536}", "http.port: found '65536'; it must be at most 65535"),
        ("http: {port: -1}", "it must be at least 0"),
        ("http: {port: 80.5}", "a whole number is needed"),
        ("http: 3000", "a map is needed"),
        ("poll: {agents: fast}", "poll.agents: found 'fast'; write a duration such as 15s, 5m, 2h or 1d, or off"),
        ("accounts: [a]", "accounts: found a list; a map is needed"),
        ("accounts: {a: b}", "accounts.a: found a value of 1 characters; a map is needed"),
        ("alerts: {a: b}", "alerts: found a map; a list is needed"),
        ("alerts: [a]", "alerts[1]: found a value of 1 characters; a map is needed"),
        ("agents: {U1234: {account: sales, agent: 1}}", "agents.U1234.account: found 'sales'; allowed: none"),
        ("agents: {bob: {account: sales, agent: 1}}", "a Slack user's id begins with U or W"),
        ("permissions: {calls: []}", "unknown key calls; did you mean call?"),
        ("permissions: {call: everyone}", "permissions.call: found 'everyone'; a list is needed"),
        ("permissions: {call: ['@bob']}", "permissions.call[1]: found '@bob'; the Slack id of"),
        ("calls: {confirm: maybe}", "calls.confirm: found 'maybe'; true or false is needed"),
        ("calls: {region: Ukraine}", "calls.region: found 'Ukraine'; a country is two letters"),
        ("calls: {region: ZZ}", "a country is two letters"),
        ("calls: {countries: [UA, XX]}", "calls.countries[2]: found 'XX'; a country is two letters"),
        ("calls: {blocked: ['0900*']}", "calls.blocked[1]: found '0900*'; write the number with +"),
        ("calls: {blocked: ['+38*0900']}", "write the number with +"),
        ("calls: {per_user_per_day: -1}", "it must be at least 0"),
        ("heartbeat: {url: beat.example.com/CANARY}", "heartbeat.url: found a value of 23 characters; an http://"),
        ("heartbeat: {url: 'https://b.example.com', every: 0s}", "heartbeat.every: found '0s'"),
    ],
)
def test_mistakes_say_what_was_found_and_what_is_allowed(loading: Loading, text: str, said: str) -> None:
    mistakes = loading.mistakes(text)
    assert any(said in one for one in mistakes), mistakes
    assert all(one.startswith("3: ") for one in mistakes)
    assert "CANARY" not in "".join(mistakes)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("app_token: x", "1: slack.bot_token: it is needed"),
        ("bot_token: x", "1: slack: neither app_token nor signing_secret is set; one is needed"),
        ("bot_token: x, app_token: , signing_secret: ''", "1: slack: neither app_token nor signing_secret is set"),
        ("bot_token: x, app_token: y, api_url: slack.com", "slack.api_url: found 'slack.com'; an http:// or https://"),
        (
            "bot_token: x, app_token: y, channel: alerts",
            "found 'alerts'; a channel is an id such as C0123456789, or a \"#name\"",
        ),
        ("bot_token: x, app_token: y, commands: {dial: call}", "unknown key dial"),
        (
            "bot_token: x, app_token: y, commands: {call: Dial It}",
            "slack.commands.call: found 'Dial It'; a command has",
        ),
        ("bot_token: x, app_token: y, commands: {call: queue}", "slack.commands.call: /queue is the name of queue too"),
        ("bot_token: x, app_token: y, chanel: '#a'", "unknown key chanel; did you mean channel?"),
    ],
)
def test_mistakes_in_the_slack_section(loading: Loading, keys: str, said: str) -> None:
    (mistake,) = loading.mistakes(f"slack: {{{keys}}}", minimal=False)
    assert said in mistake


def test_two_commands_may_swap_their_names(loading: Loading) -> None:
    slack = "slack: {bot_token: x, signing_secret: y, commands: {call: queue, queue: /call}}"
    assert loading(slack, minimal=False).settings.slack.commands == {"call": "queue", "queue": "call"}


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(loading: Loading) -> None:
    mistakes = loading.mistakes(
        """
        history: soon
        accounts: {sales: {provider: momvoip, apikey: k}}
        alerts:
          - {name: low, watch: balance, below: 50, clear_above: 40}
          - {name: low, watch: number_spam, severity: urgent}
        calls: {region: Ukraine}
        """,
        {"RINGWATCH_HTTP__PORT": "x"},
    )
    assert [one.split(": ")[0] for one in mistakes] == ["4", "5", "5", "7", "8", "8", "9", "RINGWATCH_HTTP__PORT"]


SECRETS = """
    slack: {bot_token: CANARY-bot, app_token: CANARY-app, signing_secret: CANARY-sign, channel: "#a"}
    store: redis://user:CANARY-store@localhost/0
    accounts:
      sales: {provider: momvoip, api_key: CANARY-key, webhook_token: CANARY-hook}
      side: {provider: quiet, username: u, password: "CANARY-password"}
    alerts: [{name: a, watch: number_spam, webhook: "https://hooks.example.com/CANARY-path"}]
    heartbeat: {url: "https://beat.example.com/CANARY-beat"}
"""


def test_no_secret_shows_in_the_settings(loading: Loading) -> None:
    loaded = loading(SECRETS, minimal=False)
    assert "CANARY" not in repr(loaded)
    assert loaded.settings.accounts["side"].vendor.secrets() == ["CANARY-password"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("bot_token:", "bot_tokn:"),
        ("bot_token: ", "bot_token:"),
        ("bot_token: CANARY-bot", "bot_token: [CANARY-bot]"),
        ("bot_token: CANARY-bot", "bot_token: {CANARY: bot}"),
        ('channel: "#a"', "channel: xoxb-CANARY-1234"),
        ('channel: "#a"', "channel: ${CHANNEL}"),
        ("store: redis", "store: mysql"),
        ("store: redis", "stor: redis"),
        ("api_key: ", "apikey: "),
        ("api_key: ", "api_key:"),
        ("webhook_token: CANARY-hook", "webhook_token: /CANARY-hook"),
        ("provider: momvoip", "provider: ${CHANNEL}"),
        ("provider: quiet", "provider: voipcloud"),
        ('"CANARY-password"', "CANARY: password"),
        ('"CANARY-password"', "&CANARY"),
        ('"CANARY-password"', "*CANARY"),
        ('"CANARY-password"', "!CANARY x"),
        ('"CANARY-password"', "@CANARY"),
        ('"CANARY-password"', "'CANARY"),
        ('webhook: "https', 'webhook: "ftps'),
        ('url: "https', 'url: "ftps'),
        ("heartbeat: {url:", "heartbeat: {ulr:"),
    ],
)
def test_no_secret_shows_in_a_mistake(loading: Loading, right: str, wrong: str) -> None:
    assert right in SECRETS
    mistakes = loading.mistakes(SECRETS.replace(right, wrong), {"CHANNEL": "CANARY in a variable"}, minimal=False)
    assert mistakes
    assert "CANARY" not in "".join(mistakes)


def test_the_manifest_reads_the_commands_and_whether_there_are_steps_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(
        dedent(
            """
            slack: {bot_token: ${NOT_SET}, commands: {call: /dial, pbx: "${PBX:-pbx2}"}}
            accounts: {a: {provider: momvoip, api_key: ${NOT_SET_EITHER}}}
            """
        ),
        encoding="utf-8",
    )
    names = {"balance": "balance", "call": "dial", "agents": "agents", "queue": "queue", "spam": "spam", "pbx": "pbx2"}
    assert load_manifest_keys(file, {}) == ManifestKeys(names, workflow_steps=False)
    assert load_manifest_keys(file, {"RINGWATCH_SLACK__COMMANDS__CALL": "ring"}).commands["call"] == "ring"
    assert load_manifest_keys(file, {"RINGWATCH_SLACK__WORKFLOW_STEPS": "true"}).workflow_steps is True
    monkeypatch.chdir(tmp_path)
    assert set(load_manifest_keys(None, {}).commands.values()) == {"balance", "call", "agents", "queue", "spam", "pbx"}
    with pytest.raises(ConfigError, match="there is no such file"):
        load_manifest_keys(tmp_path / "nowhere.yaml", {})
    file.write_text("slack: {commands: {cal: dial}}", encoding="utf-8")
    with pytest.raises(ConfigError, match="unknown key cal; did you mean call"):
        load_manifest_keys(file, {})
    file.write_text("slack: {workflow_steps: perhaps}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"slack\.workflow_steps: found 'perhaps'"):
        load_manifest_keys(file, {})
