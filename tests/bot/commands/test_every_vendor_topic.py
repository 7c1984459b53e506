"""Every topic that any vendor brings along, asked of its sandbox: it is shown, or says how it is written."""

import pytest

from bot.dialog.vendor_offers import offers
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


async def test_it_shows_its_queues_and_its_live_calls_or_says_who_can(office, account):
    queue = (await office.type("/queue")).text
    assert "waiting" in queue or "in the last hour" in queue or "Voicenter" in queue
    active = (await office.type("/pbx active")).text
    assert " up" in active or "No connected system can" in active
