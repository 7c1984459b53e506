"""Slack and a PBX for benchmarks: as cheap as a server can be, so that what is measured is Ringwatch."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from measuring import for_ever, now

from bot.app.service import Service, catalogue
from bot.settings import Settings, load

SECRET = "the signing secret of a benchmark"
SLACK_USER = "U1"
CHANNELS = 250
_AGENTS = 13


async def slack(pipe: Connection) -> None:
    """The Web API. First its address comes out of the pipe; after that, for each number sent in, that many arrivals.

    An arrival is the channel and the time, by the clock that all processes share, when a post's head was read.
    """
    arrived: asyncio.Queue[tuple[str, float]] = asyncio.Queue()
    channels = [{"id": f"C{n}", "name": f"c{n}"} for n in range(1, CHANNELS + 1)]
    answers: dict[str, dict[str, Any]] = {
        "auth.test": {"ok": True, "user_id": "UBOT", "bot_id": "B1", "team_id": "T1", "url": "https://bench.invalid/"},
        "users.info": {"ok": True, "user": {"id": SLACK_USER, "team_id": "T1", "is_bot": False}},
        "users.conversations": {"ok": True, "channels": channels, "response_metadata": {"next_cursor": ""}},
        "conversations.history": {"ok": True, "messages": []},
        "chat.getPermalink": {"ok": True, "permalink": "https://bench.invalid/p1"},
        "chat.update": {"ok": True, "channel": "C1", "ts": "1.1"},
    }
    count = 0

    async def handle(request: web.Request) -> web.Response:
        nonlocal count
        at, method = time.perf_counter(), request.match_info["method"]
        if method == "chat.postMessage":
            count += 1
            body = await request.post() if "json" not in request.content_type else await request.json()
            channel = str(body["channel"])
            arrived.put_nowait((channel, at))
            return web.json_response({"ok": True, "channel": channel, "ts": f"{time.time():.0f}.{count:06}"})
        await request.read()
        return web.json_response(answers.get(method, {"ok": True}))

    app = web.Application()
    app.router.add_route("*", "/api/{method}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}/api/")
    loop = asyncio.get_running_loop()
    wanted: asyncio.Queue[int] = asyncio.Queue()
    loop.add_reader(pipe.fileno(), lambda: wanted.put_nowait(pipe.recv()))
    while True:
        pipe.send([await arrived.get() for _ in range(await wanted.get())])


def agents(turn: int) -> bytes:
    """About 2 KB of MOM-2. On odd turns three of them are on a call."""
    rows = ",".join(
        f'{{"exten":"{1101 + n}","user_login":"agent.number{n:02}","group":"Team-{n % 3}",'
        f'"status":"{"UP" if turn % 2 and n % 5 == 0 else "Online"}","las_call_time":"{40 + 7 * n}",'
        f'"lead":"","queue_calls":"{n}","registered":"yes","channel":"PJSIP/{1101 + n}"}}'
        for n in range(_AGENTS)
    )
    return f"[{rows}]".encode()


def length_in(head: bytes) -> int:
    """How long the body is that follows this head."""
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


class _Canned(asyncio.Protocol):
    """Answers each POST from memory. `moving`: every other answer differs."""

    def __init__(self, pages: Sequence[bytes]) -> None:
        self._pages, self._turn, self._seen = pages, 0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        if end and len(body) >= length_in(head):
            self._seen = b""
            self._transport.write(self._pages[self._turn % len(self._pages)])
            self._turn += 1


async def pbx(pipe: Connection) -> None:
    """MoMVOIP's list of agents on every address of this machine. Two ports: the same always, and another each time."""
    loop, ports = asyncio.get_running_loop(), []
    for turns in ((0,), (0, 1)):
        pages = [
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            for body in map(agents, turns)
        ]
        server = await loop.create_server(partial(_Canned, pages), "0.0.0.0", 0)
        ports.append(server.sockets[0].getsockname()[1])
    pipe.send(ports)
    await for_ever()


def settings(config: Mapping[str, Any], place: Path) -> Settings:
    """A configuration, read as the service reads it."""
    path = place / "ringwatch.yaml"
    path.write_text(yaml.safe_dump(dict(config)), encoding="utf-8")
    return load(path, {}, *catalogue()).settings


def configuration(api_url: str, data_dir: str, **more: Any) -> dict[str, Any]:
    """Slack by signed HTTP, no account."""
    return {
        "data_dir": data_dir,
        "http": {"host": "127.0.0.1", "port": 0},
        "slack": {"bot_token": "xoxb-1", "signing_secret": SECRET, "api_url": api_url, "channel": "#c1"},
        **more,
    }


@asynccontextmanager
async def house(api_url: str, data_dir: str, **more: Any) -> AsyncIterator[Service]:
    """The whole service, running."""
    service = await Service.open(settings(configuration(api_url, data_dir, **more), Path(data_dir)), clock=now)
    try:
        await service.start()
        yield service
    finally:
        await service.stop(5.0)
