"""Facts in the store: each watch's own, with a version; what cannot be read is kept and told in general words."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Facts, Incident, Member, Phase, Severity, UnreadFacts
from bot.alerts.policy import Policy
from bot.forecast.outlook import Fate
from bot.notify.incident_message import verdict
from bot.notify.notification_context import NotificationContext
from bot.store.alert_state_codec import decoded, encoded
from bot.watches.account_down import AccountDownFacts
from bot.watches.agent_offline.words import AgentOfflineFacts
from bot.watches.balance.facts import BalanceFacts
from bot.watches.facts import length
from bot.watches.number_spam import NumberSpamFacts
from bot.watches.queue_wait.facts import QueueWaitFacts
from bot.watches.registry import watches

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
EACH = {
    "balance": BalanceFacts(
        Decimal("-0.1050"), "USD", within=timedelta(hours=36), holds=("short", "spike"), pace=Decimal("1.2E+2"),
        empty=NOON, until=time(20, 0), topped=Decimal("1E+3"), topped_at=NOON, calm=True,
    ),
    "queue_wait": QueueWaitFacts(0, timedelta(seconds=161), longest_wait_above=timedelta(), free=0, clears=MINUTE / 2),
    "agent_offline": AgentOfflineFacts("Max \ud800", total=0),
    "number_spam": NumberSpamFacts("+380 44", 0, 0),
    "account_down": AccountDownFacts((Kind.CALLS, Kind.BALANCE), (), "It did not answer.", (Kind.CALLS,)),
}  # fmt: skip


def state(facts, watch, **changes):
    member = Member("1", facts, Severity.WARNING, NOON)
    return AlertState(
        "a", "sales", watch, incidents={"i": Incident("i", NOON, {"1": member}, Severity.WARNING)}, **changes
    )


def stored(facts, watch):
    """As it would lie in the store with these facts."""
    tree = json.loads(encoded(state(Facts(), watch)))
    tree["incidents"]["i"]["members"]["1"]["facts"] = facts
    return json.dumps(tree).encode()


def facts_in(text):
    return decoded(text).incidents["i"].members["1"].facts


def test_there_is_an_example_of_each_watch():
    assert EACH.keys() == watches().keys()


@pytest.mark.parametrize("watch", sorted(EACH))
def test_it_gives_back_each_watchs_facts_and_writes_their_version(watch):
    text = encoded(state(EACH[watch], watch))
    assert facts_in(text) == EACH[watch]
    tree = json.loads(text.decode("utf-8", "surrogatepass"))["incidents"]["i"]["members"]["1"]["facts"]
    assert tree["version"] == len(watches()[watch].upcasts) == 1


def test_the_incidents_own_watch_goes_before_the_alerts():
    was = state(EACH["balance"], "agent_offline")
    was = replace(was, incidents={"i": replace(was.incidents["i"], watch="balance")})
    assert decoded(encoded(was)) == was


@pytest.mark.parametrize("watch", ["agent_offline", "nobody_knows", ""])
def test_it_writes_no_facts_under_another_watchs_name(watch):
    with pytest.raises(TypeError, match="BalanceFacts"):
        encoded(state(EACH["balance"], watch))


@pytest.mark.parametrize(
    ("watch", "tree"),
    [
        ("nobody_knows", {"height": "3"}),
        ("nobody_knows", {"version": 2, "height": 3}),
        ("balance", {"version": 99, "amount": {"whole": 38}}),
    ],
)
def test_what_it_cannot_read_is_kept_as_it_is_and_told_in_general_words(watch, tree):
    text = stored(tree, watch)
    assert facts_in(text) == UnreadFacts(tree)
    assert decoded(encoded(decoded(text))) == decoded(text)
    incident = decoded(text).incidents["i"]
    told = NotificationContext(incident, Policy("a", "sales", watch, "#a"), watches()["balance"], NOON)
    assert verdict(told) == "The alert a holds on sales: 1."
    over = replace(incident, phase=Phase.RESOLVED, resolved_at=NOON + MINUTE)
    assert verdict(replace(told, incident=over)) == "Resolved after 1 min: the alert a held on sales: 1."


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"amount": "38.20"}, BalanceFacts(Decimal("38.20"))),  # before a balance could be forecast
        (
            {
                "amount": "38.20", "currency": "", "below": "50", "within": "1 d 12 h", "holds": "low spike", "fate": "runs out",
                "by_hour": "yes", "lasts": "18:55", "pace": "120", "usual": "", "spent": "0.00", "minutes": "", "rate": "0.0024",
                "style": "time", "empty": "2026-11-21T12:00:00+00:00", "earliest": "", "top_up": "12,000", "until": "20:00",
                "shift": "yes", "topped": "5.00", "topped_at": "2026-11-21T12:00:00+00:00", "spike": "9.00", "line": "3.00", "calm": "",
            },
            BalanceFacts(
                Decimal("38.20"), below=Decimal(50), within=timedelta(hours=36), holds=("low", "spike"), fate=Fate("runs out"),
                by_hour=True, lasts="18:55", pace=Decimal(120), spent=Decimal("0.00"), rate=Decimal("0.0024"), today=True,
                empty=NOON, top_up=Decimal(12000), until=time(20, 0), shift=True, topped=Decimal("5.00"), topped_at=NOON,
                spike=Decimal("9.00"), line=Decimal("3.00"),
            ),
        ),
    ],
)  # fmt: skip
def test_it_reads_a_balance_in_strings(old, new):
    assert facts_in(stored(old, "balance")) == new


def test_it_reads_who_went_together_in_strings():
    assert facts_in(stored({"name": "Max", "group": "", "total": "400", "mass": "yes"}, "agent_offline")).total == 400
    assert facts_in(stored({"name": "", "group": "", "total": "", "mass": ""}, "agent_offline")) == AgentOfflineFacts()


@pytest.mark.parametrize(
    ("words", "meant"),
    [("45 s", 45), ("1.5 min", 90), ("3 h", 10_800), ("7 h 12 min", 25_920), ("1 d 12 h", 129_600)],
)
def test_it_reads_a_length_in_words(words, meant):
    assert length(words) == timedelta(seconds=meant)
