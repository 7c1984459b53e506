"""Accounts that give no readable answer."""

import pytest

from bot.alerts.model import Kind
from bot.watches.account_down import WATCH, AccountDownKeys
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
    assert "Nothing of this account can be seen." in [row.line for row in sales.story.rows][1]


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
