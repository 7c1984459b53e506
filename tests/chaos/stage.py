"""The world of a storm: simulated vendors, a local Slack, a store, and replicas of the real service as processes."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import struct
import sys
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from wire import Relay

from bot.demo.manifest import whole_manifest
from bot.demo.slack.town import MANAGER
from bot.demo.slack.workspace import BOT_USER, DemoChannel
from bot.store.embedded import find_server
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World
from tests.deadlines import patient_slack

CLEAR, LOW, BELOW = 500, 10, 50
COMPILER = shutil.which("cc") if sys.platform == "linux" else None  # what setting a whole clock needs
OTHERS = ("mor", "voicenter", "iexpbx")  # a third of MoMVOIP's number each at most


def now() -> datetime:
    """The harness's own clock, which is right."""
    return datetime.now(UTC)


@dataclass
class Account:
    """One account and what its vendor says."""

    name: str
    vendor: str
    world: World
    relay: Relay
    channel: str

    @property
    def alerts(self) -> tuple[str, ...]:
        """Which alerts it can feed here."""
        return {"momvoip": ("spam", "gone", "low", "down"), "mor": ("low", "down")}.get(self.vendor, ("gone", "down"))


class StoreServer:
    """A Redis-protocol server of our own that may be killed: what it acknowledged is on disk."""

    def __init__(self, folder: Path, binary: Path) -> None:
        self._folder, self._binary = folder, binary
        self._process: asyncio.subprocess.Process | None = None
        self.socket = folder / "s"

    async def start(self) -> None:
        """Start it on what it has written."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        flags = {
            "port": "0", "unixsocket": str(self.socket), "dir": str(self._folder), "save": "",
            "appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction",
            "logfile": str(self._folder / "log"),
        }  # fmt: skip
        self._process = await asyncio.create_subprocess_exec(
            str(self._binary), *(part for name, value in flags.items() for part in (f"--{name}", value))
        )
        while not self.socket.exists():
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """For the relay."""
        return await asyncio.open_unix_connection(str(self.socket))


class Replica:
    """The service as a process."""

    def __init__(self, number: int, folder: Path, text: Callable[[int], str], *, whole_clock: bool = False) -> None:
        self.number, self._folder, self._text, self._whole = number, folder, text, whole_clock
        self.process: asyncio.subprocess.Process | None = None
        self.offset = folder / f"offset{number}"

    async def start(self) -> None:
        """Start it anew."""
        path = self._folder / f"ringwatch{self.number}.yaml"
        path.write_text(self._text(self.number))
        own = self._folder / "no-offset" if self._whole else self.offset
        with (self._folder / f"replica{self.number}.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, str(Path(__file__).with_name("replica.py")), str(path), str(own),
                stdout=log, stderr=log, cwd=self._folder, env=os.environ | (self._wrong_time() if self._whole else {}),
            )  # fmt: skip

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None and self.alive():
            self.process.kill()
            await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        if self.process is None or not self.alive():
            return 0
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()

    def _wrong_time(self) -> dict[str, str]:
        """What has the process, and the store that it starts, see the wall clock as the offset's file sets it."""
        if not self.offset.exists():
            self.skew(0.0)
        return {"LD_PRELOAD": str(self._folder / "wall_clock.so"), "WALL_CLOCK_OFFSET": str(self.offset)}

    def skew(self, seconds: float) -> None:
        """Set its clock wrong by so much."""
        if not self._whole:
            self.offset.write_text(f"{seconds}")
            return
        with self.offset.open("r+b" if self.offset.exists() else "wb", buffering=0) as file:
            file.write(struct.pack("d", seconds))  # in place: it is mapped

    def suspend(self) -> None:
        """Let it stand still until `resume`."""
        if self.process is not None and self.alive():
            self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self.process is not None and self.alive():
            self.process.send_signal(signal.SIGCONT)

    def port(self) -> int | None:
        """Where the one that was started last listens; None while it has not said so."""
        log = self._folder / f"replica{self.number}.log"
        told = re.findall(r'"port": ?(\d+)', log.read_text("utf-8", "replace")) if log.exists() else []
        return int(told[-1]) if told else None

    def store_child(self) -> int | None:
        """The process id of its embedded store server, if it has one."""
        if self.process is None:
            return None
        with contextlib.suppress(OSError):
            for word in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
                return int(word)
        return None


