"""Which id a channel's name had when it was last seen, and whether there is nowhere at all to post."""

from bot.store.connection import Connection, key

_KNOWN = "known"


class ChannelIds(Connection):
    """What all replicas know of Slack's channels."""

    async def channel_ids(self) -> dict[str, str]:
        """The last known ids, by name in lower case without #."""
        found = await self.ask("HGETALL", key("channels"))
        return {name.decode(): channel.decode() for name, channel in found.items()}

    async def remember_channels(self, ids: dict[str, str], forget: set[str]) -> None:
        """Note ids by name; what is in `forget` is no longer wanted."""
        if ids:
            await self.ask("HSET", key("channels"), *(word for pair in sorted(ids.items()) for word in pair))
        if forget:
            await self.ask("HDEL", key("channels"), *sorted(forget))

    async def begin_nowhere(self) -> bool:
        """From now on there is nowhere to post; False where that was known."""
        return bool(await self.ask("HSET", key("nowhere"), _KNOWN, "1"))  # how many fields are new

    async def end_nowhere(self) -> None:
        """There is somewhere to post."""
        await self.ask("DEL", key("nowhere"))
