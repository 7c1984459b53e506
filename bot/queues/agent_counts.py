"""How many agents are signed in, on a call, free, gone: counted in one way for all who tell figures. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from providers.model import Agent, AgentState

ON_CALL = frozenset({AgentState.ON_CALL, AgentState.ON_HOLD})


@dataclass(frozen=True, slots=True)
class AgentCounts:
    """The counts of those whose state is known; `unknown` are the others.

    `free` None: the vendor knows no more than that a phone is registered, and nobody may sit at it.
    """

    signed_in: int
    on_call: int
    free: int | None
    offline: int
    unknown: int

    @classmethod
    def of(cls, agents: Iterable[Agent]) -> Self:
        """Counts agents, each once."""
        rows = list(agents)
        idle = [agent for agent in rows if agent.signed_in and agent.state is AgentState.AVAILABLE]
        signed_in = sum(agent.signed_in is True for agent in rows)
        offline = sum(agent.signed_in is False for agent in rows)
        return cls(
            signed_in=signed_in,
            on_call=sum(agent.state in ON_CALL for agent in rows),
            free=None if any(agent.label for agent in idle) else len(idle),
            offline=offline,
            unknown=len(rows) - signed_in - offline,
        )

    @property
    def all(self) -> int:
        """Returns how many there are."""
        return self.signed_in + self.offline + self.unknown
