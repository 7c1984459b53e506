"""The capabilities of adapters: one small Protocol a question or a write, derived by `isinstance`, never declared.

Questions may be polled, cached and asked again. Writes change the vendor's world: they are sent at most once by every
layer. Every method raises `ProviderError`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from providers.events import Event
from providers.model import (
    ActiveCall,
    Agent,
    AgentStats,
    Balance,
    CallRecord,
    CallRequest,
    CallResult,
    Document,
    Edit,
    Group,
    NumberStatus,
    Page,
    PhoneNumber,
    Queue,
    QueueCall,
    Recording,
    Rows,
    User,
    VendorTable,
)


@runtime_checkable
class Provider(Protocol):
    """The opened adapter of an account."""

    async def close(self) -> None:
        """Closes the connections."""


@runtime_checkable
class SupportsBalance(Protocol):
    """Question: how much money is left."""

    async def balance(self) -> Balance:
        """Returns the account's balance, signed."""


@runtime_checkable
class SupportsNumbers(Protocol):
    """Question: which caller IDs are ours, and how do they stand."""

    async def numbers(self) -> Rows[PhoneNumber]:
        """Returns every caller ID, in the vendor's order; one number may stand twice."""


@runtime_checkable
class SupportsNumberStatus(Protocol):
    """Write: mark one of our caller IDs."""

    async def set_number_status(self, number: str, status: NumberStatus) -> None:
        """Asks for ACTIVE or SPAM, once. Returning says that it was sent, not that it is so: read it back."""


@runtime_checkable
class SupportsAgents(Protocol):
    """Question: who is there, and doing what."""

    async def agents(self) -> Rows[Agent]:
        """Returns every agent whom the vendor lists."""


@runtime_checkable
class SupportsAgent(Protocol):
    """Question: what is this one agent doing? Cheaper than the list where the vendor has it."""

    async def agent(self, extension: str) -> Agent:
        """Returns the agent at this extension; raises NOT_FOUND where there is none."""


@runtime_checkable
class SupportsQueues(Protocol):
    """Question: who waits."""

    async def queues(self) -> Rows[Queue]:
        """Returns every queue with its callers."""


@runtime_checkable
class SupportsCalls(Protocol):
    """Question: which calls ended."""

    async def calls(
        self,
        since: datetime,
        until: datetime,
        *,
        caller: str | None = None,
        callee: str | None = None,
        page: int = 1,
    ) -> Page[CallRecord]:
        """Returns the finished calls that began in the period, newest first; `page` counts from 1.

        `caller` and `callee` narrow it to one number; None: any.
        """


@runtime_checkable
class SupportsAgentCalls(Protocol):
    """Question: which calls did one agent have."""

    async def agent_calls(self, extension: str, *, page: int = 1) -> Page[CallRecord]:
        """Returns this agent's finished calls, newest first; `page` counts from 1."""


@runtime_checkable
class SupportsRecordings(Protocol):
    """Question: what was said? Heavy: never polled."""

    async def recording(self, call_id: str) -> Recording:
        """Returns the whole recording of one call; raises NOT_FOUND where there is none."""


@runtime_checkable
class SupportsAgentStats(Protocol):
    """Question: how did the agents do over a period."""

    async def agent_stats(self, since: datetime, until: datetime) -> Rows[AgentStats]:
        """Returns one row an agent, for the calls of the period."""


@runtime_checkable
class SupportsUsers(Protocol):
    """Question: who has a login."""

    async def users(self) -> Rows[User]:
        """Returns every user of the vendor's panel."""


@runtime_checkable
class SupportsGroups(Protocol):
    """Question: which groups are there."""

    async def groups(self) -> Rows[Group]:
        """Returns every group of users."""


@runtime_checkable
class SupportsPlaceCall(Protocol):
    """Write: have an agent's phone ring, then a customer's."""

    async def place_call(self, request: CallRequest) -> CallResult:
        """Asks once, and returns the outcome; an answer that is lost or unreadable is UNKNOWN, never an exception.

        Raises `ProviderError` only where it is certain that no call was placed.
        """


