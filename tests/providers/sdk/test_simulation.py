"""The simulated call centre: the same seed and times give the same world, and the levers do what they say."""

import io
import re
import wave
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.model import AgentState, Direction, Disposition, NumberStatus
from providers.sdk.simulation.world import World
from tests.clocks import HandClock
from tests.worlds import world_at

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FICTION = re.compile(r"1\d{3}55501\d{2}|44207946\d{4}|447700900\d{3}")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(START)


@pytest.fixture
def world(clock: HandClock) -> World:
    return World(5, clock=clock, history=timedelta(hours=2))


def seen(world: World) -> tuple:
    return world.now, world.agents, world.queues, world.balance, world.calls, world.live_calls


def test_it_has_people_numbers_and_money(world: World):
    assert len(world.agents) == len(world.users) == 20
    assert Counter(agent.group for agent in world.agents) == {"Team-1": 7, "Team-2": 7, "Team-3": 6}
    assert {user.group_id for user in world.users} == {group.group_id for group in world.groups}
    assert len({number.number for number in world.numbers}) == 12
    assert len(world.queues) == 3
    assert world.balance.money.currency == "USD"
    assert world.balance.money.amount == Decimal("186.40")


def test_every_telephone_number_is_kept_for_fiction(world: World):
    parties = {call.callee for call in world.calls} | {call.caller for call in world.calls}
    strangers = parties - {agent.extension for agent in world.agents}
    assert strangers
    assert not [number for number in strangers if not FICTION.fullmatch(number)]


def test_no_customer_has_one_of_our_numbers(world: World):
    own = {number.number for number in world.numbers}
    assert not own & {call.callee for call in world.calls if call.direction is Direction.OUTBOUND}


@settings(max_examples=25)
@given(st.integers(0, 5), st.lists(st.integers(1, 2000), min_size=1, max_size=12))
def test_where_it_stops_on_the_way_changes_nothing(seed: int, steps: list[int]):
    straight, stepping = (World(seed, clock=lambda: START, history=timedelta(minutes=20)) for _ in range(2))
    for world in (straight, stepping):
        world.drain(120)
    at = START
    for step in steps:
        at += timedelta(seconds=step, milliseconds=300)
        stepping.advance(at)
    straight.advance(at)
    assert seen(stepping) == seen(straight)


def test_another_seed_is_another_world(clock: HandClock, world: World):
    assert World(6, clock=clock, history=timedelta(hours=2)).calls != world.calls


def test_a_copy_goes_on_as_the_world_itself_would(clock: HandClock, world: World):
    copy = world_at(clock, 5, timedelta(hours=2))
    assert seen(copy) == seen(world)
    copy.queue_pressure("620", 2)
    assert seen(copy) != seen(world)
    world.queue_pressure("620", 2)
    clock.advance(timedelta(hours=1))
    for one in (copy, world):
        one.advance()
    assert seen(copy) == seen(world)
    assert copy.now == clock()


def test_it_never_goes_back(clock: HandClock, world: World):
    clock.advance(timedelta(minutes=10))
    world.advance()
    before = seen(world)
    world.advance(START)
    assert seen(world) == before


def test_money_sinks_by_what_calls_cost(clock: HandClock, world: World):
    known = {call.call_id for call in world.calls}
    clock.advance(timedelta(hours=3))
    world.advance()
    cost = sum(call.cost.amount for call in world.calls if call.call_id not in known)
    assert cost > 5
    assert world.balance.money.amount == (Decimal("186.40") - cost).quantize(Decimal("0.01"))


def test_calls_are_plausible(world: World):
    for call in world.calls:
        assert timedelta() <= call.talk < call.duration <= timedelta(minutes=40)
        assert bool(call.talk) == (call.disposition is Disposition.ANSWERED) == call.recorded
        assert (call.queue is None) == (call.wait is None)
        assert int(call.call_id.partition(".")[0]) == int(call.started_at.timestamp())
    assert [c.started_at for c in world.calls] == sorted((c.started_at for c in world.calls), reverse=True)
    ends = Counter(call.disposition for call in world.calls)
    assert ends[Disposition.ANSWERED] > ends[Disposition.NO_ANSWER] > ends[Disposition.BUSY] > 0


def test_a_campaign_spends_until_it_ends(clock: HandClock, world: World):
    calm = World(5, clock=clock, history=timedelta(hours=2))
    world.drain(Decimal(60))
    clock.advance(timedelta(minutes=30))
    world.drain(0)
    calm.advance()
    assert calm.balance.money.amount - world.balance.money.amount == pytest.approx(Decimal(30), abs=Decimal("0.01"))
    clock.advance(timedelta(minutes=30))
    world.advance()
    calm.advance()
    assert calm.balance.money.amount - world.balance.money.amount == pytest.approx(Decimal(30), abs=Decimal("0.01"))


def test_money_comes_in_and_can_be_set(clock: HandClock, world: World):
    world.drain(40)
    clock.advance(timedelta(minutes=15))
    world.set_balance(Decimal("12.34"))
    assert world.balance.money.amount == Decimal("12.34")
    world.top_up(Decimal(100))
    assert world.balance.money.amount == Decimal("112.34")


