"""A panel that answers what a test gives it, and an account opened on it."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.momvoip import Momvoip, MomvoipSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening

KEY = "k3y-of-ours-0042"
SAMPLES = Path(__file__).parent / "samples"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Panel:
    """`answers` by loc, or `anything` for all; `asked` remembers (loc, form without the key)."""

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.anything: object = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        app = web.Application(client_max_size=10_000_000)
        app.router.add_post("/", self._any)
        self.server = TestServer(app)

    async def _any(self, request: web.Request) -> web.StreamResponse:
        assert request.content_type == "application/x-www-form-urlencoded"
        form = dict(await request.post())
        assert form.pop("apikey") == KEY
        self.asked.append((request.query["loc"], form))
        answer = self.answers.get(request.query["loc"], self.anything)
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="text/html")
        text = answer if isinstance(answer, str) else json.dumps(answer)
        return web.Response(text=text, content_type="text/html")

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def asked_of(self, loc: str) -> list[dict[str, str]]:
        return [form for asked, form in self.asked if asked == loc]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / name).read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[Panel]:
    panel = Panel()
    await panel.server.start_server()
    yield panel
    await panel.server.close()


@pytest.fixture
async def opened(panel: Panel, clock: Clock):
    """Opens accounts on the panel; all are closed at the end."""
    accounts: list[Momvoip] = []

    def open_account(*, timezone=None, currency="USD", **settings) -> Momvoip:
        accounts.append(
            Momvoip(
                Opening(
                    account="sales",
                    settings=MomvoipSettings(api_key=KEY, **{"base_url": panel.url, **settings}),
                    throttle=LocalThrottle(clock, "MoMVOIP"),
                    clock=clock,
                    timezone=timezone,
                    currency=currency,
                )
            )
        )
        return accounts[-1]

    yield open_account
    for account in accounts:
        await account.close()


@pytest.fixture
def momvoip(opened) -> Momvoip:
    return opened()
