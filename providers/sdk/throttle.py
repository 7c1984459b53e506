"""How often an account may be asked: budget, spacing, cool-down. Never sleeps, never sends."""

import re
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, Protocol

from providers.errors import ErrorKind, ProviderError

asking: ContextVar[Literal["watch", "person"]] = ContextVar("asking", default="watch")
"""Who asks. Watches leave a fifth of a budget to people; commands and buttons set ``person``."""

FIRST_COOLDOWN = timedelta(seconds=30)
LONGEST_COOLDOWN = timedelta(minutes=15)
SHORTEST_COOLDOWN = timedelta(seconds=1)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit of at most `count` requests in any stretch of `per`."""

    count: int
    per: timedelta

    def share(self, who: Literal["watch", "person"]) -> int:
        """Returns how many requests of the window this asker may see used before it is refused."""
        return self.count if who == "person" else max(1, self.count - -(-self.count // 5))

    def __str__(self) -> str:
        """Returns the limit in words: ``100 requests per 15 min``."""
        return f"{self.count} requests per {words(self.per)}"


def parse_rate_limit(text: str) -> RateLimit:
    """Parses ``100/15m``; raises `ValueError` with one sentence."""
    found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{0,6})\s*([smhd])\s*", text)
    count, per = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
    if not found or not count or not per:
        raise ValueError(f"{text!r} is no rate limit: write it like 100/15m (100 requests in any 15 minutes).")
    return RateLimit(count, timedelta(**{_UNITS[found[3]]: per}))


class Throttle(Protocol):
    """The gate that every request of an account passes, shared by all who ask."""

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        """Counts one request; raises `ProviderError` RATE_LIMITED where it may not leave, and counts nothing.

        The error's `retry_at` says when it may. `spacing`: the shortest time between two admissions of this operation.
        """

    async def refused(self, status: int, retry_after: timedelta | None) -> datetime:
        """Cools the account down, after the vendor answered 401, 403 or 429; returns until when."""

    async def answered(self) -> None:
        """Notes a good answer: the next cool-down begins at its shortest again."""


def cooldown(refusals: int, retry_after: timedelta | None) -> timedelta:
    """Returns how long to leave a vendor alone after this many refusals in a row (1 for the first)."""
    wait = retry_after if retry_after is not None else FIRST_COOLDOWN * 2 ** min(max(refusals, 1) - 1, 10)
    return min(max(wait, SHORTEST_COOLDOWN), LONGEST_COOLDOWN)


def words(span: timedelta) -> str:
    """Returns a stretch of time for people, rounded up: ``45 s``, ``15 min``, ``2 h``, ``1 day``."""
    seconds = max(1, -(-span // timedelta(seconds=1)))
    for size, unit in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''}"
    return f"{seconds} s" if seconds < 120 else f"{-(-seconds // 60)} min"


def cooling_error(title: str, operation: str, status: int, until: datetime) -> ProviderError:
    """Returns the refusal while an account cools down after `status`."""
    why = "asked for fewer requests" if status == 429 else "refused access"
    text = f"{title} {why} ({status}), so it is left alone for now."
    return _limited(text, operation, until, status)


def budget_error(title: str, operation: str, limit: RateLimit, until: datetime) -> ProviderError:
    """Returns the refusal when the requests of the window are used up for this asker."""
    kept = "" if asking.get() == "person" else " but for a fifth that is kept for people"
    return _limited(f"The request limit of {title} is used up ({limit}){kept}.", operation, until)


def spacing_error(title: str, operation: str, spacing: timedelta, until: datetime) -> ProviderError:
    """Returns the refusal when the same question comes again too soon."""
    return _limited(f"{title} answers this question once in {words(spacing)}.", operation, until)


def _limited(text: str, operation: str, until: datetime, status: int | None = None) -> ProviderError:
    return ProviderError(
        ErrorKind.RATE_LIMITED,
        text,
        operation=operation,
        http_status=status,
        retry_at=until,
    )


class LocalThrottle:
    """A `Throttle` in memory: for an adapter used alone. The bot's own one lives in the store."""

    def __init__(self, clock: Callable[[], datetime], title: str, limit: RateLimit | None = None) -> None:
        self._clock = clock
        self._title = title
        self._limit = limit
        self._admitted: deque[datetime] = deque()
        self._last: dict[str, datetime] = {}
        self._refusals = 0
        self._cooling: tuple[int, datetime] | None = None

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        """Does as `Throttle.admit` says; the window slides."""
        now = self._clock()
        if self._cooling and now < self._cooling[1]:
            raise cooling_error(self._title, operation, *self._cooling)
        if spacing and (last := self._last.get(operation)) and now < last + spacing:
            raise spacing_error(self._title, operation, spacing, last + spacing)
        if self._limit:
            while self._admitted and self._admitted[0] + self._limit.per <= now:
                self._admitted.popleft()
            share = self._limit.share(asking.get())
            if len(self._admitted) >= share:
                until = self._admitted[len(self._admitted) - share] + self._limit.per
                raise budget_error(self._title, operation, self._limit, until)
            self._admitted.append(now)
        self._last[operation] = now

    async def refused(self, status: int, retry_after: timedelta | None) -> datetime:
        """Does as `Throttle.refused` says; refusals of requests that were under way together count once."""
        now = self._clock()
        going_on = self._cooling is not None and now < self._cooling[1]
        if not going_on:
            self._refusals += 1
        until = now + cooldown(self._refusals, retry_after)
        if self._cooling is not None and going_on:
            until = max(until, self._cooling[1])
        self._cooling = (status, until)
        return until

    async def answered(self) -> None:
        """Does as `Throttle.answered` says; a cool-down that is running runs on."""
        self._refusals = 0


def retry_after(text: str, now: datetime) -> timedelta | None:
    """Returns how long a `Retry-After` asks to wait; negative where its date is past, None where it is unreadable."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text[:9]))
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
