"""The sandbox speaks as mor.txt shows, and the adapter understands it: every list, every file, every change."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest
from aiohttp.test_utils import TestServer

from providers.errors import ErrorKind, ProviderError
from providers.model import AgentState, CallOutcome, CallRequest, Direction, Disposition
from providers.mor import Mor, MorSettings
from providers.mor.paths import TABLE
from providers.mor.sandbox import MorSandbox, sandbox_settings
from providers.sdk.lenient_xml import read_xml
from providers.sdk.simulation.world import World
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.worlds import world_at

NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # 12:00 in Kyiv


@dataclass
class Played:
    """A sandbox on a real server, the adapter that asks it, and a browser that does."""

    sandbox: MorSandbox
    world: World
    url: str
    mor: Mor
    browser: httpx.AsyncClient

    async def sign_in(self) -> httpx.Response:
        keys = sandbox_settings(self.world, "")
        return await self.browser.post("/api/login", params={"u": keys["username"], "p": keys["password"]})


@pytest.fixture
async def played(clock) -> AsyncIterator[Played]:
    clock.now = NOON
    world = world_at(clock, 3, timedelta(hours=2))
    sandbox = MorSandbox(world)
    async with TestServer(sandbox.app()) as server:
        url = str(server.make_url("/"))
        settings = MorSettings(**sandbox_settings(world, url))
        opening = Opening("wholesale", settings, LocalThrottle(clock, "MOR"), clock, timezone=world.zone)
        async with httpx.AsyncClient(base_url=url, trust_env=False) as browser:
            played = Played(sandbox, world, url, Mor(opening), browser)
            yield played
            await played.mor.close()


async def test_a_stranger_sees_the_login_page_with_200(played):
    response = await played.browser.get("/callc/main")
    assert response.status_code == 200
    page = read_xml(response.text)
    assert not page.repaired
    assert page.root.said("pagename") == "Login page"
    assert (await played.browser.get("/nowhere")).status_code == 404


async def test_a_wrong_password_is_refused(played):
    response = await played.browser.post("/api/login", params={"u": "ringwatch", "p": "x"})
    assert read_xml(response.text).root.said("status") == "failed"
    assert not response.cookies


async def test_who_signs_in_is_known_by_a_cookie(played):
    response = await played.sign_in()
    assert read_xml(response.text).root.said("status_message") == "Succesfully logged in"
    page = read_xml((await played.browser.get("/callc/main")).text).root
    assert page.said("stats", "finances", "balance") == "186.40 USD"


async def test_the_sandbox_serves_every_operation(played):
    await played.sign_in()
    served = set()
    for operation, entry in TABLE.items():
        method, _, path = entry.partition(" ")
        filled = path.format(user_id="17", device_id="234", dest_id="1", entry_id="1")
        response = await played.browser.request(method, filled)
        assert response.status_code == 200, operation
        if operation not in {"MOR-13", "MOR-14", "MOR-21", "MOR-22"}:
            assert not read_xml(response.text).repaired
        served.add(operation)
    assert len(served) == 38


TOPICS: dict[str, list[tuple[str, ...]]] = {
    "payments": [()],
    "invoices": [()],
    "subscriptions": [()],
    "rates": [(), ("ukraine",), ("destinations", "1")],
    "devices": [(), ("1104",)],
    "callflow": [("234",), ("234", "noanswer")],
    "callerids": [()],
    "faxes": [(), ("yesterday", "today"), ("today", "Received", "900")],
    "missed": [(), ("today",)],
    "contacts": [(), ("ware",)],
    "stats": [(), ("today",), ("summary",), ("calls",), ("new",)],
    "details": [(), ("signed",)],
}


def somebody_gives_up(played, clock) -> None:
    played.world.queue_pressure("620", 4)
    clock.advance(timedelta(hours=1))
    played.world.advance()


async def test_every_list_is_there(played, clock):
    somebody_gives_up(played, clock)
    assert set(played.mor.vendor_table_topics()) == set(TOPICS)
    for topic, ways in TOPICS.items():
        for words in ways:
            table = await played.mor.vendor_table(topic, words)
            assert table.rows, (topic, words)
            assert {len(row) for row in table.rows} == {len(table.header)}
            assert table.unreadable == 0
            assert max(table.customers, default=0) < len(table.header)
            assert "sip-" not in repr(table)


async def test_every_file_is_there_and_is_one(played):
    for topic in played.mor.document_topics():
        name, form = topic.split()
        found = await played.mor.document(name, form, [])
        assert found.name == f"mor-{name}.{form}"
        if form == "pdf":
            assert found.content.startswith(b"%PDF-1.4\n")
            start = int(found.content.split()[-2])
            assert found.content[start:].startswith(b"xref")
        else:
            lines = found.content.decode().splitlines()
            assert len(lines) > 3
            assert {line.count(",") for line in lines} == {lines[0].count(",")}


CHANGES = [
    ("details", "set", "city Kyiv", "MOR-6"),
    ("callflow", "set", "234 noanswer forward device 235", "MOR-10b"),
    ("callflow", "set", "234 busy forward number 442079460177", "MOR-10c"),
    ("callflow", "set", "234 call none", "MOR-10a"),
    ("callflow", "set", "234 failed voicemail", "MOR-10d"),
    ("callflow", "set", "234 before_call fax 900", "MOR-10e"),
    ("rates", "currency", "eur", "MOR-15"),
    ("callerids", "add", "235 12025550111 Support", "MOR-30"),
    ("contacts", "add", "442079460103 Yard", "MOR-32"),
    ("contacts", "delete", "1", "MOR-33"),
]


@pytest.mark.parametrize(("topic", "verb", "words", "operation"), CHANGES)
async def test_every_change_is_done_once(played, topic, verb, words, operation):
    result = await played.mor.edit(topic, verb, words.split())
    assert result.outcome is CallOutcome.ACCEPTED
    assert [done for done, _ in played.sandbox.books.writes] == [operation]


async def test_changes_can_be_read_back(played):
    for topic, verb, words, _ in CHANGES:
        await played.mor.edit(topic, verb, words.split())
    flow = dict((await played.mor.vendor_table("callflow", ["234"])).rows)
    assert flow == {
        "Before call": "Faxdetect(900)",
        "Call": "-",
        "Answered": "Hangup",
        "No answer": "Forward(235)",
        "Busy": "Forward(442079460177)",
        "Failed": "Voicemail",
    }
    details = dict((await played.mor.vendor_table("details", [])).rows)
    assert (details["reg_city"], details["surname"]) == ("Kyiv", "Sample")
    assert "12025550111" in repr((await played.mor.vendor_table("callerids", [])).rows)
    assert [row[1] for row in (await played.mor.vendor_table("contacts", [])).rows] == ["Warehouse & yard", "Yard"]
    balance = await played.mor.balance()
    assert (balance.money.currency, balance.money.amount) == ("EUR", Decimal("171.49"))


async def test_a_missed_call_is_processed(played, clock):
    somebody_gives_up(played, clock)
    missed = await played.mor.vendor_table("missed", [])
    ref = missed.rows[0][0]
    result = await played.mor.edit("missed", "process", [ref])
    assert result.outcome is CallOutcome.ACCEPTED
    row = next(row for row in (await played.mor.vendor_table("missed", [])).rows if row[0] == ref)
    assert row[missed.header.index("Processed")] == "1"
    lost = [c for c in played.world.calls if c.disposition is Disposition.ABANDONED]
    assert len(missed.rows) == len(lost)


async def test_refusals_of_changes_are_told(played):
    result = await played.mor.edit("contacts", "delete", ["99"])
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, "We're sorry, but something went wrong")
    result = await played.mor.edit("callerids", "add", ["235", "12025550110", "Twice"])
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, "CLI not created")
    with pytest.raises(ProviderError) as caught:
        await played.mor.vendor_table("callflow", ["4711"])
    assert (caught.value.kind, caught.value.user_text) == (ErrorKind.REJECTED, "MOR says: “Device was not found”.")


async def test_sessions_end_and_are_renewed(played):
    await played.mor.balance()
    played.sandbox.end_sessions()
    assert (await played.mor.balance()).money.currency == "USD"
    agent = next(a for a in played.world.agents if a.state is AgentState.AVAILABLE)
    played.sandbox.end_sessions()
    result = await played.mor.place_call(CallRequest(agent, "+12025550177"))
    assert result.outcome is CallOutcome.ACCEPTED
    assert [(c.extension, c.destination) for c in played.world.placed_calls] == [(agent.extension, "12025550177")]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("MOR-2", "login_redirect"),
        ("MOR-2", "no_question_mark"),
        ("MOR-3", "gzip_body"),
        ("MOR-3", "html_wrapper"),
        ("MOR-3", "no_question_mark"),
    ],
)
async def test_the_vendors_own_oddities_do_no_harm(played, operation, fault):
    played.sandbox.faults[operation] = fault
    assert (await played.mor.balance()).money.amount == Decimal("186.40")


@pytest.mark.parametrize(("operation", "fault"), [("MOR-2", "no_cookie"), ("MOR-3", "login_form")])
async def test_no_session_is_told_as_such(played, operation, fault):
    if fault == "login_form":
        played.sandbox.faults["MOR-2"] = "no_cookie"
    played.sandbox.faults[operation] = fault
    with pytest.raises(ProviderError) as caught:
        await played.mor.balance()
    assert caught.value.kind is ErrorKind.AUTH


async def test_the_real_api_is_played_too(played, clock):
    keys = {**sandbox_settings(played.world, played.url), "api": "billing"}
    opening = Opening("b", MorSettings(**keys), LocalThrottle(clock, "MOR"), clock, timezone=played.world.zone)
    account = Mor(opening)
    assert (await account.balance()).money.amount == Decimal("186.40")
    agent = next(a for a in played.world.agents if a.state is AgentState.AVAILABLE)
    result = await account.place_call(CallRequest(agent, "+12025550177"))
    assert result.outcome is CallOutcome.ACCEPTED
    assert len(played.world.placed_calls) == 1
    await account.close()
    wrong = Mor(Opening("b", MorSettings(**{**keys, "api_secret": "x" * 9}), LocalThrottle(clock, "MOR"), clock))
    with pytest.raises(ProviderError) as caught:
        await wrong.balance()
    assert (caught.value.kind, "hash_order" in caught.value.user_text) == (ErrorKind.AUTH, True)
    await wrong.close()


async def test_calls_are_those_of_the_period(played):
    page = await played.mor.calls(NOON - timedelta(hours=1), NOON)
    assert all(NOON - timedelta(hours=1) <= call.started_at <= NOON for call in page.rows)
    ways = {call.direction for call in page.rows}
    assert ways == {Direction.OUTBOUND, Direction.UNKNOWN}  # callers come by a number, which is no extension
    assert all(call.cost.currency == "USD" for call in page.rows)
