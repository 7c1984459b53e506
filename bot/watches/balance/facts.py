"""The figures of an account whose money runs low, will not last, or goes too fast."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from bot.alerts.model import Facts
from bot.forecast.outlook import Fate
from bot.watches.facts import known, length

Condition = Literal["low", "short", "spike"]
LOW: Condition = "low"
SHORT: Condition = "short"
SPIKE: Condition = "spike"


@dataclass(frozen=True, slots=True)
class BalanceFacts(Facts):
    """Rounded as far as the message says it, so that a forecast's jitter is no edit. None: not known, or none.

    Amounts are in `currency`, `amount` as the vendor writes it; paces an hour, `rate` a minute of talk. `holds`: the
    conditions that hold, the most telling first. `lasts` is in words, by the account's clock, and so is `until`: when
    the money must have lasted, the end of the `shift` or of the working day.
    """

    amount: Decimal
    currency: str | None = None
    below: Decimal | None = None
    clear_above: Decimal | None = None
    within: timedelta | None = None
    holds: tuple[Condition, ...] = (LOW,)
    fate: Fate = Fate.UNKNOWN
    by_hour: bool = False
    lasts: str = ""
    empty: datetime | None = None
    earliest: datetime | None = None
    latest: datetime | None = None
    today: bool = False  # it is gone so soon that the time says enough without its day
    pace: Decimal | None = None
    usual: Decimal | None = None
    spent: Decimal | None = None  # today
    charged: Decimal | None = None  # by single charges of the last hour, which are no pace
    minutes: int | None = None  # of talk that are left
    rate: Decimal | None = None
    top_up: Decimal | None = None
    until: time | None = None
    shift: bool = False
    topped: Decimal | None = None
    topped_at: datetime | None = None
    spike: Decimal | None = None  # spent in 15 minutes
    line: Decimal | None = None  # what would be usual at the most
    calm: bool = False  # it is no spike now
    left: Decimal | None = None  # with the credit, where there is one
    unlimited: bool = False
    unknown: str = ""  # why it is not known what is left, in words

    @property
    def used_up(self) -> bool:
        """Returns whether nothing is left, as far as that is known."""
        return not self.unlimited and not self.unknown and (self.amount if self.left is None else self.left) <= 0


def from_strings(old: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns version 1 of the facts from version 0, in which the time that it must last was in words."""
    new = known(old)
    new["holds"] = new.get("holds", LOW).split()
    new["today"] = new.pop("style", "day") == "time"
    if "within" in new:
        new["within"] = length(new["within"])
    if "top_up" in new:
        new["top_up"] = new["top_up"].replace(",", "")
    return new
