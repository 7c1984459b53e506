"""What else hears of a storm: a broker, where there is one on this machine, and the channel of an automation's posts."""

import asyncio
import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import aiomqtt

from bot.demo.slack.workspace import BOT_USER, DemoChannel, Workspace
from tests.brokers import MosquittoBroker, mosquitto

TOPIC = "storm"
READ_SECONDS = 1.0  # in which a broker tells all that it holds
_LINK = re.compile(r"(https?://[^\s\"'|>]+)")


class Outside:
    """A broker that may be killed and hang, and what an automation posted."""

    def __init__(self, workspace: Workspace, manager: str) -> None:
        self._workspace = workspace
        self.broker = MosquittoBroker() if mosquitto() is not None else None
        self._channel = DemoChannel("C0STORMDEEDS", "storm-deeds", members={manager, BOT_USER})
        workspace.add_channel(self._channel)

    def keys(self, alerts: Iterable[str]) -> dict[str, Any]:
        """The part of a replica's configuration that switches them on."""
        rules = [
            {
                "name": f"told-{alert}",
                "when": {"alert": alert, "state": "firing"},
                "then": [{"post": {"channel": self._channel.id, "text": "{alert} {link}"}}],
            }
            for alert in alerts
        ]
        mqtt = {"mqtt": {"url": self.broker.url, "topic": TOPIC}} if self.broker is not None else {}
        return {"automations": rules, **mqtt}

    def posted(self) -> list[str]:
        """The incident's link of everything that an automation posted."""
        links = [_LINK.search(str(message.blocks)) for message in self._workspace.standing(self._channel.id)]
        return [link[1] for link in links if link is not None]

    def doubled(self) -> list[str]:
        """The incidents of which an automation posted more than once."""
        counted = Counter(self.posted())
        return [f"an automation posted {times} times of {link}" for link, times in counted.items() if times > 1]

    async def untrue(self, alerts: Iterable[tuple[str, str]], told: Callable[[str, str], list[str]]) -> list[str]:
        """What the broker holds and is not so; `told` are the subjects of an alert's live messages."""
        if self.broker is None:
            return []
        held = await self._held()
        if held.get(f"{TOPIC}/status") != b"online":
            return ["the broker is not told that we are there"]
        found = []
        for kind, account in alerts:
            topic = f"{TOPIC}/{account}/alerts/{kind}-{account}"
            state = json.loads(held[topic])["state"] if topic in held else None
            if state not in {"ON" if told(account, kind) else "OFF", None}:
                found.append(f"{topic} is {state}, told is {told(account, kind)}")
        return found

    async def _held(self) -> dict[str, bytes]:
        held: dict[str, bytes] = {}
        assert self.broker is not None

        async def read() -> None:
            async with aiomqtt.Client("127.0.0.1", self.broker.port) as client:
                await client.subscribe(f"{TOPIC}/#")
                async for message in client.messages:
                    held[str(message.topic)] = bytes(message.payload)

        with contextlib.suppress(TimeoutError, aiomqtt.MqttError):
            await asyncio.wait_for(read(), READ_SECONDS)
        return held

    async def kill_broker(self, pause: Callable[[], Any]) -> None:
        """SIGKILL, and start it with nothing in it."""
        if self.broker is not None:
            self.broker.kill()
            await pause()
            self.broker.start()

    async def hang_broker(self, pause: Callable[[], Any]) -> None:
        """It takes connections and answers nobody, for a while."""
        if self.broker is not None:
            self.broker.hang()
            await pause()
            self.broker.go_on()

    def close(self) -> None:
        """End the broker."""
        if self.broker is not None:
            self.broker.close()
