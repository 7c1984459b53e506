"""Every topic that any vendor brings along, asked of its sandbox: it is shown, or says how it is written."""

import re

import pytest

from bot.commands import topics
from bot.dialog.vendor_offers import offers
from providers.capabilities import (
    SupportsActiveCalls,
    SupportsAgents,
    SupportsAgentStats,
    SupportsBalance,
    SupportsCalls,
    SupportsGroups,
    SupportsHangup,
    SupportsIvrCall,
    SupportsMaskedCall,
    SupportsNumbers,
    SupportsPlaceCall,
    SupportsQueueCalls,
    SupportsQueues,
    SupportsRecordings,
    SupportsUsers,
)
from providers.errors import ProviderError
from providers.registry import vendors


@pytest.fixture(params=sorted(vendors()))
async def account(request, office):
    """An account of each vendor in turn, on its sandbox."""
    await office.open("theirs", request.param)
    return "theirs"


async def test_it_answers_every_topic_of_every_vendor(office, account):
    for topic, offered in offers(office.context()).items():
        assert "Usage: /pbx" in (await office.type(f"/pbx {topic} help")).text
        for _sheet in offered.tables:
            shown = await office.type(f"/pbx {topic} on {account}")
            assert shown.verdict.startswith(f"{account}, {topic}: ") or "Write" in shown.verdict
        for file in offered.files:
            given = await office.type(f"/pbx {topic} {file.form} on {account}")
            assert given.answer.file.content
            assert given.answer.file.name.endswith(f".{file.form}")
        for change in offered.changes:
            assert "not allowed" in (await office.type(f"/pbx {change.usage} on {account}")).verdict
            wrong = await office.type(f"/pbx {topic} {change.edit.verb} on {account}", user="UADMIN")
            assert change.usage in wrong.text


NEEDS = {  # what each topic that is asked of an account needs of it
    "active": SupportsActiveCalls,
    "agents": SupportsAgents,
    "balance": SupportsBalance,
    "call": SupportsPlaceCall,
    "calls": SupportsCalls,
    "groups": SupportsGroups,
    "hangup": SupportsHangup,
    "ivr": SupportsIvrCall,
    "mask": SupportsMaskedCall,
    "missed": SupportsCalls,
    "queue": SupportsQueues | SupportsQueueCalls,
    "recording": SupportsRecordings,
    "spam": SupportsNumbers,
    "stats": SupportsAgentStats,
    "users": SupportsUsers,
}
OF_THE_BOT = {"silence", "status"}  # asked of no vendor


async def test_it_says_what_an_account_cannot_before_it_asks_for_words(office, account):
    assert {name for name, topic in topics().items() if "ACCOUNT" in topic.usage} - OF_THE_BOT == {*NEEDS}
    opened = office.opened[account]
    for name, capability in NEEDS.items():
        if isinstance(opened.provider, capability) or name in opened.vendor.topics:
            continue
        try:
            said = (await office.type(f"/pbx {name} on {account}", user="UADMIN")).text
        except ProviderError as error:
            said = error.user_text
        assert re.search(r"cannot|\bcan\b", said), (name, said)
        assert not re.search(r"Which|Write|needed|Usage|is not there", said), (name, said)


async def test_users_lists_the_extensions_of_a_vendor_that_tells_no_logins(office):
    await office.open("branch", "iexpbx")
    shown = await office.type("/pbx users branch 11")
    assert "with an extension." in shown.verdict
    assert "extension 1101" in shown.text


async def test_it_shows_its_queues_and_its_live_calls_or_says_who_can(office, account):
    queue = (await office.type("/queue")).text
    assert "waiting" in queue or "in the last hour" in queue or "Voicenter" in queue
    active = (await office.type("/pbx active")).text
    assert " up" in active or "No connected system can" in active
