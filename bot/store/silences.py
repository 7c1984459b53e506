"""Which accounts and alerts are to be quiet for a while, who said so, and why. Whether that holds is judged above."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.codec import Codec
from bot.store.connection import Connection, key


@dataclass(frozen=True, slots=True)
class Silence:
    """`target` is the name of an account or an alert; `by` a Slack user id."""

    target: str
    until: datetime
    by: str
    why: str
    at: datetime


KEPT = timedelta(days=1)  # after its end, in case the clock was wrong

SILENCE: Codec[Silence] = Codec(Silence)


class Silences(Connection):
    """Quiet, for all replicas."""

    async def put_silence(self, silence: Silence) -> None:
        """Be quiet; another silence of the same target is replaced."""
        await self.ask("HSET", key("silences"), silence.target, SILENCE.encode(silence))

    async def lift_silence(self, target: str) -> bool:
        """Be loud again; False where it was not silenced."""
        return bool(await self.ask("HDEL", key("silences"), target))

    async def silences(self, now: datetime) -> list[Silence]:
        """Those that hold now, by target."""
        found = await self.ask("HGETALL", key("silences"))
        known = [SILENCE.decode(found[target]) for target in sorted(found)]
        over = [silence.target for silence in known if silence.until <= now - KEPT]
        if over:
            await self.ask("HDEL", key("silences"), *over)
        return [silence for silence in known if silence.until > now]
