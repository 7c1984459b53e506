"""From `ringwatch run` to a `/readyz` that says 200, and what it holds in memory when it has been idle for ten seconds.

    .venv/bin/python benchmarks/start.py

Against a local Slack (Socket Mode) and a sandbox of every vendor, on an empty data directory; an account each, all
kinds polled, an alert of each watch. Beside it the bare import of the libraries, and an interpreter that did just that.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web
from measuring import MINE, ROUNDS, beside, folder, for_ever, median, now, table

from bot.app.service import catalogue
from bot.demo.slack import LocalSlack
from providers.sandboxes import sandbox_of
from providers.sdk.simulation.world import World

LIBRARIES = (
    "aiohttp, aiohttp.web, apscheduler.schedulers.asyncio, httpx, phonenumbers, prometheus_client, pydantic, "
    "pydantic_settings, redis.asyncio, slack_bolt.async_app, slack_bolt.adapter.socket_mode.aiohttp, structlog, yaml"
)
IDLE = 10.0  # seconds
PATIENCE = 60.0
ALERTS = [
    {"name": "low-balance", "watch": "balance", "below": -1_000_000},
    {"name": "spam-number", "watch": "number_spam"},
    {"name": "agent-gone", "watch": "agent_offline"},
    {"name": "long-wait", "watch": "queue_wait", "longest_wait_above": "10m"},
    {"name": "pbx-down", "watch": "account_down"},
]


async def outside(pipe: Connection) -> None:
    """Slack and the vendors."""
    async with AsyncExitStack() as stack:
        accounts = {}
        for seed, slug in enumerate(catalogue()[0], start=7):
            world = World(seed, clock=now)
            runner = web.AppRunner(sandbox_of(slug).open(world).app(), access_log=None)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            accounts[slug] = {"provider": slug, "currency": "USD", **sandbox_of(slug).settings(world, url)}
        slack = await stack.enter_async_context(LocalSlack(now))
        keys = {"bot_token": slack.bot_token, "app_token": slack.app_token, "api_url": slack.api_url}
        pipe.send({"slack": {**keys, "channel": "#voip-alerts"}, "accounts": accounts})
        await for_ever()


def free_port() -> int:
    """One on which nobody listens."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass(frozen=True)
class Running:
    """A service, where it listens, and the seconds until it was ready."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float


@contextmanager
def service(config: dict[str, Any]) -> Iterator[Running]:
    """The service in an empty place."""
    with folder() as place:
        port = free_port()
        path = place / "ringwatch.yaml"
        own = {"data_dir": str(place / "data"), "http": {"host": "127.0.0.1", "port": port}, "alerts": ALERTS}
        path.write_text(yaml.safe_dump(config | own), encoding="utf-8")
        command = [sys.executable, "-m", "bot.cli", "run", "--config", str(path)]
        log = (place / "log").open("wb")
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            while not _ready(port):
                if process.poll() is not None or time.perf_counter() - began > PATIENCE:
                    raise RuntimeError((place / "log").read_text()[-2000:])
                time.sleep(0.005)
            yield Running(process, port, time.perf_counter() - began)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
            log.close()


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def imported() -> float:
    """Seconds until a bare interpreter has the libraries."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
    return time.perf_counter() - began


def resident(pid: int) -> float:
    """Megabytes; not a number where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def children(pid: int) -> list[int]:
    """The processes that it started."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for thread in threads for child in thread.read_text().split()]


def idle_libraries() -> float:
    """What an interpreter with the libraries holds, in megabytes."""
    code = f"import {LIBRARIES}; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is not None:
            process.stdout.readline()
        found = resident(process.pid)
        process.kill()
    return found


def main() -> None:
    """Starts, each beside a bare import; then one that idles."""
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    with ExitStack() as stack:
        config = stack.enter_context(beside(outside, core=MINE)).recv()
        ready, bare = [], []
        for _ in range(ROUNDS):
            bare.append(imported())
            with service(config) as running:
                ready.append(running.seconds)
        with service(config) as running:
            time.sleep(IDLE)
            pid = running.process.pid
            held, store = resident(pid), sum(resident(child) for child in children(pid))
    floor = idle_libraries()
    table(
        f"start, and memory after {IDLE:.0f} s; {len(config['accounts'])} vendors, {len(ALERTS)} alerts",
        ("", "ready s", "to imports", "MB", "of it the store's server"),
        [
            ("importing the libraries", f"{median(bare):.2f}", "1.00", f"{floor:.0f}", ""),
            (
                "ringwatch run",
                f"{median(ready):.2f}",
                f"{median(ready) / median(bare):.2f}",
                f"{held + store:.0f}",
                f"{store:.0f}",
            ),
        ],
    )


if __name__ == "__main__":
    main()
