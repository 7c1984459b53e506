"""Socket Mode: one socket that is opened again whenever it is lost. It never ends the process."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.receiver import dispatch

log = structlog.get_logger(__name__)

PING_SECONDS = 5.0
WATCH_SECONDS = 0.5
MAX_PAUSE_SECONDS = 15.0
RECONNECT_SECONDS = 1.0  # seconds without a socket before we ask for one ourselves
_CLOSE_SECONDS = 2.0
_LIBRARY = logging.getLogger("bot.slack.socket.sdk")
_LIBRARY.setLevel(logging.CRITICAL + 1)  # its tracebacks hold the socket's URL, which is a credential


class _Client(SocketModeClient):
    """The library's client; a refused address makes the next attempt later, and says why."""

    def __init__(self, app_token: str, web_client: AsyncWebClient) -> None:
        super().__init__(app_token=app_token, web_client=web_client, logger=_LIBRARY, ping_interval=PING_SECONDS)
        self.refused = 0
        self.reason = "the socket is not open yet"

    async def issue_new_wss_url(self) -> str:
        """Returns a new address, good for one connection."""
        try:
            url = await super().issue_new_wss_url()
        except Exception as error:
            self.reason = _reason(error)
            self.refused += 1
            await asyncio.sleep(min(MAX_PAUSE_SECONDS, 2.0 ** min(self.refused, 5) - 1.0))
            raise
        self.refused = 0
        return str(url)


class Socket:
    """Keeps one socket to Slack open from `start` to `stop`. Slash commands go straight to `command`."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        web_client: AsyncWebClient,
        command: Callable[[dict[str, Any]], str | None],
    ) -> None:
        self._app = app
        self._command = command
        self._app_token = app_token
        self._web_client = web_client
        self._client: _Client | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Starts to connect; returns at once, whatever Slack does."""
        client = self._client = _Client(self._app_token, self._web_client)
        client.socket_mode_request_listeners.append(self._handle)
        connecting = client.connect()  # type: ignore[no-untyped-call]
        self._tasks = [asyncio.create_task(connecting), asyncio.create_task(self._watch(client))]

    async def stop(self) -> None:
        """Takes nothing more. The works that were begun are the listeners' to finish."""
        client, self._client = self._client, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if client is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await client.close()  # type: ignore[no-untyped-call]
        await client.aiohttp_client_session.close()
        parts = (client.message_processor, client.current_session_monitor, client.message_receiver)
        ended = [part for part in parts if part is not None]
        for part in ended:
            part.cancel()
        await asyncio.gather(*ended, return_exceptions=True)

    async def trouble(self) -> str | None:
        """Returns None while a socket is open; else why there is none."""
        client = self._client
        if client is not None and await client.is_connected():
            return None
        return f"no socket to Slack is open: {client.reason if client is not None else 'stopped'}"

    async def _handle(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        body = {**(request.payload or {}), "delivery": request.envelope_id}
        if request.type == "slash_commands":
            said = self._command(body)
            answer = SocketModeResponse(envelope_id=request.envelope_id, payload={"text": said} if said else None)
            await client.send_socket_mode_response(answer)
            return
        bolt_request = AsyncBoltRequest(mode="socket_mode", body=body, headers=build_headers(request))
        await send_async_response(client, request, await dispatch(self._app, bolt_request), 0.0)

    @staticmethod
    async def _reconnect(client: _Client) -> None:
        with contextlib.suppress(Exception):  # `trouble` reports it, the watch tries again
            await client.connect_to_new_endpoint()

    async def _watch(self, client: _Client) -> None:
        """Takes a one-time address away after a failed handshake: the library asks for the same one for ever."""
        was_open, closed_for = False, 0.0
        again: asyncio.Task[None] | None = None
        while True:
            session = client.current_session
            is_open = session is not None and not session.closed
            if is_open != was_open:
                log.info("socket to Slack opened" if is_open else "socket to Slack lost")
                was_open = is_open
            if is_open:
                closed_for = 0.0
                client.reason = "it was lost, and is being opened again"
            else:
                client.wss_uri = None
                closed_for += WATCH_SECONDS
            if session is not None and closed_for >= RECONNECT_SECONDS and (again is None or again.done()):
                # the library itself checks but at each ping
                again = asyncio.create_task(self._reconnect(client))
                self._tasks = [*self._tasks[:2], again]
            await asyncio.sleep(WATCH_SECONDS)


def _reason(error: Exception) -> str:
    response = getattr(error, "response", None)
    data = getattr(response, "data", None)
    code = data.get("error") if isinstance(data, dict) else None
    return f"Slack refused: {code}" if code else f"Slack cannot be reached ({type(error).__name__})"
