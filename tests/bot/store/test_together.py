"""What is asked for in the same turn of the event loop leaves together, and each asker gets its own answer."""

import asyncio
from typing import Any

import pytest

from bot.store import StoreError, StoreUnavailable
from bot.store.connection import MAX_BATCH_COMMANDS, Script, key

COUNTER = key("counter")
NEXT = Script("return redis.call('INCR', KEYS[1])")


@pytest.fixture
def ways(store, monkeypatch):
    """How many commands each way there and back took along."""
    seen = []
    real = store._go

    async def go(batch):
        seen.append(len(batch))
        await real(batch)

    monkeypatch.setattr(store, "_go", go)
    return seen


async def test_each_gets_its_own_answer_in_the_order_of_asking(store, ways):
    await store.ping()
    ways.clear()
    count = MAX_BATCH_COMMANDS + 20
    assert await asyncio.gather(*(store.ask("ECHO", n) for n in range(count))) == [b"%d" % n for n in range(count)]
    assert ways == [MAX_BATCH_COMMANDS, 20]


async def test_a_step_that_the_server_does_not_know_yet_is_taken_once(store, ways):
    await store.ping()
    assert sorted(await asyncio.gather(*(store.run(NEXT, [COUNTER]) for _ in range(10)))) == list(range(1, 11))
    assert int(await store.ask("GET", COUNTER)) == 10


async def test_one_that_is_refused_spoils_no_other(store, ways):
    await store.ping()
    ways.clear()
    answers: Any = await asyncio.gather(
        store.ask("SET", COUNTER, 1),
        store.ask("LPUSH", COUNTER, 1),
        store.ask("GET", COUNTER),
        return_exceptions=True,
    )
    first, wrong, last = answers
    assert (first, last, ways) == (True, b"1", [3])
    assert isinstance(wrong, StoreError)


async def test_one_that_gave_up_takes_no_other_along(store):
    await store.ping()
    asking = [asyncio.create_task(store.ask("ECHO", n)) for n in range(3)]
    await asyncio.sleep(0)
    asking[1].cancel()
    assert await asking[0] == b"0"
    assert await asking[2] == b"2"
    with pytest.raises(asyncio.CancelledError):
        await asking[1]


async def test_all_that_left_on_a_broken_line_are_told_so(store, monkeypatch):
    await store.ping()
    broken = ConnectionResetError("cut")

    async def cut(*_, **__):
        raise broken

    pipeline = store._redis.pipeline

    def line(**how):
        made = pipeline(**how)
        monkeypatch.setattr(made, "execute", cut)
        return made

    monkeypatch.setattr(store._redis, "pipeline", line)
    found = await asyncio.gather(*(store.ask("ECHO", n) for n in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [StoreUnavailable] * 3


async def test_a_text_that_is_still_the_same_is_read_once(store):
    read = []

    def decode(text):
        read.append(text)
        return object()

    one = store.decoded("a", b"1", decode)
    assert store.decoded("a", b"1", decode) is one
    assert store.decoded("a", b"2", decode) is not one
    assert store.decoded("b", b"2", decode) is not one
    assert read == [b"1", b"2", b"2"]
