"""Worlds that have run for a while: each is simulated once in a process, and copied for every test that wants it."""

import io
import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from providers.sdk.simulation.world import World
from tests.clocks import HandClock


class _Copies:
    """Copies of one world. What cannot change in it, thousands of finished calls above all, they share."""

    def __init__(self, world: World) -> None:
        self._shared: list[Any] = []
        self._places: dict[int, int] = {}
        written = io.BytesIO()
        pickler = pickle.Pickler(written)
        pickler.persistent_id = self._place_of  # type: ignore[method-assign]
        pickler.dump(world)
        self._written = written.getvalue()

    def _place_of(self, value: Any) -> int | None:
        frozen = getattr(getattr(value, "__dataclass_params__", None), "frozen", False)
        if not frozen or isinstance(value, type):
            return None
        try:
            hash(value)
        except TypeError:  # it holds what may change
            return None
        if id(value) not in self._places:
            self._places[id(value)] = len(self._shared)
            self._shared.append(value)
        return self._places[id(value)]

    def copy(self) -> World:
        """One more."""
        reader = pickle.Unpickler(io.BytesIO(self._written))
        reader.persistent_load = self._shared.__getitem__  # type: ignore[method-assign]
        world: World = reader.load()
        return world


@cache
def _simulated(seed: int, now: datetime, history: timedelta | None) -> _Copies:
    clock = HandClock(now)
    return _Copies(World(seed, clock=clock) if history is None else World(seed, clock=clock, history=history))


def world_at(clock: Callable[[], datetime], seed: int, history: timedelta | None = None) -> World:
    """What `World(seed, clock=clock, history=history)` is; worth it where many tests ask at one time of their clock."""
    world = _simulated(seed, clock(), history).copy()
    world.clock = clock
    return world
