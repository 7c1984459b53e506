"""A call as it was requested, and as it was shown: plain data, kept in a form and in the store."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from bot.text.phone_numbers import digits, same
from providers.masking import masked
from providers.model import Agent, AgentState, CallRequest

_MAX_EXTENSION_DIGITS = 6  # digits: what is longer is an outside number


@dataclass(frozen=True, slots=True)
class PlaceCallRequest:
    """A requested call. `number` "": none yet; `caller` may then hold it as well, see `split`.

    `agent` "": the one of the person who asks. `caller` "": the vendor chooses. `account` "": any that has the agent.
    """

    number: str = ""
    agent: str = ""
    caller: str = ""
    account: str = ""

    def value(self) -> str:
        """Returns all but the number, as a form carries it."""
        return json.dumps(asdict(replace(self, number="")))

    @classmethod
    def of(cls, value: str, number: str) -> Self:
        """Parses a form's value; where it cannot be read, the request has the number alone."""
        try:
            kept = json.loads(value)
            return cls(number, str(kept["agent"]), str(kept["caller"]), str(kept["account"]))
        except (ValueError, KeyError, TypeError):
            return cls(number)


def split(request: PlaceCallRequest, ours: Iterable[str]) -> PlaceCallRequest:
    """Returns the request with its caller ID and number apart, where ``from`` had swallowed the number.

    The caller ID is the longest beginning that is one of `ours`; where none is, the request stays as it is.
    """
    if request.number or not request.caller:
        return request
    words, known = request.caller.split(" "), list(ours)
    for at in range(len(words) - 1, 0, -1):
        caller = " ".join(words[:at])
        if any(same(caller, number) for number in known):
            return replace(request, caller=caller, number=" ".join(words[at:]))
    return request


@dataclass(frozen=True, slots=True)
class CallPlan:
    """A call as it was shown. `number` is E.164; `caller` is ours as the vendor writes it, None: the vendor chooses.

    `channel` is where it was asked for; the agent's name, id and group are None where the vendor has none.
    """

    account: str
    title: str
    number: str
    extension: str
    agent_name: str | None
    agent_id: str | None
    group: str | None
    caller: str | None
    channel: str
    listed: bool = False  # the account lists the agent: else the extension is asked about again at the click

    @property
    def agent(self) -> str:
        """Returns the agent in words: ``Max (1101)``."""
        return f"{self.agent_name} ({self.extension})" if self.agent_name else self.extension

    @property
    def target(self) -> str:
        """Returns the called number for the audit, masked, and who is rung first."""
        first = masked(self.extension) if len(digits(self.extension)) > _MAX_EXTENSION_DIGITS else self.extension
        return f"{masked(self.number)} (rung first: {first})"

    def request(self) -> CallRequest:
        """Returns the request that the vendor's adapter takes."""
        agent = Agent(
            extension=self.extension,
            state=AgentState.UNKNOWN,
            raw_state="",
            name=self.agent_name,
            group=self.group,
            user_id=self.agent_id,
        )
        return CallRequest(agent=agent, destination=self.number, caller_id=self.caller)

    def pack(self) -> dict[str, Any]:
        """Returns the plan as the store keeps it."""
        return asdict(self)

    @classmethod
    def unpack(cls, payload: Mapping[str, Any]) -> Self:
        """Reads a plan from the store; raises `TypeError` for anything else."""
        return cls(**payload)
