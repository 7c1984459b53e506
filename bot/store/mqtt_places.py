"""Under which prefixes we left messages at the broker: they are found though the configuration has changed."""

from collections.abc import Iterable

from bot.store.codec import dump, parse
from bot.store.connection import Connection, key


class MqttPlaces(Connection):
    """Stores the prefixes under which something may stand. They are few, and have no end of their own."""

    async def mqtt_places(self) -> list[tuple[str, str | None]]:
        """Returns the topic and the discovery prefix of each; None: none."""
        found = await self.ask("SMEMBERS", key("mqtt", "places"))
        return sorted((topic, discovery or None) for topic, discovery in map(parse, found))

    async def add_mqtt_place(self, topic: str, discovery: str | None) -> None:
        """Notes that from now on something may stand there."""
        await self.ask("SADD", key("mqtt", "places"), dump([topic, discovery or ""]))

    async def drop_mqtt_places(self, places: Iterable[tuple[str, str | None]]) -> None:
        """Notes that nothing stands there any more."""
        gone = [dump([topic, discovery or ""]) for topic, discovery in places]
        if gone:
            await self.ask("SREM", key("mqtt", "places"), *gone)
