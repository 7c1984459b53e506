"""Ask accounts side by side, so many at once, each with its own deadline: one that fails is a line in the answer.

A reading of this very second is taken from the store, with its age; where many accounts are meant, one that no poll
has replaced yet. Questions only; operations never go through here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading
from bot.dialog.context import Context
from bot.dialog.replies import Answered, Failed, Replies, Unable
from bot.readings.accounts import Able, OpenAccount
from bot.store import StoreError
from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

Cap = TypeVar("Cap")
T = TypeVar("T")

DEADLINE_SECONDS = 18.0  # seconds; promised to a person are 25, and the answer must travel as well
MAX_ACCOUNTS_AT_ONCE = 16  # vendors that one question goes to at once; where more are meant, readings answer first
MANY_DEADLINE_SECONDS = 5.0  # seconds for each of many, so that those behind one that hangs are asked too
MANY_TOTAL_SECONDS = 15.0  # seconds for all of many
READING_MAX_AGE = timedelta(seconds=1)  # more, and a person is shown what they have just changed elsewhere as it was
MAX_AGE_POLLS = 2  # intervals: a reading older than this has missed a poll


@dataclass(frozen=True, slots=True)
class _Plan(Generic[Cap]):
    """One account to be asked, and what was read of it last. `apart`: among several, under the shared limits."""

    able: Able[Cap]
    latest: LatestReading
    apart: bool

    @property
    def blind(self) -> bool:
        """Returns whether it did not answer its last poll."""
        return self.latest.blind is not None


@dataclass(frozen=True, slots=True)
class _Round:
    """One question to several accounts: seconds for `each`, and when all of it ends, by the loop's clock."""

    context: Context
    each: float
    end: float
    lanes: asyncio.Semaphore


async def ask(
    context: Context,
    capability: type[Cap],
    question: Callable[[Cap], Awaitable[T]],
    *,
    what: str,
    kind: Kind | None = None,
    topic: str = "",
    within: Sequence[OpenAccount] | None = None,
) -> Replies[T]:
    """Asks every account that has the capability, side by side, and returns their replies; failures are among them.

    `kind` names where a fresh reading may already be. `what` follows "cannot" (``show a balance``). `topic` is where a
    vendor says why it cannot, `kind` unless given. `within`: only these accounts.
    """
    asking.set("person")
    chosen = list(context.accounts) if within is None else list(within)
    able = context.accounts.supporting(capability, chosen)
    many = len(able) > MAX_ACCOUNTS_AT_ONCE
    each, all_within = (MANY_DEADLINE_SECONDS, MANY_TOTAL_SECONDS) if many else (DEADLINE_SECONDS, DEADLINE_SECONDS)
    asked = _Round(
        context, each, asyncio.get_running_loop().time() + all_within, asyncio.Semaphore(MAX_ACCOUNTS_AT_ONCE)
    )
    latest, away = await _latest(context, able, kind)
    told: dict[str, Answered[T] | Failed] = {}
    plans: list[_Plan[Cap]] = []
    for one, reading in zip(able, latest, strict=True):
        seen: Answered[T] | None = _fresh(context, one.account, kind if many else None, reading)
        if seen is not None:
            told[one.account.name] = seen
        else:
            plans.append(_Plan(one, reading, len(able) > 1))
    plans.sort(key=lambda plan: plan.blind)  # who did not answer a poll is asked last
    replies = await asyncio.gather(*(_one(asked, plan, question) for plan in plans))
    told |= {plan.able.account.name: reply for plan, reply in zip(plans, replies, strict=True)}
    ordered = [told[one.account.name] for one in able]
    return Replies(
        context.clock(),
        tuple(reply for reply in ordered if isinstance(reply, Answered)),
        tuple(reply for reply in ordered if isinstance(reply, Failed)),
        tuple(_unable(a, what, topic or kind or "") for a in chosen if not a.supports(capability)),
        context.accounts.who(capability, what),
        away,
    )


def _unable(account: OpenAccount, what: str, topic: str) -> Unable:
    return Unable(account.named, account.vendor.cannot.get(topic) or f"{account.title} cannot {what}.")


async def _latest(context: Context, able: Sequence[Able[Cap]], kind: Kind | None) -> tuple[list[LatestReading], bool]:
    if kind is None:
        return [LatestReading() for _ in able], False
    try:
        return list(await asyncio.gather(*(context.store.latest_reading(a.account.name, kind) for a in able))), False
    except StoreError as error:
        log.warning("answering without the store", error=str(error))
        return [LatestReading() for _ in able], True


def _fresh(context: Context, account: OpenAccount, polled: Kind | None, latest: LatestReading) -> Answered[T] | None:
    """Returns the latest reading where it is fresh enough; `polled` None: only one of this very second is."""
    seen = latest.observed
    if seen is None or latest.blind is not None:
        return None
    every = account.settings.poll.get(polled) if polled is not None else None
    longest = READING_MAX_AGE if every is None else max(READING_MAX_AGE, MAX_AGE_POLLS * every)
    fresh = timedelta() <= context.clock() - seen.at <= longest
    return Answered(account.named, seen.value, seen.at) if fresh else None


@asynccontextmanager
async def _turn(asked: _Round, plan: _Plan[Cap]) -> AsyncIterator[None]:
    """Waits until it may be asked: within this command, and among all."""
    if not plan.apart:
        yield
        return
    limits = asked.context.limits
    async with asked.lanes:
        if plan.blind:
            async with limits.blind, limits.every:
                yield
        else:
            async with limits.every:
                yield


async def _one(asked: _Round, plan: _Plan[Cap], question: Callable[[Cap], Awaitable[T]]) -> Answered[T] | Failed:
    account, last = plan.able.account, plan.latest.observed
    begun = False
    try:
        async with asyncio.timeout_at(asked.end), _turn(asked, plan):
            begun = True
            async with asyncio.timeout(asked.each):
                value = await question(plan.able.provider)
    except ProviderError as error:
        return Failed(account.named, error.kind, error.user_text, error.retry_at, last)
    except TimeoutError:
        why = f"{account.title} did not answer within {asked.each:.0f} s." if begun else _not_reached(plan)
        return Failed(account.named, ErrorKind.UNAVAILABLE, why, last=last)
    except Exception as error:  # an adapter's own mistake is a line in the answer, not the end of it
        log.exception("adapter failed", account=account.name)
        words = f"The adapter failed with {type(error).__name__}; the log has more."
        return Failed(account.named, ErrorKind.UNAVAILABLE, words, last=last)
    return Answered(account.named, value, asked.context.clock())


def _not_reached(plan: _Plan[Cap]) -> str:
    """Returns why it was not asked at all: too many others hang."""
    blind = plan.latest.blind
    before = f" At its last poll: {blind.error}" if blind is not None else ""
    return f"{plan.able.account.title} was not asked: too many others did not answer in time.{before}"


async def ask_one(able: Able[Cap], question: Callable[[Cap], Awaitable[T]]) -> T:
    """Asks one account afresh, and returns its answer; raises `ProviderError`, UNAVAILABLE after 18 seconds."""
    asking.set("person")
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await question(able.provider)
    except TimeoutError:
        words = f"{able.account.title} did not answer within {DEADLINE_SECONDS:.0f} s."
        raise ProviderError(ErrorKind.UNAVAILABLE, words) from None
