"""One connection to a broker, on aiomqtt: made, used, ended. Every failure is one sentence. It tries nothing again."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.subscribeoptions import SubscribeOptions

from bot.mqtt.reconcile import RetainedMessage
from bot.mqtt.topics import OFFLINE, Topics
from bot.settings import Mqtt
from bot.settings.mqtt_keys import unusable

ANSWER_SECONDS = 5.0  # seconds that a broker has for an answer
CONNECT_SECONDS = 3.0  # seconds to reach it
KEEPALIVE_SECONDS = 10  # seconds; of a broker that says nothing for twice that, the connection is given up
MAX_HELD_SECONDS = 15.0  # seconds in which it tells what it holds, at the longest
GOODBYE_SECONDS = 2.0  # seconds that it has for our farewell
QUIET_SECONDS = 0.3  # seconds without another message: nothing more is held
MAX_WAITING_EVENTS = 10_000  # messages that wait to be read
BATCH_EVENTS = 16  # messages that are under way at once
_REFUSED = 0x80  # the answer to a filter that we may not read
_QUIET = logging.getLogger("bot.mqtt.paho")  # what goes wrong is raised, and logged once by who asked
_QUIET.setLevel(logging.CRITICAL + 1)


class _OldBrokerError(Exception):
    """The broker does not know the version that we speak."""


class BrokerError(Exception):
    """The broker does not answer, or refuses us. The text is the end of a sentence that begins with its name."""

    def about(self, mqtt: Mqtt) -> str:
        """Returns the whole sentence."""
        return about(mqtt, str(self))


def about(mqtt: Mqtt, why: str) -> str:
    """Returns a sentence that begins with the broker and its address."""
    return f"The broker at {mqtt.address} {why}" + ("" if why.endswith(("?", ".")) else ".")


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message that came in. `retained`: it stood there before we asked."""

    topic: str
    payload: bytes
    retained: bool


class Broker:
    """An open connection. Its methods raise `BrokerError`."""

    def __init__(self, client: aiomqtt.Client, *, modern: bool) -> None:
        self._client = client
        self._modern = modern  # MQTT 5
        self.left = False

    async def publish(self, topic: str, payload: bytes, *, retain: bool) -> None:
        """Sends one message; returns once the broker has it."""
        with _told():
            await self._client.publish(topic, payload, qos=1, retain=retain)

    async def leave(self, topics: Topics) -> None:
        """Says that we go. Whoever does not is said to be gone by the broker."""
        await self.publish(topics.status, OFFLINE.encode("ascii"), retain=True)
        self.left = True

    async def publish_all(self, messages: Iterable[RetainedMessage]) -> None:
        """Sends messages that it keeps, in their order; returns once it has them all."""
        waiting = list(messages)
        for start in range(0, len(waiting), BATCH_EVENTS):
            batch = (self.publish(one.topic, one.payload, retain=True) for one in waiting[start : start + BATCH_EVENTS])
            failed = [one for one in await asyncio.gather(*batch, return_exceptions=True) if one is not None]
            if failed:
                raise failed[0]

    async def subscribe(self, *filters: str, marked: bool = False) -> list[str]:
        """Asks for what is told under these filters; returns those that we may not read.

        `marked`: what is to be retained is marked so when it comes in fresh, too, where the broker speaks MQTT 5.
        """
        refused = []
        for one in filters:
            with _told():
                if self._modern:
                    options = SubscribeOptions(qos=1, retainAsPublished=marked)
                    granted = await self._client.subscribe(one, options=options)
                else:
                    granted = await self._client.subscribe(one, qos=1)
            refused += [one] if any(_code(answer) >= _REFUSED for answer in granted) else []
        return refused

    async def unsubscribe(self, *filters: str) -> None:
        """Asks for them no more."""
        with _told():
            await self._client.unsubscribe(list(filters))

    async def messages(self) -> AsyncGenerator[ReceivedMessage, None]:
        """Yields what comes in, until the connection ends."""
        with _told():
            async for message in self._client.messages:
                yield ReceivedMessage(str(message.topic), message.payload, bool(message.retain))

    async def held(self, topics: Topics, filters: Iterable[str]) -> dict[str, bytes]:
        """Returns what the broker holds under these filters.

        It has told everything once it brings what we say after it was asked: that we are not there yet.
        """
        asked = tuple(dict.fromkeys(filters))
        await self.subscribe(*asked)
        await self.publish(topics.status, OFFLINE.encode("ascii"), retain=True)
        found: dict[str, bytes] = {}
        coming, ended = self.messages(), False
        with contextlib.suppress(TimeoutError):  # one that brings nothing lets us read nothing
            async with asyncio.timeout(MAX_HELD_SECONDS):
                while True:
                    async with asyncio.timeout(QUIET_SECONDS if ended else ANSWER_SECONDS):
                        message = await anext(coming)
                    if message.retained:
                        found[message.topic] = message.payload
                    ended = ended or (message.topic == topics.status and not message.retained)
        await coming.aclose()
        await self.unsubscribe(*asked)
        return found


