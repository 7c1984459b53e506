"""The scripted bad day on a simulated call centre, by a clock that is moved by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bot.demo.day import FIRST_OFF, FLAGGED, MONEY, QUEUES, SCRIPT, ScriptedDay
from providers.model import NumberStatus
from providers.sdk.simulation.world import World


@pytest.fixture
def day(clock):
    return ScriptedDay({MONEY: World(7, clock=clock), QUEUES: World(8, clock=clock)})


def play(day, clock, seconds):
    for _ in range(int(seconds * 4)):
        clock.advance(timedelta(seconds=0.25))
        day.tick(0.25)


def spent(day):
    return day.worlds[MONEY].balance.money.amount


@pytest.mark.parametrize("faster", [0, 1, 2])
async def test_it_brings_the_balance_down_whatever_the_speed(day, clock, faster):
    for _ in range(faster):
        await day.controls()["faster"]()
    play(day, clock, 36 / 2**faster)
    assert spent(day) < Decimal(60)


async def test_nothing_happens_and_nothing_is_spent_while_it_is_paused(day, clock):
    play(day, clock, 10)
    await day.controls()["pause"]()
    play(day, clock, 1)
    before, steps = spent(day), day.state()["steps"]
    play(day, clock, 60)
    assert before - spent(day) < 2  # the agents' own calls
    assert day.state()["steps"] == steps


def test_it_flags_drops_and_mends_in_the_end(day, clock):
    world = day.worlds[MONEY]
    play(day, clock, 75)
    assert {n.number for n in world.numbers if n.status is NumberStatus.SPAM} == {FLAGGED}
    assert not any(world.agent(extension).state.signed_in for extension in FIRST_OFF)
    play(day, clock, 120)
    assert all(world.agent(extension).state.signed_in for extension in FIRST_OFF)
    assert not world.out
    assert day.state()["steps"][-1] == {"title": SCRIPT[-1].title, "done": False, "current": True}
    assert not day.state()["playing"]
