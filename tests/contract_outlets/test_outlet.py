"""What every outlet keeps: one thing is told once, in order, whatever dies or fails."""

import asyncio
import contextlib
from datetime import timedelta
from itertools import count

import pytest

from bot.store import AUTOMATION, OUTLETS, StoreUnavailable
from tests.deadlines import PATIENCE

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LONG = 40  # seconds in which every doubt, back-off and turn of a place is over


def test_every_outlet_has_a_bench(benches):
    assert set(benches) == set(OUTLETS) - {AUTOMATION}, "what carries its rows out is held by tests of its own"


async def test_it_tells_once_and_settles(bench):
    await bench.commit("i1", 1)
    await bench.passes()
    assert bench.told("i1") == [1]
    await bench.passes(LONG)
    assert (bench.told("i1"), bench.requests, await bench.store.outbox_size()) == ([1], 1, 0)


async def test_it_tells_once_wherever_its_process_was_killed(bench, dying):
    """After each of its commands to the store, in turn, one process dies; another takes over when the lease is over."""
    for step in count():
        incident = f"i{step}"
        row = await bench.commit(incident, 1)
        mortal = await bench.replica(f"mortal-{step}")
        await mortal.ping()
        death = dying(mortal, step)
        with contextlib.suppress(StoreUnavailable):
            await bench.dispatch(mortal).run_once()
        await bench.expire(row)
        await bench.passes(LONG)
        assert bench.told(incident) == [1], f"killed after {step} commands"
        assert await bench.store.outbox_size() == 0
        if not death.died:
            break
    assert step > 4, "it died before, while and after it sent"


async def test_it_tells_once_although_it_was_killed_while_it_sent(bench, one_store):
    bench.hang()
    row = await bench.commit("i1", 1)
    first = bench.dispatch(await bench.replica("mortal"))
    first.start()
    async with asyncio.timeout(PATIENCE):
        while not bench.requests:  # noqa: ASYNC110  # a receiver tells us nothing
            await asyncio.sleep(0.01)
    await first.stop(0)
    assert await one_store.row(row.id) is not None
    bench.heal()
    await bench.expire(row)
    await bench.passes(LONG)
    assert (bench.told("i1"), await one_store.outbox_size()) == ([1], 0)


async def test_it_tells_once_although_the_answer_was_lost(bench):
    bench.lose_answer()
    await bench.commit("i1", 1)
    await bench.passes()
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 1)
    await bench.passes(LONG)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)


async def test_it_tells_what_did_not_arrive(bench):
    bench.cut()
    await bench.commit("i1", 1)
    await bench.passes()
    assert bench.told("i1") == []
    await bench.passes(LONG)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)


async def test_it_waits_for_an_answer_no_longer_than_its_deadline(bench, hasty):
    hasty(bench)
    bench.hang()
    await bench.commit("i1", 1)
    async with asyncio.timeout(PATIENCE):
        await bench.passes()
    assert bench.told("i1") == []
    bench.heal()
    await bench.passes(LONG)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)


async def test_it_leaves_alone_who_asks_for_that_as_long_as_asked(bench):
    bench.hold_off(7)
    await bench.commit("i1", 1)
    await bench.passes(6)
    assert (bench.told("i1"), bench.requests) == ([], 1)
    await bench.passes(4)
    assert (bench.told("i1"), bench.requests) == ([1], 2)


async def test_what_is_refused_for_good_is_given_up_and_holds_up_nothing(bench):
    await bench.refuse("i1")
    asked = bench.requests
    await bench.commit("i2", 1)
    await bench.passes(LONG)
    assert (bench.told("i1"), bench.told("i2")) == ([], [1])
    assert await bench.store.outbox_size() == 0
    assert bench.requests <= asked + 2, "it is not asked again and again"


async def test_it_tells_everything_in_order_after_an_hour_or_so_away_without_insisting(bench):
    bench.go_away()
    await bench.commit("i1", 1)
    await bench.passes(600, step=15)
    await bench.commit("i1", 2)
    await bench.commit("i2", 1)
    await bench.passes(bench.away - 600, step=15)
    assert (bench.told("i1"), bench.told("i2")) == ([], [])
    assert await bench.store.outbox_size() == 3
    assert bench.requests < 3 * 3600 / 15, "an outage is no reason to hammer"
    bench.heal()
    await bench.passes(420, step=2)
    assert (bench.told("i1"), bench.told("i2")) == ([1, 2], [1])
    assert await bench.store.outbox_size() == 0


@pytest.mark.parametrize("fault", ["cut", "lose_answer", "hold_off"])
async def test_it_keeps_the_order_within_an_incident_whatever_fails(bench, fault):
    if fault == "hold_off":
        bench.hold_off(3)
    else:
        getattr(bench, fault)()
    await bench.commit("i1", 1, 2, 3)
    await bench.commit("i2", 1)
    await bench.passes(LONG + 20)
    assert (bench.told("i1"), bench.told("i2")) == ([1, 2, 3], [1])
    assert await bench.store.outbox_size() == 0


async def test_it_sends_nothing_while_another_holds_the_lease(bench):
    row = await bench.commit("i1", 1)
    assert await bench.store.lease(row.lease, "another", HOUR) is not None
    await bench.passes(LONG)
    assert bench.requests == 0
    await bench.store.release(row.lease, "another")
    await bench.passes(2)
    assert bench.told("i1") == [1]


async def test_it_writes_nothing_once_its_lease_is_another_s(bench, monkeypatch):
    """A process that slept past its lease must not overwrite what the next one knows."""
    row = await bench.commit("i1", 1)
    send = bench.outlet.send

    async def slow(outgoing):
        sent = await send(outgoing)
        await bench.store.release(row.lease, bench.store.owner)
        assert await bench.store.lease(row.lease, "another", HOUR) is not None
        return sent

    with monkeypatch.context() as patched:
        patched.setattr(bench.outlet, "send", slow)
        await bench.passes()
    assert await bench.store.row(row.id) is not None
    await bench.store.release(row.lease, "another")
    await bench.passes(LONG)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)


async def test_a_poisoned_row_backs_off_and_stops_no_other(bench):
    bench.poisoned.add("i1")
    row = await bench.commit("i1", 1)
    await bench.commit("i2", 1)
    await bench.passes(5)
    assert (bench.told("i1"), bench.told("i2")) == ([], [1])
    waiting = await bench.store.row(row.id)
    assert waiting.attempts == 1, "it does not spin"
    assert waiting.due_at - bench.clock() > 50 * SECOND
    bench.poisoned.clear()
    await bench.passes(65)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)


async def test_two_replicas_tell_once(bench):
    for number in range(6):
        await bench.commit(f"i{number}", 1, 2)
    replicas = [bench.dispatch(), bench.dispatch(await bench.replica("there"))]
    for _ in range(20):
        await asyncio.gather(*(replica.run_once() for replica in replicas))
        bench.clock.advance(SECOND)
    assert [bench.told(f"i{number}") for number in range(6)] == [[1, 2]] * 6
    assert (bench.requests, await bench.store.outbox_size()) == (12, 0)


async def test_it_runs_by_itself_and_finishes_what_it_began(bench):
    dispatcher = bench.dispatch()
    dispatcher.start()
    await bench.commit("i1", 1)
    dispatcher.notify()
    async with asyncio.timeout(PATIENCE):
        while not bench.requests:  # noqa: ASYNC110  # a receiver tells us nothing
            await asyncio.sleep(0.01)
    await dispatcher.stop(PATIENCE)
    assert (bench.told("i1"), await bench.store.outbox_size()) == ([1], 0)
