"""A panel that answers what a test gives it, and an account opened on it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from providers.momvoip import Momvoip, MomvoipSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.clocks import HandClock
from tests.providers.panel import Panel

KEY = "k3y-of-ours-0042"
SAMPLES = Path(__file__).parent / "samples"


class MomvoipPanel(Panel):
    """Answers by loc; remembers (loc, form without the key)."""

    media_type = "text/html"

    async def read(self, request: web.Request) -> tuple[str, tuple[str, dict[str, Any]]]:
        assert (request.method, request.path) == ("POST", "/")
        assert request.content_type == "application/x-www-form-urlencoded"
        form = dict(await request.post())
        assert form.pop("apikey") == KEY
        return request.query["loc"], (request.query["loc"], form)

    def asked_of(self, loc: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == loc]


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[MomvoipPanel]:
    async with MomvoipPanel() as panel:
        yield panel


@pytest.fixture
def open_account(panel: MomvoipPanel, clock: HandClock):
    def account(*, timezone=None, currency="USD", **settings) -> Momvoip:
        keys = MomvoipSettings(api_key=KEY, **{"base_url": panel.url, **settings})
        return Momvoip(Opening("sales", keys, LocalThrottle(clock, "MoMVOIP"), clock, timezone, currency))

    return account


@pytest.fixture
def momvoip(opened) -> Momvoip:
    return opened()
