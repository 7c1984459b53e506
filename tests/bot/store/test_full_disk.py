"""A disk that is full: said as such, with the key, the path and what is free; no storm of restarts; back by itself."""

import asyncio
import contextlib
import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.store import Store, StoreError, StoreUnavailable
from bot.store import embedded as module
from bot.store.disk import disk_problem, unfit, unwritable
from bot.store.embedded import EmbeddedServer
from bot.store.servers import bundled, find_server, on_path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PATIENCE = 40.0  # seconds, for another process to come to its end


def clock() -> datetime:
    return NOW


@pytest.fixture(params=["bundled", pytest.param("path", marks=pytest.mark.redis)])
def binary(request: pytest.FixtureRequest) -> Path:
    found = bundled() if request.param == "bundled" else on_path("redis-server")
    if found is None:
        pytest.skip(f"no {request.param} store server on this machine")
    return found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode != 0:
        pytest.skip("no small disk here: mounting is not allowed")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def eventually(condition: Callable[[], Any]) -> Any:
    async with asyncio.timeout(PATIENCE):
        while not (found := condition()):  # noqa: ASYNC110  # another process tells nobody
            await asyncio.sleep(0.02)
        return found


async def written(store: Store, value: bytes) -> bool:
    try:
        await store.ask("SET", "{ringwatch}:test", value)
    except StoreError:
        return False
    return True


async def until_written(store: Store, value: bytes) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await written(store, value):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as opened:
        while True:
            opened.write(bytes(4096))
    return ballast


async def test_a_full_disk_is_named_once_starts_nothing_and_is_recovered_from(small_disk: Path, binary: Path) -> None:
    data = small_disk / "data"
    server = EmbeddedServer(data, binary=binary)
    store = Store(await server.start(), clock=clock, problem=lambda: server.problem)
    try:
        await until_written(store, b"before")
        launched = counted(server)
        ballast = fill(small_disk)
        with capture_logs() as logs:
            while await written(store, os.urandom(8192)):
                pass
            sentence = await eventually(lambda: server.problem)
            assert sentence == (
                f"The disk of `data_dir`, {data}, is full (0 bytes free): make room there, then it goes on by itself."
            )
            with pytest.raises(StoreUnavailable) as caught:
                await store.ping()
            assert str(caught.value) == sentence
            await asyncio.sleep(1.0)  # a second in which a storm would start it many times
            assert launched() <= 1
            assert [one["event"] for one in logs if one["log_level"] == "error"] == [
                "the store server ended or does not start"
            ]
            assert [one["reason"] for one in logs if "reason" in one] == [sentence]
        ballast.unlink()
        await until_written(store, b"after")
    finally:
        await store.close()
        await server.stop()


def counted(server: EmbeddedServer) -> Callable[[], int]:
    """How often a server has been launched from now on."""
    launch, times = server._launch, [0]

    async def counting() -> None:
        times[0] += 1
        await launch()

    server._launch = counting  # type: ignore[method-assign]
    return lambda: times[0]


async def test_a_full_disk_is_named_at_the_first_start(small_disk: Path) -> None:
    fill(small_disk)
    server = EmbeddedServer(small_disk / "data")
    with pytest.raises(
        StoreError, match=r"^The disk of `data_dir`, .*/data, is full \(0 bytes free\): make room there"
    ):
        await server.start()


async def test_a_server_that_may_write_no_more_is_started_ever_more_slowly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A limit on the size of its files, where no disk can be made: what we write ourselves goes through."""
    limit = tmp_path / "limit"
    limit.write_text("ulimit -f 128\n")
    wrapper = tmp_path / "limited-server"
    wrapper.write_text(f'#!/bin/bash\n[ "$1" = --version ] || . {limit}\nexec {find_server()} "$@"\n')
    wrapper.chmod(0o755)
    pauses: list[float] = []
    sleep = asyncio.sleep

    async def pausing(seconds: float) -> None:
        if seconds >= module.FIRST_RESTART_PAUSE_SECONDS:
            pauses.append(seconds)
        await sleep(min(seconds, 0.05))

    server = EmbeddedServer(tmp_path / "data", binary=wrapper)
    store = Store(await server.start(), clock=clock, problem=lambda: server.problem)
    monkeypatch.setattr(module, "asyncio", _Asyncio(pausing))
    try:
        with capture_logs() as logs:
            async with asyncio.timeout(PATIENCE):
                while len(pauses) < 5:
                    await written(store, os.urandom(65_536))
            assert server.problem is not None
            assert "cannot write" in server.problem
            assert "`data_dir`" in server.problem
            assert "AOF" in server.problem
        first = [one for one in pauses if one != module.CHECK_INTERVAL_SECONDS]
        assert first[:4] == [0.2, 0.4, 0.8, 1.6]
        assert len([one for one in logs if one["log_level"] == "error"]) == 1
        limit.write_text("")
        await until_written(store, b"after")
    finally:
        await store.close()
        await server.stop()


class _Asyncio:
    """asyncio with another `sleep`, in one module."""

    def __init__(self, sleep: Any) -> None:
        self.sleep = sleep

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "The disk of `data_dir`, /there, is full ("),
        (errno.EDQUOT, "The disk of `data_dir`, /there, has no room for us: the quota is used up ("),
        (errno.EROFS, "The disk of `data_dir`, /there, is mounted read-only ("),
        (errno.EIO, "The disk of `data_dir`, /there, fails: input/output error ("),
        (errno.EACCES, "The directory `data_dir`, /there, may not be written to by this user ("),
        (errno.ENAMETOOLONG, "The directory `data_dir`, /there, cannot be used: File name too long ("),
    ],
)
def test_each_failure_of_a_disk_has_its_words(code: int, said: str) -> None:
    sentence = disk_problem(OSError(code, os.strerror(code)), Path("/there"))
    assert sentence.startswith(said)
    assert sentence.count(" bytes free): ") == 1


def test_a_directory_that_can_be_is_fit_and_nothing_is_made(tmp_path: Path) -> None:
    assert unfit(tmp_path / "not" / "yet") is None
    assert unwritable(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("below", ["file", "file/data", "x" * 300, "nul\0", "link"])
def test_a_directory_that_cannot_be_is_said(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    found = unfit(tmp_path / below)
    assert found is not None
    assert "`data_dir`" in found
    assert found.endswith((".", "another."))


@pytest.mark.parametrize("below", ["file", "file/data", "x" * 300, "nul\0"])
async def test_a_directory_that_cannot_be_ends_the_start_with_a_sentence(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="`data_dir`"):
        await EmbeddedServer(tmp_path / below).start()
