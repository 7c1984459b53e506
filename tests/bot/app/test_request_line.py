"""A push whose address holds blanks or raw UTF-8 arrives, whatever pieces it comes in."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.http_server import Web
from bot.app.request_line import MendedRequestLines, mended
from bot.observability.metrics import Metrics
from bot.readings.vendor_events import PushAnswer, PushedRequest

TAIL = b"\r\nHost: x\r\nConnection: close\r\n\r\n"


class Inbound:
    def __init__(self) -> None:
        self.taken: list[PushedRequest] = []

    async def take(self, pushed: PushedRequest) -> PushAnswer:
        self.taken.append(pushed)
        return PushAnswer(200, "ok")


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("target", "query"),
    [
        ("?caller=Görüşme&called=101", (("caller", "Görüşme"), ("called", "101"))),
        ("?caller=Ali Veli&called=101", (("caller", "Ali Veli"), ("called", "101"))),
        ("?caller={src}&x=%41+b", (("caller", "{src}"), ("x", "A b"))),
    ],
)
async def test_a_push_with_a_blank_or_raw_utf_8_is_not_lost(
    target: str, query: tuple[tuple[str, str], ...], size: int
) -> None:
    inbound: Any = Inbound()

    async def none() -> list[str]:
        return []

    web = Web(slack=lambda: None, inbound=inbound, metrics=Metrics(), checks={}, warnings=none)
    await web.start("127.0.0.1", 0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        sent = f"GET /hooks/sales/t0ken{target} HTTP/1.1".encode() + TAIL
        for at in range(0, len(sent), size):
            writer.write(sent[at : at + size])
            await writer.drain()
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        writer.close()
    finally:
        await web.stop()
    assert [(pushed.account, pushed.query) for pushed in inbound.taken] == [("sales", query)]


class Heard(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data


@given(st.lists(st.binary(max_size=30) | st.sampled_from([b"GET /ho", b"oks/a b", b" HTTP/1.1", b"\r\n", b"POST /"])))
def test_nothing_is_lost_or_altered_but_a_push_s_line(pieces: list[bytes]) -> None:
    heard = Heard()
    protocol = MendedRequestLines(lambda: heard)
    for piece in pieces:
        protocol.data_received(piece)
    protocol.eof_received()
    whole = b"".join(pieces)
    if b"/hooks/" not in whole:
        assert heard.data == whole
    assert len(heard.data) >= len(whole)


@pytest.mark.parametrize("line", [b"GET /hooks/a/t HTTP/1.1\r", b"", b"GET /hooks/a b", b"PUT /hooks/a b HTTP/1.1"])
def test_a_line_that_is_right_or_none_stays(line: bytes) -> None:
    assert mended(line) == line
