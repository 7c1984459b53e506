"""Plays every hostile answer to every operation of every vendor, over real HTTP; `tools.hostile_page` tells the outcomes."""

import asyncio
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from urllib.parse import quote, quote_plus

from aiohttp import web
from aiohttp.test_utils import TestServer
from hostile_asks import ASKS, Ask, busy_world

from bot.cards import Card, Tone
from bot.dialog.phrases import failure
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from providers.errors import ErrorKind, ProviderError
from providers.masking import concealed
from providers.model import CallOutcome, CallResult, Page, Rows, VendorTable
from providers.mor.session import Patience
from providers.registry import vendors
from providers.sandboxes import sandbox_of
from providers.sdk.http import DEADLINE_SECONDS
from providers.sdk.simulation import faults as kit
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening, Vendor
from tests.clocks import HandClock
from tests.deadlines import PATIENCE, vendor_deadlines

VENDORS = vendors(entry_points=lambda **_: [])
TITLES = {slug: vendor.title for slug, vendor in VENDORS.items()}
MONDAY = datetime(2026, 3, 2, 9, 0, 0, 250_000, tzinfo=UTC)  # between two seconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one operation under one fault. `told`: what a person reads, as Slack gets it."""

    vendor: str
    operation: str
    fault: str
    write: bool
    kind: str  # "answered", an outcome of a deed, or an `ErrorKind`
    told: str = ""
    raw: str = ""
    sent: int = 0  # requests of this operation that arrived
    asked: int = 0  # all requests that arrived
    admitted: int = 0  # what our own throttle let through
    leaks: tuple[str, ...] = ()


class Counted(LocalThrottle):
    """Counts what it lets through."""

    admitted = 0

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        await super().admit(operation, spacing=spacing)
        self.admitted += 1


def faults_of(vendor: Vendor) -> list[str]:
    """The kit's, and the vendor's own."""
    return sorted(kit.FAULTS) + sorted(sandbox_of(vendor.slug).own_faults - kit.FAULTS)


async def play(slug: str, ask: Ask, fault: str, world: Any, clock: HandClock) -> Outcome:
    """One operation under one fault ("" for none), on a sandbox of its own."""
    vendor, operation = VENDORS[slug], ask.id.partition(" ")[0]
    sandbox, arrived = sandbox_of(slug).open(world), []
    sandbox.faults[operation] = fault
    app = sandbox.app()

    @web.middleware
    async def count(request: web.Request, handler: Any) -> web.StreamResponse:
        arrived.append((request.method, request.path_qs, await request.read()))
        return await handler(request)

    app.middlewares.insert(0, count)
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        settings = vendor.settings(**sandbox_of(slug).settings(world, url))
        throttle = Counted(clock, vendor.title, None)
        opening = Opening("sandbox", settings, throttle, clock, world.zone, world.currency)
        provider = vendor.open(opening)
        made: dict[str, Any] = {}
        try:
            async with asyncio.timeout(PATIENCE):
                made = _valued(await ask.ask(provider, world), vendor)
        except ProviderError as error:
            made = {"kind": error.kind.value, "raw": error.user_text, "told": shown(failure(error, clock()))}
            made["leaks"] = _leaks("".join(traceback.format_exception(error)), settings)
        finally:
            await provider.close()
    leaks = made.pop("leaks", ()) + _leaks(made.get("raw", "") + made.get("told", ""), settings)
    if url.split("//")[1].rstrip("/") in made.get("told", ""):
        leaks += ("the address",)
    sent = sum(one == arrived[-1] for one in arrived) if arrived else 0
    return Outcome(slug, ask.id, fault, ask.write, **made, sent=sent, asked=len(arrived),
                   admitted=throttle.admitted, leaks=leaks)  # fmt: skip


def _valued(value: Any, vendor: Vendor) -> dict[str, Any]:
    """What a value says of itself; the outcome of a deed, as the bot says it."""
    if isinstance(value, CallResult):
        said = concealed(value.note.strip().rstrip("."))
        if value.outcome is CallOutcome.ACCEPTED:
            said = ""
        elif value.outcome is CallOutcome.REJECTED:
            said = f"Refused by {vendor.title}: {said or 'no reason was given'}."
        elif said:
            said += "."
        return {"kind": value.outcome.value, "raw": said, "told": shown((said,)) if said else ""}
    rows = value.rows if isinstance(value, Page) else value
    lost = rows.unreadable if isinstance(rows, Rows | VendorTable) else 0
    made = {"kind": "answered", "told": f"({lost} of its rows could not be read)" if lost else ""}
    return {**made, "leaks": ()} if not isinstance(value, str) else {**made, "raw": value, "told": shown((value,))}


