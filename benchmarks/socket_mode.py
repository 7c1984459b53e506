"""Socket Mode: from an envelope to its acknowledgement, seen from Slack's end of the socket.

    .venv/bin/python benchmarks/socket_mode.py

Ringwatch's own client, Bolt and listeners with every command, beside a bare aiohttp socket and a bare Bolt hello.
"""

import asyncio
import json
import time
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any

import aiohttp
from ack import SECONDS, listeners
from aiohttp import web
from measuring import MINE, ROUNDS, THEIRS, Other, beside, for_ever, median, quantile, stay_on, table
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient
from stand_in import SLACK_USER

from bot.slack.receiver import build_app
from bot.slack.socket import Socket

A_SECOND, RUSH = 100, 1_000


async def raw(_pipe: Connection, api_url: str) -> None:
    """What any client on aiohttp costs."""
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{api_url}apps.connections.open") as answer:
            url = (await answer.json())["url"]
        async with session.ws_connect(url) as socket:
            async for message in socket:
                await socket.send_str(json.dumps({"envelope_id": json.loads(message.data)["envelope_id"]}))


async def hello(_pipe: Connection, api_url: str) -> None:
    """What Bolt's own handler costs with one command."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    client = AsyncWebClient(base_url=api_url)
    app = AsyncApp(client=client, authorize=authorize, process_before_response=True)

    @app.command("/pbx")
    async def _pbx(ack: AsyncAck) -> None:
        await ack("hello")

    handler = AsyncSocketModeHandler(app, "xapp-1", web_client=client)
    try:
        await handler.connect_async()
        await for_ever()
    finally:
        await handler.close_async()


async def ringwatch(_pipe: Connection, api_url: str) -> None:
    """Ringwatch, its works left out."""
    client = AsyncWebClient(token="xoxb-1", base_url=api_url)
    app = build_app(client)
    table_of = listeners()
    table_of.bind(app)
    ours = Socket(app, "xapp-1", client, table_of.command)
    try:
        await ours.start()
        await for_ever()
    finally:
        await ours.stop()


class Slacks:
    """Slack's end: one socket at a time."""

    def __init__(self) -> None:
        self.opened: asyncio.Queue[web.WebSocketResponse] = asyncio.Queue()
        self.sent: dict[str, tuple[float, asyncio.Future[float]]] = {}
        self.count = 0

    async def start(self) -> str:
        """Its address."""
        app = web.Application()
        app.router.add_post("/api/apps.connections.open", self._open)
        app.router.add_get("/link", self._link)
        app.router.add_route("*", "/api/{method}", self._other)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]
        return f"http://127.0.0.1:{self.port}/api/"

    async def _open(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "url": f"ws://127.0.0.1:{self.port}/link"})

    async def _other(self, _request: web.Request) -> web.Response:
        return web.json_response({"ok": True})

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.opened.put_nowait(socket)
        async for message in socket:
            at = time.perf_counter()
            began, done = self.sent.pop(json.loads(message.data)["envelope_id"])
            done.set_result(at - began)
        return socket

    async def send(self, socket: web.WebSocketResponse) -> asyncio.Future[float]:
        """One envelope; the seconds until it was acknowledged."""
        self.count += 1
        done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        payload = {
            "command": "/pbx",
            "text": "help",
            "user_id": SLACK_USER,
            "channel_id": "C1",
            "team_id": "T1",
            "response_url": "http://127.0.0.1/respond",
            "trigger_id": f"{self.count}.1.abc",
        }
        name = f"e{self.count}"
        text = json.dumps({"type": "slash_commands", "envelope_id": name, "payload": payload})
        self.sent[name] = time.perf_counter(), done
        await socket.send_str(text)
        return done


async def steady(slacks: Slacks, socket: web.WebSocketResponse) -> list[float]:
    """The time of each, sent by the clock."""
    began, waiting = time.perf_counter(), []
    for n in range(int(A_SECOND * SECONDS)):
        await asyncio.sleep(max(0.0, began + n / A_SECOND - time.perf_counter()))
        waiting.append(await slacks.send(socket))
    return list(await asyncio.gather(*waiting))


async def rush(slacks: Slacks, socket: web.WebSocketResponse, client: Other) -> tuple[float, float]:
    """How many a second when all are sent at once; and what each costs, in CPU seconds."""
    began, computed = time.perf_counter(), client.cpu()
    await asyncio.gather(*[await slacks.send(socket) for _ in range(RUSH)])
    return RUSH / (time.perf_counter() - began), (client.cpu() - computed) / RUSH


async def main() -> None:
    """All of them in turn, round by round."""
    stay_on(THEIRS)
    slacks = Slacks()
    api_url = await slacks.start()
    took: dict[str, list[list[float]]] = {}
    rates: dict[str, list[tuple[float, float]]] = {}
    with ExitStack() as stack:
        there = {}
        for name, part in (("aiohttp", raw), ("Bolt, one command", hello), ("Ringwatch", ringwatch)):
            client = stack.enter_context(beside(part, api_url, core=MINE))
            there[name] = client, await slacks.opened.get()
            took[name], rates[name] = [], []
        for _ in range(ROUNDS):
            for name, (client, socket) in there.items():
                took[name].append(await steady(slacks, socket))
                rates[name].append(await rush(slacks, socket, client))
    halves = {name: median([quantile(one, 0.5) for one in each]) * 1e3 for name, each in took.items()}
    tails = {name: median([quantile(one, 0.99) for one in each]) * 1e3 for name, each in took.items()}
    most = {name: median([rate for rate, _ in each]) for name, each in rates.items()}
    costs = {name: median([cost for _, cost in each]) * 1e6 for name, each in rates.items()}
    table(
        f"Socket Mode, envelope to acknowledgement, {A_SECOND} a second; {RUSH:,} at once",
        ("", "p50 ms", "p99 ms", "to aiohttp", "a second", "CPU µs each", "to Bolt"),
        [
            (
                name,
                f"{halves[name]:.2f}",
                f"{tails[name]:.2f}",
                f"{halves[name] / halves['aiohttp']:.2f}",
                f"{most[name]:,.0f}",
                f"{costs[name]:.0f}",
                f"{costs[name] / costs['Bolt, one command']:.2f}",
            )
            for name in there
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
