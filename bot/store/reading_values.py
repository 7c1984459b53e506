"""What a reading of each kind holds, how it is written, and when a change is none. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.alerts.model import Kind
from bot.store.codec import Codec
from bot.store.deltas import ITEMS, Tree, patch
from providers.model import Agent, Balance, CallRecord, Page, PhoneNumber, Queue, Rows

JITTER = timedelta(seconds=5)  # `since` comes from "seconds ago" and trembles between polls


@dataclass(frozen=True, slots=True)
class Shape:
    """How the values of one kind are written. `name` tells rows apart; None where there are none."""

    whole: Codec[Any]
    row: Codec[Any] | None = None
    name: str | None = None


SHAPES: Mapping[Kind, Shape] = {
    Kind.BALANCE: Shape(Codec(Balance)),
    Kind.NUMBERS: Shape(Codec(Rows[PhoneNumber]), Codec(PhoneNumber), "number"),
    Kind.AGENTS: Shape(Codec(Rows[Agent]), Codec(Agent), "extension"),
    Kind.QUEUES: Shape(Codec(Rows[Queue]), Codec(Queue), "ref"),
    Kind.CALLS: Shape(Codec(Page[CallRecord])),
}


def steadied(kind: Kind, before: Any, now: Any) -> Any:
    """The new value with what only trembled put back to what it was."""
    if kind is not Kind.AGENTS or before is None:
        return now
    known: dict[str, Agent] = {}
    for agent in before:
        known.setdefault(agent.extension, agent)
    return replace(now, items=tuple(_steadied(known.get(agent.extension), agent) for agent in now))


def _steadied(was: Agent | None, agent: Agent) -> Agent:
    if was is None or was.since is None or agent.since is None or was.since == agent.since:
        return agent
    same = was.state is agent.state and was.since_means == agent.since_means
    if same and abs(agent.since - was.since) < JITTER:
        return replace(agent, since=was.since)
    return agent


class Unfolding:
    """Values again from a whole one and what changed since; what did not change is shared between them."""

    def __init__(self, kind: Kind) -> None:
        self._shape = SHAPES[kind]
        self._tree: Tree | None = None
        self._rows: dict[int, Any] = {}  # by the identity of the row's tree, which self._tree keeps alive
        self.value: Any = None

    @property
    def known(self) -> bool:
        """Whether a whole one was seen yet."""
        return self._tree is not None

    def whole(self, tree: Tree) -> Any:
        """Begin anew."""
        self._rows = {}
        return self._become(tree)

    def change(self, delta: Tree) -> Any:
        """Go on from the last one."""
        return self._become(patch(self._tree or {}, delta))

    def _become(self, tree: Tree) -> Any:
        self._tree = tree
        row = self._shape.row
        if row is None:
            self.value = self._shape.whole.value(tree)
            return self.value
        trees = tree.get(ITEMS, [])
        old = self._rows
        self._rows = {id(t): old[id(t)] if id(t) in old else row.value(t) for t in trees}
        frame = {field: value for field, value in tree.items() if field != ITEMS}
        self.value = replace(self._shape.whole.value(frame), items=tuple(self._rows[id(t)] for t in trees))
        return self.value
