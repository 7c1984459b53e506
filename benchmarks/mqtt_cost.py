"""What telling a broker costs: memory when idle, and CPU, messages and bytes a reading, with `mqtt` and without it.

    .venv/bin/python benchmarks/mqtt_cost.py

Needs a mosquitto. Five vendors, everything polled every two seconds, on a floor where people call and hang up.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
from measuring import MINE, beside, folder, table
from start import IDLE, children, free_port, outside, resident, service

SECONDS = 30.0
QUICK = dict.fromkeys(("balance", "numbers", "agents", "queues", "calls"), "2s")


@contextmanager
def broker() -> Iterator[int]:
    """Yields the port of one that holds nothing."""
    binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise SystemExit("There is no mosquitto on this machine: install it, then measure.")
    port = free_port()
    with folder() as place:
        path = place / "conf"
        path.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n")
        process = subprocess.Popen([binary, "-c", str(path)])
        try:
            yield port
        finally:
            process.kill()
            process.wait()


def cpu(pid: int) -> float:
    """Seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def readings(port: int) -> int:
    """How many the service has accepted so far."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    polls = (line for line in lines if line.startswith("ringwatch_polls_total{") and 'outcome="ok"' in line)
    return sum(int(float(line.rpartition(" ")[2])) for line in polls)


async def heard(port: int, seconds: float) -> tuple[int, int]:
    """How many messages come in so long, and their bytes, topics included; not what stood there before."""
    messages = size = 0
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("ringwatch/#", qos=1)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for message in client.messages:
                    if not message.retain:
                        messages, size = messages + 1, size + len(str(message.topic)) + len(bytes(message.payload))
    return messages, size


@dataclass(frozen=True)
class Cost:
    """Megabytes when idle; then, over `SECONDS`, seconds of CPU, readings, messages and their bytes."""

    held: float
    used: float
    readings: int
    messages: int = 0
    size: int = 0

    def row(self, name: str) -> tuple[str, ...]:
        """A line of the table."""
        each = self.readings
        told = f"{self.messages / each:.2f}", f"{self.size / each:.0f}"
        return name, f"{self.held:.0f}", f"{each / SECONDS:.1f}", f"{self.used / each * 1000:.1f}", *told


def run(config: dict[str, Any], broker_port: int | None) -> Cost:
    """Runs the service for a while."""
    with service(config) as running:
        pid = running.process.pid
        time.sleep(IDLE)
        held = resident(pid) + sum(resident(child) for child in children(pid))
        used, before = cpu(pid), readings(running.port)
        messages = size = 0
        if broker_port is None:
            time.sleep(SECONDS)
        else:
            messages, size = asyncio.run(heard(broker_port, SECONDS))
        return Cost(held, cpu(pid) - used, readings(running.port) - before, messages, size)


def main() -> None:
    """Runs the service without a broker and with one, and prints both."""
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
    with ExitStack() as stack:
        config = stack.enter_context(beside(outside, core=MINE)).recv() | {"poll": QUICK}
        port = stack.enter_context(broker())
        bare = run(config, None)
        told = run(config | {"mqtt": {"url": f"mqtt://127.0.0.1:{port}"}}, port)
    table(
        f"telling a broker, one run of {SECONDS:.0f} s each; {len(config['accounts'])} vendors polled every 2 s",
        ("", "MB", "readings a second", "CPU ms a reading", "messages a reading", "bytes a reading"),
        [bare.row("without mqtt"), told.row("with mqtt")],
        rounds=1,
    )


if __name__ == "__main__":
    main()
