"""Bodies of 200 MB, gzip bombs, 100,000 rows and five megabytes of nothing but brackets, at all vendors at once."""

import asyncio
import json
import signal
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.deadlines import PATIENCE

MOST = 400  # MB
MB = 1024 * 1024
ROWS = 100_000
ASKED = ["/balance", "/agents", "/queue", "/spam", "/pbx calls", "/pbx active", "/pbx missed", "/pbx contacts"]
TELLTALES = ("Traceback", "Error:")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")


def bomb(size: int) -> list[bytes]:
    """A gzip stream of `size` MB of blanks: its first MB, packed once and told again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = packer.compress(b"[") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    return [head, *([block] * size)]


def many(body: bytes) -> bytes:
    """The answer with 100,000 rows, each a little different."""
    if body.lstrip().startswith(b"<"):
        return body
    value = json.loads(body)
    holder = value[0] if isinstance(value, list) and len(value) == 1 else value
    lists = [v for v in holder.values() if isinstance(v, list)] if isinstance(holder, dict) else [holder]
    if not lists or not lists[0]:
        return body
    rows = lists[0]
    small = [dict(list(row.items())[:4]) if isinstance(row, dict) else row for row in rows]
    rows[:] = [_numbered(small[n % len(small)], n) for n in range(ROWS)]
    return json.dumps(value, separators=(",", ":")).encode()


def _numbered(row: Any, number: int) -> Any:
    if not isinstance(row, dict):
        return row
    return {k: f"{v}{number}" if isinstance(v, str) and v[-4:].isdigit() else v for k, v in row.items()}


def dense(piece: bytes) -> bytes:
    """Just below the cap, and of as many values as fit."""
    return b"[" + b",".join([piece] * (4_990_000 // (len(piece) + 1))) + b"]"


DENSE = {"dense lists": b"[]", "dense objects": b'{"a":1}', "dense numbers": b"1.5", "dense words": b'"\\u00e9"'}


class Flood:
    """Every vendor's answer, in the shape that is chosen. A sign-in is let through: the pages behind it are meant."""

    def __init__(self) -> None:
        self.shape = ""
        self.sent = dict.fromkeys(["body", "bomb", "rows", "xml", *DENSE], 0)

    async def __call__(self, _account: str, request: web.Request, handler: Any) -> web.StreamResponse:
        if not self.shape or "login" in request.path:
            return await handler(request)
        self.sent[self.shape] += 1
        if self.shape == "rows":
            answer = await handler(request)
            body = await asyncio.to_thread(many, bytes(answer.body))
            return web.Response(body=body, content_type=answer.content_type)
        if self.shape in DENSE:
            return web.Response(body=await asyncio.to_thread(dense, DENSE[self.shape]))
        if self.shape == "xml":
            return web.Response(body=b"<page>" + b"<a/>" * 1_240_000 + b"</page>", content_type="text/xml")
        return await self._streamed(request)

    async def _streamed(self, request: web.Request) -> web.StreamResponse:
        packed = self.shape == "bomb"
        answer = web.StreamResponse(headers={"Content-Encoding": "gzip"} if packed else {})
        await answer.prepare(request)
        try:
            for piece in bomb(1024) if packed else [b'{"a":"and on and on"},' * (MB // 22)] * 200:
                await answer.write(piece)
        except ConnectionError:
            pass  # it has heard enough
        return answer


def peak(pid: int) -> float:
    """The most memory that a process ever had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


@pytest.mark.long
async def test_it_stays_below_400_mb_and_goes_on_whatever_the_vendors_send(town, capsys):
    flood = Flood()
    town.respond = flood
    process = await town.outside()
    told: dict[str, float] = {"start": peak(process.pid)}
    try:
        for shape in flood.sent:
            flood.shape = shape
            answers = await asyncio.gather(*(town.ask(line) for line in ASKED))
            for line, answer in zip(ASKED, answers, strict=True):
                assert not set(TELLTALES) & set(answer.words.split()), (shape, line, answer.words)
                assert "went wrong" not in answer.words, (shape, line, answer.words)
                assert len(answer.blocks) <= 50
            told[shape] = peak(process.pid)
        flood.shape = ""
        assert "USD" in (await town.ask("/balance")).words
        assert process.returncode is None
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)
    with capsys.disabled():
        sys.stdout.write(f"\npeak memory in MB: {', '.join(f'{name} {size:.0f}' for name, size in told.items())}\n")
    assert min(flood.sent.values()) >= 5, flood.sent
    assert max(told.values()) < MOST, told
    assert process.returncode == 0
    assert "Traceback" not in (town.folder / "log").read_text("utf-8")
