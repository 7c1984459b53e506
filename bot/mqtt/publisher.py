"""What a broker holds, kept as it should be over one connection: all anew at its start, later what has changed."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.mqtt.broker import Broker
from bot.mqtt.entities import devices
from bot.mqtt.look import Look
from bot.mqtt.reconcile import Held, RetainedMessage, Wanted, steps
from bot.mqtt.states import states
from bot.mqtt.topics import ONLINE, Topics
from bot.settings import Mqtt, Settings
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

LOOK_INTERVAL = timedelta(seconds=0.8)  # between two looks whether another replica has changed anything
AGE_INTERVAL = timedelta(seconds=5)  # between two looks at what changes by time alone
ENTITY_DELAY = timedelta(seconds=1.2)  # Home Assistant loses an event of an entity that it has only just been told of
Steady = Callable[[], float]


class Publisher:
    """Tells one broker everything, over one connection."""

    def __init__(
        self, broker: Broker, look: Look, settings: Callable[[], Settings], mqtt: Mqtt, steady: Steady = time.monotonic
    ) -> None:
        self._broker = broker
        self._look = look
        self._settings = settings
        self._mqtt = mqtt
        self._steady = steady
        self._held = Held()
        self._wake = asyncio.Event()
        self._anew = False
        self._former: list[tuple[str, str | None]] = []
        self._settled_at = float("inf")  # not yet
        self.topics = Topics(mqtt.topic, mqtt.discovery)
        self.described: frozenset[str] = frozenset()  # the accounts that stand there

    @property
    def settled(self) -> bool:
        """Returns whether what was told of entities is long enough ago for an event of theirs."""
        return self._steady() >= self._settled_at

    def notify(self) -> None:
        """Has it look at once: something was read, or has changed."""
        self._wake.set()

    def renew(self) -> None:
        """Has all sent anew: Home Assistant has started, or somebody said that we are gone."""
        self._anew = True
        self._wake.set()

    async def recall(self, store: Store) -> None:
        """Reads what we left there, under earlier prefixes too. Raises `BrokerError` and `StoreError`."""
        own = (self._mqtt.topic, self._mqtt.discovery)
        self._former = [place for place in await store.mqtt_places() if place != own]
        await store.add_mqtt_place(*own)
        places = (self.topics, *(Topics(*place) for place in self._former))
        retained = await self._broker.held(self.topics, (one for place in places for one in place.retained))
        self._held = Held.read(retained, *places)

    async def begin(self, store: Store) -> None:
        """Sends everything, takes away what is no longer, and says last that we are there.

        Raises `BrokerError` and `StoreError`.
        """
        await self._tell(anew=True)
        await store.drop_mqtt_places(self._former)

    async def follow(self) -> None:
        """Keeps it so, until the connection breaks. Raises `BrokerError`."""
        mark, look_at = b"", 0.0
        while True:
            woken, anew = self._wake.is_set(), self._anew
            self._wake.clear()
            self._anew = False
            try:
                now, seen = self._steady(), await self._look.versions()
                if seen != mark or woken or now >= look_at:
                    await self._tell(anew=anew)
                    mark, look_at = seen, now + AGE_INTERVAL.total_seconds()
            except StoreError as error:
                self._anew |= anew
                log.debug("nothing is told by MQTT while the store is away", error=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL.total_seconds()):
                    await self._wake.wait()

    async def _tell(self, *, anew: bool) -> None:
        mqtt = self._settings().mqtt or self._mqtt
        snapshot = await self._look.snapshot()
        wanted = Wanted(devices(snapshot, self.topics, mqtt), states(snapshot, self.topics, names=mqtt.names))
        todo = list(steps(self._held, wanted, anew=anew))
        if any(step.device for step in todo):
            self._settled_at = float("inf")
        await self._broker.publish_all(step.message for step in todo)
        for step in todo:
            self._held.take(step.message, device=step.device)
        if anew:
            await self._broker.publish_all([RetainedMessage(self.topics.status, ONLINE.encode("ascii"))])
        self.described = frozenset(account.name for account in snapshot.accounts)
        if self._settled_at == float("inf"):
            self._settled_at = self._steady() + ENTITY_DELAY.total_seconds()
