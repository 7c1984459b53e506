"""The declaration of an operation that changes something at a vendor: one file each, which the workflow carries out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from bot.cards import Answer, Card, Line, Part, Row, Section, Style, Tone
from bot.dialog.context import Context
from bot.settings import Permission
from providers.model import CallResult

OFFER_TTL = timedelta(minutes=10)  # an offer


class Plan(Protocol):
    """A plan is what an operation keeps in the store from the offer to the outcome: a frozen dataclass."""

    @property
    def account(self) -> str:
        """Returns the account's name."""

    @property
    def title(self) -> str:
        """Returns the vendor's title, for people."""

    @property
    def target(self) -> str:
        """Returns what it is done to, for the audit: a customer's number is masked."""

    @property
    def channel(self) -> str:
        """Returns the channel in which it was asked for."""


RequestT = TypeVar("RequestT")
PlanT = TypeVar("PlanT", bound=Plan)


class Status(StrEnum):
    """The status says how far an operation came. `NOT_DONE`: the vendor surely did nothing, asked or not."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REJECTED = "rejected"  # by the vendor
    UNKNOWN = "unknown"
    NOT_DONE = "not done"
    REFUSED = "refused"  # by a rule of ours, before the vendor was asked
    OVER = "over"
    USED = "used"  # another click was first
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reply:
    """The outcome of the one request. `note` says why, in the vendor's words or ours.

    `left_alone` says until when a vendor is not asked. `broken`: the adapter failed by a mistake of its own. `error` is
    the kind of error where surely nothing was done.
    """

    status: Status
    note: str = ""
    call_id: str | None = None
    left_alone: tuple[Part, ...] = ()
    broken: bool = False
    error: str = ""

    @property
    def record(self) -> str:
        """Returns the outcome for the audit; `note` must be fit for it."""
        if self.status is Status.NOT_DONE:
            return f"refused: {self.error}"
        if self.status is Status.ACCEPTED:
            words = f"accepted{f', call id {self.call_id}' if self.call_id else ''}"
        else:
            words = "refused by the vendor" if self.status is Status.REJECTED else "unknown"
        return f"{words}: {self.note}"[:200] if self.note else words


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome as the person reads it (`card`) and as the audit has it (`record`)."""

    status: Status
    card: Card
    record: str


@dataclass(frozen=True, slots=True)
class Preview(Generic[PlanT]):
    """The plan of what may be done, and what is shown of it before the click."""

    plan: PlanT
    question: Line
    rows: tuple[Row, ...]
    tone: Tone = Tone.WARNING
    small: tuple[Line, ...] = ()
    confirm: str = "Confirm"  # the label of the button
    style: Style = Style.DANGER

    @property
    def body(self) -> tuple[Section, ...]:
        """Returns the rows as a card takes them."""
        return (Section(self.rows),)


@dataclass(frozen=True, slots=True)
class Words:
    """The workflow's own sentences, as far as operations differ in them. `used` takes the outcome."""

    not_yours: str = "You are not allowed to confirm this: only the person who asked for it may."
    used: str = "This was confirmed already ({outcome})."
    under_way: str = "This was confirmed already, and is under way."
    expired: str = "This was good for 10 minutes, and nothing was done: ask again."
    too_late: str = "It is too late to cancel, and this is under way."


@dataclass(frozen=True, slots=True)
class Operation(Generic[RequestT, PlanT]):
    """An operation is one thing that can be changed at a vendor, found by walking this folder.

    `name` stands in the audit and in the store. `subject` names account and target of a request, for the audit of a
    refusal. `prepare` asks every rule, and raises `RuleRefusedError`, `NothingToDoError`, `WordsError` or
    `ProviderError`. `send` makes the one request. `outcome_card` shows its outcome, `interrupted_card` what is known
    where the process died in between. `unpack` reads what `pack` wrote, and raises `KeyError`, `TypeError` or
    `ValueError` for anything else.

    `check` asks the rules again at the click, beyond the permission; it raises `RuleRefusedError`. `read_back` asks the
    vendor after a request that was, or may have been, taken. `exclusive` names what one request at a time may change.
    `conceals`: a vendor's words may repeat a customer's number, which is masked. `counted`: it counts towards
    calls.per_user_per_day.
    """

    name: str
    permission: Permission
    subject: Callable[[RequestT], tuple[str, str]]
    prepare: Callable[[Context, RequestT], Awaitable[Preview[PlanT]]]
    send: Callable[[Context, PlanT], Awaitable[CallResult]]
    outcome_card: Callable[[PlanT, Reply], Card]
    interrupted_card: Callable[[PlanT], Card]
    pack: Callable[[PlanT], dict[str, Any]]
    unpack: Callable[[Mapping[str, Any]], PlanT]
    check: Callable[[Context, PlanT], Awaitable[None]] | None = None
    read_back: Callable[[Context, PlanT, Reply], Awaitable[Report]] | None = None
    exclusive: Callable[[PlanT], "Exclusive"] | None = None
    conceals: bool = True
    counted: bool = False
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Exclusive:
    """What one request at a time may change.

    The name of its `lease`, and the card and record where another holds it.
    """

    lease: str
    card: Card
    record: str


@dataclass(frozen=True, slots=True)
class Result:
    """The result for a caller: how far it came, and the card that says so.

    `token` is what confirms or cancels an offer. `record` is the outcome as the audit has it. `replace`: the card takes
    the place of the offer. `misread`: the request was refused since its words mean nothing here ("": it was not).
    """

    status: Status
    card: Card
    operation: str = ""
    account: str = ""
    token: str = ""
    record: str = ""
    replace: bool = False
    misread: str = ""

    @property
    def answer(self) -> Answer:
        """Returns the answer of a command or a press."""
        return Answer(self.card, replace=self.replace)


class RuleRefusedError(Exception):
    """A rule of ours says no. `card` is shown to the person; `rule` goes into the audit.

    `account` and `target` are for the audit, where more is known than the request says. `misread`: the words are wrong,
    and this sentence says how; the usage belongs beside it.
    """

    def __init__(self, rule: str, card: Card, account: str = "", target: str = "", *, misread: str = "") -> None:
        super().__init__(rule)
        self.rule = rule
        self.card = card
        self.account = account
        self.target = target
        self.misread = misread

    def about(self, account: str, target: str = "") -> "RuleRefusedError":
        """Returns the same refusal for this account and target."""
        return RuleRefusedError(self.rule, self.card, account, target, misread=self.misread)


class NothingToDoError(Exception):
    """Nothing is asked of the vendor, and nobody was refused: `card` says why. It is not written into the audit."""

    def __init__(self, card: Card) -> None:
        super().__init__(card.verdict)
        self.card = card
