"""`ringwatch run` as a process of its own: what SIGHUP does to it, and to what it has told."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.deadlines import PATIENCE, STOP_SECONDS

CHANNEL = "#voip-alerts"


class Process:
    """The service; `lines` are its log."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.lines: list[dict[str, Any]] = []
        self._new = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.lines.append(json.loads(line))
            self._new.set()

    async def says(self, event: str, within: float = PATIENCE) -> dict[str, Any]:
        """The first line of this event that has not been asked for yet."""
        async with asyncio.timeout(within):
            while not (found := [line for line in self.lines if line["event"] == event]):
                self._new.clear()
                await self._new.wait()
        self.lines = self.lines[self.lines.index(found[0]) + 1 :]
        return found[0]

    def hang_up(self) -> None:
        """What `kill -HUP` does."""
        self.process.send_signal(signal.SIGHUP)

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            status = await self.process.wait()
            await self._reading
        return status


@pytest.fixture
async def run() -> AsyncIterator[Any]:
    running: list[asyncio.subprocess.Process] = []

    async def start(config: Path) -> Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "run", "--config", str(config),
            stderr=asyncio.subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
        running.append(process)
        return Process(process)

    yield start
    for process in running:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_changed_file_is_applied_and_a_bad_one_changes_nothing(build: Any, run: Any) -> None:
    house = await build()
    path = house.folder / "ringwatch.yaml"
    path.write_text(house.text(), encoding="utf-8")
    service = await run(path)
    port = (await service.says("ringwatch runs"))["port"]
    await house.slack.connected()
    house.world.set_balance(20)
    low = await house.slack.message(CHANNEL, "Balance of sales is low")

    good = house.text()
    path.write_text(good.replace("below: 50", "below: 50\n  holidays: XX").replace("watch: number_spam", "watch: spam"))
    service.hang_up()
    told = (await service.says("configuration not applied"))["problems"]
    assert len(told) == 2
    at = [
        number for number, line in enumerate(path.read_text().splitlines(), 1) if "XX" in line or "watch: spam" in line
    ]
    assert [one.split(": ")[:2] for one in told] == [
        [f"{path}:{at[0]}", "alerts[1].holidays"],
        [f"{path}:{at[1]}", "alerts[2].watch"],
    ]
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/readyz") as response:
        assert response.status == 200, "as before"

    changed = good.replace("below: 50", "below: 40\n  holidays: PL\n  webhook: http://127.0.0.1:9/hook")
    path.write_text(changed, encoding="utf-8")
    service.hang_up()
    assert (await service.says("configuration applied"))["restart_needed"] == []
    await house.slack.edited(low, "alert below 40")
    assert len(house.slack.messages(CHANNEL)) == 1, "neither lost nor told again"

    path.write_text(changed.replace("low-balance", "money").replace("port: 0", "port: 1"), encoding="utf-8")
    service.hang_up()
    assert (await service.says("configuration applied"))["restart_needed"] == ["http"]
    await house.slack.edited(low, "no longer watched")
    assert await service.stop() == 0
