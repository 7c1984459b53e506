"""What is fed to the readers: true answers of the sandboxes, bent at random; and the readers, fed without a network."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any
from unittest import mock

from aiohttp.test_utils import TestServer
from hostile_asks import ASKS, Ask, busy_world
from hostile_matrix import MONDAY, VENDORS
from hypothesis import strategies as st

from providers.errors import ProviderError
from providers.model import CallResult
from providers.sandboxes import sandbox_of
from providers.sdk.exchange import Answer, Request
from providers.sdk.http import VendorHttp
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from tests.clocks import HandClock
from tests.deadlines import PATIENCE

Tape = dict[str, tuple[bytes, str]]  # by operation: the body and its type
_NO_URL = "http://127.0.0.1:1/"

NASTY = (
    *("", " ", "0", "-0", "null", "NaN", "1e400", "—", "١٢٣", "\ud800", "\x00", "\u202eevil", "a" * 10_000),
    *("0000-00-00 00:00:00", "9999-99-99 99:99:99", "2026-02-30 10:00:00", "99999999999999999999", "-1", "1,234"),
    *("<!channel>", "<@U1>", "*_~`", "a\nb", "true", "[]", "{}", "𝟙𝟚", "²", "1_000", "0x10", "+", "00:61:61"),
    *("1.02:03:04", "25:00:00", "²³", "inf", "-349282.18", "1 000,50 EUR", "\ufeff", "%", "%00", "é" * 300),
)
WORDS = st.one_of(st.sampled_from(NASTY), st.text(max_size=30))
SCALARS = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**30, -(10**30), 10**18, 1_700_000_000_000, -1, 0]),
    st.floats(allow_nan=True),
    st.integers(-(10**6), 10**6).map(lambda n: n / 100),
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4), max_leaves=12
)


def true_answers(slug: str) -> Tape:
    """What the sandbox answers to every operation."""
    return asyncio.run(_recorded(slug))


async def _recorded(slug: str) -> Tape:
    tape: Tape = {}

    async def ask(http: VendorHttp, request: Request) -> Answer:
        answer = await _ask(http, request)
        tape.setdefault(request.operation, (answer.content, answer.content_type))
        return answer

    clock = HandClock(MONDAY)
    world = busy_world(clock)
    async with TestServer(sandbox_of(slug).open(world).app()) as server:
        with mock.patch.object(VendorHttp, "ask", ask):
            for one in ASKS[slug]:
                provider = opened(slug, world, clock, str(server.make_url("/")))
                await one.ask(provider, world)
                await provider.close()
    return tape


_ask = VendorHttp.ask


def opened(slug: str, world: Any, clock: HandClock, url: str = _NO_URL) -> Any:
    """An account of this vendor in this world."""
    vendor = VENDORS[slug]
    settings = vendor.settings(**sandbox_of(slug).settings(world, url))
    throttle = LocalThrottle(clock, vendor.title, None)
    return vendor.open(Opening("sandbox", settings, throttle, clock, world.zone, world.currency))


class Reader:
    """A vendor's adapter whose answers come from a tape; one operation's is replaced."""

    def __init__(self, slug: str, tape: Tape | None = None) -> None:
        self.slug, self.clock = slug, HandClock(MONDAY)
        self.world = busy_world(self.clock)
        self.tape = true_answers(slug) if tape is None else tape

    def read(self, ask: Ask, body: bytes, kind: str = "", status: int = 200) -> Any:
        """What the adapter makes of this answer: a value, or a `ProviderError` (returned). Else it raises."""
        operation = ask.id.partition(" ")[0]

        async def answer(http: VendorHttp, request: Request) -> Answer:
            if request.operation == operation:
                return Answer(status, body, kind, http.conceal)
            content, its_kind = self.tape[request.operation]
            return Answer(200, content, its_kind, http.conceal)

        async def run() -> Any:
            provider = opened(self.slug, self.world, self.clock)
            try:
                async with asyncio.timeout(PATIENCE):
                    return await ask.ask(provider, self.world)
            except ProviderError as error:
                return error
            finally:
                await provider.close()

        with mock.patch.object(VendorHttp, "ask", answer):
            return asyncio.run(run())


def unfit(outcome: Any) -> str:
    """Why this outcome must not be shown to people; "" where it may."""
    said = outcome.user_text if isinstance(outcome, ProviderError) else ""
    if isinstance(outcome, CallResult) and outcome.outcome.value == "unknown":
        said = outcome.note
    elif not isinstance(outcome, ProviderError):
        return "" if repr(outcome).isprintable() or repr(outcome) else "no repr"
    if not said or "\n" in said or len(said) > 300 or said[-1] not in ".?!”":
        return f"no sentence: {said!r}"
    if re.search(r"Traceback|object at 0x|127\.0\.0\.1|\w(Error|Exception)\b", said):
        return f"innards: {said!r}"
    return ""


@st.composite
def bent(draw: Callable[..., Any], body: bytes) -> bytes:
    """A body like this one, but not quite; or anything at all."""
    how = draw(st.sampled_from(["tree", "tree", "tree", "bytes", "words", "anything"]))
    if how == "anything":
        return draw(st.one_of(st.binary(max_size=200), ANYTHING.map(_json), st.sampled_from(NASTY).map(_encoded)))
    if how == "tree" and body[:1] in b"[{":
        return _json(_bent_tree(draw, json.loads(body)))
    if how == "words" or how == "tree":
        return _bent_words(draw, body)
    at = draw(st.integers(0, len(body)))
    to = draw(st.integers(at, min(len(body), at + 200)))
    return body[:at] + draw(st.one_of(st.binary(max_size=20), st.just(body[at:to] * 2))) + body[to:]


def _bent_tree(draw: Callable[..., Any], value: Any, depth: int = 0) -> Any:
    """One value of a tree, somewhere, replaced, dropped, wrapped or doubled."""
    inside = isinstance(value, dict | list) and len(value) > 0
    if not inside or (depth and draw(st.integers(0, 3)) == 0):
        new = draw(ANYTHING)
        return draw(st.sampled_from([new, [value], {"data": value}, [value, value], str(value), {"1": value}]))
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = draw(st.sampled_from(keys[:40]))
    copy = value.copy()
    if draw(st.integers(0, 7)) == 0:
        del copy[key]
    else:
        copy[key] = _bent_tree(draw, value[key], depth + 1)
    return copy


def _bent_words(draw: Callable[..., Any], body: bytes) -> bytes:
    """A run of letters or digits somewhere, replaced: a value, a tag's name, a number."""
    runs = list(re.finditer(rb">[^<>]*<|[A-Za-z_]+|[0-9.:-]+", body))
    if not runs:
        return body
    run = runs[draw(st.integers(0, len(runs) - 1))]
    word = _encoded(draw(WORDS))
    return body[: run.start()] + (b">" + word + b"<" if run[0][:1] == b">" else word) + body[run.end() :]


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
