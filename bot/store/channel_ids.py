"""Which id a channel's name had when it was last seen, and whether there is nowhere at all to post."""

from bot.store.connection import Connection, key

_KNOWN = "known"


class ChannelIds(Connection):
    """What all replicas know of Slack's channels."""

    async def channel_ids(self) -> dict[str, str]:
        """Returns the last known ids, by name in lower case without #."""
        found = await self.ask("HGETALL", key("channels"))
        return {name.decode(): channel.decode() for name, channel in found.items()}

    async def remember_channels(self, ids: dict[str, str], forget: set[str]) -> None:
        """Notes ids by name; what is in `forget` is no longer wanted."""
        if ids:
            await self.ask("HSET", key("channels"), *(word for pair in sorted(ids.items()) for word in pair))
        if forget:
            await self.ask("HDEL", key("channels"), *sorted(forget))

    async def begin_nowhere(self) -> bool:
        """Notes that there is nowhere to post from now on; False where that was known."""
        return bool(await self.ask("HSET", key("nowhere"), _KNOWN, "1"))  # how many fields are new

    async def end_nowhere(self) -> None:
        """Notes that there is somewhere to post."""
        await self.ask("DEL", key("nowhere"))
