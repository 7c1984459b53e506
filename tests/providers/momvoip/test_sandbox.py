"""The sandbox speaks as momvoip.txt shows: asked over plain HTTP, without our adapter."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.events import AgentAnswered, CallEnded, Event, LeadAnswered
from providers.model import Direction, NumberStatus
from providers.momvoip.sandbox import MomvoipSandbox, sandbox_settings
from tests.clocks import HandClock
from tests.worlds import world_at

NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)  # 12:00 in Kyiv
OPERATIONS = (
    "voip_api_call",
    "voip_api_get_status",
    "voip_api_get_status_exten",
    "voip_api_get_numbers",
    "voip_api_number_set_active",
    "voip_api_number_set_spam",
    "voip_api_get_balance",
    "voip_api_get_call_history",
    "voip_api_get_audio_record",
    "voip_api_get_call_stat",
    "voip_api_get_users",
    "voip_api_get_groups",
    "voip_api_get_call_history_filter",
)
PERIOD = {"sdate": "2026-03-02 11:00:00", "edate": "2026-03-02 12:00:00"}


class Panel:
    """A sandbox on a real server, and a form to fill in."""

    def __init__(self, url: str, sandbox: MomvoipSandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self.keys = sandbox_settings(self.world, url)
        self._client = httpx.AsyncClient(base_url=url, trust_env=False)

    async def post(self, loc: str, key: str | None = None, **form: str) -> httpx.Response:
        data = {"apikey": key or self.keys["api_key"], **form}
        return await self._client.post("/", params={"loc": loc}, data=data)

    async def ask(self, loc: str, **form: str):
        response = await self.post(loc, **form)
        assert response.status_code == 200
        return json.loads(response.text)

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
async def panel(clock: HandClock) -> AsyncIterator[Panel]:
    sandbox = MomvoipSandbox(world_at(clock, 3, timedelta(hours=2)))
    async with TestServer(sandbox.app()) as server:
        panel = Panel(str(server.make_url("/")), sandbox)
        yield panel
        await panel.close()


def kinds(row: dict) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in row.items()}


AGENT = {"exten": "str", "user_login": "str", "status": "str", "las_call_time": "int", "lead": "str", "group": "str"}
CDR = dict.fromkeys(("call_id", "stage", "src", "dst", "start", "duration", "billsec", "disposition"), "str")


async def test_agents_are_as_the_document_shows_them(panel: Panel):
    rows = await panel.ask("voip_api_get_status")
    assert len(rows) == 20
    assert all(kinds(row) == AGENT for row in rows)
    assert {row["status"] for row in rows} <= {"Up", "Ring", "online", "offline"}
    assert all(bool(row["lead"]) == (row["status"] in {"Up", "Ring"}) for row in rows)
    assert all(row["las_call_time"] >= 0 for row in rows)
    one = await panel.ask("voip_api_get_status_exten", user_id="1105")
    assert one == next(row for row in rows if row["exten"] == "1105")


async def test_an_extension_of_nobody_is_an_empty_answer(panel: Panel):
    assert await panel.ask("voip_api_get_status_exten", user_id="9") == []


async def test_numbers_balance_users_and_groups_are_as_the_document_shows_them(panel: Panel):
    numbers = await panel.ask("voip_api_get_numbers")
    assert len(numbers) == 12
    assert {n["status"] for n in numbers} == {"active", "disabled"}
    assert await panel.ask("voip_api_get_balance") == {"balance": 186.4}
    users = await panel.ask("voip_api_get_users")
    assert all(kinds(user) == dict.fromkeys(("id", "login", "exten", "group_id"), "str") for user in users)
    groups = await panel.ask("voip_api_get_groups")
    assert groups == [{"id": "100", "name": "Team-1"}, {"id": "200", "name": "Team-2"}, {"id": "300", "name": "Team-3"}]
    assert {user["group_id"] for user in users} == {group["id"] for group in groups}


async def test_an_agents_history_has_ten_rows_a_page(panel: Panel):
    pages = [await panel.ask("voip_api_get_call_history", user_id="1104", page=str(p)) for p in (1, 2)]
    assert [len(page) for page in pages] == [10, 10]
    assert all(kinds(row) == CDR for page in pages for row in page)
    assert {row["src"] for page in pages for row in page} == {"1104"}
    assert len({row["call_id"] for page in pages for row in page}) == 20
    assert await panel.ask("voip_api_get_call_history", user_id="1104", page="900") == []


async def test_the_filtered_history_has_a_hundred_rows_a_page_in_local_time(panel: Panel):
    first = await panel.ask("voip_api_get_call_history_filter", page="1", **PERIOD)
    assert len(first) == 100
    assert all(PERIOD["sdate"] <= row["start"] <= PERIOD["edate"] for row in first)
    row = first[0]
    local = datetime.fromisoformat(row["start"]).replace(tzinfo=panel.world.zone)
    assert int(row["call_id"].partition(".")[0]) == int(local.timestamp())
    found = await panel.ask("voip_api_get_call_history_filter", src=row["src"], dst=row["dst"], **PERIOD)
    assert row in found
    assert {(r["src"], r["dst"]) for r in found} == {(row["src"], row["dst"])}
    assert (await panel.ask("voip_api_get_call_history_filter"))["status"] == "error"


async def test_statistics_are_as_the_document_shows_them_once_in_thirty_seconds(panel: Panel, clock: HandClock):
    rows = await panel.ask("voip_api_get_call_stat", **PERIOD)
    row = rows[0]
    words = {name for name, kind in kinds(row).items() if kind == "str"}
    assert words == {"user_login", "group_name", "voip_exten"}
    assert set(row) > {"calls", "answer", "unique_numbers", "prompt_calls", "prompt_duration", "jackpot", "cost"}
    assert row["talk_percent"] == round(100 * row["billsec"] / row["duration"], 2)
    assert row["unique_numbers"] <= row["calls"] >= row["answer"] >= row["jackpot"] >= row["unique_jackpot"]
    assert "30 sec" in (await panel.ask("voip_api_get_call_stat", **PERIOD))["message"]
    clock.now += timedelta(seconds=30)
    assert isinstance(await panel.ask("voip_api_get_call_stat", **PERIOD), list)


async def test_a_recording_is_a_wav(panel: Panel):
    call = next(c for c in panel.world.calls if c.recorded)
    response = await panel.post("voip_api_get_audio_record", call_id=call.call_id)
    assert response.headers["content-type"] == "audio/x-wav"
    assert response.content[:4] + response.content[8:12] == b"RIFFWAVE"
    assert (await panel.ask("voip_api_get_audio_record", call_id="1.1"))["message"] == "File not found"


async def test_a_call_is_placed_by_id_or_extension(panel: Panel):
    for user in ("238", "1105"):
        answer = await panel.ask("voip_api_call", user_id=user, number="12025550177", ex_number="12025550110")
        assert answer == {"status": "success"}
    assert [(c.extension, c.destination, c.caller_id) for c in panel.world.placed_calls] == [
        ("1105", "12025550177", "12025550110")
    ] * 2
    assert (await panel.ask("voip_api_call", user_id="1", number="12025550177"))["status"] == "error"
    assert (await panel.ask("voip_api_call", user_id="238", number=""))["status"] == "error"
    assert len(panel.world.placed_calls) == 2


async def test_a_number_is_marked(panel: Panel):
    number = panel.world.numbers[0].number
    await panel.ask("voip_api_number_set_spam", number=number)
    assert {"number": number, "status": "spam"} in await panel.ask("voip_api_get_numbers")
    await panel.ask("voip_api_number_set_active", number=number)
    assert [c.status for c in panel.world.status_changes] == [NumberStatus.SPAM, NumberStatus.ACTIVE]
    assert (await panel.ask("voip_api_number_set_spam", number="1"))["message"] == "Number not found"


@pytest.mark.parametrize("loc", OPERATIONS)
async def test_every_operation_needs_the_key(panel: Panel, loc: str):
    response = await panel.post(loc, key="wrong", user_id="238", number=panel.world.numbers[0].number, call_id="1")
    assert json.loads(response.text) == {"status": "error", "message": "Wrong apikey"}
    assert (panel.world.placed_calls, panel.world.status_changes) == ([], [])


async def test_what_is_no_operation_is_the_panels_login_page(panel: Panel):
    assert 'type="password"' in (await panel.post("nothing")).text


async def test_it_moves_with_the_clock(panel: Panel, clock: HandClock):
    before = (await panel.ask("voip_api_get_balance"))["balance"]
    clock.now += timedelta(hours=1)
    assert (await panel.ask("voip_api_get_balance"))["balance"] < before


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("balance_text", '{"balance": "186.40"}'),
        ("balance_none", '{"balance": null}'),
        ("balance_comma", '{"balance": "186,40"}'),
        ("balance_negative", '{"balance": -5.25}'),
        ("balance_nan", '{"balance": NaN}'),
        ("balance_words", '{"balance": "\\u2014"}'),
    ],
)
async def test_a_balance_may_be_odd(panel: Panel, fault: str, text: str):
    panel.sandbox.faults["MOM-7"] = fault
    assert (await panel.post("voip_api_get_balance")).text == text
    assert len(await panel.ask("voip_api_get_numbers")) == 12


async def test_pages_may_be_ignored_and_sound_may_be_none(panel: Panel):
    panel.sandbox.faults.update({"MOM-8": "ignores_page", "MOM-10": "not_wav"})
    first, second = [await panel.ask("voip_api_get_call_history", user_id="1104", page=str(page)) for page in (1, 2)]
    assert first == second
    call = next(c for c in panel.world.calls if c.recorded)
    assert (await panel.post("voip_api_get_audio_record", call_id=call.call_id)).content == b"OggS"


async def test_it_pushes_events(panel: Panel):
    got = []

    async def hook(request: web.Request) -> web.Response:
        got.append((request.content_type, await request.json()))
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/hook", hook)
    call = next(c for c in panel.world.calls if c.direction is Direction.OUTBOUND)
    events: list[Event] = [
        CallEnded(call),
        LeadAnswered("12025550177", "Max", NOON, "7"),
        AgentAnswered("1105", "Sofia Marino", "12025550177", NOON),
    ]
    assert await panel.sandbox.push(events[0]) is None
    async with TestServer(app) as server:
        panel.sandbox.webhook_url = str(server.make_url("/hook"))
        assert [await panel.sandbox.push(event) for event in events] == [200, 200, 200]
    assert {kind for kind, _ in got} == {"application/json"}
    ended, lead, agent = [body for _, body in got]
    assert {body["apikey"] for _, body in got} == {panel.keys["api_key"]}
    assert ended["event"] == "call_end"
    assert (ended["call_id"], ended["src"], ended["dst"]) == (call.call_id, call.caller, call.callee)
    assert ended["end"] > ended["start"]
    assert set(ended) == {*CDR, "apikey", "event", "group_name", "end"}
    assert (lead["event"], lead["lead_name"], lead["start"]) == ("dialer_lead_answer", "Max", "2026-03-02 12:00:00")
    assert set(lead) == {"apikey", "event", "lead_name", "lead_phone", "start", "company_id", "list_id"}
    assert (agent["event"], agent["user_id"], agent["group_id"]) == ("dialer_agent_answer", "238", "200")
