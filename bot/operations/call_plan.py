"""A call as it was asked for, and as it was shown: plain data, kept in a form and in the store."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from bot.text.phone_numbers import digits, masked, same
from providers.model import Agent, AgentState, CallRequest

_EXTENSION = 6  # digits: what is longer is an outside number


@dataclass(frozen=True, slots=True)
class PlaceCallRequest:
    """What was asked for. `number` "": none yet; `caller` may then hold it as well, see `split`.

    `agent` "": the one of the person who asks. `caller` "": the vendor chooses. `account` "": any that has the agent.
    """

    number: str = ""
    agent: str = ""
    caller: str = ""
    account: str = ""

    def value(self) -> str:
        """All but the number, for a form."""
        return json.dumps(asdict(replace(self, number="")))

    @classmethod
    def of(cls, value: str, number: str) -> Self:
        """From a form."""
        try:
            kept = json.loads(value)
            return cls(number, str(kept["agent"]), str(kept["caller"]), str(kept["account"]))
        except (ValueError, KeyError, TypeError):
            return cls(number)


def split(request: PlaceCallRequest, ours: Iterable[str]) -> PlaceCallRequest:
    """Where the called number was swallowed by ``from``: the caller ID is the beginning that is one of ours."""
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
    listed: bool = False  # the account lists the agent: else the extension is asked about again at the click

    @property
    def agent(self) -> str:
        """The agent in words: ``Max (1101)``."""
        return f"{self.agent_name} ({self.extension})" if self.agent_name else self.extension

    @property
    def target(self) -> str:
        """The called number for the audit, masked, and who is rung first."""
        first = masked(self.extension) if len(digits(self.extension)) > _EXTENSION else self.extension
        return f"{masked(self.number)} (rung first: {first})"

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

    def pack(self) -> dict[str, Any]:
        """For the store."""
        return asdict(self)

    @classmethod
    def unpack(cls, payload: Mapping[str, Any]) -> Self:
        """From the store; raises `TypeError` for anything else."""
        return cls(**payload)
