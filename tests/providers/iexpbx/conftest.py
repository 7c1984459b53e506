"""A PBX that answers what a test gives it, and an account opened on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from providers.iexpbx import Iexpbx, IexpbxSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.clocks import HandClock
from tests.providers.panel import Panel

USERNAME = "ApiKullanıcıAdı"
PASSWORD = "p&ss/ŞİFRE+0042"
SAMPLES = Path(__file__).parent / "samples"


class IexpbxPanel(Panel):
    """Answers by action; remembers (action, fields without the login)."""

    media_type = "text/html"

    async def read(self, request: web.Request) -> tuple[str, tuple[str, dict[str, str]]]:
        assert (request.method, request.path) == ("GET", "/api/old/get")
        fields = dict(request.query)
        assert len(fields) == len(request.query)
        assert (fields.pop("username"), fields.pop("password")) == (USERNAME, PASSWORD)
        action = fields.pop("action")
        return action, (action, fields)

    def asked_of(self, action: str) -> list[dict[str, str]]:
        return [fields for asked, fields in self.asked if asked == action]


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
def wrapped():
    """Rows in the vendor's envelope."""
    return lambda *rows, **over: [{"success": True, "count": len(rows), "data": list(rows), **over}]


@pytest.fixture
async def panel() -> AsyncIterator[IexpbxPanel]:
    async with IexpbxPanel() as panel:
        yield panel


@pytest.fixture
def open_account(panel: IexpbxPanel, clock: HandClock):
    def account(*, timezone=None, **settings) -> Iexpbx:
        keys = IexpbxSettings(**{"base_url": panel.url, "username": USERNAME, "password": PASSWORD, **settings})
        return Iexpbx(Opening("branch", keys, LocalThrottle(clock, "IEXPBX"), clock, timezone))

    return account


@pytest.fixture
def iexpbx(opened) -> Iexpbx:
    return opened()