@dataclass
class Stage:
    """Everything, and where it is. `replicas` 0: one, on its embedded store.

    `whole_clock`: a replica's clock is set wrong for all that runs in its process, and for its embedded store.
    """

    size: int
    replicas: int
    whole_clock: bool = False
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="ringwatch-storm-")))
    accounts: dict[str, Account] = field(default_factory=dict)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def build(self, seed: int) -> None:
        """Vendors, Slack, the store and the relays between; no replica yet."""
        self.slack = patient_slack(now, manifest=whole_manifest())
        await self.stack.enter_async_context(self.slack)
        port = int(self.slack.base_url.rsplit(":", 1)[1])
        self.to_slack = await self._relay(lambda: asyncio.open_connection("127.0.0.1", port))
        self.slack.stage.base_url = f"http://127.0.0.1:{self.to_slack.port}"  # sockets and response URLs too
        for number in range(self.size):
            vendor = "momvoip" if number % 5 < 3 else OTHERS[number % len(OTHERS)]
            await self._account(f"a{number:02}", vendor, seed + number)
        if self.whole_clock:
            await self._compile(Path(__file__).with_name("wall_clock.c"), self.folder / "wall_clock.so")
        self.store: StoreServer | None = None
        if self.replicas:
            self.store = StoreServer(self.folder / "store", find_server())
            await self.store.start()
            self.to_store = await self._relay(self.store.connect)
        self.services = [
            Replica(n, self.folder, self.text, whole_clock=self.whole_clock) for n in range(max(1, self.replicas))
        ]

    async def _compile(self, source: Path, library: Path) -> None:
        if COMPILER is None:
            raise RuntimeError("to set the clock of a whole process needs Linux and a C compiler, cc")
        compiler = await asyncio.create_subprocess_exec(
            COMPILER, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", str(library), str(source), "-lm"
        )
        if await compiler.wait():
            raise RuntimeError(f"{source.name} does not compile")

    async def _relay(self, connect: Any) -> Relay:
        relay = Relay(connect)
        await relay.start()
        self.stack.push_async_callback(relay.stop)
        return relay

    async def _account(self, name: str, vendor: str, seed: int) -> None:
        world = World(seed, clock=now, history=timedelta(minutes=30))
        world.set_balance(CLEAR)
        runner = web.AppRunner(sandbox_of(vendor).open(world).app(), access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        relay = await self._relay(lambda: asyncio.open_connection("127.0.0.1", port))
        channel = DemoChannel(f"C0STORM{name.upper()}", f"storm-{name}", members={MANAGER, BOT_USER})
        self.slack.workspace.add_channel(channel)
        self.accounts[name] = Account(name, vendor, world, relay, channel.id)

    def text(self, number: int) -> str:
        """A replica's configuration."""
        keys = {
            a.name: dict(sandbox_of(a.vendor).settings(a.world, f"http://127.0.0.1:{a.relay.port}/"))
            for a in self.accounts.values()
        }
        store = f"redis://127.0.0.1:{self.to_store.port}" if self.store is not None else "embedded"
        watches: dict[str, dict[str, Any]] = {
            "spam": {"watch": "number_spam"},
            "gone": {"watch": "agent_offline"},
            "low": {"watch": "balance", "below": BELOW},
            "down": {"watch": "account_down", "severity": "critical"},
        }
        return yaml.safe_dump(
            {
                "store": store,
                "data_dir": str(self.folder / "data"),
                "http": {"port": 0},
                "slack": {
                    "bot_token": self.slack.bot_token,
                    "app_token": self.slack.app_token,
                    "api_url": self.slack.api_url,
                    "channel": "#voip-alerts",
                },
                "poll": {"balance": "1s", "numbers": "1s", "agents": "1s", "queues": "off", "calls": "off"},
                "accounts": {
                    a.name: {"provider": a.vendor, "currency": "USD", "timezone": "UTC", **keys[a.name]}
                    for a in self.accounts.values()
                },
                "agents": {MANAGER: {"account": "a00", "agent": "1101"}},
                "calls": {"region": "US", "countries": ["US"], "per_user_per_day": 100_000},
                "alerts": [
                    {"name": f"{alert}-{a.name}", "accounts": [a.name], "channel": a.channel, **watches[alert]}
                    for a in self.accounts.values()
                    for alert in a.alerts
                ],
            }
        )

    async def close(self, *, keep: bool) -> None:
        """Stop everything; `keep` leaves the logs."""
        for replica in self.services:
            await replica.kill()
        if self.store is not None:
            await self.store.kill()
        await self.stack.aclose()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def kill(pid: int) -> None:
    """SIGKILL, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
