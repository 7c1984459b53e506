"""One pure file a watch: when its rule holds, and how that is told. Found by walking this folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot.alerts.model import Calendar, Incident, Judgement, Kind, Opening, Sight
from bot.cards import Button, Row
from providers.capabilities import Provider


class WatchKeys(BaseModel):
    """The keys of an alert that are this watch's own; a watch subclasses it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a watch may look at."""

    account: str
    now: datetime
    sights: Mapping[Kind, Sight]
    raised: frozenset[str] = frozenset()  # subjects whose incident is open: for thresholds that clear elsewhere
    known: frozenset[str] = frozenset()  # these, and the pending ones
    memory: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar | None = None
    opening: Opening | None = None  # the one that is running, where the alert has hours
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Story:
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
    """

    name: str
    kinds: tuple[Kind, ...]
    needs: tuple[type[Provider] | type, ...]
    keys: type[WatchKeys]
    judge: Callable[[Scene, Any], Judgement]  # its second argument is of the type `keys`
    describe: Callable[[Incident, str], Story]  # (incident, account)
    unfit: Callable[[type, Any], str | None] | None = None
