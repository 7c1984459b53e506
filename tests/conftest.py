"""What every test shares: asyncio, a clock that is moved by hand, and real store servers, fresh for each test."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import redis

from bot.demo.slack.journal import Entry, Journal
from bot.demo.slack.workspace import BOT_USER
from bot.store import Store
from bot.store.embedded import ending_with_us
from bot.store.servers import bundled, on_path, version
from tests import customers
from tests.brokers import MISSING, MosquittoBroker, mosquitto
from tests.clocks import HandClock, RunningClock
from tests.deadlines import PATIENCE
from tests.logs import configure_logs

# What may serve as the store in tests, in this order; what each one is, is found out before the tests run.
BUNDLED, PATH_SERVER, SHARED = "bundled", "path", "shared"
SERVERS = (BUNDLED, PATH_SERVER, SHARED)

# None depends on a machine's speed: no example takes too long, or is made too slowly.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")
configure_logs()


def pytest_xdist_auto_num_workers() -> int:
    """Twice the cores: half of what the tests do is wait for servers and for silence."""
    return 2 * len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long tests are begun first, one on each worker, so that the run does not end by waiting for them.

    A worker begins with an equal share of the list, in its order, and takes from others when it has done.
    """
    long = [item for item in items if item.get_closest_marker("long")]
    short = [item for item in items if not item.get_closest_marker("long")]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    share = -(-len(short) // workers)
    items[:] = [
        item
        for worker in range(workers)
        for item in (*long[worker::workers], *short[worker * share : (worker + 1) * share])
    ]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything here runs on asyncio."""
    return "asyncio"


@pytest.fixture
def clock() -> HandClock:
    """A Saturday noon; `clock()` tells it, `clock.advance(timedelta)` moves it."""
    return HandClock()


@pytest.fixture
def running_clock() -> RunningClock:
    """The real time; `running_clock.advance(timedelta)` skips some of it."""
    return RunningClock()


@pytest.fixture(autouse=True, scope="session")
def no_proxies() -> Iterator[None]:
    """Everything is on this machine: no test asks through a proxy, unless it sets one itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def listening_slack() -> Iterator[None]:
    """Whatever the bot tells a channel of any local Slack is looked through for customers' numbers."""
    write = Journal.note

    def note(journal: Journal, kind: str, text: str, **rest: Any) -> Entry:
        customers.heard(kind, rest, bot=BOT_USER)
        return write(journal, kind, text, **rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "note", note)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test in which a customer's number stood in full where many read fails, whatever it tried."""
    report = yield
    found = [*customers.leaks]
    customers.leaks.clear()
    for name, text in report.sections:
        if report.when == "teardown" and "Captured" in name:
            found += [f"logged: {line[:600]}" for line in customers.logged(text)]
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = "a customer's number stands in full:\n" + "\n".join(dict.fromkeys(found))
    return report


class RedisServer:
    """One real server, for as long as the tests run. `binary` None: somebody else's, at `url`."""

    def __init__(self, url: str, binary: Path | None = None, *, fsync: str = "no") -> None:
        self.fsync = fsync
        self.url = url
        self.binary = binary
        self.folder = Path(tempfile.mkdtemp(prefix="rw-")) if binary else None
        self.process: subprocess.Popen[bytes] | None = None
        if self.folder:
            self.url = f"unix://{self.folder / 's'}"
            self.start()

    def start(self) -> None:
        """Start it, on what it wrote before."""
        flags = f"--port 0 --unixsocket {self.folder}/s --dir {self.folder} --logfile {self.folder}/log"
        kept = f"--appendonly yes --appendfsync {self.fsync} --aof-use-rdb-preamble no --daemonize no"
        self.process = subprocess.Popen([*ending_with_us(self.binary), *flags.split(), "--save", "", *kept.split()])
        patience = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.process.poll() is None, f"{self.binary} ended by itself"
            assert time.monotonic() < patience, f"{self.binary} does not answer"
            time.sleep(0.005)

    def answers(self) -> bool:
        """Whether it answers."""
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False

    def flush(self) -> None:
        """Empty our database in it."""
        with redis.Redis.from_url(self.url) as client:
            client.flushdb()

    def kill(self) -> None:
        """What kill -9 does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """End it, and leave nothing."""
        if self.process is not None:
            self.kill()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _binary(name: str) -> Path | None:
    return bundled() if name == BUNDLED else on_path("redis-server") or on_path("valkey-server")


def _shared_url() -> str | None:
    """$TEST_REDIS_URL, another database of it for each worker: it is emptied before every test."""
    url = os.environ.get("TEST_REDIS_URL")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return url and f"{url}{'&' if '?' in url else '?'}db={worker}"


def _available(name: str) -> str:
    """What it is, in words; empty where this machine has none."""
    if name == SHARED:
        return "the server at $TEST_REDIS_URL" if os.environ.get("TEST_REDIS_URL") else ""
    binary = _binary(name)
    return f"{binary.name} {version(binary)}" if binary else ""


@pytest.fixture(scope="session")
def redis_servers() -> Iterator[Callable[[str], RedisServer]]:
    """Starts each kind of server at most once; the test that asks for one that is missing is skipped."""
    running: dict[str, RedisServer] = {}

    def server(name: str) -> RedisServer:
        if not _available(name):
            pytest.skip(f"no {name} store server on this machine")
        if name not in running:
            url = _shared_url() if name == SHARED else ""
            running[name] = RedisServer(url or "", None if name == SHARED else _binary(name))
        return running[name]

    yield server
    for found in running.values():
        found.close()


@pytest.fixture(params=[BUNDLED, *(pytest.param(s, marks=pytest.mark.redis) for s in (PATH_SERVER, SHARED))])
def redis_server(request: pytest.FixtureRequest, redis_servers: Callable[[str], RedisServer]) -> RedisServer:
    """Each real server in turn, empty."""
    server = redis_servers(request.param)
    server.flush()
    return server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of each real server in turn, empty."""
    return redis_server.url


@pytest.fixture
async def store(redis_url: str, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
    """A store on each real server in turn, empty, by the test's `clock`."""
    opened = await Store.connect(redis_url, clock=clock)
    yield opened
    await opened.close()


@pytest.fixture
def one_redis_url(redis_servers: Callable[[str], RedisServer]) -> str:
    """The address of one real server, empty: for what has been tried on all of them elsewhere."""
    name = next((name for name in SERVERS if _available(name)), BUNDLED)
    server = redis_servers(name)
    server.flush()
    return server.url


@pytest.fixture
async def one_store(one_redis_url: str, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
    """A store on one real server, empty, by the test's `clock`."""
    opened = await Store.connect(one_redis_url, clock=clock)
    yield opened
    await opened.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which store servers the tests ran on, and which were left out."""
    found = {name: _available(name) for name in SERVERS}
    used = ", ".join(f"{name} ({what})" for name, what in found.items() if what) or "NONE"
    terminalreporter.write_sep("=", f"store servers: {used}", green=True)
    genuine = found[SHARED] or "redis-server" in found[PATH_SERVER]
    if not genuine:
        terminalreporter.write_line(
            "LEFT OUT: no genuine Redis. Install redis-server >= 7.0 or set TEST_REDIS_URL to one for tests.",
            red=True,
            bold=True,
        )
    else:
        why = {
            BUNDLED: "the extra `embedded` is not installed",
            PATH_SERVER: "none on PATH",
            SHARED: "no TEST_REDIS_URL",
        }
        for name in (name for name, what in found.items() if not what):
            terminalreporter.write_line(f"left out: {name} ({why[name]})", yellow=True)
    if mosquitto() is None:
        terminalreporter.write_line(f"left out: a real MQTT broker ({MISSING})", yellow=True)
    for missing in _no_browser():
        terminalreporter.write_line(f"left out: the page in a browser ({missing})", yellow=True)


def _no_browser() -> list[str]:
    """Why the browser tests could not run here; empty when they could."""
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        return ["no Chromium on PATH"]
    return [] if importlib.util.find_spec("playwright") else ["no playwright: make browser"]


@pytest.fixture
def broker() -> Iterator[MosquittoBroker]:
    """A real MQTT broker that lets everybody in, and holds nothing."""
    made = MosquittoBroker()
    yield made
    made.close()
