"""The neutral vocabulary of hosted telephony, in which adapters answer.

Everywhere: ``None`` means that the vendor cannot tell, an empty collection that there is none. Money is a `Decimal`
with a currency or none; times are aware; the vendor's raw word stays beside ours. No I/O here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


class AgentState(StrEnum):
    """The state of an agent, as far as the vendor tells the axes apart."""

    AVAILABLE = "available"
    RINGING = "ringing"
    DIALING = "dialing"
    ON_CALL = "on_call"
    ON_HOLD = "on_hold"
    WRAP_UP = "wrap_up"
    NOT_READY = "not_ready"
    LOGGED_OUT = "logged_out"
    OFFLINE = "offline"
    UNKNOWN = "unknown"

    @property
    def signed_in(self) -> bool | None:
        """Returns whether the agent is there; None where the state does not say."""
        if self is AgentState.UNKNOWN:
            return None
        return self not in {AgentState.LOGGED_OUT, AgentState.OFFLINE}


class NumberStatus(StrEnum):
    """The status of a caller ID of ours at the vendor."""

    ACTIVE = "active"
    DISABLED = "disabled"
    SPAM = "spam"
    UNKNOWN = "unknown"


class Disposition(StrEnum):
    """The way a call ended."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    FAILED = "failed"
    CANCELED = "canceled"
    CONGESTION = "congestion"
    ABANDONED = "abandoned"
    TIMED_OUT = "timed_out"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """The direction of a call, seen from us."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


class CallOutcome(StrEnum):
    """The outcome of a write at the vendor. UNKNOWN: the request may have had its effect, or not."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount. `currency` is None where neither the vendor nor the configuration names one."""

    amount: Decimal
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Balance:
    """The money of an account. `credit` is how far below zero it may go; None where the vendor does not say."""

    money: Money
    credit: Money | Literal["unlimited"] | None = None
    plan: Literal["prepaid", "postpaid"] | None = None

    @property
    def left(self) -> Decimal | Literal["unlimited"] | None:
        """Returns what can still be spent, credit included; below zero: how far it is beyond even that.

        None where that is not known: postpaid with a credit that is not reported, or a credit in another currency. An
        account of which neither plan nor credit is reported counts as prepaid: it has what it holds.
        """
        if self.credit is None:
            return None if self.plan == "postpaid" else self.money.amount
        if self.credit == "unlimited":
            return "unlimited"
        return self.money.amount + self.credit.amount if self.credit.currency == self.money.currency else None


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at an extension.

    `extension` is the key; the rest is what the vendor adds, None where it adds nothing.
    """

    extension: str
    state: AgentState
    raw_state: str
    name: str | None = None
    group: str | None = None
    user_id: str | None = None  # the vendor's own id, where it differs from the extension
    reason: str | None = None  # why not ready, in the vendor's words
    since: datetime | None = None  # in this state, or idle since the last call: `since_means` tells
    since_means: Literal["state", "last_call"] = "state"
    peer: str | None = None  # the other party's number; "" is nobody
    label: str | None = None  # what to call the state, where our word says more than the vendor does (``registered``)
    login: bool | None = None  # signed in, where the vendor tells that apart from a call; None: as the state says

    @property
    def signed_in(self) -> bool | None:
        """Returns whether the agent is signed in; None where that is not known. A phone may ring at which nobody is."""
        return self.state.signed_in if self.login is None else self.login


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A caller ID of ours. `number` is as the vendor writes it."""

    number: str
    status: NumberStatus
    raw_status: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedCall:
    """A caller who waits. `waiting` is by the vendor's clock; `approx` where it had to be derived."""

    call_id: str
    caller: str
    waiting: timedelta
    approx: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue; `ref` is the vendor's id. `waiting` None: the vendor cannot show who waits; (): nobody does.

    `free_agents` and `members` None: not reported. `waited` is the longest wait of calls that ended lately, where a
    vendor reports finished calls only.
    """

    ref: str
    name: str
    waiting: tuple[QueuedCall, ...] | None = None
    free_agents: int | None = None
    members: tuple[str, ...] | None = None
    waited: timedelta | None = None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A finished call (CDR), or a leg of one: a call that rings several people is several rows of one id.

    `duration` is first ring to hang-up, `talk` answer to hang-up, `wait` the time in a queue.
    `made_id`: the vendor names no call, so that `call_id` was made of what tells one row from another.
    """

    call_id: str
    started_at: datetime | None
    direction: Direction
    caller: str
    callee: str
    disposition: Disposition
    raw_disposition: str
    duration: timedelta | None = None
    talk: timedelta | None = None
    wait: timedelta | None = None
    extension: str | None = None
    agent: str | None = None
    group: str | None = None
    queue: str | None = None
    recorded: bool | None = None
    cost: Money | None = None
    made_id: bool = False


