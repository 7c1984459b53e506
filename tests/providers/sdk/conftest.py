"""A vendor that may do anything, and doors to it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from providers.sdk.http import VendorHttp
from providers.sdk.throttle import LocalThrottle
from tests.clocks import HandClock
from tests.providers.panel import Panel


class AcmePanel(Panel):
    """Answers `anything` to all; remembers lines of request, and `connections` from where they came."""

    media_type = "text/plain"
    anything: object = "{}"

    def __init__(self) -> None:
        super().__init__()
        self.connections: set[tuple[str, int]] = set()

    async def read(self, request: web.Request) -> tuple[str, str]:
        await request.read()
        self.connections.add(request.transport.get_extra_info("peername"))
        return "", f"{request.method} {request.path_qs}"


@pytest.fixture
async def vendor() -> AsyncIterator[AcmePanel]:
    async with AcmePanel() as panel:
        yield panel


@pytest.fixture
def open_account(vendor: AcmePanel, clock: HandClock):
    def http(**changes) -> VendorHttp:
        settings = {
            "title": "Acme",
            "base_url": vendor.url,
            "secrets": ["s3cr3t/key+1"],
            "throttle": LocalThrottle(clock, "Acme"),
            "clock": clock,
        }
        return VendorHttp(**{**settings, **changes})

    return http


@pytest.fixture
def door(opened):
    """Opens doors to the vendor; all are closed at the end."""
    return opened
