"""The sandbox speaks as voicenter.txt shows: asked over plain HTTP, without our adapter."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from aiohttp.test_utils import TestServer

from providers.voicenter.sandbox import VoicenterSandbox, sandbox_settings
from tests.clocks import HandClock
from tests.worlds import world_at

NOON = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
VC_1, VC_2, CLICK2CALL = "comet/API/GetExtensionsCalls", "comet/API/GetQueuesCallers", "ForwardDialer/click2call.aspx"
EXTENSION = {"name": str, "representative": str, "username": str, "extensionID": int, "userID": int}
EXTENSION |= {"onlineUserID": int, "onlineUserStatus": int, "calls": list}
CALL = {"callStarted": int, "callAnswered": int, "answered": int, "callername": str, "callerphone": str}
CALL |= {"callstatus": str, "customdata": dict, "direction": str, "ivrid": str, "recording": dict, "did": str}
CALLER = {"Phone": str, "CallID": str, "JoinTime": int, "Duration": int}


class Panel:
    """A sandbox on a real server, asked by POST or GET."""

    def __init__(self, url: str, sandbox: VoicenterSandbox) -> None:
        self.sandbox = sandbox
        self.world = sandbox.world
        self._code = sandbox_settings(self.world, url)["code"]
        self._client = httpx.AsyncClient(base_url=url, trust_env=False)

    async def post(self, page: str, code: str | None = None, **fields: str) -> dict:
        response = await self._client.post(page, json={"code": code or self._code, **fields})
        assert response.status_code == 200
        return response.json()

    async def get(self, page: str, **fields: str) -> dict:
        return (await self._client.get(page, params={"code": self._code, **fields})).json()

    async def status(self, method: str, page: str, content: bytes = b"") -> httpx.Response:
        return await self._client.request(method, page, content=content)

    async def close(self) -> None:
        await self._client.aclose()


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOON)


@pytest.fixture
async def panel(clock: HandClock) -> AsyncIterator[Panel]:
    sandbox = VoicenterSandbox(world_at(clock, 3, timedelta(hours=1)))
    async with TestServer(sandbox.app()) as server:
        panel = Panel(str(server.make_url("/")), sandbox)
        yield panel
        await panel.close()


def kinds(row: dict) -> dict[str, type]:
    return {name: type(value) for name, value in row.items()}


async def test_extensions_are_as_the_document_shows_them(panel: Panel):
    panel.world.drop_agents(["1101"])
    answer = await panel.post(VC_1)
    rows = answer["EXTENSIONS"]
    assert (answer["ERR"], answer["DESC"], len(rows)) == (0, "OK", 20)
    assert all(kinds(row) == EXTENSION for row in rows)
    calls = [call for row in rows for call in row["calls"]]
    assert calls
    assert all(kinds(call) == CALL for call in calls)
    assert {call["callstatus"] for call in calls} <= {"Ringing", "Dialing", "Talking", "Hold"}
    assert all(bool(call["callAnswered"]) == bool(call["answered"]) for call in calls)
    assert (rows[0]["onlineUserStatus"], rows[0]["onlineUserID"], rows[0]["representative"]) == (2, 0, rows[0]["name"])
    assert await panel.get(VC_1) == answer
    assert (await panel.post(VC_1, extension="1105"))["EXTENSIONS"] == [rows[4]]
    assert (await panel.post(VC_1, extension="9"))["EXTENSIONS"] == []


async def test_queues_are_as_the_document_shows_them(panel: Panel, clock: HandClock):
    panel.world.queue_pressure("620", 3)
    panel.sandbox.ahead = timedelta(minutes=47)
    clock.now += timedelta(seconds=80)
    answer = await panel.post(VC_2)
    queues = {queue["ID"]: queue for queue in answer["QUEUES"]}
    assert set(queues) == {610, 620, 630}
    callers = queues[620]["Callers"]
    assert len(callers) >= 3
    assert all(kinds(caller) == CALLER for caller in callers)
    server_now = {caller["JoinTime"] + caller["Duration"] for caller in callers}
    assert server_now == {int((clock.now + timedelta(hours=2, minutes=47)).timestamp())}  # Kyiv's wall, as Israel's
    assert (await panel.get(VC_2, queue="620"))["QUEUES"] == [queues[620]]
    assert (await panel.post(VC_2, queue="9"))["DESC"] == "Queue is not found in this account"


@pytest.mark.parametrize("page", [VC_1, VC_2])
async def test_a_wrong_code_and_a_wrong_form_are_refused_with_200(panel: Panel, page: str):
    assert await panel.post(page, code="wrong") == {"ERR": 1, "DESC": "Authorization failed."}
    assert (await panel.status("POST", page, b"code=wrong")).json()["ERR"] == 1
    assert (await panel.status("PUT", page)).status_code == 404
    assert (await panel.status("GET", "elsewhere")).status_code == 404


@pytest.mark.parametrize("page", [VC_1, VC_2])
async def test_answers_may_be_odd(panel: Panel, page: str):
    told = {}
    for fault in ("empty_list", "null_list", "internal_error"):
        panel.sandbox.faults["*"] = fault
        told[fault] = await panel.post(page)
    name = "EXTENSIONS" if page == VC_1 else "QUEUES"
    assert (told["empty_list"][name], told["null_list"][name]) == ([], None)
    assert told["internal_error"] == {"ERR": 2, "DESC": "Internal error."}


async def test_calls_are_placed_and_ended(panel: Panel):
    panel.world.drop_agents(["1101"])
    ask = {"format": "json", "action": "call", "target": "12025550177"}
    free = next(a.extension for a in panel.world.agents if a.state == "available")
    placed = await panel.post(CLICK2CALL, **ask, phone=free)
    assert (placed["ERRORCODE"], placed["ERRORMESSAGE"]) == (0, "OK")
    assert [call.call_id for call in panel.world.placed_calls] == [placed["CALLID"]]
    ended = await panel.get(CLICK2CALL, format="json", action="terminate", phone=free)
    assert (ended["ERRORCODE"], panel.world.hung_up) == (0, [placed["CALLID"]])
    refused = [
        await panel.post(CLICK2CALL, format="json", action="terminate", phone=free),
        await panel.post(CLICK2CALL, **ask, phone="1101"),
        await panel.post(CLICK2CALL, **ask, phone="9"),
        await panel.post(CLICK2CALL, code="wrong", **ask, phone=free),
        await panel.post(CLICK2CALL, format="json", action="dance", phone=free),
    ]
    assert [answer["ERRORCODE"] for answer in refused] == [1, 3, 1, 1, 1]
    assert len(panel.world.placed_calls) == len(panel.world.hung_up) == 1
