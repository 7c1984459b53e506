"""The HTTP server: Slack in HTTP mode, what vendors push, health, metrics, the read API. Everything else is 404."""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.app.health import Check
from bot.app.request_line import MendedRequestLines
from bot.observability.metrics import Metrics
from bot.readings.vendor_events import PushedRequest, VendorEvents

MAX_BODY_BYTES = 1024 * 1024
READY_TIMEOUT_SECONDS = 4.0  # seconds; the promise is five

RequestHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Web:
    """Serves HTTP. `checks` are what `/readyz` asks, by name; `warnings` are shown there and do not make it fail."""

    def __init__(
        self,
        *,
        slack: Callable[[], RequestHandler | None],
        inbound: VendorEvents,
        metrics: Metrics,
        checks: Mapping[str, Check],
        warnings: Callable[[], Awaitable[list[str]]],
        api: Callable[[], RequestHandler | None] = lambda: None,
    ) -> None:
        self._slack = slack
        self._api = api
        self._inbound = inbound
        self._metrics = metrics
        self._checks = checks
        self._warnings = warnings
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self.port = 0

    def app(self) -> web.Application:
        """Returns the application with its routes."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._read_metrics)
        app.router.add_post("/slack/events", self._events)
        app.router.add_route("GET", "/hooks/{account}/{token}", self._hook)
        app.router.add_route("POST", "/hooks/{account}/{token}", self._hook)
        for path in ("/api/v1/{what:.*}", "/mcp"):
            app.router.add_route("*", path, self._read_api)
        app.router.add_route("*", "/{rest:.*}", self._nothing)  # another method is 404 as well, not 405
        return app

    async def start(self, host: str, port: int) -> None:
        """Listens; raises `OSError`, a sentence that names the key, where that cannot be."""
        self._runner = web.AppRunner(self.app(), handle_signals=False, access_log=None, shutdown_timeout=3.0)
        await self._runner.setup()
        http = self._runner.server
        assert http is not None  # noqa: S101 - it was just set up
        try:
            self._server = await asyncio.get_running_loop().create_server(
                lambda: MendedRequestLines(http), host, port, backlog=128
            )
        except OSError as error:
            raise OSError(_not_listening(error, host, port)) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Takes no new request, and finishes those that run."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        names = list(self._checks)
        found, warnings = await asyncio.gather(asyncio.gather(*map(self._ask, names)), self._warned())
        wrong = {name: sentence for name, sentence in zip(names, found, strict=True) if sentence}
        body = {
            "status": "not ready" if wrong else "ready",
            "checks": {n: wrong.get(n, "ok") for n in names},
            "warnings": warnings,
        }
        return web.json_response(body, status=503 if wrong else 200)

    async def _ask(self, name: str) -> str | None:
        try:
            return await asyncio.wait_for(self._checks[name](), READY_TIMEOUT_SECONDS)
        except TimeoutError:
            return f"did not answer within {READY_TIMEOUT_SECONDS:.0f} s"

    async def _warned(self) -> list[str]:
        try:
            return await asyncio.wait_for(self._warnings(), READY_TIMEOUT_SECONDS)
        except TimeoutError:
            return [f"what else is wrong could not be found out within {READY_TIMEOUT_SECONDS:.0f} s"]

    async def _read_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    async def _events(self, request: web.Request) -> web.StreamResponse:
        handler = self._slack()
        if handler is None:
            raise web.HTTPNotFound
        return await handler(request)

    async def _read_api(self, request: web.Request) -> web.StreamResponse:
        handler = self._api()
        if handler is None:
            raise web.HTTPNotFound
        return await handler(request)

    async def _nothing(self, _request: web.Request) -> web.Response:
        raise web.HTTPNotFound

    async def _hook(self, request: web.Request) -> web.Response:
        pushed = PushedRequest(
            account=request.match_info["account"],
            token=request.match_info["token"],
            method=request.method,
            query=tuple(request.query.items()),
            content_type=request.headers.get("Content-Type", ""),
            body=await request.read(),
        )
        answer = await self._inbound.take(pushed)
        return web.json_response({"status": answer.word}, status=answer.status)


def _not_listening(error: OSError, host: str, port: int) -> str:
    """Which key is wrong, and what to write."""
    match error.errno:
        case errno.EADDRINUSE:
            return f"http.port: {port} on {host} is in use by another program; stop that one, or give another port."
        case errno.EACCES | errno.EPERM:
            return f"http.port: this user may not listen on {port}; give one from 1024 on."
    return f"http.host: {host} is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all."
