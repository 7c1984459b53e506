"""Reads long answers beside the event loop, few at a time: what is made of one may take many times its room."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from providers.model import Rows
from providers.sdk.lenient import rows_of

T = TypeVar("T")

MAX_INLINE_CHARACTERS = 50_000  # characters
MAX_INLINE_ROWS = 1_000  # rows
_READERS = ThreadPoolExecutor(2, thread_name_prefix="reading")


async def in_thread(read: Callable[[str], T], text: str) -> T:
    """Returns what `read` makes of the text; at most two long ones are read at once, whoever sent them."""
    if len(text) <= MAX_INLINE_CHARACTERS:
        return read(text)
    return await asyncio.get_running_loop().run_in_executor(_READERS, read, text)


async def rows_in_thread(items: list[Any], read: Callable[[Mapping[str, Any]], T]) -> Rows[T]:
    """Returns what `rows_of` does, many rows beside the event loop; `read` must be pure."""
    if len(items) <= MAX_INLINE_ROWS:
        return rows_of(items, read)
    return await asyncio.get_running_loop().run_in_executor(_READERS, rows_of, items, read)
