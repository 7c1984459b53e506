"""What the folder hands over, the account's keys, and the sandbox's own words."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp.test_utils import TestServer
from pydantic import ValidationError

from providers import capabilities
from providers.iexpbx import VENDOR, Iexpbx, IexpbxSettings
from providers.iexpbx.sandbox import CONTACTS, IexpbxSandbox, sandbox_settings
from providers.model import AgentState, CallOutcome
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.clocks import HandClock
from tests.worlds import world_at

KEYS = {"base_url": "http://panel.example.com", "username": "u", "password": "p"}


def test_it_can_do_all_that_the_document_offers():
    able = {n for n in dir(capabilities) if n.startswith("Supports") and issubclass(Iexpbx, getattr(capabilities, n))}
    assert able == {
        "SupportsActiveCalls",
        "SupportsAgents",
        "SupportsCalls",
        "SupportsDocuments",
        "SupportsEvents",
        "SupportsHangup",
        "SupportsIvrCall",
        "SupportsMaskedCall",
        "SupportsPlaceCall",
        "SupportsQueues",
        "SupportsRecordings",
        "SupportsVendorTables",
        "SupportsUsers",
    }
    assert (VENDOR.slug, VENDOR.title, VENDOR.provider) == ("iexpbx", "IEXPBX", Iexpbx)
    assert set(VENDOR.cannot) == {"balance", "numbers"}


def test_it_takes_the_keys_of_the_example():
    settings = IexpbxSettings(**KEYS)
    assert settings.base_url == "http://panel.example.com/"
    assert (settings.username, settings.secrets()) == ("u", ["p"])


@pytest.mark.parametrize("keys", [{"base_url": None}, {"base_url": "pbx"}, {"username": ""}, {"password": ""}, {"token": "t"},
                                  {"international": "+"}, {"base_url": "https://s3cr3t:s3cr3t@x.example"}])  # fmt: skip
def test_it_refuses_other_keys(keys):
    with pytest.raises(ValidationError) as caught:
        IexpbxSettings(**{**KEYS, "password": "s3cr3t", **keys})
    assert "s3cr3t" not in str(caught.value)


def test_it_shows_no_credentials():
    settings = IexpbxSettings(base_url="http://panel.example.com", username="s3cr3t-login", password="s3cr3t")
    assert "s3cr3t" not in repr(settings)


@pytest.fixture
async def played():
    clock = HandClock(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
    sandbox = IexpbxSandbox(world_at(clock, 3, timedelta(minutes=30)))
    async with TestServer(sandbox.app()) as server:
        keys = sandbox_settings(sandbox.world, str(server.make_url("/")))
        opening = Opening("a", IexpbxSettings(**keys), LocalThrottle(clock, "IEXPBX"), clock, sandbox.world.zone)
        account = Iexpbx(opening)
        yield sandbox, account, keys
        await account.close()


async def test_the_sandbox_speaks_as_the_document_shows(played):
    sandbox, _, keys = played
    login = {"username": keys["username"], "password": keys["password"]}
    async with httpx.AsyncClient(base_url=keys["base_url"], trust_env=False) as client:

        async def ask(**query):
            return (await client.get("/api/old/get", params={**login, **query})).text

        (extensions,) = json.loads(await ask(action="users"))
        assert (extensions["success"], extensions["count"]) == (True, len(sandbox.world.agents))
        assert set(extensions["data"][0]) == {"username", "name", "regstatus"}
        (queues,) = json.loads(await ask(action="queues"))
        assert set(queues["data"][0]) == {"queuenumber", "name", "internal"}
        (calls,) = json.loads(await ask(action="activecalls"))
        assert set(calls["data"][0]) == {"channel", "duration", "calltype", "callinfo", "src", "dst"}
        period = {"action": "cdr", "date1": "020320261130", "date2": "020320261200"}
        (finished,) = json.loads(await ask(**period, uf="yes"))
        assert set(finished["data"][0]) == {"id", "calldate", "calltype", "src", "dst", "duration", "disposition", "queue",
                                            "record", "userfield"}  # fmt: skip
        (none,) = json.loads(await ask(**period, number="000"))
        assert (none["count"], none["data"]) == (0, [])
        (refused,) = json.loads(await ask(action="users", password="x"))
        assert refused["success"] is False
        assert "<form" in await ask(action="nothing")


@pytest.mark.parametrize("fault", ["bare_object", "count_wrong", ""])
async def test_the_sandbox_plays_other_servers(played, fault):
    sandbox, account, _ = played
    sandbox.faults["*"] = fault
    assert len(await account.agents()) == len(sandbox.world.agents)


async def test_a_call_is_seen_and_hung_up_once(played):
    sandbox, account, _ = played
    seen = {call.call_id: call for call in await account.active_calls()}
    assert len(seen) == len(sandbox.world.live_calls) > 0
    channel = next(call_id for call_id, call in seen.items() if call.extension)
    assert (await account.hang_up(channel)).outcome is CallOutcome.ACCEPTED
    assert len(sandbox.world.hung_up) == 1
    assert channel not in {call.call_id for call in await account.active_calls()}
    again = await account.hang_up(channel)
    assert (again.outcome, again.note) == (CallOutcome.REJECTED, "No such channel")


async def test_announcements_and_masked_calls_arrive_whole(played):
    sandbox, account, _ = played
    assert (await account.ivr_call("+12025550177", ["menu=5", "data=7", "Hi"])).outcome is CallOutcome.ACCEPTED
    assert (await account.masked_call("+12025550177", "+12025550178")).outcome is CallOutcome.ACCEPTED
    assert [(deed.operation, deed.fields) for deed in sandbox.writes] == [
        ("IEX-7", {"number": "12025550177", "dest": "5", "uf": "7", "file": "{Hi}"}),
        ("IEX-8", {"number1": "12025550177", "number2": "12025550178"}),
    ]


async def test_the_phone_book_is_the_sandboxs(played):
    _, account, _ = played
    assert (await account.vendor_table("contacts", [])).rows == CONTACTS
    assert "Yıldız" in (await account.document("contacts", "xml", [])).content.decode()


async def test_an_agent_who_leaves_is_offline(played):
    sandbox, account, _ = played
    sandbox.world.drop_agents(["1101"])
    assert {a.extension: a.state for a in await account.agents()}["1101"] is AgentState.OFFLINE
