"""Reads long answers beside the event loop, few at a time: what is made of one may take many times its room."""

import asyncio
from collections.abc import Callable, Mapping, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from providers.model import Rows
from providers.sdk.exchange import Answer
from providers.sdk.lenient import rows_of

S = TypeVar("S", bound=Sized)
T = TypeVar("T")

MAX_INLINE_CHARACTERS = 50_000  # characters, or bytes
MAX_INLINE_ROWS = 1_000  # rows
_READERS = ThreadPoolExecutor(2, thread_name_prefix="reading")


async def in_thread(read: Callable[[S], T], given: S, most: int | None = None) -> T:
    """Returns what `read` makes of it, beside the event loop where it is longer than `most`; `read` must be pure.

    None: `MAX_INLINE_CHARACTERS`. At most two long ones are read at once, whoever sent them.
    """
    if len(given) <= (MAX_INLINE_CHARACTERS if most is None else most):
        return read(given)
    return await asyncio.get_running_loop().run_in_executor(_READERS, read, given)


async def text_in_thread(answer: Answer, fallback: str = "cp1251") -> str:
    """Returns the answer's text as `Answer.text` does: decoding megabytes and taking secrets out takes time."""
    return await in_thread(lambda _content: answer.text(fallback), answer.content)


async def rows_in_thread(items: list[Any], read: Callable[[Mapping[str, Any]], T]) -> Rows[T]:
    """Returns what `rows_of` does, many of them beside the event loop; `read` must be pure."""
    return await in_thread(lambda rows: rows_of(rows, read), items, MAX_INLINE_ROWS)
