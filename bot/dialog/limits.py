"""How many questions of people's commands may be under way at once, all commands of this process together."""

import asyncio
from dataclasses import dataclass, field

AT_ONCE = 64  # questions under way: the loop still acknowledges within its second, and answers fit into memory
BLIND_AT_ONCE = 32  # of these to accounts that did not answer their last poll: who hangs leaves room for who answers


@dataclass(frozen=True, slots=True)
class QuestionLimits:
    """One instance serves all commands.

    A question to one account alone passes without it, so it never waits for others.
    """

    every: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    blind: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(BLIND_AT_ONCE))
