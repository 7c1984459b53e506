"""All that the broker is to hold, as it is known at one moment: entities and states are made of it. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, LatestReading, MessageRef
from bot.alerts.policy import Policy
from bot.engine.evaluation import POLL_GRACE
from bot.text.phone_numbers import digits
from bot.watches import Watch
from providers.model import NumberStatus, PhoneNumber, Queue, Rows

BLIND_POLLS = 2  # in a row without a readable answer: one alone is no news
MAX_TITLE_CHARACTERS = 60  # characters of a vendor's name that are shown
_NOT_SLUG = re.compile(r"[^a-z0-9]+")
_WORST_FIRST = (NumberStatus.SPAM, NumberStatus.UNKNOWN, NumberStatus.DISABLED, NumberStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class PolledKind:
    """What is known of a kind that an account is polled for, every so often."""

    latest: LatestReading
    every: timedelta

    def blind(self) -> bool:
        """Returns whether its last polls failed."""
        return self.latest.failures >= BLIND_POLLS

    def seen(self, now: datetime) -> bool:
        """Returns whether its last value may stand as it is now: an overdue poll says nothing of now."""
        observed, blind = self.latest.observed, self.latest.blind
        if observed is None or self.blind():
            return False
        looked = blind.at if blind is not None else observed.at
        return now - looked <= self.every + POLL_GRACE


@dataclass(frozen=True, slots=True)
class WatchedAlert:
    """An alert on an account. `evaluated` False: it never was. `links` are its incidents' messages, where known."""

    policy: Policy
    watch: Watch
    state: AlertState
    evaluated: bool
    links: Mapping[str, MessageRef] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Returns its name in the configuration."""
        return self.policy.alert


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """An account: what its vendor can tell, and what is known of it.

    `currency` is configured, None where it is not. `finished_only`: of queues it tells calls that ended.
    `registered_only`: of an agent at rest it tells a registered phone. `markable`: its caller IDs can be marked.
    `queues` by their slugs and `numbers` by their digits are those that Home Assistant is to know. `runs_out` None: not
    forecast.
    """

    name: str
    title: str
    kinds: Mapping[Kind, PolledKind]
    alerts: tuple[WatchedAlert, ...] = ()
    currency: str | None = None
    finished_only: bool = False
    registered_only: bool = False
    markable: bool = False
    queues: Mapping[str, Queue] = field(default_factory=dict)
    numbers: Mapping[str, NumberStatus | None] = field(default_factory=dict)
    runs_out: datetime | None = None

    def told(self, kind: Kind) -> PolledKind | None:
        """Returns a kind; None where it is not polled, or its vendor cannot tell it."""
        return self.kinds.get(kind)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every account, and the service's own figures, at `now`."""

    accounts: tuple[AccountSnapshot, ...]
    open_alerts: int
    calls_allowed: bool
    now: datetime


def slugged(queues: Iterable[Queue]) -> dict[str, Queue]:
    """Returns the queues by their slugs: the name, else the vendor's id. The same list gives the same slugs.

    In whichever order it comes: of two queues of one name that with the first id has it.
    """
    found: dict[str, Queue] = {}
    for queue in sorted(queues, key=lambda one: one.ref):
        slug = _NOT_SLUG.sub("_", queue.name.lower())
        if not slug.strip("_") or slug in found:
            slug = queue.ref
        found.setdefault(slug, queue)
    return found


def by_digits(numbers: Iterable[PhoneNumber]) -> dict[str, NumberStatus | None]:
    """Returns the status of each caller ID by its digits, the worst where it is listed twice."""
    found: dict[str, NumberStatus | None] = {}
    for number in sorted(numbers, key=lambda one: _WORST_FIRST.index(one.status)):
        name = digits(number.number)
        if name:
            found.setdefault(name, number.status)
    return dict(sorted(found.items()))


def plain(name: str) -> str:
    """Returns a vendor's name as a title: in one line, and not long."""
    shown = "".join(character for character in name if character.isprintable()).strip()
    return shown if len(shown) <= MAX_TITLE_CHARACTERS else f"{shown[: MAX_TITLE_CHARACTERS - 1]}…"


def queues_kept(latest: LatestReading, before: Mapping[str, Queue]) -> dict[str, Queue]:
    """Returns the queues that are there. Of a list that is cut short what was there before is unknown, and stays."""
    rows = _rows(latest)
    if rows is None:
        return dict(before)
    here = slugged(rows)
    if not rows.unreadable:
        return here
    return {**{slug: _unknown(queue) for slug, queue in before.items()}, **here}


def _unknown(queue: Queue) -> Queue:
    return replace(queue, waiting=None, free_agents=None, waited=None)


def numbers_kept(latest: LatestReading, before: Mapping[str, NumberStatus | None]) -> dict[str, NumberStatus | None]:
    """Returns the caller IDs that are there, in the same way. None: not known."""
    rows = _rows(latest)
    if rows is None:
        return dict(before)
    here = by_digits(rows)
    return {**dict.fromkeys(before), **here} if rows.unreadable else here


def _rows(latest: LatestReading) -> Rows[Any] | None:
    value = latest.observed.value if latest.observed is not None else None
    return value if isinstance(value, Rows) else None
