"""Accounts that give no readable answer."""

from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading
from bot.watches import WatchInput
from bot.watches.account_down import WATCH, AccountDownKeys, clauses
from providers.model import Rows


@pytest.fixture
def sales(bench):
    return bench(WATCH, AccountDownKeys())


def test_it_takes_two_failures_in_a_row_of_one_kind(sales):
    sales.sees(Kind.AGENTS, Rows())
    assert not sales.fails(Kind.BALANCE)
    assert not sales.fails(Kind.AGENTS)
    sales.sees(Kind.BALANCE, object())
    assert not sales.fails(Kind.BALANCE)
    assert sales.fails(Kind.BALANCE).keys() == {"sales"}


def test_it_began_with_the_first_poll_that_failed(sales):
    sales.fails(Kind.BALANCE)
    first = sales.now
    sales.wait(minutes=5)
    assert sales.fails(Kind.BALANCE)["sales"].since == first


def test_it_says_what_cannot_be_seen_what_can_and_why(sales):
    sales.sees(Kind.AGENTS, Rows())
    for _ in range(2):
        sales.fails(Kind.BALANCE, "MoMVOIP refused the key.")
        sales.fails(Kind.NUMBERS, "MoMVOIP refused the key.")
    words = f"{sales.story.headline} {' '.join(str(row.line) for row in sales.story.rows)}"
    assert "sales cannot be read: no balance, numbers" in words
    assert "Still seen: agents." in words
    assert "MoMVOIP refused the key." in words


def test_it_says_when_nothing_can_be_seen(sales):
    for _ in range(2):
        sales.fails(Kind.BALANCE)
    assert "Nothing else of it has been read since." in [row.line for row in sales.story.rows][1]


def test_it_keeps_the_first_reason_and_all_that_was_hidden(sales):
    for _ in range(2):
        sales.fails(Kind.BALANCE)
        sales.fails(Kind.AGENTS)
    sales.sees(Kind.AGENTS, Rows())
    sales.sees(Kind.BALANCE, object())
    assert sales.story.headline == "sales could not be read: no balance, agents"


def test_it_names_as_seen_what_was_read_since_alone(sales):
    sales.sees(Kind.NUMBERS, Rows())
    sales.now += timedelta(minutes=1)
    for _ in range(2):
        sales.fails(Kind.BALANCE)
    assert "Nothing else of it has been read since." in [row.line for row in sales.story.rows][1]
    sales.sees(Kind.NUMBERS, Rows())
    sales.fails(Kind.BALANCE)
    assert "Still seen: numbers." in [row.line for row in sales.story.rows][1]


def test_it_holds_until_each_kind_is_read_again(sales):
    for _ in range(2):
        sales.fails(Kind.BALANCE)
        sales.fails(Kind.AGENTS)
    sales.sees(Kind.AGENTS, Rows())
    assert sales.last.open
    sales.sees(Kind.BALANCE, object())
    assert not sales.last.open
    assert sales.last.resolved_because == "answers are read again"
    assert sales.story.headline.startswith("sales could not be read")


def why(sales):
    return [
        (c.subject, c.words, c.holds)
        for c in clauses(WatchInput("sales", sales.now, sales.latest_readings), sales.keys)
    ]


def test_it_says_of_each_kind_how_its_polls_went(sales):
    sales.sees(Kind.AGENTS, Rows())
    sales.latest_readings[Kind.QUEUES] = LatestReading()
    sales.fails(Kind.NUMBERS, "It did not answer.")
    for _ in range(3):
        sales.fails(Kind.BALANCE, "It refused the key.")
        sales.wait(minutes=5)
    assert why(sales) == [
        ("sales", "balance: 3 polls in a row failed since 10:00. It refused the key.", True),
        ("sales", "numbers: 1 poll failed at 10:00, and 2 in a row would count. It did not answer.", False),
        ("sales", "agents: read at 10:00", False),
        ("sales", "queues: not asked yet", False),
    ]
    assert sales.last.open
    sales.sees(Kind.BALANCE, object())
    assert not any(holds for _, _, holds in why(sales))


def test_it_is_worse_with_each_kind_that_cannot_be_read(sales):
    levels = []
    for kind in (Kind.BALANCE, Kind.AGENTS, Kind.NUMBERS):
        sales.fails(kind)
        levels.append(sales.fails(kind)["sales"].level)
    assert levels == [0, 1, 2]
