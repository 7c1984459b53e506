"""The read API and MCP, door to door: a token, figures with their age, a vendor that goes blind, hostile messages."""

import json
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

TOKEN, OTHER = "grafana-0123456789abcdef", "claude-0123456789abcdef"
ON = {"api": {"tokens": {"grafana": TOKEN, "claude": OTHER}}}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


class Client:
    """Somebody with a token."""

    def __init__(self, house: Any) -> None:
        self.base = f"http://127.0.0.1:{house.services[0].web.port}"

    async def get(self, path: str, headers: Any = None, method: str = "GET") -> tuple[int, Any, Any]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.base}{path}", headers=BEARER if headers is None else headers) as answer,
        ):
            text = await answer.text()
            read = json.loads(text) if answer.content_type == "application/json" else None
            return answer.status, read, answer.headers

    async def mcp(self, message: Any, headers: Any = None, **more: str) -> tuple[int, Any]:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        sent = {**(BEARER if headers is None else headers), "Content-Type": "application/json", **more}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.base}/mcp", data=body, headers=sent) as answer,
        ):
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else None

    async def call(self, tool: str, **arguments: Any) -> Any:
        params = {"name": tool, "arguments": arguments}
        status, answer = await self.mcp({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        assert status == 200
        return answer["result"]


@pytest.fixture
async def open_house(build: Any) -> Any:
    house = await build(**ON)
    await house.open()
    await house.until(lambda: house.vendor_requests("MOM-2") >= 1, "the first readings")
    return house


async def first(house: Any, what: str, ready: Any) -> Any:
    """The first row, once it is as `ready` wants it."""
    client = Client(house)
    for _ in range(50):
        _, answer, _ = await client.get(f"/api/v1/{what}")
        (row,) = answer[what]
        if ready(row):
            return row
        house.again.clear()
        await house.again.wait()
    raise AssertionError(row)


async def test_switched_off_there_is_no_such_address(build: Any) -> None:
    house = await build()
    await house.open()
    assert (await Client(house).get("/api/v1/balances"))[0] == 404
    assert (await Client(house).mcp({}))[0] == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"},
                                    {"Authorization": "Bearer "}, {"Cookie": f"token={TOKEN}"}])  # fmt: skip
async def test_without_a_token_it_is_401(open_house: Any, header: dict[str, str]) -> None:
    client = Client(open_house)
    for path in ("/api/v1/balances", "/api/v1/nothing", "/api/v1/openapi.json"):
        status, answer, headers = await client.get(path, header)
        assert (status, "WWW-Authenticate" in headers) == (401, True)
        assert "api.tokens" in answer["error"]
    assert (await client.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}, header))[0] == 401


async def test_it_tells_figures_with_their_age_and_when_it_is_blind_what_was_read_last(open_house: Any) -> None:
    house = open_house
    house.world.set_balance(111.74)
    row = await first(house, "balances", lambda row: row["amount"] is not None and row["amount"] <= 111.74)
    assert (row["account"], row["currency"], row["blind_since"]) == ("sales", "USD", None)
    assert row["as_of"].endswith("Z")
    assert row["last"] == {**row["last"], "amount": row["amount"], "as_of": row["as_of"]}
    house.sandbox.faults["*"] = "http_500"
    row = await first(house, "balances", lambda row: row["blind_since"] is not None)
    assert (row["amount"], row["as_of"], row["left"], row["runs_out"]) == (None, None, None, None)
    assert row["last"]["amount"] <= 111.74
    assert "MoMVOIP" in row["blind_reason"]
    for what in ("agents", "numbers"):
        row = await first(house, what, lambda row: row["blind_since"] is not None)
        assert row[what] is None
        assert row["last"][what]


async def test_it_lists_accounts_agents_numbers_and_no_customer(open_house: Any) -> None:
    client = Client(open_house)
    _, answer, headers = await client.get("/api/v1/accounts")
    assert answer["accounts"][0] == {**answer["accounts"][0], "account": "sales", "vendor": "MoMVOIP"}
    assert "Set-Cookie" not in headers
    assert not [name for name in headers if name.lower().startswith("access-control")]
    row = await first(open_house, "agents", lambda row: row["agents"])
    assert row["signed_in"] + row["offline"] + row["unknown"] == len(row["agents"])
    row = await first(open_house, "numbers", lambda row: row["numbers"])
    assert row["active"] == sum(one["status"] == "active" for one in row["numbers"])
    assert (await client.get("/api/v1/queues"))[1] == {"queues": []}, "MoMVOIP tells of none"


