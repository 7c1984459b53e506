"""Long answers are read beside the event loop, few at a time, and come out as if they had been read on it."""

import asyncio
import threading

import pytest

from providers.sdk.lenient import ShapeError, UnfitError, key_of, rows_of
from providers.sdk.offload import MAX_INLINE_CHARACTERS, MAX_INLINE_ROWS, in_thread, rows_in_thread
from tests.deadlines import PATIENCE


def a_key(row):
    return key_of(row.get("id"))


async def test_it_reads_a_short_text_where_it_stands_and_a_long_one_beside():
    here = threading.get_ident()
    assert await in_thread(lambda _: threading.get_ident(), "x" * MAX_INLINE_CHARACTERS) == here
    assert await in_thread(lambda _: threading.get_ident(), "x" * (MAX_INLINE_CHARACTERS + 1)) != here


async def test_it_reads_two_long_texts_at_once_and_no_more():
    lock, inside, most = threading.Lock(), 0, 0
    two = threading.Barrier(2)

    def read(_text):
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        two.wait(PATIENCE)
        with lock:
            inside -= 1

    await asyncio.gather(*(in_thread(read, "x" * (MAX_INLINE_CHARACTERS + 1)) for _ in range(8)))
    assert most == 2


@pytest.mark.parametrize("count", [3, MAX_INLINE_ROWS + 1])
async def test_many_rows_are_what_few_would_be(count):
    items = [{"id": n} if n % 3 else {"id": None} for n in range(count)]
    assert await rows_in_thread(items, a_key) == rows_of(items, a_key)
    with pytest.raises(ShapeError):
        await rows_in_thread([7] * count, a_key)
    with pytest.raises((ShapeError, UnfitError)):
        await rows_in_thread([{}] * count, a_key)
