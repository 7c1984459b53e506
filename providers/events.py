"""What vendors push, in the terms of the model: typed, and of a vendor's own fields only what is used. No I/O here."""

from dataclasses import dataclass
from datetime import datetime

from providers.model import CallRecord


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A pushed event: a call is over."""

    call: CallRecord


@dataclass(frozen=True, slots=True)
class LeadAnswered:
    """A pushed event: the vendor's dialler reached a customer, nobody of ours is on the line yet."""

    lead: str
    name: str | None
    at: datetime | None
    campaign: str | None = None


@dataclass(frozen=True, slots=True)
class AgentAnswered:
    """A pushed event: an agent took a call that the dialler had reached."""

    extension: str
    agent: str | None
    lead: str
    at: datetime | None
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallStarted:
    """A pushed event: a call begins."""

    call_id: str
    caller: str
    callee: str


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """A pushed event: a listener to an announcement of ours pressed keys. `reference` is the call's own."""

    keys: str
    reference: str


Event = CallEnded | LeadAnswered | AgentAnswered | CallStarted | KeysPressed