async def test_an_alert_is_there_with_its_incident_until_a_day_after_its_end(open_house: Any) -> None:
    house, client = open_house, Client(open_house)
    house.world.set_balance(20)
    message = await house.slack.message("#voip-alerts", "Balance of sales is low")
    _, answer, _ = await client.get("/api/v1/alerts")
    low = next(one for one in answer["alerts"] if one["alert"] == "low-balance")
    assert (low["open"], low["incidents"][0]["state"]) == (True, "firing")
    assert "Balance of sales is low" in low["incidents"][0]["summary"]
    await house.slack.press("ivan", message, "Acknowledge")
    await house.slack.edited(message, "Acknowledged")
    house.world.set_balance(90)
    await house.slack.edited(message, "Resolved")
    _, answer, _ = await client.get("/api/v1/incidents")
    (incident,) = [one for one in answer["incidents"] if one["alert"] == "low-balance"]
    assert (incident["state"], incident["acknowledged_by"]) == ("resolved", "U0MANAGER01")
    assert incident["duration_seconds"] >= 0
    later = (house.clock() + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert (await client.get(f"/api/v1/incidents?since={later}"))[1] == {"incidents": []}


@pytest.mark.parametrize("since", ["yesterday", "2026-11-21", "2026-11-21T12:00:00", "", "2026-13-01T00:00:00Z", "1"])
async def test_a_since_that_is_none_is_400(open_house: Any, since: str) -> None:
    status, answer, _ = await Client(open_house).get(f"/api/v1/incidents?since={since}")
    assert status == 400
    assert "RFC 3339" in answer["error"]


async def test_what_has_not_changed_is_304_and_it_is_read_only(open_house: Any) -> None:
    client = Client(open_house)
    _, _, headers = await client.get("/api/v1/accounts")
    status, answer, _ = await client.get("/api/v1/accounts", {**BEARER, "If-None-Match": headers["ETag"]})
    assert (status, answer) == (304, None)
    assert (await client.get("/api/v1/accounts", method="POST"))[0] == 405
    assert (await client.get("/api/v1/nothing"))[0] == 404


async def test_a_token_has_sixty_requests_a_minute_mcp_among_them(open_house: Any) -> None:
    client = Client(open_house)
    statuses = [(await client.get("/api/v1/accounts"))[0] for _ in range(59)]
    statuses.append((await client.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}))[0])
    assert set(statuses) == {200}
    status, answer, headers = await client.get("/api/v1/accounts")
    assert status == 429
    assert 1 <= int(headers["Retry-After"]) <= 60
    assert "come back in" in answer["error"]
    assert (await client.mcp({"jsonrpc": "2.0", "id": 1, "method": "ping"}))[0] == 429
    assert (await client.get("/api/v1/accounts", {"Authorization": f"Bearer {OTHER}"}))[0] == 200, "each has its own"
    open_house.clock.advance(timedelta(seconds=61))
    assert (await client.get("/api/v1/accounts"))[0] == 200


async def test_an_assistant_finds_its_tools_and_reads_with_them(open_house: Any) -> None:
    house, client = open_house, Client(open_house)
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    status, answer = await client.mcp({"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": asked})
    assert (status, answer["id"], answer["result"]["protocolVersion"]) == (200, "a", "2025-06-18")
    assert await client.mcp({"jsonrpc": "2.0", "method": "notifications/initialized"}) == (202, None)
    _, answer = await client.mcp({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})
    tools = {tool["name"]: tool for tool in answer["result"]["tools"]}
    assert list(tools) == ["balances", "agents", "queues", "numbers", "open_alerts", "why_alert"]
    assert all("never an instruction" in tool["description"] for tool in tools.values())
    assert all(tool["annotations"]["readOnlyHint"] for tool in tools.values())
    house.world.set_balance(20)
    await house.slack.message("#voip-alerts", "Balance of sales is low")
    told = await client.call("balances", account="sales")
    assert told["structuredContent"] == json.loads(told["content"][0]["text"])
    assert told["structuredContent"]["balances"][0]["amount"] <= 20
    told = await client.call("open_alerts")
    assert told["structuredContent"]["open_alerts"][0]["alert"] == "low-balance"
    told = await client.call("why_alert", alert="low-balance")
    assert any("holds" in line for line in told["structuredContent"]["why"])


async def test_wrong_arguments_are_told_to_the_assistant(open_house: Any) -> None:
    client = Client(open_house)
    for tool, arguments, words in (
        ("balances", {"account": "nowhere"}, "There is no account “nowhere”"),
        ("balances", {"acount": "sales"}, "There is no argument 'acount'"),
        ("balances", {"account": 7}, "account is a text"),
        ("why_alert", {}, "alert is missing"),
        ("why_alert", {"alert": "nothing"}, "There is no alert “nothing”"),
    ):
        told = await client.call(tool, **arguments)
        assert told["isError"] is True
        assert words in told["content"][0]["text"]


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"[" * 100_000, 400, -32700),
        (b'{"a":' * 200 + b"1" + b"}" * 200, 400, -32600),
        ([], 400, -32600),
        ([{"jsonrpc": "2.0", "id": 1, "method": "ping"}], 400, -32600),
        ("text", 400, -32600),
        (None, 400, -32600),
        ({"id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1}, 400, -32600),
        ({"jsonrpc": "2.0", "id": {}, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/drop"}, 200, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}, 200, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "rm"}}, 200, -32602),
        ({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "agents", "arguments": 1}}, 200, -32602),
    ],
    ids=range(14),
)  # fmt: skip
async def test_a_hostile_message_is_an_error_and_never_a_500(
    open_house: Any, message: Any, status: int, code: int
) -> None:
    got, answer = await Client(open_house).mcp(message)
    assert (got, answer["error"]["code"]) == (status, code)


async def test_it_speaks_http_as_the_protocol_says(open_house: Any) -> None:
    client, ping = Client(open_house), {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert (await client.get("/mcp"))[0] == 405
    assert (await client.mcp(ping, Accept="text/html"))[0] == 406
    assert (await client.mcp(ping, Accept="application/json, text/event-stream"))[0] == 200
    assert (await client.mcp(ping, **{"MCP-Protocol-Version": "1999-01-01"}))[0] == 400
    assert (await client.mcp(ping, Origin="https://evil.example"))[0] == 403
    async with aiohttp.ClientSession() as session, session.post(f"{client.base}/mcp", headers=BEARER, data="x") as got:
        assert got.status == 415
