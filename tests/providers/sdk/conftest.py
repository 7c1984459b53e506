"""A clock that is moved by hand, and a vendor that may do anything."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.sdk.http import VendorHttp
from providers.sdk.throttle import LocalThrottle


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Vendor:
    """A server that answers by `behave`, and remembers every request that reached it."""

    def __init__(self) -> None:
        self.behave: Callable[[web.Request], Awaitable[web.StreamResponse]] = self._fine
        self.seen: list[str] = []
        self.connections: set[tuple[str, int]] = set()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._any)
        self.server = TestServer(app)

    async def _fine(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="{}")

    async def _any(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.seen.append(f"{request.method} {request.path_qs}")
        self.connections.add(request.transport.get_extra_info("peername"))
        return await self.behave(request)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def vendor() -> AsyncIterator[Vendor]:
    vendor = Vendor()
    await vendor.server.start_server()
    yield vendor
    await vendor.server.close()


@pytest.fixture
async def door(vendor: Vendor, clock: Clock) -> AsyncIterator[Callable[..., VendorHttp]]:
    """Opens doors to the vendor; all are closed at the end."""
    opened: list[VendorHttp] = []

    def opener(**changes) -> VendorHttp:
        settings = {
            "title": "Acme",
            "base_url": vendor.url,
            "secrets": ["s3cr3t/key+1"],
            "throttle": LocalThrottle(clock, "Acme"),
            "clock": clock,
        }
        opened.append(VendorHttp(**{**settings, **changes}))
        return opened[-1]

    yield opener
    for http in opened:
        await http.close()