@contextlib.asynccontextmanager
async def connected(mqtt: Mqtt, identifier: str, *, will: str | None = None) -> AsyncIterator[Broker]:
    """Connects, and ends the connection. `will`: where the broker says that we are gone, should it break.

    It speaks MQTT 5, and 3.1.1 to a broker that does not. Raises `BrokerError`.
    """
    tls = await asyncio.to_thread(_tls, mqtt)
    modern = True
    try:
        client = await _opened(mqtt, identifier, will, tls, aiomqtt.ProtocolVersion.V5)
    except _OldBrokerError:
        modern = False
        client = await _opened(mqtt, identifier, will, tls, aiomqtt.ProtocolVersion.V311)
    broker = Broker(client, modern=modern)
    try:
        yield broker
    finally:
        if broker.left or will is None:  # else it must look broken, for the broker to say that we are gone
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(GOODBYE_SECONDS):
                    await client.__aexit__(None, None, None)
        _hang_up(client)


async def _opened(
    mqtt: Mqtt, identifier: str, will: str | None, tls: ssl.SSLContext | None, protocol: aiomqtt.ProtocolVersion
) -> aiomqtt.Client:
    """A client of its own for each connection: it cannot be used again. None is left open, whatever happens."""
    client = aiomqtt.Client(
        mqtt.host,
        mqtt.port,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password is not None else None,
        identifier=identifier,
        will=aiomqtt.Will(will, OFFLINE, qos=1, retain=True) if will is not None else None,
        protocol=protocol,
        timeout=ANSWER_SECONDS,
        keepalive=KEEPALIVE_SECONDS,
        max_queued_incoming_messages=MAX_WAITING_EVENTS,
        tls_context=tls,
        logger=_QUIET,
    )
    client.pending_calls_threshold = 2 * BATCH_EVENTS
    client._client.connect_timeout = CONNECT_SECONDS  # noqa: SLF001  # aiomqtt has no word for it
    opening = asyncio.ensure_future(client.__aenter__())  # it asks in a thread, which nothing can cut off
    try:
        with _told():
            return await asyncio.shield(opening)
    except BaseException:
        opening.add_done_callback(lambda done: _given_up(client, done))
        raise


def _given_up(client: aiomqtt.Client, opening: "asyncio.Future[aiomqtt.Client]") -> None:
    if not opening.cancelled():
        opening.exception()  # it has been told, or nobody waits for it any more
    _hang_up(client)


def _hang_up(client: aiomqtt.Client) -> None:
    """Closes the connection, whatever state it is in: left open, it would end the next one of our name."""
    client._client._sock_close()  # noqa: SLF001  # there is no public way that does not wait for the broker


def _tls(mqtt: Mqtt) -> ssl.SSLContext | None:
    if not mqtt.encrypted:
        return None
    trouble = unusable(mqtt.ca) if mqtt.ca is not None else None
    if trouble is not None:
        raise BrokerError(f"cannot be trusted with mqtt.ca: {trouble}")
    return ssl.create_default_context(cafile=mqtt.ca)


def _code(answer: Any) -> int:
    return int(getattr(answer, "value", answer))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Raises what went wrong as one sentence."""
    try:
        yield
    except MqttConnectError as error:
        words = _words(error)
        if words == "Unsupported protocol version":
            raise _OldBrokerError from error
        raise BrokerError(f"refuses us: {words}. Are mqtt.username and mqtt.password right?") from error
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        raise BrokerError(f"does not answer: {_words(error.__cause__ or error)}") from error


def _words(error: BaseException) -> str:
    return " ".join(str(error).rpartition("]")[2].split()).rstrip(".") or type(error).__name__
