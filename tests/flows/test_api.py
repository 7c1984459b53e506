"""The read API, door to door: a token, figures with their age, a vendor that goes blind, an alert from raise to end."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.api.openapi import document
from tests.api_client import BEARER, ON, OTHER, TOKEN, Client, first


@pytest.fixture
async def open_house(build: Any) -> Any:
    house = await build(**ON)
    await house.open()
    await house.until(lambda: house.vendor_requests("MOM-2") >= 1, "the first readings")
    return house


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
    assert row["last"] is None, "it stands above"
    seen = row
    house.sandbox.faults["*"] = "http_500"
    row = await first(house, "balances", lambda row: row["blind_since"] is not None)
    assert (row["amount"], row["as_of"], row["left"], row["runs_out"]) == (None, None, None, None)
    assert row["last"]["amount"] <= seen["amount"]
    assert row["last"]["as_of"] >= seen["as_of"]
    assert row["blind_reason"] == "unavailable"
    assert "MoMVOIP" in row["vendor_error"]
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
    assert (await client.get("/api/v1/queues"))[1] == {"queues": [], "cannot_tell": ["sales"]}, "MoMVOIP has none"


async def test_an_alert_is_there_with_its_incident_until_a_day_after_its_end(open_house: Any) -> None:
    house, client = open_house, Client(open_house)
    house.world.set_balance(20)
    message = await house.slack.message("#voip-alerts", "Balance of sales is low")
    _, answer, _ = await client.get("/api/v1/alerts")
    low = next(one for one in answer["alerts"] if one["alert"] == "low-balance")
    assert (low["open"], low["incidents"][0]["state"]) == (True, "firing")
    (incident,) = low["incidents"]
    assert incident["summary"] == f"low-balance on sales ({incident['severity']}) is firing."
    assert incident["vendor_summary"].startswith("Balance of sales is low")
    assert incident["vendor_subjects"] == ["sales"]
    assert incident["as_of"] == low["as_of"] is not None
    await house.slack.press("ivan", message, "Acknowledge")
    await house.slack.edited(message, "Acknowledged")
    house.world.set_balance(90)
    await house.slack.edited(message, "Resolved")
    _, answer, _ = await client.get("/api/v1/incidents")
    (incident,) = [one for one in answer["incidents"] if one["alert"] == "low-balance"]
    assert (incident["state"], incident["acknowledged_by"]) == ("resolved", "U0MANAGER01")
    assert incident["duration_seconds"] >= 0
    later = (house.clock() + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    assert (await client.get(f"/api/v1/incidents?since={later}"))[1] == {"incidents": [], "complete": True}
    assert (await client.get("/api/v1/incidents?since=2020-01-01T00:00:00%2B02:00"))[1]["complete"] is False


@pytest.mark.parametrize(
    "since",
    [
        "yesterday",
        "2026-11-21",
        "2026-11-21T12:00:00",
        "",
        "2026-13-01T00:00:00Z",
        "1",
        "20261121T120000Z",
        "2026-W47-6T12:00:00Z",
        "2026-11-21T12:00Z",
        "0001-01-01T00:00:00%2B14:00",
    ],
)
async def test_a_since_that_is_none_is_400(open_house: Any, since: str) -> None:
    status, answer, _ = await Client(open_house).get(f"/api/v1/incidents?since={since}")
    assert status == 400
    assert "RFC 3339" in answer["error"]


async def test_what_has_not_changed_is_304_and_it_is_read_only(open_house: Any) -> None:
    client = Client(open_house)
    _, _, headers = await client.get("/api/v1/accounts")
    status, answer, _ = await client.get("/api/v1/accounts", {**BEARER, "If-None-Match": headers["ETag"]})
    assert (status, answer) == (304, None)
    weak = {**BEARER, "If-None-Match": f'"another", W/{headers["ETag"]}'}
    assert (await client.get("/api/v1/accounts", weak))[0] == 304
    assert (await client.get("/api/v1/accounts", {**BEARER, "If-None-Match": '"another"'}))[0] == 200
    status, answer, head = await client.get("/api/v1/accounts", method="HEAD")
    assert (status, answer, head["ETag"]) == (200, None, headers["ETag"])
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, answer, headers = await client.get("/api/v1/accounts", method=method)
        assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert "read-only" in answer["error"]


async def test_an_address_that_there_is_not_is_404_with_the_document_of_those_that_there_are(open_house: Any) -> None:
    client = Client(open_house)
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v1/balances/", "/api/v1/Balances", "/api/v1/balances/sales"):
        status, answer, _ = await client.get(path)
        assert (status, "/api/v1/openapi.json" in answer["error"]) == (404, True), path
    for path in ("/api", "/api/v2/balances", "/mcp/", "/mcp/x"):
        assert (await client.get(path))[0] == 404, path
    status, answer, headers = await client.get("/api/v1/openapi.json")
    assert (status, answer) == (200, document())
    assert (await client.get("/api/v1/openapi.json", {**BEARER, "If-None-Match": headers["ETag"]}))[0] == 304


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


async def test_replicas_count_the_requests_of_a_token_together(open_house: Any) -> None:
    await open_house.open()
    first_one, second = (Client(open_house, service) for service in open_house.services)
    for _ in range(30):
        assert (await first_one.get("/api/v1/accounts"))[0] == 200
        assert (await second.ask("ping"))[0] == 200
    assert {(await one.get("/api/v1/accounts"))[0] for one in (first_one, second)} == {429}


async def test_who_lost_the_token_is_out_with_the_next_reading_of_the_configuration(open_house: Any) -> None:
    house, client = open_house, Client(open_house)
    path = house.folder / "ringwatch.yaml"

    async def reloaded(text: str) -> None:
        path.write_text(text, encoding="utf-8")
        assert "restart" not in await house.services[0].reload()

    text = house.text()
    assert (await client.get("/api/v1/accounts"))[0] == 200
    await reloaded(text.replace(TOKEN, "another-0123456789abcdef"))
    assert (await client.get("/api/v1/accounts"))[0] == 401
    assert (await client.get("/api/v1/accounts", {"Authorization": f"Bearer {OTHER}"}))[0] == 200
    house.config.pop("api")
    await reloaded(house.text())
    assert (await client.get("/api/v1/accounts"))[0] == 404
    assert (await client.ask("ping"))[0] == 404
    await reloaded(text)
    assert (await client.get("/api/v1/accounts"))[0] == 200


async def test_without_the_store_it_says_so(build: Any, redis_servers: Any) -> None:
    shared = redis_servers("bundled")
    server = type(shared)("", shared.binary)
    house = await build(**ON, store=server.url)
    await house.open()
    client = Client(house)
    assert (await client.get("/api/v1/accounts"))[0] == 200
    server.kill()
    status, answer, headers = await client.get("/api/v1/balances")
    assert (status, headers["Retry-After"]) == (503, "5")
    assert "store" in answer["error"]
    status, answer = await client.ask("tools/list")
    assert (status, answer["error"]["code"]) == (503, -32603)
    assert (await client.get("/api/v1/balances", {}))[0] == 401, "who has no token learns nothing of it"
    server.close()


async def test_clients_that_hang_hold_up_no_alert_in_slack(open_house: Any) -> None:
    house = open_house
    port, lines = house.services[0].web.port, f"Host: here\r\nAuthorization: Bearer {TOKEN}\r\n"
    unfinished = [
        f"POST /mcp HTTP/1.1\r\n{lines}Content-Type: application/json\r\nContent-Length: 60\r\n\r\n{{",
        f"GET /api/v1/balances HTTP/1.1\r\n{lines}",
        f"GET /api/v1/numbers HTTP/1.1\r\n{lines}\r\n" * 20,  # and nothing of the answers is read
    ]
    writers = []
    for text in unfinished * 20:
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
        writer.write(text.encode("ascii"))
        writers.append(writer)
    house.world.set_balance(20)
    alert = await house.slack.message("#voip-alerts", "Balance of sales is low")
    await house.slack.press("ivan", alert, "Acknowledge")
    await house.slack.edited(alert, "Acknowledged")
    house.world.set_balance(90)
    await house.slack.edited(alert, "Resolved")
    assert (await Client(house).get("/api/v1/balances", {"Authorization": f"Bearer {OTHER}"}))[0] == 200
    for writer in writers:
        writer.close()
