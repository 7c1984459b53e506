"""Processes that are killed: the broker says at once that one is gone, and another replica takes over in time."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from bot.mqtt.connection import ConnectionTimes
from tests.brokers import MosquittoBroker, reading
from tests.deadlines import PATIENCE

LOW = {"name": "low-balance", "watch": "balance", "below": 50}
STATUS, ALERT = "ringwatch/status", "ringwatch/sales/alerts/low-balance"


class Replicas:
    """Processes of their own on one store; `log` is what they have said."""

    def __init__(self, house: Any) -> None:
        self.path = house.folder / "ringwatch.yaml"
        self.path.write_text(house.text(), encoding="utf-8")
        self.processes: list[asyncio.subprocess.Process] = []
        self.log: list[tuple[int, str]] = []
        self._reading: list[asyncio.Task[None]] = []

    async def start(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "run", "--config", str(self.path),
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        self.processes.append(process)
        self._reading.append(asyncio.create_task(self._read(process)))
        return process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self.log.append((process.pid, str(json.loads(line)["event"])))

    async def says(self, pid: int, event: str) -> None:
        """Wait until a process has said this."""
        async with asyncio.timeout(PATIENCE):
            while (pid, event) not in self.log:  # noqa: ASYNC110  # a log tells nobody
                await asyncio.sleep(0.01)

    def connected(self) -> list[int]:
        """The processes that have said that they are connected, in that order."""
        return [pid for pid, event in self.log if event == "the broker is connected"]

    async def close(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
                await process.wait()
        await asyncio.gather(*self._reading)


@pytest.fixture
async def replicas() -> AsyncIterator[Any]:
    made: list[Replicas] = []

    def make(house: Any) -> Replicas:
        made.append(Replicas(house))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_another_takes_over_within_two_lease_times(
    build: Any, replicas: Any, broker: MosquittoBroker, how: signal.Signals
) -> None:
    house = await build(mqtt={"url": broker.url}, alerts=[LOW])
    two = replicas(house)
    async with reading(broker) as home:
        first = await two.start()
        await home.until(lambda: home.held.get(STATUS) == b"online", "the first")
        second = await two.start()
        await house.slack.connected(2)
        assert two.connected() == [first.pid]
        before = len(home.texts(STATUS))
        gone_at = asyncio.get_running_loop().time()
        first.send_signal(how)
        await home.until(lambda: home.texts(STATUS)[before:][-1:] == ["online"], "the second")
        assert home.at(STATUS) - gone_at <= 2 * ConnectionTimes().lease / timedelta(seconds=1)
        assert "offline" in home.texts(STATUS)[before:]
        house.world.set_balance(20)
        await home.until(lambda: home.json(ALERT)["state"] == "ON", "that it goes on telling")
        if how is signal.SIGSTOP:
            first.send_signal(signal.SIGCONT)
            await two.says(first.pid, "the broker is away")
        assert two.connected() == [first.pid, second.pid]
        assert home.held[STATUS] == b"online"


@pytest.mark.long
async def test_one_that_is_stopped_says_goodbye_and_ends_in_time(
    build: Any, replicas: Any, broker: MosquittoBroker
) -> None:
    house = await build(mqtt={"url": broker.url}, alerts=[LOW])
    one = replicas(house)
    async with reading(broker) as home:
        process = await one.start()
        await home.until(lambda: home.held.get(STATUS) == b"online", "that it is there")
        process.send_signal(signal.SIGTERM)
        await home.until(lambda: home.held[STATUS] == b"offline", "goodbye")
        assert await process.wait() == 0
