"""Ask accounts side by side, each with its own deadline: one that fails is a line in the answer, not a failed command.

A look of this very second is taken from the store, with its age. Questions only; deeds never go through here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from bot.alerts.model import Kind, LatestReading, Observed
from bot.cards import Line, Part, Row
from bot.dialog.context import Context
from bot.dialog.phrases import ago, as_of, failure, moment
from bot.readings.accounts import Able, OpenAccount, listed
from bot.store import StoreError
from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

Cap = TypeVar("Cap")
T = TypeVar("T")

DEADLINE = 18.0  # seconds; promised to a person are 25, and the answer must travel as well
FRESH = timedelta(seconds=1)  # more, and a person is shown what they have just changed elsewhere as it was
STORE_AWAY = "The bot's store does not answer: what you see is asked of the vendors now, and alerts are paused."


@dataclass(frozen=True, slots=True)
class Told(Generic[T]):
    """What one account said. `value` None: it could not be asked, `error` says why; `last` is what it said before."""

    account: OpenAccount
    value: T | None = None
    at: datetime | None = None
    error: tuple[Part, ...] = ()
    last: Observed | None = None

    def failure(self, now: datetime, said: Callable[[Any], str]) -> Row:
        """The line of an account that could not be asked, with the last good value and its age."""
        parts: list[Part] = [f"{self.account.label}: ", *self.error]
        if self.last is not None:
            parts += [f" Last known {said(self.last.value)} at ", moment(self.last.at, now)]
            parts += [f" ({ago(now, self.last.at)}) — not current."]
        return Row(tuple(parts))


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """What all said, in the order of the configuration. `cannot` are the accounts that do not have the question."""

    told: tuple[Told[T], ...]
    cannot: tuple[OpenAccount, ...]
    store_away: bool

    @property
    def good(self) -> list[Told[T]]:
        """Those that answered."""
        return [t for t in self.told if t.value is not None]

    @property
    def failed(self) -> list[Told[T]]:
        """Those that could not be asked."""
        return [t for t in self.told if t.value is None]


async def ask(
    context: Context,
    capability: type[Cap],
    question: Callable[[Cap], Awaitable[T]],
    *,
    kind: Kind | None = None,
    within: Sequence[OpenAccount] | None = None,
) -> Asked[T]:
    """Ask every account that can; `kind` names where a fresh look may already be."""
    asking.set("person")
    chosen = list(context.accounts) if within is None else list(within)
    able = context.accounts.supporting(capability, chosen)
    latest_readings, away = await _sights(context, able, kind)
    tasks = [
        _one(context, a, question, latest_reading) for a, latest_reading in zip(able, latest_readings, strict=True)
    ]
    told = await asyncio.gather(*tasks)
    cannot = tuple(a for a in chosen if not a.supports(capability))
    return Asked(tuple(told), cannot, away)


async def _sights(context: Context, able: Sequence[Able[Cap]], kind: Kind | None) -> tuple[list[LatestReading], bool]:
    if kind is None:
        return [LatestReading() for _ in able], False
    try:
        return list(await asyncio.gather(*(context.store.latest_reading(a.account.name, kind) for a in able))), False
    except StoreError as error:
        log.warning("answering without the store", error=str(error))
        return [LatestReading() for _ in able], True


async def _one(
    context: Context, able: Able[Cap], question: Callable[[Cap], Awaitable[T]], latest_reading: LatestReading
) -> Told[T]:
    seen = latest_reading.observed
    now = context.clock()
    if seen is not None and latest_reading.blind is None and timedelta() <= now - seen.at <= FRESH:
        return Told(able.account, seen.value, seen.at)
    try:
        async with asyncio.timeout(DEADLINE):
            value = await question(able.provider)
    except ProviderError as error:
        return Told(able.account, error=failure(error, context.clock()), last=seen)
    except TimeoutError:
        return Told(able.account, error=(f"{able.account.title} did not answer within {DEADLINE:.0f} s.",), last=seen)
    except Exception as error:  # an adapter's own mistake is a line in the answer, not the end of it
        log.exception("adapter failed", account=able.account.name)
        words = f"The adapter failed with {type(error).__name__}; the log has more."
        return Told(able.account, error=(words,), last=seen)
    return Told(able.account, value, context.clock())


async def ask_one(able: Able[Cap], question: Callable[[Cap], Awaitable[T]]) -> T:
    """Ask one account afresh; raises `ProviderError` where it fails."""
    asking.set("person")
    try:
        async with asyncio.timeout(DEADLINE):
            return await question(able.provider)
    except TimeoutError:
        words = f"{able.account.title} did not answer within {DEADLINE:.0f} s."
        raise ProviderError(ErrorKind.UNAVAILABLE, words) from None


def cannot_rows(
    context: Context, accounts: Sequence[OpenAccount], capability: type[object], what: str, kind: str
) -> tuple[Row, ...]:
    """The accounts that do not have the question, in the vendor's own words where it has some, and who can."""
    rows = []
    for account in accounts:
        words = account.vendor.cannot.get(kind) or f"{account.title} cannot {what}."
        rows.append(Row(f"{account.label}: {words}"))
    if rows:
        rows.append(Row(context.accounts.who_can(capability, what)))
    return tuple(rows)


def nobody(context: Context, accounts: Sequence[OpenAccount], capability: type[object], what: str) -> str:
    """The verdict where none of these accounts has the question: who has."""
    who = context.accounts.who_can(capability, what)
    if accounts and context.accounts.supporting(capability):
        return f"{listed(a.label for a in accounts)} cannot {what}. {who}"
    return who


def ages(asked: Asked[Any], now: datetime) -> tuple[Line, ...]:
    """Small print: as of when, by which account; and whether the store is away."""
    stamps = [(t.account.label, t.at) for t in asked.told if t.at is not None]
    lines: list[Line] = []
    if stamps:
        oldest = min(at for _, at in stamps)
        lines.append((*as_of(oldest, now), f" · {listed(label for label, _ in stamps)}"))
    if asked.store_away:
        lines.append(STORE_AWAY)
    return tuple(lines)
