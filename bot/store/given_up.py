"""Deliveries that were given up lately: the last one of each alert and outlet, so that people can be told of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.codec import Codec
from bot.store.connection import Connection, key

GIVEN_UP_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class GivenUpDelivery:
    """What was not delivered, and never will be. `why` is a sentence's end without an address or a secret."""

    outlet: str
    alert: str
    account: str
    why: str
    at: datetime


GIVEN_UP: Codec[GivenUpDelivery] = Codec(GivenUpDelivery)


class GivenUpDeliveries(Connection):
    """Written by whoever gives up, read by whoever is asked how things are."""

    async def note_given_up(self, delivery: GivenUpDelivery) -> None:
        """Notes it; an earlier one of the same outlet, alert and account is replaced."""
        name = f"{delivery.outlet} {delivery.alert} {delivery.account}"
        await self.ask("HSET", key("given-up"), name, GIVEN_UP.encode(delivery))

    async def given_up(self, now: datetime) -> list[GivenUpDelivery]:
        """Returns those of the last day, the newest first."""
        found = await self.ask("HGETALL", key("given-up"))
        known = {name: GIVEN_UP.decode(blob) for name, blob in found.items()}
        over = [name for name, delivery in known.items() if delivery.at <= now - GIVEN_UP_KEPT]
        if over:
            await self.ask("HDEL", key("given-up"), *over)
        return sorted((d for name, d in known.items() if name not in over), key=lambda d: d.at, reverse=True)