@runtime_checkable
class SupportsEvents(Protocol):
    """The vendor pushes: its webhooks can be read."""

    def read_event(
        self, *, method: str, query: Sequence[tuple[str, str]], content_type: str, body: bytes
    ) -> Event | None:
        """Returns the event in one pushed request; None for one that we do not know.

        Raises `ProviderError`: AUTH where the vendor sends a key and it is wrong or missing, GARBLED where the request
        cannot be read.
        """


@runtime_checkable
class SupportsActiveCalls(Protocol):
    """Question: which calls are up now."""

    async def active_calls(self) -> Rows[ActiveCall]:
        """Returns every call that is up."""


@runtime_checkable
class SupportsHangup(Protocol):
    """Write: end a call that is up."""

    async def hang_up(self, call_id: str) -> CallResult:
        """Asks once, by the id of `active_calls` (or an extension, where the vendor takes one); returns the outcome."""


@runtime_checkable
class SupportsQueueCalls(Protocol):
    """Question: how did finished queue calls go? For vendors that cannot show who waits now."""

    async def queue_calls(self, since: datetime) -> Rows[QueueCall]:
        """Returns the finished queue calls that began at `since` or later, newest first."""


@runtime_checkable
class SupportsVendorTables(Protocol):
    """Questions: the vendor's own lists, by the topics of ``/pbx`` (``payments``, ``devices``, ``rates`` …)."""

    def vendor_table_topics(self) -> Sequence[str]:
        """Returns the topics that `vendor_table` answers."""

    async def vendor_table(self, topic: str, words: Sequence[str]) -> VendorTable:
        """Returns one list. `words` narrow it (a period, a device); BAD_REQUEST says how they are written."""


@runtime_checkable
class SupportsDocuments(Protocol):
    """Questions: files that the vendor makes, by topic (``rates``, ``calls``, ``contacts``)."""

    def document_topics(self) -> Sequence[str]:
        """Returns the topics that `document` answers, each as ``topic format`` (``rates pdf``)."""

    async def document(self, topic: str, form: str, words: Sequence[str]) -> Document:
        """Returns one file, of this topic and format; BAD_REQUEST says how `words` are written."""


@dataclass(frozen=True, slots=True)
class NumberWords:
    """Where an outside number stands among the words of an edit: from `first` up to `end`.

    `called`: calls will go to it.
    """

    first: int
    end: int
    called: bool = False


@runtime_checkable
class SupportsEdits(Protocol):
    """Writes: changes of the vendor's settings, sent once. They ask first and need ``vendor_edit``."""

    def edits(self) -> Sequence[Edit]:
        """Returns what can be changed, and how it is written."""

    def preview(self, topic: str, verb: str, words: Sequence[str]) -> str:
        """Returns what the change will do, in a sentence, without asking the vendor. BAD_REQUEST for wrong words."""

    def number_words(self, topic: str, verb: str, words: Sequence[str]) -> NumberWords | None:
        """Returns which of the words are an outside number; None: none is.

        It must pass the call policy, and stands there as E.164 then.
        """

    async def edit(self, topic: str, verb: str, words: Sequence[str]) -> CallResult:
        """Asks for the change, once, and returns the outcome."""


@runtime_checkable
class SupportsIvrCall(Protocol):
    """Write: call a number and play an announcement or run a menu."""

    def leads_to(self, words: Sequence[str]) -> Mapping[int, str]:
        """Returns the end of the words at these places, where it is a number that the call is led to.

        Each must be a known extension, or pass the call policy and stand there as E.164 then.
        """

    async def ivr_call(self, number: str, words: Sequence[str]) -> CallResult:
        """Asks once, and returns the outcome. `number` has passed the call policy; `words` are the vendor's own."""


@runtime_checkable
class SupportsMaskedCall(Protocol):
    """Write: connect two numbers so that neither sees the other."""

    async def masked_call(self, first: str, second: str) -> CallResult:
        """Asks once, and returns the outcome. Both numbers have passed the call policy."""


@runtime_checkable
class SupportsStatus(Protocol):
    """Question: how does the vendor say that it is."""

    async def status(self) -> str:
        """Returns the vendor's own words on how it is, capped."""
