"""What the read API tells: plain data, of which its OpenAPI document is made.

None is *not known*: never read, not told by the vendor, or we are blind. Only then `blind_since` says since when, and
`last` holds what was read last; while an account is seen both are None. What vendors wrote, and sentences that hold
some of it, stand in fields that begin with `vendor_`, numbers that may be a customer's masked; nothing else holds one
of their words.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from providers.errors import ErrorKind
from providers.model import AgentState, NumberStatus


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is configured. `kinds` are those that its vendor can tell and that it is polled for."""

    account: str
    vendor: str
    kinds: tuple[str, ...]
    timezone: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class ReadingView:
    """How well an account is seen: when it was read, and since when it could not be.

    `as_of` None: never read, or blind. `blind_reason` is the kind of the failure, `vendor_error` a sentence about it;
    `overdue`: no poll has come in for too long, whatever the vendor.
    """

    account: str
    as_of: datetime | None
    blind_since: datetime | None
    blind_reason: ErrorKind | Literal["overdue"] | None
    vendor_error: str | None


@dataclass(frozen=True, slots=True)
class BalanceFigures:
    """The money of an account, in its currency. `left`: what can still be spent, credit included.

    `credit` None: not told, or in another currency.
    """

    as_of: datetime
    amount: float
    credit: float | Literal["unlimited"] | None
    left: float | Literal["unlimited"] | None
    currency: str | None
    runs_out: datetime | None


@dataclass(frozen=True, slots=True)
class BalanceView(ReadingView):
    """The balance of an account."""

    amount: float | None = None
    credit: float | Literal["unlimited"] | None = None
    left: float | Literal["unlimited"] | None = None
    currency: str | None = None
    runs_out: datetime | None = None
    last: BalanceFigures | None = None


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent. `peer` is the other party's number, masked. `since`: in this state, or idle since the last call."""

    state: AgentState
    signed_in: bool | None
    since: datetime | None
    peer: str | None
    vendor_extension: str
    vendor_name: str | None
    vendor_group: str | None
    vendor_status: str


@dataclass(frozen=True, slots=True)
class AgentsFigures:
    """The agents as they were read; `unreadable` counts the rows that say nothing, here as elsewhere.

    `free` None: the vendor knows no more than a registered phone.
    """

    as_of: datetime
    signed_in: int
    on_call: int
    free: int | None
    offline: int
    unknown: int
    unreadable: int
    agents: tuple[AgentView, ...]


@dataclass(frozen=True, slots=True)
class AgentsView(ReadingView):
    """The agents of an account: counts of those whose state is known, and each one."""

    signed_in: int | None = None
    on_call: int | None = None
    free: int | None = None
    offline: int | None = None
    unknown: int | None = None
    unreadable: int | None = None
    agents: tuple[AgentView, ...] | None = None
    last: AgentsFigures | None = None


@dataclass(frozen=True, slots=True)
class QueueView:
    """One queue. `waiting` None: the vendor tells finished calls only.

    `waited_seconds` is then the longest wait of the calls that ended in the last 15 minutes. `free_agents_as_of` is
    when the agents were read of whom these are free.
    """

    waiting: int | None
    longest_wait_seconds: int | None
    free_agents: int | None
    free_agents_as_of: datetime | None
    waited_seconds: int | None
    vendor_id: str
    vendor_name: str


@dataclass(frozen=True, slots=True)
class QueuesFigures:
    """The queues as they were read; the totals are over all of them."""

    as_of: datetime
    waiting: int | None
    longest_wait_seconds: int | None
    unreadable: int
    queues: tuple[QueueView, ...]


@dataclass(frozen=True, slots=True)
class QueuesView(ReadingView):
    """The queues of an account."""

    waiting: int | None = None
    longest_wait_seconds: int | None = None
    unreadable: int | None = None
    queues: tuple[QueueView, ...] | None = None
    last: QueuesFigures | None = None


@dataclass(frozen=True, slots=True)
class NumberView:
    """One caller ID of ours. `number` is its digits, with the + that it may have; None: it has none."""

    number: str | None
    status: NumberStatus
    vendor_number: str
    vendor_status: str
    vendor_group: str | None


@dataclass(frozen=True, slots=True)
class NumbersFigures:
    """The caller IDs as they were read."""

    as_of: datetime
    spam: int
    active: int
    unreadable: int
    numbers: tuple[NumberView, ...]


@dataclass(frozen=True, slots=True)
class NumbersView(ReadingView):
    """The caller IDs of an account."""

    spam: int | None = None
    active: int | None = None
    unreadable: int | None = None
    numbers: tuple[NumberView, ...] | None = None
    last: NumbersFigures | None = None


# --- the answers. `cannot_tell`: accounts whose vendor cannot tell it, or that are not polled for it.


@dataclass(frozen=True, slots=True)
class AccountsAnswer:
    """The accounts, in the order of the configuration."""

    accounts: tuple[AccountView, ...]


@dataclass(frozen=True, slots=True)
class BalancesAnswer:
    """The money of each account, and when it is forecast to be gone."""

    balances: tuple[BalanceView, ...]
    cannot_tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AgentsAnswer:
    """The agents of each account, and how many are in which state."""

    agents: tuple[AgentsView, ...]
    cannot_tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QueuesAnswer:
    """Who waits in which queue of each account, and for how long."""

    queues: tuple[QueuesView, ...]
    cannot_tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumbersAnswer:
    """The caller IDs of each account, and which of them the vendor lists as spam."""

    numbers: tuple[NumbersView, ...]
    cannot_tell: tuple[str, ...]
