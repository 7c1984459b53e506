"""What a command found, as data: it needs no person to ask, and nothing, cannot and could not are three answers."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from bot.commands.agents.query import query as agents
from bot.commands.alerts.query import query as alerts
from bot.commands.balance.query import query as balance
from bot.commands.queue.query import query as queues
from bot.commands.spam.query import query as numbers
from bot.dialog.parsing import WordsError
from bot.dialog.request import Request
from providers.errors import ErrorKind, ProviderError
from providers.model import Rows


class Dumb:
    """A vendor that has no question at all."""

    async def close(self):
        pass


class Silent:
    """A vendor that could tell everything, and does not answer."""

    async def close(self):
        pass

    async def _trouble(self, *_args):
        raise ProviderError(ErrorKind.UNAVAILABLE, "Silent did not answer.")

    balance = agents = numbers = queues = _trouble


class Empty:
    """A vendor that answers that there is nothing."""

    async def close(self):
        pass

    async def _nothing(self, *_args):
        return Rows(())

    agents = numbers = queues = _nothing


@pytest.fixture
def nobody(office):
    """A context without a person, on three more accounts: one cannot tell, one does not answer, one has nothing."""
    for provider in (Dumb(), Silent(), Empty()):
        title = type(provider).__name__
        name = title.casefold()
        office.opened[name] = replace(office.opened["sales"], name=name, title=title, provider=provider)
    person: Any = None  # none of them may look at who asks
    return office.context(actor=person, access=person)


async def test_a_balance_is_known_or_could_not_be_asked_or_cannot_be_told(nobody):
    result = await balance(nobody, Request())
    assert [(each.account.name, each.balance.money.amount) for each in result.balances] == [
        ("sales", Decimal("186.40"))
    ]
    assert [(failed.account.name, failed.kind) for failed in result.failed] == [("silent", ErrorKind.UNAVAILABLE)]
    assert {unable.account.name for unable in result.cannot} == {"dumb", "empty"}
    assert [account.name for account in result.who.accounts] == ["sales", "silent"]
    assert [each.at for each in result.balances] == [nobody.clock()]


@pytest.mark.parametrize("query", [agents, numbers])
async def test_a_list_is_empty_or_could_not_be_asked_or_cannot_be_told(nobody, query):
    replies = (await query(nobody, Request())).replies
    assert [told.account.name for told in replies.good] == ["sales", "empty"]
    assert len(replies.good[0].value) > 0
    assert replies.good[1].value == Rows(())
    assert [failed.account.name for failed in replies.failed] == ["silent"]
    assert [unable.account.name for unable in replies.cannot] == ["dumb"]


async def test_queues_too(nobody):
    result = await queues(nobody, Request())
    assert result.able
    assert [told.account.name for told in result.asked.good] == ["empty"]
    assert [failed.account.name for failed in result.asked.failed] == ["silent"]
    assert {unable.account.name for unable in result.cannot} == {"sales", "dumb"}
    assert not (await queues(nobody, Request("dumb"))).able


async def test_alerts_ask_nobody(office, nobody):
    result = await alerts(nobody, Request())
    assert (result.open, result.pending, result.silences, result.configured) == ((), (), (), 0)
    assert result.now == nobody.clock()
    assert office.vendor.asked == []


@pytest.mark.parametrize("query", [agents, balance, numbers, queues])
async def test_wrong_words_are_told_as_such(nobody, query):
    with pytest.raises(WordsError):
        await query(nobody, Request("nope"))
