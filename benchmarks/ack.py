"""A signed slash command over HTTP, acknowledged: at 100 a second, and as many as go.

    .venv/bin/python benchmarks/ack.py

Beside a bare Bolt hello on aiohttp and a bare aiohttp handler that checks the signature. Ringwatch stands there twice:
with its works left out, which is what Bolt's hello is, and whole, each command answered to its response URL.
"""

import asyncio
import hashlib
import hmac
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from measuring import MINE, ROUNDS, THEIRS, Other, beside, folder, for_ever, median, now, quantile, stay_on, table
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from stand_in import SECRET, SLACK_USER, house, length_in, slack

from bot.app.http_server import Web
from bot.cards import Answer
from bot.commands import commands
from bot.dialog.context import Context
from bot.dialog.request import Request
from bot.observability.metrics import Metrics
from bot.settings import Settings
from bot.settings import Slack as SlackKeys
from bot.slack.listeners import Listeners
from bot.slack.receiver import Receiver, build_app

A_SECOND, SECONDS = 100, 2.0
CROWD, RUSH = 32, 1.0  # connections, and seconds


async def raw(pipe: Connection) -> None:
    """What any service on aiohttp costs."""
    verifier = SignatureVerifier(SECRET)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        stamp, signature = request.headers["X-Slack-Request-Timestamp"], request.headers["X-Slack-Signature"]
        return web.Response(status=200 if verifier.is_valid(body=body, timestamp=stamp, signature=signature) else 401)

    await _serve(pipe, handle)


async def hello(pipe: Connection) -> None:
    """What Bolt costs: one command, answered in the acknowledgement."""

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    @app.command("/pbx")
    async def _pbx(ack: AsyncAck) -> None:
        await ack("hello")

    async def handle(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await app.async_dispatch(await to_bolt_request(request)))

    await _serve(pipe, handle)


@dataclass
class _Doing:
    name: str

    async def run(self, _context: Context, _given: Request) -> Answer | None:
        return None


class _Nobody:
    """A store, an access and answers that cost nothing."""

    async def first_time(self, *_: Any) -> bool:
        return True

    async def refusal(self, *_: Any, **__: Any) -> None:
        return None


def listeners() -> Listeners:
    """Ringwatch's own with every command; the works cost nothing."""
    nobody: Any = _Nobody()
    told = Settings(slack=SlackKeys(bot_token=SecretStr("xoxb-1"), channel="#c1"))
    return Listeners(
        commands={name: _Doing(name) for name in commands()},
        actions={},
        context=lambda actor: actor,  # type: ignore[arg-type, return-value]
        access=nobody,
        answers=nobody,
        store=nobody,
        settings=lambda: told,
        clock=now,
        metrics=Metrics(),
    )


async def door(pipe: Connection) -> None:
    """Ringwatch's own door, web server and listeners."""
    app, table_of = build_app(AsyncWebClient(token="xoxb-1")), listeners()
    table_of.bind(app)
    standing = Receiver(app, SECRET, table_of.command)
    nothing: Any = None
    here = Web(slack=lambda: standing.handle, inbound=nothing, metrics=Metrics(), checks={}, warnings=_none)
    await here.start("127.0.0.1", 0)
    pipe.send(here.port)
    await for_ever()


async def _none() -> list[str]:
    return []


async def whole(pipe: Connection, api_url: str, data_dir: str) -> None:
    """All of Ringwatch."""
    async with house(api_url, data_dir) as service:
        pipe.send(service.web.port)
        await for_ever()


