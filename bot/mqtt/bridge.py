"""MQTT as one thing: put together, started, changed, stopped, asked how it is. It does no work itself."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.dialog.context import Access, Actor, Context
from bot.engine.engine import Engine
from bot.mqtt.broker import BrokerError, about, connected
from bot.mqtt.connection import ConnectionTimes, MqttConnection
from bot.mqtt.look import Look
from bot.mqtt.outlet import MqttOutlet
from bot.mqtt.presses import ACTOR, MqttAccess, Presses
from bot.mqtt.topics import Topics
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.readings.intake import AcceptedReading
from bot.settings import Mqtt, Settings
from bot.store import Store


class MqttBridge:
    """All of MQTT. It stays when the broker is taken out of the configuration, and then does nothing."""

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        context: Callable[[Actor, Access], Context],
        clock: Callable[[], datetime],
        metrics: Metrics,
        times: ConnectionTimes | None = None,
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._changing = asyncio.Lock()
        access = MqttAccess(settings)
        self.connection = MqttConnection(
            store=store,
            look=Look(store=store, engine=engine, settings=settings, accounts=accounts, clock=clock),
            settings=settings,
            press=Presses(lambda: context(Actor(ACTOR, ""), access), settings).press,
            changed=metrics.mqtt_connected,
            times=times,
        )
        self.outlet = MqttOutlet(line=self.connection, settings=settings, clock=clock, metrics=metrics)

    def start(self) -> None:
        """Begins to connect, where a broker is configured; returns at once, whatever that does."""
        if self._settings().mqtt is not None:
            self._metrics.mqtt_connected(False)
            self.connection.start()

    async def stop(self) -> None:
        """Says goodbye to the broker."""
        await self.connection.stop()

    async def change(self, old: Mqtt | None, new: Mqtt | None) -> None:
        """Takes on what was configured anew. Only another broker, login or prefix needs another connection."""
        async with self._changing:
            if old is not None and new is not None and _reached(old) == _reached(new):
                self.connection.notify()
                return
            await self.connection.stop()
            self._metrics.mqtt_connected(None)
            self.start()

    async def hear(self, _accepted: AcceptedReading) -> None:
        """Has the broker told of a reading, once it and what it changes are in the store."""
        self.connection.notify()

    def told(self) -> tuple[str, bool] | None:
        """Returns how the connection is, in words, and whether something is wrong; None where none is wanted."""
        mqtt = self._settings().mqtt
        if mqtt is None:
            return None
        if self.connection.connected:
            return f"connected to {mqtt.address}", False
        if self.connection.elsewhere:
            return f"connected to {mqtt.address}, by another replica", False
        return self.connection.trouble or about(mqtt, "is not connected yet"), True


def _reached(mqtt: Mqtt) -> Mqtt:
    """Returns what a connection depends on."""
    return replace(mqtt, names=False, allow=frozenset())


async def ask_broker(mqtt: Mqtt) -> str:
    """Returns that the broker answers and lets us read, in a few words. Raises `BrokerError` with a whole sentence.

    It writes nothing, and by a name of its own it ends no other connection.
    """
    topics = Topics(mqtt.topic, mqtt.discovery)
    try:
        async with connected(mqtt, "") as broker:
            refused = await broker.subscribe(*topics.retained, *topics.commands)
    except BrokerError as error:
        raise BrokerError(error.about(mqtt)) from error
    if refused:
        raise BrokerError(about(mqtt, f"does not let us read {', '.join(refused)}"))
    return f"{mqtt.address} answers, and lets us read"
