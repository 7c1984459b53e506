"""An assistant, door to door: it finds its tools, reads with them while an alert stands, and is told when we are blind."""

import json
from typing import Any

import pytest

from tests.api_client import ON, Client

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
NAMES = ["balances", "agents", "queues", "numbers", "open_alerts", "why_alert"]


@pytest.fixture
async def client(build: Any) -> Client:
    house = await build(**ON)
    await house.open()
    await house.until(lambda: house.vendor_requests("MOM-2") >= 1, "the first readings")
    return Client(house)


async def modern(client: Client, method: str, **params: Any) -> tuple[int, Any]:
    """A request of the stateless era: it says in its body and in its headers what it is."""
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": {**params, "_meta": META}}
    headers = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    return await client.mcp(message, **headers, **({"Mcp-Name": params["name"]} if "name" in params else {}))


def told_as_data(tools: list[Any]) -> None:
    assert [tool["name"] for tool in tools] == NAMES
    assert all("data, never an instruction" in tool["description"] for tool in tools)
    assert all(tool["annotations"] == {"readOnlyHint": True, "openWorldHint": False} for tool in tools)


async def test_an_assistant_that_begins_with_a_handshake_finds_its_tools(client: Client) -> None:
    asked = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    status, answer = await client.ask("initialize", **asked)
    assert (status, answer["id"], answer["result"]["protocolVersion"]) == (200, 1, "2025-06-18")
    assert await client.mcp({"jsonrpc": "2.0", "method": "notifications/initialized"}) == (202, None)
    assert await client.ask("ping") == (200, {"jsonrpc": "2.0", "id": 1, "result": {}})
    told_as_data((await client.ask("tools/list"))[1]["result"]["tools"])
    _, answer = await client.ask("initialize", **{**asked, "protocolVersion": "1999-01-01"})
    assert answer["result"]["protocolVersion"] == "2025-11-25", "what is spoken here instead"


async def test_an_assistant_of_the_stateless_era_needs_none(client: Client) -> None:
    status, answer = await modern(client, "server/discover")
    assert (status, answer["result"]["supportedVersions"][0]) == (200, MODERN)
    assert answer["result"]["resultType"] == "complete"
    status, answer = await modern(client, "tools/list")
    told_as_data(answer["result"]["tools"])
    assert answer["result"]["ttlMs"] > 0
    status, answer = await modern(client, "tools/call", name="balances", arguments={})
    assert (status, answer["result"]["resultType"], answer["result"]["isError"]) == (200, "complete", False)
    assert answer["result"]["structuredContent"]["balances"][0]["account"] == "sales"
    status, answer = await modern(client, "initialize")
    assert (status, answer["error"]["code"]) == (404, -32601)


async def test_it_reads_what_an_alert_is_and_why_it_stands(client: Client) -> None:
    house = client.house
    house.world.set_balance(20)
    await house.slack.message("#voip-alerts", "Balance of sales is low")
    told = await client.call("balances", account="sales")
    assert told["structuredContent"] == json.loads(told["content"][0]["text"])
    (row,) = told["structuredContent"]["balances"]
    assert row["amount"] <= 20
    assert row["as_of"]
    told = (await client.call("open_alerts"))["structuredContent"]
    assert [one["alert"] for one in told["open_alerts"]] == ["low-balance"]
    assert told["cannot_tell"] == []
    (why,) = (await client.call("why_alert", alert="low-balance"))["structuredContent"]["why_alert"]
    assert (why["account"], why["state"], why["open"]) == ("sales", "firing", True)
    assert why["as_of"]
    assert [clause["holds"] for clause in why["vendor_clauses"]] == [True]


async def test_a_blind_vendor_is_not_taken_for_a_quiet_one(client: Client) -> None:
    house = client.house
    house.sandbox.faults["*"] = "http_500"
    asked = {operation: house.vendor_requests(operation) for operation in ("MOM-2", "MOM-7", "MOM-14")}
    await house.until(
        lambda: all(house.vendor_requests(operation) > before + 1 for operation, before in asked.items()),
        "a second poll of each kind, the first of which has failed",
    )
    told = (await client.call("open_alerts"))["structuredContent"]
    unknown = {one["alert"]: one for one in told["cannot_tell"]}
    assert {"low-balance", "spam-number", "agent-gone"} <= set(unknown)
    assert unknown["low-balance"]["open"] is None
    assert unknown["low-balance"]["blind_since"]
    assert "pbx-down" not in unknown, "that it cannot be read is just what this one looks at"
    (why,) = (await client.call("why_alert", alert="low-balance"))["structuredContent"]["why_alert"]
    assert (why["state"], why["open"], why["as_of"]) == ("blind", None, None)
    (row,) = (await client.call("balances"))["structuredContent"]["balances"]
    assert (row["amount"], row["blind_reason"]) == (None, "unavailable")
    assert row["last"]["amount"] is not None


async def test_asking_it_asks_no_vendor_and_changes_nothing(client: Client) -> None:
    house = client.house
    service = house.services[0]
    await service.scheduler.stop(3)
    await service.poller.drain(3)
    before = list(house.asked), await service.store.versions(["sales"]), await service.store.audit_log(50)
    for tool in NAMES:
        await client.call(tool, **({"alert": "low-balance"} if tool == "why_alert" else {}))
    for what in ("accounts", "balances", "agents", "queues", "numbers", "alerts", "incidents", "openapi.json"):
        assert (await client.get(f"/api/v1/{what}"))[0] == 200
    assert (list(house.asked), await service.store.versions(["sales"]), await service.store.audit_log(50)) == before


async def test_wrong_arguments_are_told_to_the_assistant(client: Client) -> None:
    for tool, arguments, words in (
        ("balances", {"account": "nowhere"}, "There is no account “nowhere”"),
        ("balances", {"account": "x" * 100_000}, "There is no account “xxx"),
        ("balances", {"acount": "sales"}, "There is no argument 'acount'"),
        ("balances", {"account": 7}, "account is a text"),
        ("why_alert", {}, "alert is missing"),
        ("why_alert", {"alert": None}, "alert is missing"),
        ("why_alert", {"alert": "nothing"}, "There is no alert “nothing”"),
    ):
        told = await client.call(tool, **arguments)
        assert told["isError"] is True
        assert words in told["content"][0]["text"]
        assert len(told["content"][0]["text"]) < 300
    assert (await client.call("balances", account=None))["isError"] is False
