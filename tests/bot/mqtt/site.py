"""An office whose readings go to a real broker, for tests of the connection."""

import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta

from bot.alerts.kinds import Kind
from bot.mqtt.connection import ConnectionTimes, MqttConnection
from bot.mqtt.look import Look
from bot.readings.accounts import Accounts
from bot.settings import MqttAllowed
from providers.registry import vendors
from tests.bot.mqtt.conftest import mqtt
from tests.brokers import reading
from tests.deadlines import PATIENCE

SOON = ConnectionTimes(
    lease=timedelta(seconds=2),
    standby=timedelta(seconds=0.05),
    first_pause=timedelta(seconds=0.05),
    longest_pause=timedelta(seconds=0.2),
)
STATUS, DEVICE = "ringwatch/status", "homeassistant/device/ringwatch_sales/config"
BALANCE = "ringwatch/sales/balance"


class Site:
    """An office whose readings go to a broker. `more` are further keys of `mqtt`."""

    def __init__(self, office, port, **more):
        self.office, self.pressed, self.said = office, [], []
        self.keys = replace(mqtt(allow=frozenset(MqttAllowed)), port=port, **more)
        self.connections = []

    def settings(self):
        return replace(self.office.settings, mqtt=self.keys)

    def open(self, store=None):
        """One more replica."""
        look = Look(
            store=store or self.office.store,
            engine=self.office.engine,
            settings=self.settings,
            accounts=lambda: Accounts(self.office.opened, vendors()),
            clock=self.office.clock,
        )
        made = MqttConnection(
            store=store or self.office.store,
            look=look,
            settings=self.settings,
            press=self.press,
            changed=self.said.append,
            times=SOON,
        )
        made.start()
        self.connections.append(made)
        return made

    async def press(self, command):
        self.pressed.append(command)

    async def read(self, amount):
        """A balance is read."""
        self.office.world.set_balance(amount)
        await self.office.watch(Kind.BALANCE)
        for one in self.connections:
            one.notify()

    async def close(self):
        for one in self.connections:
            await one.stop()


async def until(holds, what):
    """Wait for what nobody tells us of."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  # a connection tells nobody
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def connected(site, broker):
    """The site, connected, and somebody who reads."""
    async with reading(broker) as home:
        connection = site.open()
        await home.until(lambda: home.held.get(STATUS) == b"online", "that it is there")
        yield connection, home
