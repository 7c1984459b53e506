"""The embedded store is saved and brought back exactly as docs/store.md says, by its own lines."""

import asyncio
import re
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.store import Store, StoreError
from bot.store.embedded import EmbeddedServer
from tests.deadlines import PATIENCE

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PAGE = Path(__file__).parents[3] / "docs" / "store.md"


def documented(name: str) -> str:
    """The block of shell lines under this heading."""
    text = PAGE.read_text(encoding="utf-8")
    (block,) = re.findall(rf"### {name}\n.*?```sh\n(.*?)```", text, re.DOTALL)
    return str(block)


async def shell(lines: str, folder: Path) -> None:
    """Run them as an operator does, with ringwatch-data in the working directory."""
    done = await asyncio.to_thread(
        subprocess.run, ["sh", "-euc", lines], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def count(url: str) -> int:
    store = await Store.connect(url, clock=lambda: NOW)
    found = int(await store.ask("GET", "{ringwatch}:test") or 0)
    await store.close()
    return found


class Busy:
    """Writes all the time, and rewrites its file often."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.acknowledged = 0

    async def __aenter__(self) -> "Busy":
        self._store = await Store.connect(self._url, clock=lambda: NOW)
        self._task = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._store.close()

    async def write(self, more: int) -> None:
        """Wait until so many more were acknowledged."""
        goal = self.acknowledged + more
        async with asyncio.timeout(PATIENCE):
            while self.acknowledged < goal:
                if self._task.done():
                    self._task.result()
                await asyncio.sleep(0.01)

    async def _write(self) -> None:
        while True:
            self.acknowledged = int(await self._store.ask("INCR", "{ringwatch}:test"))
            if self.acknowledged % 300 == 0:
                with suppress(StoreError):  # the last one may be under way still
                    await self._store.ask("BGREWRITEAOF")


@pytest.fixture
def data_dir(tmp_path) -> Path:
    return tmp_path / "ringwatch-data"


async def test_a_backup_of_a_stopped_bot_comes_back_whole(data_dir, tmp_path):
    async with EmbeddedServer(data_dir) as url, Busy(url) as busy:
        await busy.write(400)  # its file is rewritten on the way
    await shell(documented("Stopped"), tmp_path)
    saved = busy.acknowledged
    async with EmbeddedServer(data_dir) as url, Busy(url) as later:
        await later.write(100)
    await shell(documented("Restore"), tmp_path)
    async with EmbeddedServer(data_dir) as url:
        assert saved <= await count(url) <= saved + 1


async def test_a_backup_of_a_running_bot_holds_all_that_was_acknowledged_before_it(data_dir, tmp_path):
    async with EmbeddedServer(data_dir) as url, Busy(url) as busy:
        for _ in range(5):
            await busy.write(100)
            before = busy.acknowledged
            await shell(documented("Running"), tmp_path)
            after = busy.acknowledged
    await shell(documented("Restore"), tmp_path)
    async with EmbeddedServer(data_dir) as url:
        assert before <= await count(url) <= after + 1
    assert list(tmp_path.glob("ringwatch-data.before-restore-*")), "what was there is not thrown away"
