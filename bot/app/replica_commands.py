"""Commands that every replica carries out once, whichever was asked for it."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.store import Store

ANSWERS_TIMEOUT_SECONDS = 8.0  # seconds that whoever broadcasts waits for the others
POLL_INTERVAL_SECONDS = 0.25  # seconds


class ReplicaCommand:
    """One command by its name. `carry_out` does it here and returns a sentence."""

    def __init__(self, store: Store, name: str, carry_out: Callable[[], Awaitable[str]]) -> None:
        self._store = store
        self._name = name
        self._carry_out = carry_out
        self._last: str | None = None  # the id of the last one that was seen; None: none was asked for yet

    async def begin(self) -> None:
        """Skips what was broadcast before our start. Raises `StoreError`; then the first `look` does it."""
        self._last = await self._store.last_broadcast(self._name) or ""

    async def look(self) -> None:
        """Carries out a command that is new since the last call, and answers it. Raises `StoreError`."""
        command_id = await self._store.last_broadcast(self._name)
        if command_id is not None and command_id != self._last and self._last is not None:
            await self._store.answer(command_id, self._store.owner, await self._carry_out())
        self._last = command_id or ""

    async def broadcast(self) -> str:
        """Has every replica carry it out, and returns a sentence that counts their answers. Raises `StoreError`."""
        command_id = await self._store.broadcast(self._name)
        expected = await self._store.replicas() | {self._store.owner}
        answers: dict[str, str] = {}
        for _ in range(int(ANSWERS_TIMEOUT_SECONDS / POLL_INTERVAL_SECONDS)):
            answers = await self._store.answers(command_id)
            if expected <= answers.keys():
                break
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
        told = " ".join(dict.fromkeys(answers.values()))
        return f"{len(answers)} of {len(expected)} replicas answered. {told}".strip()
