"""What accounts reply to one question. Empty, could not be asked and unsupported are three types. Data alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from bot.alerts.model import Observed
from bot.cards import Line, Part, Row
from bot.dialog.phrases import ago, as_of, left_alone, moment
from bot.readings.accounts import AccountName, WhoCan
from bot.text.names import listed
from providers.errors import ErrorKind

T = TypeVar("T")

STORE_AWAY = "The bot's store does not answer: what you see is asked of the vendors now, and alerts are paused."


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """One account's answer, and when it was so. An empty value is an answer too: there is nothing."""

    account: AccountName
    value: T
    at: datetime


@dataclass(frozen=True, slots=True)
class Failed:
    """An account that could not be asked: why, until when it is left alone (None: not), and its last reading (None.

    None known).
    """

    account: AccountName
    kind: ErrorKind
    text: str
    retry_at: datetime | None = None
    last: Observed | None = None

    def why(self, now: datetime) -> tuple[Part, ...]:
        """Returns the reason in words."""
        return left_alone(self.text, self.retry_at, now)

    def row(self, now: datetime, said: Callable[[Any], str]) -> Row:
        """Returns its line, with the last good value in the words of `said`, and its age."""
        parts: list[Part] = [f"{self.account.label}: ", *self.why(now)]
        if self.last is not None:
            parts += [f" Last known {said(self.last.value)} at ", moment(self.last.at, now)]
            parts += [f" ({ago(now, self.last.at)}) — not current."]
        return Row(tuple(parts))


@dataclass(frozen=True, slots=True)
class Unable:
    """An account whose vendor does not have the question: why, in words."""

    account: AccountName
    why: str


@dataclass(frozen=True, slots=True)
class Replies(Generic[T]):
    """What all accounts replied until `now`, each kind in the order of the configuration.

    `who` says who has the question at all. `store_away`: the store did not answer, so no reading was known.
    """

    now: datetime
    good: tuple[Answered[T], ...]
    failed: tuple[Failed, ...]
    cannot: tuple[Unable, ...]
    who: WhoCan
    store_away: bool = False

    @property
    def asked(self) -> tuple[AccountName, ...]:
        """Returns the accounts that have the question, those first that answered."""
        return (*(told.account for told in self.good), *(failed.account for failed in self.failed))

    def of(self, accounts: Sequence[str]) -> "Replies[T]":
        """Returns what these accounts replied, by their names."""
        return Replies(
            self.now,
            tuple(told for told in self.good if told.account.name in accounts),
            tuple(failed for failed in self.failed if failed.account.name in accounts),
            tuple(unable for unable in self.cannot if unable.account.name in accounts),
            self.who,
            self.store_away,
        )


def cannot_rows(cannot: Sequence[Unable], who: WhoCan) -> tuple[Row, ...]:
    """Returns a row for each account that lacks the question, in the vendor's words where it has some.

    A last row says who has it; there are none where `cannot` is empty.
    """
    rows = tuple(Row(f"{unable.account.label}: {unable.why}") for unable in cannot)
    return (*rows, Row(who.sentence)) if rows else ()


def nobody(cannot: Sequence[Unable], who: WhoCan) -> str:
    """Returns the verdict where none of the accounts that are meant has the question: who has."""
    if cannot and who.accounts:
        return f"{listed(unable.account.label for unable in cannot)} cannot {who.what}. {who.sentence}"
    return who.sentence


def ages(replies: Replies[Any]) -> tuple[Line, ...]:
    """Returns small print: as of when, by which account; and whether the store is away."""
    lines: list[Line] = []
    if replies.good:
        oldest = min(told.at for told in replies.good)
        labels = listed(told.account.label for told in replies.good)
        lines.append((*as_of(oldest, replies.now), f" · {labels}"))
    if replies.store_away:
        lines.append(STORE_AWAY)
    return tuple(lines)
