"""Accounts: their keys by vendor, and how often each is polled in the end."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.settings.account_keys import within
from providers.sdk.throttle import RateLimit

Loading = Any  # the fixture of conftest.py


def account(loading: Loading, keys: str, top: str = "") -> Any:
    loaded = loading(f"accounts: {{a: {{provider: momvoip, api_key: k, {keys}}}}}\n{top}")
    return loaded.settings.accounts["a"], [str(one).partition(": ")[2] for one in loaded.warnings]


def test_it_gets_its_vendors_settings(loading: Loading) -> None:
    found, _ = account(loading, "timezone: Europe/Kyiv, currency: usd, webhook_token: hook-1, retry_after: 2m")
    assert (found.name, found.provider, found.currency) == ("a", "momvoip", "USD")
    assert found.timezone.key == "Europe/Kyiv"
    assert found.webhook_token.get_secret_value() == "hook-1"
    assert found.vendor.base_url == "https://panel.example.com/"
    assert found.vendor.retry_after == timedelta(minutes=2)


def test_it_polls_what_its_vendor_can_tell_at_the_nearest_interval(loading: Loading) -> None:
    found, warnings = account(loading, "poll: {calls: 3m, numbers: off}", "poll: {agents: 1m, calls: 2m}")
    assert found.poll == {
        Kind.BALANCE: timedelta(minutes=5),
        Kind.NUMBERS: None,
        Kind.AGENTS: timedelta(minutes=1),
        Kind.CALLS: timedelta(minutes=3),
    }
    assert warnings == []


@pytest.mark.parametrize(
    ("keys", "top", "key"),
    [("poll: {agents: 5s}", "", "accounts.a.poll.agents"), ("", "poll: {agents: 5s}", "poll.agents")],
)
def test_a_poll_faster_than_the_vendor_allows_is_slowed_and_told(
    loading: Loading, keys: str, top: str, key: str
) -> None:
    found, warnings = account(loading, keys, top)
    assert found.poll[Kind.AGENTS] == timedelta(seconds=30)
    (warning,) = warnings
    assert warning == (
        f"{key}: MoMVOIP may be asked for its agents every 30s at most; the account a is polled so, not every 5s"
    )


def test_a_poll_that_the_vendor_cannot_answer_is_told(loading: Loading) -> None:
    found, (warning,) = account(loading, "poll: {queues: 15s}")
    assert Kind.QUEUES not in found.poll
    assert "MoMVOIP cannot tell its queues" in warning


def test_polls_that_use_up_the_budget_are_slowed_and_told(loading: Loading) -> None:
    found, (warning,) = account(loading, "rate_limit: 20/15m")
    assert found.rate_limit == RateLimit(20, timedelta(minutes=15))
    assert found.poll[Kind.BALANCE] == timedelta(minutes=5)
    assert found.poll[Kind.AGENTS] == found.poll[Kind.CALLS] == timedelta(seconds=180)
    assert "more than 16 of its 20 requests per 15 min" in warning


@given(
    st.dictionaries(st.sampled_from(list(Kind)), st.integers(1, 3600), min_size=1),
    st.integers(1, 500),
    st.integers(1, 7200),
)
def test_slowed_polls_fit_the_budget_and_none_gets_faster(seconds: dict[Kind, int], count: int, per: int) -> None:
    limit = RateLimit(count, timedelta(seconds=per))
    poll = {kind: timedelta(seconds=n) for kind, n in seconds.items()}
    slower = within(poll, limit)
    assert sum(limit.per / slower[kind] for kind in poll) <= limit.share("watch") + 1e-9
    assert all(slower[kind] >= poll[kind] for kind in poll)
    if sum(limit.per / every for every in poll.values()) <= limit.share("watch"):
        assert slower == poll


def test_the_vendors_own_limit_holds_where_none_is_given(loading: Loading) -> None:
    settings = loading("accounts: {a: {provider: quiet, username: u, password: p}}").settings
    assert settings.accounts["a"].rate_limit == RateLimit(100, timedelta(minutes=15))


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (
            "provider: momvoop, api_key: CANARY",
            "accounts.a.provider: found 'momvoop'; did you mean momvoip? allowed: momvoip, quiet",
        ),
        ("api_key: CANARY", "accounts.a.provider: it is needed"),
        ("provider: [momvoip], api_key: CANARY", "accounts.a.provider: found a list"),
        ("provider: momvoip", "accounts.a.api_key: it is needed"),
        ("provider: momvoip, api_key: [CANARY]", "accounts.a.api_key: found a list"),
        ("provider: momvoip, apikey: CANARY", "accounts.a.apikey: unknown key apikey; did you mean api_key?"),
        ("provider: momvoip, api_key:CANARY", "accounts.a.api_key:…: unknown key; a space is needed after the colon"),
        ("provider: momvoip, api_key: k, base_url: ftp://h", "base_url: found 'ftp://h'; an http:// or https://"),
        ("provider: momvoip, api_key: k, base_url: 'https://u:CANARY@h'", "no login may stand in it"),
        ("provider: momvoip, api_key: k, base_url: 'https://h?key=CANARY'", "it ends before any ? or #"),
        ("provider: momvoip, api_key: k, currency: DOLLAR", "found 'DOLLAR'; a currency is three letters"),
        ("provider: momvoip, api_key: k, timezone: Europe/Kyyv", "found 'Europe/Kyyv'; did you mean Europe/Kyiv?"),
        (
            "provider: momvoip, api_key: k, rate_limit: many",
            "found 'many'; a limit is written as requests and a duration",
        ),
        ("provider: momvoip, api_key: k, webhook_token: a/CANARY", "it becomes a part of an address"),
        ("provider: momvoip, api_key: k, poll: {agents: 0s}", "accounts.a.poll.agents: found '0s'; it must be longer"),
        ("provider: momvoip, api_key: k, poll: {agent: 5s}", "unknown key agent; did you mean agents?"),
        ("provider: momvoip, api_key: k, retry_after: PT5M", "retry_after: found 'PT5M'; write a duration such as"),
        ("provider: quiet, usrname: CANARY", "accounts.a.usrname: unknown key usrname; did you mean username?"),
        ("provider: momvoipp, api_key: CANARY", "found 'momvoipp'; did you mean momvoip? allowed: momvoip, quiet"),
    ],
)
def test_mistakes_say_what_is_allowed(loading: Loading, keys: str, said: str) -> None:
    mistakes = loading.mistakes(f"accounts:\n  a: {{{keys}}}")
    assert any(said in one for one in mistakes), mistakes
    assert all(one.startswith("4: ") for one in mistakes)
    assert "CANARY" not in "".join(mistakes)


@pytest.mark.parametrize("name", ["Sales", "1st", "-a", "a_b", "a" * 33, "sales.eu"])
def test_a_name_is_lower_case_letters_digits_and_hyphens(loading: Loading, name: str) -> None:
    assert "a name has up to 32" in loading.mistakes(f"accounts: {{{name}: {{provider: momvoip, api_key: k}}}}")[0]


def test_an_account_of_no_vendor_is_one_mistake_whoever_names_it(loading: Loading) -> None:
    (mistake,) = loading.mistakes(
        """
        accounts:
          helpdesk: {provider: voicecentre, code: c, timezone: Asia/Jerusalem}
          sales: {provider: momvoip, api_key: k}
        agents: {U1234: {account: helpdesk, agent: 1}, U2345: {account: sales, agent: 2}}
        alerts:
          - {name: gone, watch: agent_offline, accounts: [helpdesk, sales]}
        """
    )
    assert mistake.startswith("5: accounts.helpdesk.provider: found 'voicecentre'; allowed: momvoip, quiet")
