"""Who has the Home tab open, and what was published to each last."""

from datetime import datetime, timedelta

from bot.store.codec import micros, millis
from bot.store.connection import Connection, key


class Homes(Connection):
    """Stores openings by person, and a digest of what each sees."""

    async def open_home(self, user: str, team: str, at: datetime) -> None:
        """Notes that a person has opened it."""
        await self.ask("ZADD", key("homes"), micros(at), f"{user} {team}")

    async def open_homes(self, since: datetime) -> list[tuple[str, str]]:
        """Returns (user, team) of everybody who opened it since then; those before are forgotten."""
        await self.ask("ZREMRANGEBYSCORE", key("homes"), "-inf", f"({micros(since)}")
        found = await self.ask("ZRANGE", key("homes"), 0, -1)
        return [(user, team) for user, _, team in (one.decode().partition(" ") for one in found)]

    async def home_digest(self, user: str) -> str:
        """Returns the digest of what was published last; "" where that is not known."""
        found = await self.ask("GET", key("home-tab", user))
        return "" if found is None else str(found.decode())

    async def keep_home_digest(self, user: str, digest: str, ttl: timedelta) -> None:
        """Keeps it for `ttl`."""
        await self.ask("SET", key("home-tab", user), digest, "PX", millis(ttl))
