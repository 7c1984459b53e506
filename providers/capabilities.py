"""What an adapter can do: one small Protocol a question or a deed, derived by `isinstance`, never declared.

Questions (`Question` in their base) may be polled, cached and asked again. Deeds change the vendor's world: they
are sent at most once by every layer. Every method raises `ProviderError`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from providers.model import (
    Agent,
    AgentStats,
    Balance,
    CallRecord,
    CallRequest,
    CallResult,
    Event,
    Group,
    NumberStatus,
    Page,
    PhoneNumber,
    Queue,
    Recording,
    Rows,
    User,
)


@runtime_checkable
class Provider(Protocol):
    """The opened adapter of an account."""

    async def close(self) -> None:
        """Give back connections."""


@runtime_checkable
class SupportsBalance(Protocol):
    """Question: how much money is left?"""

    async def balance(self) -> Balance:
        """The account's balance, signed."""


@runtime_checkable
class SupportsNumbers(Protocol):
    """Question: which caller IDs are ours, and how do they stand?"""

    async def numbers(self) -> Rows[PhoneNumber]:
        """Every caller ID, in the vendor's order; one number may stand twice."""


@runtime_checkable
class SupportsNumberStatus(Protocol):
    """Deed: mark one of our caller IDs."""

    async def set_number_status(self, number: str, status: NumberStatus) -> None:
        """Ask for ACTIVE or SPAM. Returning says that it was sent, not that it is so: read it back."""


@runtime_checkable
class SupportsAgents(Protocol):
    """Question: who is there, and doing what?"""

    async def agents(self) -> Rows[Agent]:
        """Every agent whom the vendor lists."""


@runtime_checkable
class SupportsAgent(Protocol):
    """Question: what is this one agent doing? Cheaper than the list where the vendor has it."""

    async def agent(self, extension: str) -> Agent:
        """The agent at this extension; NOT_FOUND where there is none."""


@runtime_checkable
class SupportsQueues(Protocol):
    """Question: who waits?"""

    async def queues(self) -> Rows[Queue]:
        """Every queue with its callers."""


@runtime_checkable
class SupportsCalls(Protocol):
    """Question: which calls ended?"""

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Finished calls that began in the period, newest first; `page` counts from 1."""


@runtime_checkable
class SupportsAgentCalls(Protocol):
    """Question: which calls did one agent have?"""

    async def agent_calls(self, extension: str, *, page: int = 1) -> Page[CallRecord]:
        """This agent's finished calls, newest first; `page` counts from 1."""


@runtime_checkable
class SupportsRecordings(Protocol):
    """Question: what was said? Heavy: never polled."""

    async def recording(self, call_id: str) -> Recording:
        """The whole recording of one call; NOT_FOUND where there is none."""


@runtime_checkable
class SupportsAgentStats(Protocol):
    """Question: how did the agents do over a period?"""

    async def agent_stats(self, since: datetime, until: datetime) -> Rows[AgentStats]:
        """One row an agent."""


@runtime_checkable
class SupportsUsers(Protocol):
    """Question: who has a login?"""

    async def users(self) -> Rows[User]:
        """Every user of the vendor's panel."""


@runtime_checkable
class SupportsGroups(Protocol):
    """Question: which groups are there?"""

    async def groups(self) -> Rows[Group]:
        """Every group of users."""


@runtime_checkable
class SupportsPlaceCall(Protocol):
    """Deed: have an agent's phone ring, then a customer's."""

    async def place_call(self, request: CallRequest) -> CallResult:
        """Ask once. An answer that is lost or unreadable is UNKNOWN, never an exception that hides it.

        Raises `ProviderError` only where it is certain that no call was placed.
        """


@runtime_checkable
class SupportsEvents(Protocol):
    """The vendor pushes: its webhooks can be read."""

    def read_event(
        self, *, method: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> Event | None:
        """The event in one pushed request; None for one that we do not know.

        Raises `ProviderError`: AUTH where the vendor sends a key and it is wrong or missing, GARBLED where the
        request cannot be read.
        """
