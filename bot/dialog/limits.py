"""How many questions of people's commands may be under way at once, all commands of this process together."""

import asyncio
from dataclasses import dataclass, field

MAX_QUESTIONS = 64  # questions under way: the loop still acknowledges within its second, and answers fit into memory
MAX_BLIND_QUESTIONS = 32  # of these to accounts whose last poll failed: who hangs leaves room for who answers


@dataclass(frozen=True, slots=True)
class QuestionLimits:
    """One instance serves all commands.

    A question to one account alone passes without it, so it never waits for others.
    """

    every: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_QUESTIONS))
    blind: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_BLIND_QUESTIONS))
