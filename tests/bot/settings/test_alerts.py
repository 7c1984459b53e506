"""Alerts: their keys by watch, and the accounts that can feed them."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.alerts.model import Escalation, Severity

Loading = Any  # the fixture of conftest.py

ACCOUNTS = """
    accounts:
      sales: {provider: momvoip, api_key: k}
      side: {provider: quiet, username: u, password: p}
      numb: {provider: momvoip, api_key: k, poll: {numbers: off}}
    alerts:
"""


def alert(loading: Loading, keys: str) -> Any:
    loaded = loading(f"{ACCOUNTS}      - {{{keys}}}\n")
    return loaded.settings.alerts, [str(one) for one in loaded.warnings]


def test_it_reads_every_key(loading: Loading) -> None:
    (found,), warnings = alert(
        loading,
        'name: low, watch: balance, below: 50, clear_above: 60.5, accounts: [sales, sales], channel: "#money", severity: critical,'
        "for: 5m, keep: 2m, repeat: [1h, 4h], mention: ['!here', '@U1234', <@W1234>, '<!subteam^S1234|@ops>', channel],"
        'escalate: {after: 15m, channel: "#managers", mention: [S1234]}, webhook: "https://hooks.example.com/x"',
    )
    assert warnings == []
    assert (found.name, found.watch, found.accounts, found.channel) == ("low", "balance", ("sales",), "#money")
    assert (found.keys.below, found.keys.clear_above) == (Decimal(50), Decimal("60.5"))
    assert found.severity is Severity.CRITICAL
    assert (found.hold, found.keep) == (timedelta(minutes=5), timedelta(minutes=2))
    assert found.repeat == (timedelta(hours=1), timedelta(hours=4))
    assert found.mention == ("!here", "U1234", "W1234", "S1234", "!channel")
    assert found.escalate == Escalation(timedelta(minutes=15), "#managers", ("S1234",))
    assert found.webhook == "https://hooks.example.com/x"
    assert "hooks.example.com" not in repr(found)


def test_it_watches_all_that_can_feed_it(loading: Loading) -> None:
    (money,), _ = alert(loading, "name: a, watch: balance, below: 1")
    assert money.accounts == ("sales", "numb")
    assert money.channel == "#alerts"
    (numbers,), warnings = alert(loading, "name: a, watch: number_spam")
    assert (numbers.accounts, warnings) == (("sales",), [])
    (down,), _ = alert(loading, "name: a, watch: account_down")
    assert down.accounts == ("sales", "side", "numb")


def test_an_alert_that_nobody_can_feed_is_a_warning(loading: Loading) -> None:
    loaded = loading(
        """
        accounts: {side: {provider: quiet, username: u, password: p}}
        alerts: [{name: a, watch: balance, below: 1}]
        """
    )
    (warning,) = loaded.warnings
    assert (warning.id, warning.line, warning.key) == ("W205", 5, "alerts[1].watch")
    assert loaded.settings.alerts[0].accounts == ()


def test_a_poll_that_is_switched_off_leaves_its_alert_without_food(loading: Loading) -> None:
    text = """
        accounts: {numb: {provider: momvoip, api_key: k, poll: {numbers: off}}}
        alerts: [{name: a, watch: number_spam}]
    """
    (mistake,) = loading.mistakes(text)
    assert mistake == (
        "5: alerts[1].watch: no account can feed number_spam: numb: its poll of numbers is switched off; switch it on"
    )
    everywhere = text.replace("poll: {numbers: off}", "currency: USD").rstrip(" ") + "        poll: {numbers: off}\n"
    assert "is switched off" in loading.mistakes(everywhere)[0]


def test_an_alert_on_nothing_that_is_polled_is_a_mistake(loading: Loading) -> None:
    text = """
        accounts: {side: {provider: quiet, username: u, password: p, poll: {calls: off}}}
        alerts: [{name: a, watch: account_down, accounts: [side]}]
    """
    assert "side cannot feed account_down: every poll of it is switched off" in loading.mistakes(text)[0]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("watch: number_spam", "alerts[1].name: it is needed"),
        ("name: a", "alerts[1].watch: it is needed"),
        ("name: A, watch: number_spam", "alerts[1].name: found 'A'; a name has up to 32"),
        ("name: sales, watch: number_spam", "alerts[1].name: an account is named sales too"),
        ("name: a, watch: blance", "found 'blance'; did you mean balance? allowed: balance, number_spam"),
        ("name: a, watch: balance", "alerts[1]: say when: below, for one"),
        (
            "name: a, watch: balance, below: 50, clear_above: 50",
            "alerts[1].clear_above: found '50'; it must be above below, 50",
        ),
        (
            "name: a, watch: balance, clear_above: 60",
            "alerts[1].clear_above: found '60'; it says when below is over, so below is needed too",
        ),
        ("name: a, watch: number_spam, clear_above: 60", "alerts[1].clear_above: unknown key clear_above"),
        ("name: a, watch: balance, below: 9, clear_above: 10, groups: [x]", "alerts[1].groups: unknown key groups"),
        ("name: a, watch: balance, below: cheap", "alerts[1].below: found 'cheap'; a number is needed"),
        ("name: a, watch: balance, below: 50, clear_abov: 60", "unknown key clear_abov; did you mean clear_above?"),
        ("name: a, watch: number_spam, gruops: [x]", "unknown key gruops; did you mean groups?"),
        ("name: a, watch: agent_offline, longest: 60s", "alerts[1].longest: unknown key longest"),
        ("name: a, watch: number_spam, accounts: [slaes]", "alerts[1].accounts[1]: found 'slaes'; did you mean sales?"),
        ("name: a, watch: number_spam, accounts: sales", "alerts[1].accounts: found 'sales'; a list is needed"),
        (
            "name: a, watch: number_spam, accounts: [side]",
            "side cannot feed number_spam: QuietPBX cannot tell its numbers",
        ),
        (
            "name: a, watch: number_spam, accounts: [numb]",
            "numb cannot feed number_spam: its poll of numbers is switched off",
        ),
        ("name: a, watch: number_spam, severity: urgent", "found 'urgent'; allowed: info, warning or critical"),
        ("name: a, watch: number_spam, for: 5 minutes", "alerts[1].for: found '5 minutes'; write a duration"),
        ("name: a, watch: number_spam, for: -5m", "alerts[1].for: found '-5m'; write a duration"),
        ("name: a, watch: number_spam, keep: -5m", "alerts[1].keep: found '-5m'; write a duration"),
        ("name: a, watch: number_spam, repeat: [0s]", "alerts[1].repeat[1]: found '0s'; it must be longer than 0s"),
        (
            "name: a, watch: number_spam, channel: alerts",
            'a channel is an id such as C0123456789, or a "#name" in quotes',
        ),
        ("name: a, watch: number_spam, mention: [bob]", "alerts[1].mention[1]: found 'bob'; a mention is"),
        ("name: a, watch: number_spam, escalate: {channel: C1234}", "alerts[1].escalate.after: it is needed"),
        ("name: a, watch: number_spam, webhook: hooks/CANARY", "an http:// or https:// address is needed"),
        ("name: a, watch: number_spam, hours: whenever", "alerts[1].hours: found 'whenever'"),
        ("name: a, watch: number_spam, hours: mon-fri 18:00-18:00", "alerts[1].hours: found 'mon-fri 18:00-18:00'"),
    ],
)
def test_mistakes_say_what_is_allowed(loading: Loading, keys: str, said: str) -> None:
    mistakes = loading.mistakes(f"{ACCOUNTS}      - {{{keys}}}\n")
    assert len(mistakes) == 1, mistakes
    assert mistakes[0].startswith("9: ")
    assert said in mistakes[0]
    assert "CANARY" not in mistakes[0]


def test_an_alert_of_no_watch_has_its_accounts_read_all_the_same(loading: Loading) -> None:
    one, other = loading.mistakes(f"{ACCOUNTS}      - {{name: a, watch: blance, accounts: [slaes]}}\n")
    assert one == "9: alerts[1].accounts[1]: found 'slaes'; did you mean sales?"
    assert other.startswith("9: alerts[1].watch: found 'blance'; did you mean balance? allowed: balance, number_spam, ")


def test_two_alerts_of_one_name_are_a_mistake(loading: Loading) -> None:
    two = "      - {name: a, watch: number_spam}\n      - {name: a, watch: account_down}\n"
    (mistake,) = loading.mistakes(ACCOUNTS + two)
    assert mistake.startswith("10: alerts[2].name: another alert is named a too, the 1st")


def test_an_alert_needs_a_channel_somewhere(loading: Loading) -> None:
    text = """
        slack: {bot_token: x, app_token: y}
        accounts: {sales: {provider: momvoip, api_key: k}}
        alerts:
          - {name: a, watch: number_spam, channel: "#own"}
          - {name: b, watch: number_spam}
    """
    (mistake,) = loading.mistakes(text, minimal=False)
    assert mistake == "6: alerts[2].channel: it has no channel; set slack.channel, or one of its own"


def test_hours_are_in_the_top_level_zone(loading: Loading) -> None:
    (found,), _ = alert(loading, "name: a, watch: agent_offline, hours: 'mon-fri 09:00-18:00'")
    assert found.calendar is not None
