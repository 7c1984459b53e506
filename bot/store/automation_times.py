"""When each automation last did something, and last decided anything: for whoever asks."""

from dataclasses import dataclass
from datetime import datetime

from bot.store.codec import Codec
from bot.store.connection import Connection, key


@dataclass(frozen=True, slots=True)
class LastDecision:
    """The newest decision of an automation. `words` says what it came to; `acted_at` is None until it acts."""

    at: datetime
    words: str
    acted_at: datetime | None = None


LAST: Codec[LastDecision] = Codec(LastDecision)


class AutomationTimes(Connection):
    """Kept by name; an automation that is configured no longer leaves a line that nobody reads."""

    async def note_decision(self, name: str, at: datetime, words: str, *, acted: bool) -> None:
        """Notes what an automation has come to."""
        found = await self.ask("HGET", key("automations"), name)
        before = LAST.decode(found).acted_at if found is not None else None
        noted = LastDecision(at, words, at if acted else before)
        await self.ask("HSET", key("automations"), name, LAST.encode(noted))

    async def last_decisions(self) -> dict[str, LastDecision]:
        """Returns the newest decision of each automation that has come to one, by name."""
        found = await self.ask("HGETALL", key("automations"))
        return {name if isinstance(name, str) else name.decode(): LAST.decode(blob) for name, blob in found.items()}