async def _serve(pipe: Connection, handle: Any) -> None:
    app = web.Application()
    app.router.add_post("/slack/events", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    pipe.send(runner.addresses[0][1])
    await for_ever()


class Line(asyncio.Protocol):
    """One kept connection that sends a request and waits for its answer."""

    def __init__(self) -> None:
        self.seen = b""
        self.done: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self.seen += data
        head, end, body = self.seen.partition(b"\r\n\r\n")
        if not end:
            return
        length = length_in(head)
        if len(body) >= length and self.done is not None:
            self.seen = b""
            self.done.set_result(head[9:12])

    async def ask(self, request: bytes) -> float:
        """Seconds until it was acknowledged."""
        self.done = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.transport.write(request)
        status = await self.done
        took = time.perf_counter() - began
        if status != b"200":
            raise RuntimeError(f"answered with {status!r}")
        return took


@dataclass
class Slacks:
    """Signs what Slack would send; no two are alike."""

    api_url: str
    sent: int = field(default=0)

    def command(self) -> bytes:
        """One `/pbx help`, as it stands on the wire."""
        self.sent += 1
        body = urlencode(
            {
                "token": "none",
                "team_id": "T1",
                "team_domain": "bench",
                "channel_id": "C1",
                "channel_name": "voip",
                "user_id": SLACK_USER,
                "user_name": "olena",
                "command": "/pbx",
                "text": "help",
                "api_app_id": "A1",
                "is_enterprise_install": "false",
                "response_url": f"{self.api_url}respond",
                "trigger_id": f"{self.sent}.1.abc",
            }
        ).encode()
        stamp = str(int(time.time()))
        mark = hmac.new(SECRET.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        head = (
            "POST /slack/events HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            "User-Agent: Slackbot 1.0 (+https://api.slack.com/robots)\r\nAccept-Encoding: gzip,deflate\r\n"
            f"Accept: application/json,*/*\r\nX-Slack-Signature: v0={mark}\r\nX-Slack-Request-Timestamp: {stamp}\r\n"
            f"Content-Length: {len(body)}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        return head.encode() + body


async def _lines(port: int, how_many: int) -> list[Line]:
    loop = asyncio.get_running_loop()
    return [(await loop.create_connection(Line, "127.0.0.1", port))[1] for _ in range(how_many)]


async def steady(port: int, slacks: Slacks) -> list[float]:
    """The time of each, sent by the clock whatever became of the one before."""
    free = deque(await _lines(port, 8))
    took: list[float] = []

    async def one(request: bytes) -> None:
        line = free.popleft() if free else (await _lines(port, 1))[0]
        took.append(await line.ask(request))
        free.append(line)

    began, tasks = time.perf_counter(), []
    for n in range(int(A_SECOND * SECONDS)):
        request = slacks.command()
        await asyncio.sleep(max(0.0, began + n / A_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(one(request)))
    await asyncio.gather(*tasks)
    for line in free:
        line.transport.close()
    return took


async def rush(port: int, slacks: Slacks, server: Other) -> tuple[float, float]:
    """How many a second, each connection asking again once it is answered; and what each costs, in CPU seconds."""
    lines = await _lines(port, CROWD)
    until = time.perf_counter() + RUSH

    async def press(line: Line) -> int:
        count = 0
        while time.perf_counter() < until:
            await line.ask(slacks.command())
            count += 1
        line.transport.close()
        return count

    began, computed = time.perf_counter(), server.cpu()
    done = sum(await asyncio.gather(*(press(line) for line in lines)))
    return done / (time.perf_counter() - began), (server.cpu() - computed) / done


async def main() -> None:
    """All of them in turn, round by round."""
    stay_on(THEIRS)
    with ExitStack() as stack:
        api_url = stack.enter_context(beside(slack)).recv()
        data = stack.enter_context(folder())
        pipes = {
            "aiohttp and the signature": stack.enter_context(beside(raw, core=MINE)),
            "Bolt, one command": stack.enter_context(beside(hello, core=MINE)),
            "Ringwatch, works left out": stack.enter_context(beside(door, core=MINE)),
            "Ringwatch, whole": stack.enter_context(beside(whole, api_url, str(data), core=MINE)),
        }
        ports = {name: pipe.recv() for name, pipe in pipes.items()}
        slacks = Slacks(api_url)
        took: dict[str, list[list[float]]] = {name: [] for name in ports}
        rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
        for port in ports.values():
            await asyncio.gather(*(line.ask(slacks.command()) for line in await _lines(port, 8)))
        for _ in range(ROUNDS):
            for name, port in ports.items():
                took[name].append(await steady(port, slacks))
        for _ in range(ROUNDS):
            for name, port in ports.items():
                rates[name].append(await rush(port, slacks, pipes[name]))
                await asyncio.sleep(2.0 if name.endswith("whole") else 0.1)  # what it took on is worked off
    halves = {name: median([quantile(one, 0.5) for one in each]) * 1e3 for name, each in took.items()}
    tails = {name: median([quantile(one, 0.99) for one in each]) * 1e3 for name, each in took.items()}
    most = {name: median([rate for rate, _ in each]) for name, each in rates.items()}
    costs = {name: median([cost for _, cost in each]) * 1e6 for name, each in rates.items()}
    bolt = "Bolt, one command"
    table(
        f"acknowledging a signed slash command, {A_SECOND} a second; saturated by {CROWD} connections",
        ("", "p50 ms", "p99 ms", "to Bolt", "a second", "to Bolt", "CPU µs each", "to Bolt"),
        [
            (
                name,
                f"{halves[name]:.2f}",
                f"{tails[name]:.2f}",
                f"{halves[name] / halves[bolt]:.2f}",
                f"{most[name]:,.0f}",
                f"{most[name] / most[bolt]:.2f}",
                f"{costs[name]:.0f}",
                f"{costs[name] / costs[bolt]:.2f}",
            )
            for name in ports
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
