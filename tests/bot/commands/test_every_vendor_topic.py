"""Every topic that any vendor brings along, asked of its sandbox: it is shown, or says how it is written."""

import pytest
from aiohttp.test_utils import TestServer

from bot.dialog.vendor_offers import offers
from bot.readings.accounts import OpenAccount
from bot.settings import Account
from bot.store.throttle import StoreThrottle
from providers.registry import vendors
from providers.sdk.simulation.world import World
from providers.vendor import Opening

FOUND = vendors()
VENDORS = FOUND[0] if isinstance(FOUND, tuple) else FOUND


@pytest.fixture(params=sorted(VENDORS))
async def account(request, office, clock):
    """An account of each vendor in turn, on its sandbox."""
    vendor, name = VENDORS[request.param], "theirs"
    world = World(3, clock=clock)
    server = TestServer(vendor.sandbox(world).app())
    await server.start_server()
    keys = vendor.settings(**vendor.sandbox_settings(world, str(server.make_url("/"))))
    throttle = StoreThrottle(office.store, name, vendor.title, None, clock)
    provider = vendor.open(Opening(name, keys, throttle, clock, currency="USD"))
    settings = Account(name, vendor.slug, keys, currency="USD", poll={})
    office.opened[name] = OpenAccount(name, vendor.title, provider, settings, vendor, throttle)
    yield name
    await provider.close()
    await server.close()


async def test_it_answers_every_topic_of_every_vendor(office, account):
    for topic, offered in offers(office.context()).items():
        assert "Usage: /pbx" in (await office.type(f"/pbx {topic} help")).text
        for _sheet in offered.sheets:
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
