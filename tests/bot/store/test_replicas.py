"""Which replicas live, a word to all of them, and what is to be quiet."""

from dataclasses import replace
from datetime import timedelta

import anyio

from bot.store import Silence

LONG = timedelta(minutes=5)


async def test_it_knows_which_replicas_live(store):
    await store.alive("a", LONG)
    await store.alive("b", timedelta(milliseconds=1))
    await anyio.sleep(0.01)
    assert await store.replicas() == {"a"}


async def test_a_replica_that_ends_is_counted_no_longer(store):
    await store.alive("a", LONG)
    await store.alive("b", LONG)
    await store.leave("a")
    assert await store.replicas() == {"b"}


async def test_it_remembers_no_replica_for_good(store):
    for n in range(50):
        await store.alive(f"crashed-{n}", timedelta(milliseconds=1))
    await anyio.sleep(0.01)
    await store.alive("a", LONG)
    assert await store.ask("SCARD", "{ringwatch}:replicas") == 1


async def test_it_passes_a_word_to_all_and_gathers_their_answers(store):
    assert await store.last_broadcast("reload") is None
    first = await store.broadcast("reload")
    second = await store.broadcast("reload")
    assert first != second
    assert await store.last_broadcast("reload") == second
    assert await store.last_broadcast("else") is None
    await store.answer(second, "a", "done")
    await store.answer(second, "b", "the configuration is wrong")
    assert await store.answers(second) == {"a": "done", "b": "the configuration is wrong"}
    assert await store.answers(first) == {}


async def test_it_is_quiet_until_the_time_that_was_said(store, clock):
    silence = Silence("sales", clock() + LONG, "U1", "maintenance – до обіду", clock())
    other = replace(silence, target="agent-gone", until=clock() + 2 * LONG)
    await store.put_silence(silence)
    await store.put_silence(other)
    assert await store.silences(clock()) == [other, silence]
    clock.advance(LONG)
    assert await store.silences(clock()) == [other]
    longer = replace(silence, until=clock() + LONG)
    await store.put_silence(longer)
    assert await store.silences(clock()) == [other, longer]
    assert await store.lift_silence("sales")
    assert not await store.lift_silence("sales")
    assert await store.silences(clock()) == [other]
    clock.advance(timedelta(days=2))
    assert await store.silences(clock()) == []
    assert await store.ask("EXISTS", "{ringwatch}:silences") == 0, "what is long over is swept up"
