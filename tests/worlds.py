"""Worlds that have run for a while: each is simulated once in a process, and copied for every test that wants it."""

import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cache

from providers.sdk.simulation.world import World
from tests.clocks import HandClock


@cache
def _simulated(seed: int, now: datetime, history: timedelta) -> bytes:
    return pickle.dumps(World(seed, clock=HandClock(now), history=history))


def world_at(clock: Callable[[], datetime], seed: int, history: timedelta) -> World:
    """What `World(seed, clock=clock, history=history)` is; worth it where many tests ask at one time of their clock."""
    world: World = pickle.loads(_simulated(seed, clock(), history))
    world.clock = clock
    return world