def test_dropped_agents_stay_away_until_they_are_brought_back(clock: HandClock, world: World):
    gone = [agent.extension for agent in world.agents if agent.state is AgentState.ON_CALL][:3]
    assert gone
    world.drop_agents(gone)
    clock.advance(timedelta(hours=1))
    world.advance()
    assert all(world.agent(extension).state is AgentState.OFFLINE for extension in gone)
    assert not [call for call in world.live_calls if call.extension in gone]
    assert all(world.agent(extension).since == START for extension in gone)
    world.bring_back(gone)
    clock.advance(timedelta(minutes=20))
    world.advance()
    assert all(world.agent(extension).state.signed_in for extension in gone)


def test_all_can_go_and_only_those_who_were_in_come_back(world: World):
    before = {agent.extension for agent in world.agents if agent.state.signed_in}
    world.drop_agents()
    assert not [agent for agent in world.agents if agent.state.signed_in]
    world.bring_back()
    assert {agent.extension for agent in world.agents if agent.state.signed_in} == before
    assert len(before) == 18


def test_a_queue_fills_and_empties(clock: HandClock, world: World):
    world.queue_pressure("620", 6)
    clock.advance(timedelta(minutes=4))
    world.advance()
    support = next(queue for queue in world.queues if queue.ref == "620")
    assert len(support.waiting) >= 6
    assert support.waiting[0].waiting == timedelta(minutes=4)
    assert [call.waiting for call in support.waiting] == sorted((c.waiting for c in support.waiting), reverse=True)
    world.queue_pressure("620", 0)
    clock.advance(timedelta(minutes=15))
    world.advance()
    assert not next(queue for queue in world.queues if queue.ref == "620").waiting
    waited = [call for call in world.calls if call.queue == "620" and call.wait >= timedelta(minutes=4)]
    assert len(waited) >= 6


def test_flagging_is_no_deed_and_marking_is_one(clock: HandClock, world: World):
    number = world.numbers[0].number
    world.flag(number)
    assert world.numbers[0].status is NumberStatus.SPAM
    assert world.status_changes == []
    clock.advance(timedelta(seconds=30))
    world.set_number_status(number, NumberStatus.ACTIVE)
    assert world.numbers[0].status is NumberStatus.ACTIVE
    assert [(c.at, c.number, c.status) for c in world.status_changes] == [(clock.now, number, NumberStatus.ACTIVE)]
    with pytest.raises(KeyError):
        world.set_number_status("12025550199", NumberStatus.SPAM)
    assert len(world.status_changes) == 1


def test_agents_show_only_numbers_that_are_active(clock: HandClock, world: World):
    for number in world.numbers[1:]:
        world.flag(number.number)
    clock.advance(timedelta(minutes=30))
    world.advance()
    dialled = [call for call in world.live_calls if call.direction is Direction.OUTBOUND]
    assert {call.caller_id for call in dialled} == {world.numbers[0].number}


def test_a_placed_call_is_counted_and_takes_place(clock: HandClock, world: World):
    free = next(agent for agent in world.agents if agent.state is AgentState.AVAILABLE)
    placed = world.place_call(free.extension, "12025550177", world.numbers[2].number)
    assert world.placed_calls == [placed]
    assert (placed.at, placed.destination, placed.caller_id) == (START, "12025550177", world.numbers[2].number)
    assert world.agent(free.extension).peer == "12025550177"
    clock.advance(timedelta(minutes=30))
    world.advance()
    assert placed.call_id in {call.call_id for call in world.calls}


def test_a_call_that_is_hung_up_is_over_wherever_it_was(clock: HandClock, world: World):
    world.queue_pressure("620", 2)
    talking = next(call for call in world.live_calls if call.extension)
    waiting = next(call for call in world.live_calls if call.extension is None)
    assert world.hang_up(talking.call_id)
    assert world.hang_up(waiting.call_id)
    assert not world.hang_up(talking.call_id)
    assert world.hung_up == [talking.call_id, waiting.call_id]
    clock.now += timedelta(hours=2)
    world.advance()
    for call in (talking, waiting):
        assert len([c for c in world.calls if c.call_id == call.call_id]) == 1


def test_an_agent_who_is_not_there_cannot_call(world: World):
    assert world.place_call("1112", "12025550177").call_id is None
    assert len(world.placed_calls) == 1
    with pytest.raises(KeyError):
        world.place_call("9999", "12025550177")


def test_a_recording_is_a_real_wav(world: World):
    answered = next(call for call in world.calls if call.recorded)
    sound = world.recording(answered.call_id)
    with wave.open(io.BytesIO(sound.content)) as file:
        assert file.getframerate() == 8000
        assert 1 <= file.getnframes() / 8000 <= 2
        assert any(file.readframes(2000))
    missed = next(call for call in world.calls if not call.recorded)
    assert world.recording(missed.call_id) is None
    assert world.recording("none") is None


def test_an_outage_is_of_the_api_alone(clock: HandClock, world: World):
    calls = len(world.calls)
    world.outage(True)
    clock.advance(timedelta(minutes=10))
    world.advance()
    assert world.out
    assert len(world.calls) > calls
    world.outage(False)
    assert not world.out
