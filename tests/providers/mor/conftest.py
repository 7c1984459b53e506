"""A MOR that answers what a test gives it, with sessions, and an account opened on it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from providers.mor import Mor, MorSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.clocks import HandClock
from tests.providers.panel import Panel

VILNIUS = ZoneInfo("Europe/Vilnius")
PASSWORD, SECRET = "p4ss-of-ours+0042", "s3cret key/of ours"
SAMPLES = Path(__file__).parent / "samples"
LOGIN_OK = (SAMPLES / "mor-2-ok.xml").read_text("utf-8")
LOGIN_PAGE = (SAMPLES / "mor-1.xml").read_text("utf-8")


class MorPanel(Panel):
    """Answers by path; remembers (method, path, query, form) of all but the sign-ins.

    `logins` are the sign-ins, `sessions` the cookies that are good; `strict` shows the login page to others.
    """

    media_type = "text/xml"
    anything: Any = ""

    def __init__(self) -> None:
        super().__init__()
        self.login: object = LOGIN_OK
        self.strict = True
        self.logins: list[tuple[dict[str, str], dict[str, str]]] = []
        self.sessions: set[str] = set()

    async def read(self, request: web.Request) -> tuple[str, tuple[str, str, dict[str, str], dict[str, str]]]:
        return request.path, (request.method, request.path, dict(request.query), await _form(request))

    async def reply(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/api/login":
            self.logins.append((dict(request.query), await _form(request)))
            answer = await self.made(request, self.login)
            if self.login is LOGIN_OK:
                token = f"session-{len(self.logins)}"
                self.sessions.add(token)
                answer.set_cookie("mor", token)
            return answer
        return await super().reply(request)

    async def made(self, request: web.Request, answer: Any) -> web.StreamResponse:
        signed = request.path.startswith(("/api/login", "/billing/api/")) or request.path == "/callc/login"
        if self.strict and not signed and request.cookies.get("mor") not in self.sessions:
            answer = LOGIN_PAGE
        return await super().made(request, answer)

    def asked_of(self, path: str) -> list[tuple[str, dict[str, str], dict[str, str]]]:
        return [(method, query, form) for method, asked, query, form in self.asked if asked == path]


async def _form(request: web.Request) -> dict[str, str]:
    return {name: str(value) for name, value in (await request.post()).items()}


@pytest.fixture
def sample():
    return lambda name: (SAMPLES / f"{name}.xml").read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[MorPanel]:
    async with MorPanel() as panel:
        yield panel


@pytest.fixture
def open_account(panel: MorPanel, clock: HandClock):
    def account(*, timezone=VILNIUS, currency=None, **settings) -> Mor:
        keys = {"username": "anna", "password": PASSWORD, "user_id": "17", "api_secret": SECRET}
        filled = MorSettings(**{"base_url": panel.url, **keys, **settings})
        return Mor(Opening("wholesale", filled, LocalThrottle(clock, "MOR"), clock, timezone, currency))

    return account


@pytest.fixture
def mor(opened) -> Mor:
    return opened()
