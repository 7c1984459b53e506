"""One pure file a watch: when its rule holds, and how that is told. Found by walking this folder."""

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
        """Of the keys as they are written: one that another forbids, and why; None where none is."""
        return None


class Aggregate(Protocol):
    """What a watch makes of the readings that were kept, one after another, oldest first. It forgets by itself."""

    def add(self, reading: Reading) -> None:
        """Take in the next one."""


@dataclass(frozen=True, slots=True)
class HistoryWindow:
    """What a watch wants of the history: readings of this kind, that far back, gathered in an aggregate.

    `decides`: whether they decide if the rule holds, and do not merely tell more.
    """

    kind: Kind
    reach: timedelta
    begin: Callable[[tzinfo], Aggregate]  # an empty one; the zone is the account's
    decides: bool = field(default=False, compare=False)  # what is gathered is the same


@dataclass(frozen=True, slots=True)
class Setting:
    """How an alert is configured, as far as its watch may find fault with it. `polls`: of each account."""

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
    """What an alert names, to be looked up among the rows of its watch's first kind.

    `of`: the names that a row goes by. `relation` stands between the kind and the names. `whole_by`: only an adapter
    with this capability lists everything; None: each does.
    """

    names: tuple[str, ...]
    of: Callable[[Any], tuple[str | None, ...]]
    relation: str
    whole_by: type | None = None


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule as it was judged, in words. `holds` None: that cannot be told."""

    subject: str
    words: str
    holds: bool | None


MOST_CLAUSES = 20


def worst_first(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """What holds, all of it; then what cannot be told and what does not hold, cut short where they are many."""
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
    """What a watch may look at."""

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
    past: Any = None  # what was gathered, where the watch wants one: of its own type

    def clock(self, at: datetime) -> str:
        """``14:05`` by the account's clock; with its day where that is not today."""
        there, today = at.astimezone(self.zone), self.now.astimezone(self.zone).date()
        return f"{there:%H:%M}" if there.date() == today else f"{there:%a} {there.day} {there:%b %H:%M}"


@dataclass(frozen=True, slots=True)
class Summary:
    """How a watch tells an incident: `headline` without its full stop and without customers' numbers.

    Of an incident that is resolved it says what was; the words stand after "Resolved after 30 min:".
    """

    headline: str
    rows: tuple[Row, ...] = ()
    todo: str = ""  # what a person can do now
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Watch:
    """One rule.

    `kinds`: what must be seen; () for a watch that judges seeing itself, and is judged though blind.
    `needs`: the capabilities an account must have, beside those of its kinds.
    `unfit`: what an adapter's class lacks for these keys, to stand behind the vendor's name; None where nothing.
    `past`: what it wants of the history for these keys; None where nothing.
    `clauses`: every condition that `evaluate` looked at, for "why?". `sample`: what one look saw, in a few words.
    `also`: kinds that it looks at where they are seen, and does without where they are not.
    `facts`: the type of its findings' facts. `upcasts`: from each older version of them to the next, the oldest first;
    so many there are, that is the version. Version 0 were strings alone, "" where nothing was known.
    `warnings`: what is odd about an alert that is valid. `named`: the groups or queues that its keys name.
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
