"""What stands at the broker: every key always, null for what is not known, and never a zero or an old figure for it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading
from bot.mqtt.entities import devices
from bot.mqtt.snapshot import numbers_kept, queues_kept
from bot.mqtt.states import states
from bot.mqtt.topics import KINDS
from providers.model import Agent, AgentState, Money, NumberStatus, Queue, Rows
from tests.bot.mqtt.conftest import (
    MINUTE,
    NOON,
    SECOND,
    TOPICS,
    account,
    agent,
    balance,
    failed,
    mqtt,
    number,
    observed,
    polled,
    queue,
    snapshot,
)

NEVER = LatestReading()


def told(one, topic, *, names=False, now=NOON):
    """What stands at a topic of the account, as JSON."""
    return json.loads(states(snapshot(one, now=now), TOPICS, names=names)[f"ringwatch/{one.name}/{topic}"])


def status(one, kind, now=NOON):
    return states(snapshot(one, now=now), TOPICS, names=False)[TOPICS.kind_status(one.name, Kind(kind))].decode()


# --- money


def test_money_is_told_as_numbers(whole):
    assert told(whole, "balance") == {
        "amount": 412.5,
        "currency": "USD",
        "credit": None,
        "left": 412.5,
        "runs_out": "2026-11-22T18:00:00.000Z",
        "as_of": "2026-11-21T12:00:00.000Z",
    }


def test_credit_is_counted_where_it_is_known():
    credited = replace(balance("-3"), credit=Money(balance("10").money.amount, "USD"))
    assert {**told(account(balance=observed(credited)), "balance")}["left"] == 7
    unlimited = told(account(balance=observed(replace(balance("-3"), credit="unlimited"))), "balance")
    assert (unlimited["credit"], unlimited["left"]) == ("unlimited", "unlimited")


# --- people


def test_agents_are_counted_and_who_is_not_known_is_not_counted_as_gone(whole):
    assert told(whole, "agents") == {
        "signed_in": 2,
        "on_call": 1,
        "free": 1,
        "offline": 1,
        "unknown": 1,
        "as_of": "2026-11-21T12:00:00.000Z",
    }
    assert "Olena" not in json.dumps(told(whole, "agents"))
    named = told(whole, "agents", names=True)["agents"]
    assert named[0] == {"extension": "101", "name": "Olena", "group": None, "state": "available"}


def test_rows_that_could_not_be_read_are_unknown_agents():
    rows = Rows((agent("101", AgentState.AVAILABLE),), unreadable=3)
    assert told(account(agents=observed(rows)), "agents")["unknown"] == 3


@given(st.lists(st.builds(Agent, st.integers(100, 999).map(str), st.sampled_from(AgentState), st.just("")), max_size=9))
def test_every_agent_is_signed_in_or_not_or_unknown(agents):
    found = told(account(agents=observed(Rows(tuple(agents)))), "agents")
    assert found["signed_in"] + found["offline"] + found["unknown"] == len(agents)
    assert found["free"] + found["on_call"] <= found["signed_in"]


# --- queues


def test_queues_are_told_one_by_one_and_over_all(whole):
    assert told(whole, "queues") == {
        "waiting": 2,
        "longest_wait": 75,
        "queues": {
            "support_en_": {"name": "Support (EN)", "waiting": 2, "longest_wait": 75, "free": 1, "waited": None},
            "2": {"name": "Підтримка", "waiting": 0, "longest_wait": 0, "free": None, "waited": None},
        },
        "as_of": "2026-11-21T12:00:00.000Z",
    }


def test_zero_is_said_when_nobody_waits_and_never_for_what_is_not_known():
    nobody = told(account(queues=observed(Rows((queue("1", "A"),)))), "queues")
    assert (nobody["waiting"], nobody["longest_wait"]) == (0, 0)
    hidden = told(account(queues=observed(Rows((queue("1", "A"), Queue("2", "B"))))), "queues")
    assert (hidden["waiting"], hidden["longest_wait"]) == (None, None)
    assert (hidden["queues"]["a"]["waiting"], hidden["queues"]["b"]["waiting"]) == (0, None)
    cut = told(account(queues=observed(Rows((queue("1", "A"),), unreadable=1))), "queues")
    assert (cut["waiting"], cut["longest_wait"]) == (None, None)


def test_finished_calls_say_how_long_they_waited():
    finished = Queue("Support", "Support", waited=timedelta(seconds=90))
    one = told(account(queues=observed(Rows((finished,))), finished_only=True), "queues")
    assert (one["waiting"], one["longest_wait"], one["queues"]["support"]["waited"]) == (None, None, 90)


def test_who_is_free_goes_by_the_agents_who_serve_the_queue(whole):
    old = replace(
        whole,
        kinds={
            **whole.kinds,
            Kind.AGENTS: polled(observed(whole.kinds[Kind.AGENTS].latest.observed.value, NOON - 6 * MINUTE)),
        },
    )
    assert told(old, "queues")["queues"]["support_en_"]["free"] is None
    phones = replace(whole, registered_only=True)
    assert told(phones, "queues")["queues"]["support_en_"]["free"] is None


def test_a_queue_that_a_cut_list_does_not_show_stays_and_is_not_known():
    before = queues_kept(observed(Rows((queue("1", "A", 5), queue("2", "B", members=("101",))))), {})
    cut = queues_kept(observed(Rows((queue("1", "A", 7),), unreadable=1)), before)
    assert list(cut) == ["a", "b"]
    assert (cut["b"].waiting, cut["b"].members) == (None, ("101",))
    assert list(queues_kept(observed(Rows((queue("1", "A"),))), before)) == ["a"]
    assert queues_kept(NEVER, before) == before


# --- caller IDs


def test_caller_ids_are_counted_and_named_only_where_that_is_wanted(whole):
    assert told(whole, "numbers") == {"spam": 1, "active": 1, "as_of": "2026-11-21T12:00:00.000Z"}
    named = told(whole, "numbers", names=True)["numbers"]
    assert named == {"12025550110": "spam", "12025550111": "active"}


def test_a_number_that_a_cut_list_does_not_show_is_not_known():
    before = numbers_kept(observed(Rows((number("1"), number("2", NumberStatus.SPAM)))), {})
    assert numbers_kept(observed(Rows((number("1"),), unreadable=1)), before) == {"1": NumberStatus.ACTIVE, "2": None}
    assert numbers_kept(observed(Rows((number("1"),))), before) == {"1": NumberStatus.ACTIVE}


# --- not known, not seen


@pytest.mark.parametrize("kind", [kind.value for kind in KINDS])
def test_before_the_first_answer_every_key_is_there_and_null(kind, whole):
    keys = told(whole, kind).keys()
    empty = told(account(**{kind: NEVER}), kind)
    assert empty.keys() == keys
    assert not [value for value in empty.values() if value not in (None, {})]
    assert status(account(**{kind: NEVER}), kind) == "offline"


@pytest.mark.parametrize(("polls", "says"), [(0, "online"), (1, "online"), (2, "offline"), (9, "offline")])
def test_it_is_offline_from_the_second_failure_on(polls, says):
    latest = failed(polls, balance()) if polls else observed(balance())
    assert status(account(balance=latest), "balance") == says


def test_one_that_never_answered_is_offline_from_the_first_failure_on():
    assert status(account(balance=failed(1)), "balance") == "offline"


def test_an_overdue_poll_says_nothing_of_now():
    one = account(balance=observed(balance()))
    assert status(one, "balance", now=NOON + MINUTE + 29 * SECOND) == "online"
    assert status(one, "balance", now=NOON + MINUTE + 31 * SECOND) == "offline"


def test_a_value_comes_before_it_is_said_to_be_seen(whole):
    topics = list(states(snapshot(whole), TOPICS, names=False))
    for kind in KINDS:
        assert topics.index(TOPICS.kind("sales", kind)) < topics.index(TOPICS.kind_status("sales", kind))


def test_an_account_is_reachable_while_no_kind_is_blind(whole):
    assert told(whole, "polls") == {"reachable": "ON", "last_look": "2026-11-21T12:00:00.000Z", "blind": []}
    blind = account(balance=observed(balance(), NOON - MINUTE), agents=failed(2))
    assert told(blind, "polls") == {"reachable": "OFF", "last_look": "2026-11-21T11:59:00.000Z", "blind": ["agents"]}
    assert told(account(balance=NEVER), "polls") == {"reachable": None, "last_look": None, "blind": []}


def test_the_service_tells_open_alerts_and_whether_calls_are_allowed(whole):
    told = json.loads(
        states(snapshot(whole, open_alerts=3, calls_allowed=False), TOPICS, names=False)["ringwatch/service"]
    )
    assert (told["open_alerts"], told["calls_allowed"]) == (3, "OFF")


@pytest.mark.parametrize("names", [False, True])
def test_every_template_finds_what_it_asks_for(whole, names):
    """A key that is missing would leave the last number standing as if it were fresh."""
    keys = mqtt(names=names)
    stands = states(snapshot(whole), TOPICS, names=names)
    for message in devices(snapshot(whole), TOPICS, keys).values():
        for key, entity in message["components"].items():
            for step in path_of(entity.get("value_template")):
                value = json.loads(stands[entity["state_topic"]])
                for part in step:
                    assert part in value, key
                    value = value[part]


def path_of(template):
    """The paths that a template reads: `value_json["queues"]["a"]`."""
    import re

    for found in re.findall(r'value_json((?:\["(?:[^"\\]|\\.)*"\])+)', template or ""):
        yield [json.loads(part) for part in re.findall(r'\[("(?:[^"\\]|\\.)*")\]', found)]
