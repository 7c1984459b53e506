"""The one connection of all replicas to the broker: a lease decides who has it, and who loses it begins again.

Of its own accord it holds nothing up: whoever wants to send asks whether it is ready.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

import structlog

from bot.mqtt.broker import Broker, BrokerError, about, connected
from bot.mqtt.commands import MqttCommand, read_command
from bot.mqtt.look import Look
from bot.mqtt.publisher import Publisher
from bot.mqtt.topics import BIRTH, ONLINE
from bot.settings import Mqtt, Settings
from bot.settings.mqtt_keys import SERVICE
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

LEASE = "mqtt"
CONNECTED = "mqtt:connected"  # a lease too: of who is connected, and does not only try
MAX_WAITING_COMMANDS = 100  # commands that wait for their turn
FAREWELL_SECONDS = 2.0  # seconds in which a broker hears that we go


@dataclass(frozen=True, slots=True)
class ConnectionTimes:
    """How long what takes. After a failure it is tried again after `first_pause`, then twice that, up to the longest.

    `lease`: of a replica that died the next one knows after it. `standby`: between two tries to get the lease.
    `steady`: a connection that held so long counts as good.
    """

    lease: timedelta = timedelta(seconds=10)
    standby: timedelta = timedelta(seconds=1)
    first_pause: timedelta = timedelta(seconds=1)
    longest_pause: timedelta = timedelta(seconds=29)  # from try to try
    steady: timedelta = timedelta(seconds=60)


class LeaseLostError(Exception):
    """Another replica may have the connection now. The text is the end of a sentence that begins with the broker."""


class MqttConnection:
    """Connects, tells, hears, and connects again."""

    def __init__(
        self,
        *,
        store: Store,
        look: Look,
        settings: Callable[[], Settings],
        press: Callable[[MqttCommand], Awaitable[None]],
        changed: Callable[[bool], None] = lambda _connected: None,
        times: ConnectionTimes | None = None,
        chance: Random | None = None,
    ) -> None:
        self._store = store
        self._look = look
        self._settings = settings
        self._press = press
        self._changed = changed
        self._times = times or ConnectionTimes()
        self._chance = chance or Random()  # noqa: S311  # it spreads tries, and keeps no secret
        self._broker: Broker | None = None
        self._publisher: Publisher | None = None
        self._task: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._commands: asyncio.Queue[MqttCommand] = asyncio.Queue(MAX_WAITING_COMMANDS)
        self.trouble: str | None = None  # why it is not connected, a sentence; None: it is, or is only beginning
        self.elsewhere = False  # another replica has the lease

    def start(self) -> None:
        """Begins to connect; returns at once."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Says goodbye, and gives the lease back."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def connected(self) -> bool:
        """Returns whether the broker knows everything, and that we are there."""
        return self._publisher is not None

    @property
    def ready(self) -> bool:
        """Returns whether an event would be heard by those who were told of its entity."""
        return self._publisher is not None and self._publisher.settled

    def knows(self, account: str) -> bool:
        """Returns whether the broker has been told of this account."""
        return self._publisher is not None and account in self._publisher.described

    def notify(self) -> None:
        """Has it look at once: something was read, or has changed."""
        if self._publisher is not None:
            self._publisher.notify()

    async def publish(self, topic: str, payload: bytes) -> None:
        """Sends one message that nobody keeps. Raises `BrokerError`, at once where the connection breaks meanwhile."""
        if self._broker is None:
            raise BrokerError("is not connected")
        sending = asyncio.create_task(self._broker.publish(topic, payload, retain=False))
        self._sending.add(sending)
        try:
            await asyncio.wait({sending})
        finally:
            self._sending.discard(sending)
            sending.cancel()
        if sending.cancelled():
            raise BrokerError("has gone while it was told")
        sending.result()

    # --- again and again

    async def _run(self) -> None:
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            mqtt = self._settings().mqtt
            if mqtt is None:
                return
            began, pause = loop.time(), self._times.standby
            try:
                if not await self._leased(mqtt):
                    failures = 0
            except (BrokerError, LeaseLostError, StoreError) as error:
                held_well = loop.time() - began >= self._times.steady.total_seconds()
                failures = 0 if held_well else failures
                pause = min(self._times.longest_pause, self._times.first_pause * 2**failures)
                failures = min(failures + 1, 10)
                self._lost(mqtt, error)
            except Exception:  # it must outlive a mistake of ours
                log.exception("the connection by MQTT failed")
                pause = self._times.longest_pause
            left = pause.total_seconds() * self._chance.uniform(0.8, 1.0) - (loop.time() - began)
            await asyncio.sleep(max(left, self._times.first_pause.total_seconds() / 2))

    async def _leased(self, mqtt: Mqtt) -> bool:
        """Connects while the lease is ours; returns False where another replica has it. Raises what ends it."""
        lease = await self._store.lease(LEASE, self._store.owner, self._times.lease)
        if lease is None:
            self.elsewhere = await self._store.lease_holder(CONNECTED) is not None
            self.trouble = None if self.elsewhere else self.trouble or about(mqtt, "is not connected yet")
            self._changed(self.elsewhere)
            return False
        self.elsewhere = False
        try:
            await _first_of(self._keep_lease(), self._serve(mqtt))
        finally:
            with contextlib.suppress(StoreError):
                await self._store.release(CONNECTED, self._store.owner)
                await self._store.release(LEASE, self._store.owner)
        return True

    async def _keep_lease(self) -> None:
        """Renews the lease, until it is lost, or nobody knows whether it is."""
        lasts = self._times.lease.total_seconds()
        loop = asyncio.get_running_loop()
        good_until = loop.time() + lasts
        while True:
            await asyncio.sleep(lasts / 4)
            asked_at = loop.time()
            try:
                if not await self._store.renew(LEASE, self._store.owner, self._times.lease):
                    raise LeaseLostError("is another replica's to connect to now")
                if self.connected:
                    await self._store.lease(CONNECTED, self._store.owner, self._times.lease)
                good_until = asked_at + lasts
            except StoreError as error:
                if loop.time() >= good_until - lasts / 4:
                    raise LeaseLostError("is left alone while the store is away") from error

    async def _serve(self, mqtt: Mqtt) -> None:
        """Holds one connection until it breaks."""
        async with connected(mqtt, f"{mqtt.topic}_{SERVICE}", will=f"{mqtt.topic}/status") as broker:
            publisher = Publisher(broker, self._look, self._settings, mqtt)
            try:
                await self._hold(mqtt, broker, publisher)
            except BrokerError:
                raise
            except BaseException:  # whatever else ends it: the broker still hears us
                with contextlib.suppress(BrokerError, TimeoutError):
                    async with asyncio.timeout(FAREWELL_SECONDS):
                        await broker.leave(publisher.topics)
                raise
            finally:
                self._broker = self._publisher = None
                self._changed(False)
                for sending in self._sending:
                    sending.cancel()

    async def _hold(self, mqtt: Mqtt, broker: Broker, publisher: Publisher) -> None:
        """Tells everything and goes on telling, and hears what comes in, until something ends it."""
        topics = publisher.topics
        await publisher.recall(self._store)
        refused = await broker.subscribe(*topics.commands, marked=True)
        refused += await broker.subscribe(BIRTH, topics.status)
        if refused:
            log.warning("the broker does not let us read", topics=refused)
        await publisher.begin(self._store)
        self._broker, self._publisher = broker, publisher
        await self._back(mqtt)
        await _first_of(publisher.follow(), self._hear(broker, publisher), self._carry_out())

    async def _hear(self, broker: Broker, publisher: Publisher) -> None:
        topics = publisher.topics
        async for message in broker.messages():
            if message.retained:
                continue  # it was said to somebody else, or long ago
            if message.topic == BIRTH:
                if message.payload == ONLINE.encode("ascii"):
                    publisher.renew()
            elif message.topic == topics.status:
                if message.payload != ONLINE.encode("ascii"):
                    publisher.renew()  # the will of an earlier connection came late
            else:
                self._take(read_command(topics, message.topic, message.payload), message.topic)

    def _take(self, command: MqttCommand | None, topic: str) -> None:
        if command is None:
            log.warning("a command by MQTT cannot be read, and nothing was done", topic=topic)
        elif self._commands.full():
            log.warning("a command by MQTT was left out, too many wait", operation=command.verb)
        else:
            self._commands.put_nowait(command)

    async def _carry_out(self) -> None:
        while True:
            await self._press(await self._commands.get())

    # --- told once when it is lost, once when it is back

    def _lost(self, mqtt: Mqtt, error: Exception) -> None:
        trouble = about(mqtt, "is left alone while the store is away" if isinstance(error, StoreError) else str(error))
        if self.trouble is None:
            log.warning("the broker is away", error=trouble)
        self.trouble = trouble
        self._changed(False)

    async def _back(self, mqtt: Mqtt) -> None:
        log.info("the broker is connected", broker=mqtt.address)
        self.trouble = None
        self._changed(True)
        with contextlib.suppress(StoreError):  # it is said again with the lease
            await self._store.lease(CONNECTED, self._store.owner, self._times.lease)


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Runs them side by side until one ends or fails, then ends the others; raises what the first one raised."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