def shown(line: Any) -> str:
    """A line as Slack gets it for a lock screen: escaped."""
    return render(Card(line, Tone.INFO), Eyes()).text


def _leaks(text: str, settings: Any) -> tuple[str, ...]:
    forms = {f for s in settings.secrets() for f in (s, quote(s), quote(s, safe=""), quote_plus(s))}
    return tuple(sorted("a secret" for form in forms if form in text))


@contextmanager
def sessions_without_time() -> Iterator[None]:
    """A question of several requests has as long for its last as for its first: what is told is the same each time."""
    with (
        mock.patch.object(Patience, "__init__", lambda patience, seconds: setattr(patience, "seconds", seconds)),
        mock.patch.object(Patience, "left", lambda patience: patience.seconds),
    ):
        yield


async def play_vendor(
    slug: str, faults: list[str] | None = None, chosen: Callable[[int], bool] = lambda _: True
) -> list[Outcome]:
    """The operations of this vendor whose place is `chosen`, under each of these faults, or all."""
    found: list[Outcome] = []
    asks = [ask for at, ask in enumerate(ASKS[slug]) if chosen(at)]
    for fault in faults if faults is not None else faults_of(VENDORS[slug]):
        clock = HandClock(MONDAY)
        world = busy_world(clock)
        with vendor_deadlines() as deadlines, sessions_without_time():
            found += [await play(slug, ask, fault, world, clock) for ask in asks]
        assert max(deadlines.seconds, default=0.0) <= DEADLINE_SECONDS, "no exchange is given longer"
    return found


def wrong(outcome: Outcome) -> list[str]:
    """What this outcome breaks of the promise: one sentence, honest about deeds, sent once, nothing told in secret."""
    said, found = outcome.raw, []
    if outcome.leaks:
        found.append(f"tells {', '.join(outcome.leaks)}")
    if outcome.kind not in {"answered", "accepted"}:
        if not said or "\n" in said or len(said) > 300 or said.rstrip()[-1:] not in {".", "?", "!", "”"}:
            found.append("is no sentence for people")
        if "Traceback" in said or "Error(" in said or "<" in outcome.told.replace("<!date", ""):
            found.append("shows markup or innards")
    if outcome.write and outcome.asked != outcome.admitted:
        found.append("was sent more often than it was asked for")
    if outcome.write and outcome.sent > 1:
        found.append("was sent twice")
    if outcome.write and outcome.fault in LOST and outcome.kind not in _UNKNOWN:
        found.append("is told as done or failed, and nobody knows")
    if outcome.write and outcome.fault in NOT_BEGUN and outcome.kind in {*_UNKNOWN, "accepted"}:
        found.append("was refused at the door, and is not told so")
    readable = (outcome.operation, outcome.fault) in READABLE
    if not outcome.write and outcome.fault in NO_ANSWER and outcome.kind == "answered" and not readable:
        found.append("makes an answer of what is none")
    return found


# Nothing in a table or a sound says that it is whole; a status in the vendor's own words may be any words.
READABLE = {(name, "truncated") for name in ("MOM-10", "MOR-14", "MOR-22", "IEX-9")}
READABLE |= {("MOR-1", "wrong_shape"), ("VPC-5", "wrong_shape")}
# A recording and a file have no rows of a shape.
READABLE |= {(name, "wrong_shape") for name in ("MOM-10", "MOR-13", "MOR-14", "MOR-21", "MOR-22", "IEX-9")}
_UNKNOWN = {CallOutcome.UNKNOWN.value, ErrorKind.UNKNOWN_OUTCOME.value}
LOST = {"cut", "cut_before", "cut_body", "slow", "drip", "empty", "html", "truncated", "wrong_shape"}
LOST |= {"http_500", "http_502_html", "outage", "huge", "gzip_bomb"}
NOT_BEGUN = {"http_401", "http_403", "http_404", "http_429", "http_429_retry_after"}
NO_ANSWER = (LOST | NOT_BEGUN | {"null", "error_json", "redirect", "secret_echo"}) - {"outage"}


async def play_all() -> list[Outcome]:
    """The whole matrix."""
    return [outcome for slug in ASKS for outcome in await play_vendor(slug)]
