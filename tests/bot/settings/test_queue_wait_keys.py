"""The keys of `queue_wait` and of a Voicenter account, as the configuration writes them and the real ones read them."""

from datetime import timedelta
from typing import Any

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Severity
from bot.watches.registry import watches
from providers.registry import vendors

Loading = Any  # the fixture of conftest.py

ACCOUNTS = """
    accounts:
      helpdesk: {provider: voicenter, code: c0de}
      sales: {provider: momvoip, api_key: k}
    alerts:
"""


@pytest.fixture
def real(loading: Loading) -> Loading:
    loading.vendors, loading.watches = vendors(entry_points=lambda **_: []), watches()
    return loading


def test_it_reads_the_alerts_of_the_example(real: Loading) -> None:
    loaded = real(
        ACCOUNTS
        + """
      - {name: long-wait, watch: queue_wait, longest_wait_above: 60s, for: 0s, channel: "#support", severity: critical}
      - {name: many-waiting, watch: queue_wait, waiting_above: 5, queues: [Sales]}
    """
    )
    long, many = loaded.settings.alerts
    assert (long.keys.longest_wait_above, long.keys.waiting_above) == (timedelta(minutes=1), None)
    assert (long.hold, long.severity, long.channel) == (timedelta(), Severity.CRITICAL, "#support")
    assert (many.keys.waiting_above, many.keys.queues, many.keys.longest_wait_above) == (5, ("Sales",), None)
    assert long.accounts == many.accounts == ("helpdesk",)
    assert [str(w) for w in loaded.warnings] == []


@pytest.mark.parametrize("wait", ["90", "PT1M", "-5s", "soon"])
def test_it_refuses_what_is_no_duration(real: Loading, wait: str) -> None:
    mistakes = real.mistakes(f"{ACCOUNTS}      - {{name: a, watch: queue_wait, longest_wait_above: {wait}}}\n")
    assert len(mistakes) == 1
    assert "alerts[1].longest_wait_above" in mistakes[0]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("queues: [Sales]", "say when: longest_wait_above, waiting_above, or both"),
        ("waiting_above: many", "alerts[1].waiting_above"),
        ("waiting_above: 5, longest_wait: 60s", "did you mean longest_wait_above?"),
        (
            "waiting_above: 5, accounts: [sales]",
            "sales cannot feed queue_wait: MoMVOIP does not tell who waits in a queue",
        ),
    ],
)
def test_it_says_what_is_wrong_with_the_others(real: Loading, keys: str, said: str) -> None:
    mistakes = real.mistakes(f"{ACCOUNTS}      - {{name: a, watch: queue_wait, {keys}}}\n")
    assert said in " ".join(mistakes)


def test_a_voicenter_account_is_polled_no_faster_than_every_five_seconds(real: Loading) -> None:
    loaded = real(
        "accounts: {helpdesk: {provider: voicenter, code: c0de, request: get, poll: {queues: 1s, agents: 10s}}}"
    )
    account = loaded.settings.accounts["helpdesk"]
    assert account.poll == {Kind.AGENTS: timedelta(seconds=10), Kind.QUEUES: timedelta(seconds=5)}
    assert "Voicenter may be asked for its queues every 5s at most" in str(loaded.warnings[0])
    assert account.vendor.secrets() == ["c0de"]
    assert "c0de" not in repr(loaded.settings)
