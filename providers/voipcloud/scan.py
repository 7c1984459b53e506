"""A list of calls, newest first, read in as few requests as a period needs. Sends nothing itself."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from providers.model import Rows
from providers.sdk.offload import rows_in_thread

POLL_ROWS = 1000  # rows of the one request of a poll
BATCH_ROWS = 5000  # rows of every other request; the document allows 10 000, which may pass what one answer may weigh
MAX_REQUESTS = 4  # requests for one question
_DISORDER = timedelta(hours=1)  # how far rows may lie from the order that is promised

Ask = Callable[[int, int], Awaitable[list[Any]]]  # (limit, offset) -> rows


class Begun(Protocol):
    """A row of a list that is cut by when it began."""

    @property
    def started_at(self) -> datetime | None:
        """Returns when it began; None where that is not known."""


T = TypeVar("T", bound=Begun)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The rows that began in the period, newest first. `whole`: the list was read to the end of it."""

    rows: Rows[T]
    whole: bool


async def scan(
    ask: Ask,
    read: Callable[[Mapping[str, Any]], T | None],
    key: Callable[[T], object],
    *,
    since: datetime,
    until: datetime,
    recent: bool,
    enough: int | None = None,
) -> Found[T]:
    """Reads until the period is over, or `enough` rows of it are found, or `MAX_REQUESTS` are used up.

    A row for which `read` gives None is left out. Of rows with one `key` the first stays. Raises what `ask` raises, and
    `RefusalError` or `ShapeError` where no row at all can be read.
    """
    seen: dict[object, T] = {}
    unreadable = offset = 0
    whole = False
    for turn in range(MAX_REQUESTS):
        limit = POLL_ROWS if recent and not turn else BATCH_ROWS
        items = await ask(limit, offset)
        rows = await rows_in_thread(items, read)
        offset += len(items)
        unreadable += rows.unreadable
        known = len(seen)
        for row in rows:
            if row is not None:
                seen.setdefault(key(row), row)
        starts = [row.started_at for row in rows if row is not None and row.started_at is not None]
        passed = bool(starts) and min(starts) < since - _DISORDER
        repeated = bool(turn and starts) and len(seen) == known  # a server that takes no offset
        whole = len(items) < limit or passed or repeated
        if whole or (enough is not None and len(_within(seen, since, until)) >= enough):
            break
    return Found(Rows(tuple(_within(seen, since, until)), unreadable), whole)


def _within(seen: Mapping[object, T], since: datetime, until: datetime) -> list[T]:
    dated = [(row.started_at, row) for row in seen.values() if row.started_at is not None]
    inside = [(at, row) for at, row in dated if since <= at <= until]
    return [row for _, row in sorted(inside, key=lambda pair: pair[0], reverse=True)]
