"""Socket Mode: single-use tickets, hello, envelopes to one socket each, acks, and how it breaks."""

import asyncio
import json
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bot.demo.slack.stage import Stage
from bot.demo.slack.workspace import APP, Json

MAX_SOCKETS = 10
HEARTBEAT_SECONDS = 30.0


@dataclass(eq=False, slots=True)
class DemoSocket:
    """One open WebSocket of the app."""

    number: int
    ws: web.WebSocketResponse
    request: web.Request
    delivered: int = 0
    open_envelopes: dict[str, asyncio.Future[Json]] = field(default_factory=dict)


class Sockets:
    """The app's WebSockets. An envelope goes to one of them, in turn."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.open: list[DemoSocket] = []
        self._leaving: list[DemoSocket] = []
        self._made = 0
        self._turn = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers a handshake, and serves the socket for its whole life."""
        known = self._stage.tickets.pop(request.query.get("ticket", ""), None)
        if self._stage.faults.handshakes > 0:
            self._stage.faults.handshakes -= 1
            self._note("handshake refused (503)")
            return web.Response(status=503)
        if known is None:
            self._note("handshake with a dead ticket")
            return web.Response(status=403, text="invalid ticket")
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS)
        await ws.prepare(request)
        if len(self.open) >= MAX_SOCKETS:
            await ws.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await ws.close()
            return ws
        self._made += 1
        socket = DemoSocket(self._made, ws, request)
        await ws.send_json(self._hello(socket))
        self.open.append(socket)
        self._note(f"socket {socket.number} open")
        try:
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    self._read(socket, message.data)
        finally:
            for where in (self.open, self._leaving):
                if socket in where:
                    where.remove(socket)
            self._note(f"socket {socket.number} closed")
        return ws

    def _hello(self, socket: DemoSocket) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.open) + 1,
            "connection_info": {"app_id": APP},
            "debug_info": {
                "host": f"applink-{socket.number}",
                "build_number": 1,
                "approximate_connection_time": 18_060,
            },
        }

    def _note(self, text: str) -> None:
        self._stage.workspace.journal.note("socket", text)
        self._stage.workspace.changes.add("app")

    def _read(self, socket: DemoSocket, text: str) -> None:
        try:
            body = json.loads(text)
        except ValueError:
            self._note(f"socket {socket.number} sent what is no JSON")
            return
        waiting = socket.open_envelopes.pop(str(body.get("envelope_id", "")), None)
        if waiting is None or waiting.done():
            self._note("an ack that nobody waits for")
            return
        payload = body.get("payload")
        waiting.set_result(payload if isinstance(payload, dict) else {})

    async def send(self, envelope: Json) -> asyncio.Future[Json] | None:
        """Hands an envelope to the next socket; returns a future of its ack. None: there is no socket."""
        while self.open:
            socket = self.open[self._turn % len(self.open)]
            self._turn += 1
            answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
            socket.open_envelopes[envelope["envelope_id"]] = answer
            try:
                await socket.ws.send_json(envelope)
            except (ConnectionError, RuntimeError):  # it broke and has not noticed yet
                if socket in self.open:
                    self.open.remove(socket)
                continue
            socket.delivered += 1
            return answer
        return None

    def drop(self) -> None:
        """Breaks every connection without a word."""
        for socket in list(self.open):
            if socket.request.transport is not None:
                socket.request.transport.abort()
            self.open.remove(socket)
        self._note("all sockets dropped")

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Asks each socket to come again, as Slack does every few hours. The app closes the old."""
        for socket in list(self.open):
            self.open.remove(socket)
            self._leaving.append(socket)
            host = f"applink-{socket.number}"
            await socket.ws.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": host}})

    async def close(self) -> None:
        """Closes every socket."""
        for socket in [*self.open, *self._leaving]:
            await socket.ws.close(code=1001)
