"""The silences of accounts and alerts: until when, by whom, and why. The engine decides what they change."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.codec import Codec
from bot.store.connection import Connection, key


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence of the account or alert called `target`, from `at` to `until`; `by` is a Slack user id."""

    target: str
    until: datetime
    by: str
    why: str
    at: datetime


RETENTION = timedelta(days=1)  # after its end, in case the clock was wrong

SILENCE: Codec[Silence] = Codec(Silence)


class Silences(Connection):
    """Stores silences, for all replicas."""

    async def put_silence(self, silence: Silence) -> None:
        """Silences a target; another silence of the same target is replaced."""
        await self.ask("HSET", key("silences"), silence.target, SILENCE.encode(silence))

    async def lift_silence(self, target: str) -> bool:
        """Ends a silence; returns False where there was none."""
        return bool(await self.ask("HDEL", key("silences"), target))

    async def silences(self, now: datetime) -> list[Silence]:
        """Returns the silences that hold at `now`, by target."""
        found = await self.ask("HGETALL", key("silences"))
        known = [SILENCE.decode(found[target]) for target in sorted(found)]
        over = [silence.target for silence in known if silence.until <= now - RETENTION]
        if over:
            await self.ask("HDEL", key("silences"), *over)
        return [silence for silence in known if silence.until > now]
