"""What waits in the store for a click: a call to place, a number to mark. Plain data, and nothing is done here."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from bot.text.phone_numbers import masked
from providers.model import Agent, AgentState, CallRequest, NumberStatus

CALL = "call"
MARK = "mark_number"
HANGUP = "hangup"
EDIT = "vendor_edit"
IVR = "ivr"
MASK = "mask"
ASKED_FIRST = frozenset({HANGUP, EDIT, IVR, MASK})


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call as it was shown. `number` is E.164; `caller` is ours as the vendor writes it; None: it chooses."""

    account: str
    title: str
    number: str
    extension: str
    agent_name: str | None
    agent_id: str | None
    group: str | None
    caller: str | None
    channel: str

    @property
    def agent(self) -> str:
        """The agent in words: ``Max (1101)``."""
        return f"{self.agent_name} ({self.extension})" if self.agent_name else self.extension

    @property
    def target(self) -> str:
        """The called number for the books, masked."""
        return masked(self.number)

    def request(self) -> CallRequest:
        """For the vendor."""
        agent = Agent(
            extension=self.extension,
            state=AgentState.UNKNOWN,
            raw_state="",
            name=self.agent_name,
            group=self.group,
            user_id=self.agent_id,
        )
        return CallRequest(agent=agent, destination=self.number, caller_id=self.caller)

    def payload(self) -> dict[str, Any]:
        """For the store."""
        return {"deed": CALL, **asdict(self)}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self | None:
        """From the store; None where it is another deed."""
        if payload.get("deed") != CALL:
            return None
        return cls(**{name: value for name, value in payload.items() if name != "deed"})


@dataclass(frozen=True, slots=True)
class MarkPlan:
    """A number of ours to be marked. `number` is as the vendor writes it, `was` the vendor's word before."""

    account: str
    title: str
    number: str
    status: NumberStatus
    was: str
    channel: str

    def payload(self) -> dict[str, Any]:
        """For the store."""
        return {"deed": MARK, **asdict(self), "status": self.status.value}

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self | None:
        """From the store; None where it is another deed."""
        if payload.get("deed") != MARK:
            return None
        known = {name: value for name, value in payload.items() if name != "deed"}
        return cls(**{**known, "status": NumberStatus(known["status"])})


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """What a vendor is asked to change: a call hung up, a setting edited, an IVR call, two numbers connected.

    `what` is one sentence as it was shown. `words` are what the vendor gets: the call's id; the edit's words; the
    number and the rest; both numbers. `topic` and `verb` are an edit's. `target` is for the books, masked.
    """

    deed: str
    account: str
    title: str
    what: str
    target: str
    words: tuple[str, ...]
    channel: str
    topic: str = ""
    verb: str = ""

    def payload(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> Self | None:
        """From the store; None where it is another deed."""
        if payload.get("deed") not in ASKED_FIRST:
            return None
        return cls(**{**payload, "words": tuple(payload["words"])})
