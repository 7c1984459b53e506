"""What the read API tells: plain data, of which its OpenAPI document is made.

None is *not known*: never read, not told by the vendor, or we are blind; then `blind_since` says since when, and `last`
holds what was read last. What vendors wrote in their own words stands in fields that begin with `vendor_`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as it is configured, and the kinds of reading that are polled for it."""

    account: str
    vendor: str
    kinds: tuple[str, ...]
    timezone: str
    currency: str | None


@dataclass(frozen=True, slots=True)
class ReadingView:
    """How well an account is seen: when it was read, and since when it could not be.

    `as_of` None: never read, or blind. `blind_reason` is a sentence of ours.
    """

    account: str
    as_of: datetime | None
    blind_since: datetime | None
    blind_reason: str | None


@dataclass(frozen=True, slots=True)
class BalanceFigures:
    """The money of an account, in its currency. `left`: what can still be spent, credit included."""

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
    """One agent. `peer` is the other party's number, masked."""

    extension: str
    state: str
    signed_in: bool | None
    since: datetime | None
    peer: str | None
    vendor_name: str | None
    vendor_group: str | None
    vendor_status: str


@dataclass(frozen=True, slots=True)
class AgentsFigures:
    """The agents as they were read. `free` None: the vendor knows no more than a registered phone."""

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
    """One queue. `waiting` None: the vendor tells finished calls only; `waited_seconds`: of those that ended."""

    queue: str
    waiting: int | None
    longest_wait_seconds: int | None
    free_agents: int | None
    waited_seconds: int | None
    vendor_name: str


@dataclass(frozen=True, slots=True)
class QueuesFigures:
    """The queues as they were read; the totals are over all of them."""

    as_of: datetime
    waiting: int | None
    longest_wait_seconds: int | None
    queues: tuple[QueueView, ...]


@dataclass(frozen=True, slots=True)
class QueuesView(ReadingView):
    """The queues of an account."""

    waiting: int | None = None
    longest_wait_seconds: int | None = None
    queues: tuple[QueueView, ...] | None = None
    last: QueuesFigures | None = None


@dataclass(frozen=True, slots=True)
class NumberView:
    """One caller ID of ours."""

    number: str
    status: str
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


@dataclass(frozen=True, slots=True)
class IncidentView:
    """One problem, from its raise to its end; `resolved_at` None while it is open. `subjects` are at most 200."""

    incident: str
    alert: str
    account: str
    watch: str
    state: Literal["firing", "acknowledged", "snoozed", "resolved"]
    severity: Literal["info", "warning", "critical"]
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    snoozed_until: datetime | None
    resolved_at: datetime | None
    duration_seconds: int | None
    summary: str
    subjects: tuple[str, ...]
    subjects_total: int
    link: str | None
    test: bool


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert on one account. `open` None: it was never evaluated, or cannot be now (`blind_since`)."""

    alert: str
    account: str
    watch: str
    severity: Literal["info", "warning", "critical"]
    open: bool | None
    as_of: datetime | None
    blind_since: datetime | None
    incidents: tuple[IncidentView, ...]
