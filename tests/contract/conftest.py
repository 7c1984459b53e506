"""Every vendor that is found, played by its sandbox on a real server and asked by its own adapter."""

import logging
import re
import sys
import tomllib
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from providers.errors import ProviderError
from providers.registry import GROUP, vendors
from providers.sandboxes import GROUP as SANDBOX_GROUP
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World
from providers.sdk.throttle import LocalThrottle, RateLimit
from providers.vendor import Opening, Vendor
from tests.deadlines import vendor_deadlines
from tests.worlds import world_at

# A sixth vendor comes as a package of its own, and is held to the same; it is offered as its pyproject.toml says.
EXAMPLE = Path(__file__).parents[2] / "examples" / "vendor-acme"
sys.path.insert(0, str(EXAMPLE))
OFFERED = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
ACME = EntryPoint("acme", OFFERED[GROUP]["acme"], GROUP)
ACME_SANDBOX = EntryPoint("acme", OFFERED[SANDBOX_GROUP]["acme"], SANDBOX_GROUP)
FOUND = vendors(entry_points=lambda **_: [ACME])
SANDBOXES = {slug: sandbox_of(slug, entry_points=lambda **_: [ACME_SANDBOX]) for slug in FOUND}


class Watched(LocalThrottle):
    """Remembers which operations were admitted, by the vendor's own numbers."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.operations: list[str] = []

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        await super().admit(operation, spacing=spacing)
        self.operations.append(operation)


@dataclass
class Played:
    """One vendor's account: the world, the sandbox that tells of it, the adapter that asks."""

    vendor: Vendor
    world: World
    sandbox: Any
    provider: Any
    throttle: Watched
    clock: Any
    opening: Opening
    url: str
    requests: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def secrets(self) -> set[str]:
        """Every secret of the account, as it is and as it travels."""
        raw = self.opening.settings.secrets()
        return {form for s in raw for form in (s, quote(s), quote(s, safe=""), quote_plus(s))}

    async def error(self, asked: Awaitable[Any]) -> ProviderError:
        """The error that this ends in; its sentence and its innards are looked at on the way."""
        with pytest.raises(ProviderError) as caught:
            await asked
        error = caught.value
        self.fit_to_show(error.user_text)
        self.texts += [str(error), repr(error), *traceback.format_exception(error)]
        return error

    def keys(self, url: str) -> Mapping[str, str]:
        """The keys of this account, were its sandbox served there."""
        return SANDBOXES[self.vendor.slug].settings(self.world, url)

    async def open_with(self, keys: dict[str, str]) -> None:
        """Open the account once more, with some keys changed, and ask through it from now on."""
        await self.provider.close()
        all_keys = {**self.keys(self.url), **keys}
        self.opening = replace(self.opening, settings=self.vendor.settings(**all_keys))
        self.provider = self.vendor.open(self.opening)

    def fit_to_show(self, text: str) -> None:
        """One or two whole sentences that name the vendor: no secret, no address, no trace."""
        assert self.vendor.title in text
        assert re.search(r"[.?!”]$", text), text
        assert len(text) < 400
        assert not re.search(r"https?:|Traceback|\w(Error|Exception)\b|object at 0x|\n|<\w+>", text), text
        assert self.url.split("//")[1].rstrip("/") not in text
        assert not [secret for secret in self.secrets if secret in text]
        self.texts.append(text)


Play = Callable[..., Awaitable[Played]]


@pytest.fixture(params=sorted(FOUND))
def vendor(request: pytest.FixtureRequest) -> Vendor:
    return FOUND[request.param]


@pytest.fixture
def clock(clock: Any) -> Any:
    """A Monday morning, between two seconds; all accounts of a test go by it."""
    clock.now = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)
    return clock


@pytest.fixture
def impatient() -> Iterator[None]:
    """Nobody waits longer for a vendor that hangs or drips; whoever does his work has all the time."""
    with vendor_deadlines():
        yield


@pytest.fixture
async def play(vendor: Vendor, clock: Any, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Play]:
    """Open an account of this vendor's sandbox, as often as is wanted; at the end no log line tells a secret."""
    caplog.set_level(logging.DEBUG)
    opened: list[Played] = []
    async with AsyncExitStack() as closing:

        async def start(limit: RateLimit | None = None) -> Played:
            world = world_at(clock, 7, timedelta(minutes=75))
            sandbox = SANDBOXES[vendor.slug].open(world)
            requests: list[str] = []
            app = sandbox.app()
            app.middlewares.insert(0, _counting(requests))
            server = TestServer(app)
            await server.start_server()
            closing.push_async_callback(server.close)
            url = str(server.make_url("/"))
            throttle = Watched(clock, vendor.title, limit)
            opening = Opening(
                account="sandbox",
                settings=vendor.settings(**SANDBOXES[vendor.slug].settings(world, url)),
                throttle=throttle,
                clock=clock,
                timezone=world.zone,
                currency=world.currency,
            )
            provider = vendor.open(opening)
            played = Played(vendor, world, sandbox, provider, throttle, clock, opening, url, requests)
            opened.append(played)
            closing.push_async_callback(_close, played)
            return played

        yield start
    for played in opened:
        ours = [record for record in caplog.records if not record.name.startswith(("aiohttp", "asyncio"))]
        told = [*(record.getMessage() for record in ours), *played.texts]
        told += [repr(thing) for thing in (played.provider, played.opening, played.opening.settings, played.throttle)]
        assert not [(line, secret) for line in told for secret in played.secrets if secret in line]


async def _close(played: Played) -> None:
    await played.provider.close()


def _counting(requests: list[str]) -> Any:
    @web.middleware
    async def count(request: web.Request, handler: Any) -> web.StreamResponse:
        requests.append(request.path_qs)
        return await handler(request)

    return count
