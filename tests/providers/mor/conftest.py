"""A MOR that answers what a test gives it, with sessions, and an account opened on it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.mor import Mor, MorSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening

VILNIUS = ZoneInfo("Europe/Vilnius")
PASSWORD, SECRET = "p4ss-of-ours+0042", "s3cret key/of ours"
SAMPLES = Path(__file__).parent / "samples"
LOGIN_OK = (SAMPLES / "mor-2-ok.xml").read_text("utf-8")
LOGIN_PAGE = (SAMPLES / "mor-1.xml").read_text("utf-8")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


class Panel:
    """`answers` by path, or `anything`; `asked` remembers (method, path, query, form) of all but the sign-ins.

    `logins` are the sign-ins, `sessions` the cookies that are good; `strict` shows the login page to others.
    """

    def __init__(self) -> None:
        self.answers: dict[str, object] = {}
        self.anything: object = ""
        self.login: object = LOGIN_OK
        self.strict = True
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = []
        self.logins: list[tuple[dict[str, str], dict[str, str]]] = []
        self.sessions: set[str] = set()
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._any)
        self.server = TestServer(app)

    async def _any(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if request.path == "/api/login":
            self.logins.append((dict(request.query), form))
            answer = await self._made(request, self.login)
            if self.login is LOGIN_OK:
                token = f"session-{len(self.logins)}"
                self.sessions.add(token)
                answer.set_cookie("mor", token)
            return answer
        self.asked.append((request.method, request.path, dict(request.query), form))
        signed = request.path.startswith("/billing/api/") or request.path == "/callc/login"
        if self.strict and not signed and request.cookies.get("mor") not in self.sessions:
            return web.Response(text=LOGIN_PAGE, content_type="text/xml")
        return await self._made(request, self.answers.get(request.path, self.anything))

    async def _made(self, request: web.Request, answer: object) -> web.StreamResponse:
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, web.StreamResponse):
            return answer
        body = answer if isinstance(answer, bytes) else str(answer).encode()
        return web.Response(body=body, content_type="text/xml")

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def asked_of(self, path: str) -> list[tuple[str, dict[str, str], dict[str, str]]]:
        return [(method, query, form) for method, asked, query, form in self.asked if asked == path]


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
    return lambda name: (SAMPLES / f"{name}.xml").read_text(encoding="utf-8")


@pytest.fixture
async def panel() -> AsyncIterator[Panel]:
    panel = Panel()
    await panel.server.start_server()
    yield panel
    await panel.server.close()


@pytest.fixture
async def opened(panel: Panel, clock: Clock):
    """Opens accounts on the panel; all are closed at the end."""
    accounts: list[Mor] = []

    def open_account(*, timezone=VILNIUS, currency=None, **settings) -> Mor:
        keys = {"username": "anna", "password": PASSWORD, "user_id": "17", "api_secret": SECRET}
        accounts.append(
            Mor(
                Opening(
                    account="wholesale",
                    settings=MorSettings(**{"base_url": panel.url, **keys, **settings}),
                    throttle=LocalThrottle(clock, "MOR"),
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
def mor(opened) -> Mor:
    return opened()
