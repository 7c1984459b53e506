"""Faults on demand: what they send, and whether the vendor's work was done before."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.sdk.simulation.faults import FAULTS, MARKUP, REFUSALS, faulty, malformed_json
from tests.deadlines import PATIENCE, SILENCE

ROWS = [{"id": 1, "name": "Max"}, {"id": 2, "name": "Ann"}]


class Shop:
    """A vendor that counts its deeds."""

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self.done = 0
        self.down = False
        middleware = faulty(
            lambda request: request.path.strip("/"),
            self.faults,
            own={"odd"},
            secrets=("s3cret&more",),
            down=lambda: self.down,
        )
        self.app = web.Application(middlewares=[middleware])
        self.app.router.add_route("*", "/{path:.*}", self._work)

    async def _work(self, request: web.Request) -> web.Response:
        self.done += 1
        return web.json_response(ROWS)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def client(shop: Shop) -> AsyncIterator[httpx.AsyncClient]:
    async with TestServer(shop.app) as server:
        url = str(server.make_url("/"))
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as client:
            yield client


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("empty", 200, b""),
        ("null", 200, b"null"),
        ("bom", 200, b"\xef\xbb\xbf" + json.dumps(ROWS).encode()),
        ("http_401", 401, b""),
        ("http_403", 403, b""),
        ("http_404", 404, b""),
        ("http_429", 429, b""),
        ("redirect", 302, b""),
    ],
)
async def test_it_sends_what_its_name_says(client, shop, fault: str, status: int, body: bytes):
    shop.faults["deed"] = fault
    answer = await client.post("/deed", data={"number": "1"})
    assert (answer.status_code, answer.content) == (status, body)
    assert shop.done == (fault not in REFUSALS)


@pytest.mark.parametrize(("fault", "status"), [("html", 200), ("http_502_html", 502)])
async def test_web_pages_come_where_data_was_due(client, shop, fault: str, status: int):
    shop.faults["*"] = fault
    answer = await client.post("/deed")
    assert answer.status_code == status
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_a_whole_outage_goes_before_everything(client, shop):
    shop.down = True
    assert (await client.post("/deed")).status_code == 503
    assert shop.done == 0


async def test_a_truncated_answer_is_whole_http_but_no_json(client, shop):
    shop.faults["*"] = "truncated"
    answer = await client.get("/rows")
    assert json.dumps(ROWS).startswith(answer.text)
    assert 0 < len(answer.text) < len(json.dumps(ROWS))


@pytest.mark.parametrize(("fault", "done"), [("cut", 1), ("cut_before", 0), ("cut_body", 1)])
async def test_the_connection_breaks_after_the_deed_or_before(client, shop, fault: str, done: int):
    shop.faults["deed"] = fault
    with pytest.raises(httpx.TransportError):
        await client.post("/deed", data={"number": "1"})
    assert shop.done == done


async def test_a_slow_answer_never_comes_and_the_deed_is_done(client, shop):
    shop.faults["deed"] = "slow"
    asking = asyncio.create_task(client.post("/deed", data={"number": "1"}))
    async with asyncio.timeout(PATIENCE):
        while not shop.done:  # noqa: ASYNC110  # a shop tells us nothing
            await asyncio.sleep(0.01)
    answered, _ = await asyncio.wait({asking}, timeout=SILENCE)
    assert not answered
    asking.cancel()
    await asyncio.wait({asking})


async def test_a_dripping_answer_comes_byte_by_byte(client, shop):
    shop.faults["*"] = "drip"
    async with client.stream("GET", "/rows") as answer:
        pieces = answer.aiter_raw()
        assert [await anext(pieces), await anext(pieces)] == [b"[", b"{"]


async def test_floods_are_larger_than_any_cap(client, shop):
    shop.faults["*"] = "huge"
    got = 0
    async with client.stream("GET", "/rows") as answer:
        async for piece in answer.aiter_raw():
            got += len(piece)
            if got > 6_000_000:
                break
    assert got > 6_000_000
    shop.faults["*"] = "gzip_bomb"
    async with client.stream("GET", "/rows") as answer:
        packed = b"".join([piece async for piece in answer.aiter_raw()])
    assert len(packed) < 1_000_000
    assert len(gzip.decompress(packed)) > 60_000_000


async def test_secrets_are_echoed_as_they_are_and_as_they_travel(client, shop):
    shop.faults["*"] = "secret_echo"
    text = (await client.get("/rows")).text
    assert "s3cret&more" in text
    assert "s3cret%26more" in text


async def test_only_the_operation_that_is_named_is_spoilt(client, shop):
    shop.faults["deed"] = "empty"
    assert (await client.get("/rows")).json() == ROWS
    shop.faults.clear()
    assert (await client.get("/deed")).json() == ROWS


async def test_a_vendors_own_fault_is_left_to_it_and_an_unknown_one_is_told(client, shop):
    shop.faults["*"] = "odd"
    assert (await client.get("/rows")).json() == ROWS
    shop.faults["*"] = "htlm"
    answer = await client.get("/rows")
    assert answer.status_code == 501
    assert "htlm" in answer.text
    assert "html" in answer.text


async def test_every_fault_spoils_something(client, shop):
    for fault in sorted(FAULTS - {"slow", "drip", "huge", "gzip_bomb", "outage"}):
        shop.faults["*"] = fault
        try:
            answer = await client.get("/rows")
        except httpx.TransportError:
            continue
        assert (answer.status_code, answer.content) != (200, json.dumps(ROWS).encode()), fault


@pytest.mark.parametrize("wrapped", [ROWS, {"ERR": 0, "ROWS": ROWS}])
def test_rows_are_spoilt_wherever_the_vendor_keeps_them(wrapped):
    def rows(fault: str) -> list:
        data = json.loads(malformed_json(fault, json.dumps(wrapped).encode()))
        return data if isinstance(wrapped, list) else data["ROWS"]

    assert rows("garbled_row") == ["\ufffd", ROWS[1]]
    assert rows("duplicate_rows") == [*ROWS, *ROWS]
    assert [row["name"] for row in rows("slack_markup")] == [MARKUP, MARKUP]
    assert type(json.loads(malformed_json("wrong_shape", json.dumps(wrapped).encode()))) is not type(wrapped)