@dataclass(frozen=True, slots=True)
class AgentStats:
    """One agent's figures over a period, internal calls left out."""

    agent: str
    group: str | None
    extension: str | None
    calls: int | None = None
    answered: int | None = None
    unique_numbers: int | None = None
    duration: timedelta | None = None
    talk: timedelta | None = None
    long_calls: int | None = None  # talk over 180 s
    unique_long_calls: int | None = None
    cost: Money | None = None
    extra: tuple[tuple[str, str], ...] = ()  # what only this vendor counts, in its own words


@dataclass(frozen=True, slots=True)
class User:
    """A user of the vendor's panel; `extension` and `group_id` None: not known."""

    user_id: str
    login: str
    extension: str | None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A group of users."""

    group_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Recording:
    """The sound of one call, whole; `extension` is its file name's ending."""

    call_id: str
    content: bytes = field(repr=False)
    media_type: str = "audio/wav"
    extension: str = "wav"


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A call to place: the agent's phone rings first, then `destination` (E.164 digits, with +).

    `caller_id` None: the vendor chooses.
    """

    agent: Agent
    destination: str
    caller_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallResult:
    """The vendor's answer to a write. Never ACCEPTED where it could not be read."""

    outcome: CallOutcome
    call_id: str | None = None
    note: str = ""  # the vendor's own words, redacted, or ours where it said none


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """A list answer. While `unreadable` is above 0, what is missing from `items` is unknown, not gone."""

    items: tuple[T, ...] = ()
    unreadable: int = 0

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a longer list; `more` says whether the vendor has another, None where it cannot tell."""

    rows: Rows[T]
    number: int
    more: bool | None


class CallState(StrEnum):
    """The state of a live call."""

    QUEUED = "queued"
    RINGING = "ringing"
    DIALING = "dialing"
    TALKING = "talking"
    HELD = "held"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ActiveCall:
    """A call that is up now. `call_id` is what a hang-up takes; `lasted` is by the vendor's clock."""

    call_id: str
    state: CallState
    raw_state: str
    direction: Direction
    caller: str
    callee: str
    lasted: timedelta | None = None
    extension: str | None = None
    queue: str | None = None
    recorded: bool | None = None


@dataclass(frozen=True, slots=True)
class QueueCall:
    """A finished call of a queue or ring group, reported after the fact. `made_id` as in `CallRecord`."""

    call_id: str
    queue: str
    caller: str
    started_at: datetime
    waited: timedelta
    disposition: Disposition
    raw_disposition: str
    talk: timedelta | None = None
    agent: str | None = None
    made_id: bool = False


@dataclass(frozen=True, slots=True)
class VendorTable:
    """A list of the vendor's that is shown as it is: a header and rows of plain text.

    `customers` are the columns (from 0) that hold customers' numbers, which are masked where others read.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    unreadable: int = 0
    customers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Document:
    """A file that the vendor made: an export, a phone book."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the vendor's settings that a person may ask for, in words after the topic.

    `verb` names it (``set noanswer forward 101``), `usage` says how it is written.
    """

    topic: str
    verb: str
    usage: str
