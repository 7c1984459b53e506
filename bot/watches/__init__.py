"""The watches: one pure file each, with when its rule holds and how it is described. Found by walking this folder."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from bot.alerts.kinds import Kind
from bot.alerts.model import Calendar, Evaluation, Facts, Incident, LatestReading, Opening, Reading
from bot.cards import Button, Row
from bot.watches.facts import Upcast
from providers.capabilities import Provider


class WatchKeys(BaseModel):
    """The keys of an alert that are this watch's own; a watch subclasses it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def contradiction(cls, _own: Mapping[str, Any]) -> tuple[str, str] | None:
        """Returns, of the keys as they are written, one that another forbids, and why; None where none is."""
        return None


class Aggregate(Protocol):
    """An aggregate takes in the readings of a window, one after another, oldest first. It forgets by itself."""

    def add(self, reading: Reading) -> None:
        """Adds the next reading."""


@dataclass(frozen=True, slots=True)
class HistoryWindow:
    """The history that a watch needs: readings of this kind, `reach` back, gathered in an aggregate.

    `decides`: whether they decide if the rule holds, and do not merely add figures.
    """

    kind: Kind
    reach: timedelta
    begin: Callable[[tzinfo], Aggregate]  # an empty one; the zone is the account's
    decides: bool = field(default=False, compare=False)  # the aggregate is the same


@dataclass(frozen=True, slots=True)
class Setting:
    """An alert as configured, as far as its watch may warn about it.

    `polls` are the intervals of each account, by kind; None: not polled.
    """

    keys: Any  # of the watch's own type
    hold: timedelta
    calendar: Calendar | None
    polls: Mapping[str, Mapping[Kind, timedelta | None]]


@dataclass(frozen=True, slots=True)
class TooShort:
    """A warning: the span at this key of the alert is too short or too long for what else is configured."""

    key: str
    text: str
    hint: str


@dataclass(frozen=True, slots=True)
class Named:
    """The names in an alert that are looked up among the rows of its watch's first kind.

    `of`: returns the names of a row. `relation` stands between the kind and the names. `whole_by`: only an adapter with
    this capability lists everything; None: each does.
    """

    names: tuple[str, ...]
    of: Callable[[Any], tuple[str | None, ...]]
    relation: str
    whole_by: type | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule as it was evaluated, in words. `holds` None: that cannot be known."""

    subject: str
    words: str
    holds: bool | None


MOST_CLAUSES = 20


def worst_first(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Returns all clauses that hold, then the unknown ones, then those that do not, cut short where they are many."""
    ordered = sorted(clauses, key=lambda clause: (True, None, False).index(clause.holds))
    shown = max(MOST_CLAUSES, sum(clause.holds is True for clause in ordered))
    rest = ordered[shown:]
    if not rest:
        return tuple(ordered)
    untold = any(clause.holds is None for clause in rest)
    words = f"{len(rest)} more do not hold{' or cannot be told' if untold else ''}"
    return (*ordered[:shown], Clause("", words, None if untold else False))


@dataclass(frozen=True, slots=True)
class WatchInput:
    """All that a watch may read.

    `opening`, `calendar` and `past` are None where the alert has none; `currency` where it is not known.
    """

    account: str
    now: datetime
    latest_readings: Mapping[Kind, LatestReading]
    raised: frozenset[str] = frozenset()  # subjects whose incident is open: for thresholds that clear elsewhere
    known: frozenset[str] = frozenset()  # these, and the pending ones
    memory: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar | None = None
    opening: Opening | None = None  # the one that is running, where the alert has hours
    currency: str | None = None
    zone: tzinfo = UTC  # the account's: its days begin there
    past: Any = None  # the aggregate, where the watch wants one: of its own type

    def clock(self, at: datetime) -> str:
        """Returns ``14:05`` by the account's clock; with its day where that is not today."""
        there, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        return f"{there:%H:%M}" if there.date() == today else f"{there:%a} {there.day} {there:%b %H:%M}"


@dataclass(frozen=True, slots=True)
class Summary:
    """A watch's description of an incident: `headline` has no full stop and no customers' numbers.

    Of an incident that is resolved it says what was; the words stand after "Resolved after 30 min:".
    """

    headline: str
    rows: tuple[Row, ...] = ()
    todo: str = ""  # what a person can do now
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch is one rule.

    `kinds`: what must have been read; () for a watch of the account itself, which is evaluated though blind. `needs`:
    the capabilities an account must have, beside those of its kinds. `unfit`: returns what an adapter's class lacks for
    these keys, to stand behind the vendor's name; None where nothing. `past`: returns the history that it needs for
    these keys; None where none. `clauses`: returns every condition that `evaluate` checked, for "why?". `sample`:
    describes one observed value in a few words. `also`: kinds that it reads where they are there, and does without
    where they are not. `facts`: the type of its findings' facts. `upcasts`: from each older version of them to the
    next, the oldest first; their number is the version. Version 0 were strings alone, "" where nothing was known.
    `warnings`: yields what is odd about an alert that is valid. `named`: returns the groups or queues that its keys
    name.
    """

    name: str
    kinds: tuple[Kind, ...]
    needs: tuple[type[Provider] | type, ...]
    keys: type[WatchKeys]
    evaluate: Callable[[WatchInput, Any], Evaluation]  # its second argument is of the type `keys`
    describe: Callable[[Incident, str], Summary]  # (incident, account)
    unfit: Callable[[type, Any], str | None] | None = None
    past: Callable[[Any], HistoryWindow | None] | None = None
    clauses: Callable[[WatchInput, Any], tuple[Clause, ...]] | None = None
    sample: Callable[[Any, Any], str] | None = None  # (an observed value, keys)
    also: tuple[Kind, ...] = ()
    facts: type[Facts] = Facts
    upcasts: tuple[Upcast, ...] = ()
    warnings: Callable[[Setting], Iterable[TooShort]] | None = None
    named: Callable[[Any], Named] | None = None
