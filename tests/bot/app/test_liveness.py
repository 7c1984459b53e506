"""The loop's longest pause is a figure, systemd is told while it turns, and a container's process ends where it does not."""

import asyncio
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.app.liveness import REPORT_SECONDS, TURN_SECONDS, WINDOW_SECONDS, Liveness, ServiceManager
from bot.observability.metrics import Metrics
from tests.deadlines import PATIENCE


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def pause(metrics: Metrics) -> float:
    (shown,) = re.findall(r"^ringwatch_loop_pause_seconds (\S+)$", metrics.text().decode(), re.MULTILINE)
    return float(shown)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(str(tmp_path / "n"))
        line.setblocking(False)
        yield line


def said(line: socket.socket) -> list[bytes]:
    found = []
    while True:
        try:
            found.append(line.recv(100))
        except BlockingIOError:
            return found


def test_the_longest_pause_is_shown_for_a_minute_and_then_goes() -> None:
    clock, metrics = Clock(), Metrics()
    watched = Liveness(metrics, ServiceManager(""), ends=False, clock=clock)

    def turn(seconds: float) -> None:
        clock.now += seconds
        watched.turned()

    for seconds in (TURN_SECONDS, TURN_SECONDS + 3.0, TURN_SECONDS + 0.5, REPORT_SECONDS):
        turn(seconds)
    assert pause(metrics) == pytest.approx(3.0)
    for _ in range(int(WINDOW_SECONDS / REPORT_SECONDS)):
        turn(REPORT_SECONDS)
    assert pause(metrics) == pytest.approx(3.0)
    for _ in range(int(WINDOW_SECONDS / REPORT_SECONDS) + 1):
        turn(REPORT_SECONDS)
    assert pause(metrics) == pytest.approx(REPORT_SECONDS - TURN_SECONDS)


async def test_what_holds_the_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, metrics = Clock(), Metrics()
    monkeypatch.setattr("bot.app.liveness.TURN_SECONDS", 0.0)
    watched = Liveness(metrics, ServiceManager(""), ends=False, clock=clock)
    watched.start()
    await asyncio.sleep(0)
    clock.now += 7.0  # a callback of seven seconds
    for _ in range(5):
        await asyncio.sleep(0)
    watched.stop()
    assert pause(metrics) == pytest.approx(7.0)


async def test_systemd_hears_that_it_is_ready_turns_and_stops(manager: socket.socket) -> None:
    clock = Clock()
    watched = Liveness(Metrics(), ServiceManager(manager.getsockname()), ends=False, clock=clock)
    watched.start()
    assert said(manager) == [b"READY=1", b"WATCHDOG=1"]
    watched.turned()
    assert said(manager) == []
    clock.now += REPORT_SECONDS
    watched.turned()
    assert said(manager) == [b"WATCHDOG=1"]
    watched.stop()
    assert said(manager) == [b"STOPPING=1"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names without a file are Linux's")
def test_an_address_without_a_file_is_known_by_its_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("\0ringwatch-test-liveness")
        line.setblocking(False)
        ServiceManager("@ringwatch-test-liveness").say("READY=1")
        assert said(line) == [b"READY=1"]


def test_a_manager_that_is_gone_is_logged_once(tmp_path: Path) -> None:
    gone = ServiceManager(str(tmp_path / "nobody"))
    with capture_logs() as logged:
        gone.say("WATCHDOG=1")
        gone.say("WATCHDOG=1")
    assert [line["event"] for line in logged] == ["systemd cannot be told"]


STANDS_STILL = """
import asyncio, re, sys
from bot.app import liveness
from bot.observability.metrics import Metrics

liveness.STUCK_SECONDS = 0.5

async def main():
    liveness.Liveness(Metrics(), liveness.ServiceManager(""), ends=sys.argv[1] == "ends").start()
    await asyncio.sleep(0.2)
    print("stands still", flush=True)
    re.match(r"(a+)+b", "a" * int(sys.argv[2]))  # one call of C that holds the interpreter lock

asyncio.run(main())
"""


def test_a_loop_that_never_turns_again_ends_the_process_whoever_holds_the_lock() -> None:
    found = subprocess.run(
        [sys.executable, "-c", STANDS_STILL, "ends", "60"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (found.returncode, found.stdout) == (1, "stands still\n")
    assert "Timeout" in found.stderr
    assert "main" in found.stderr  # where it stood


def test_elsewhere_it_is_left_to_whoever_watches() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STANDS_STILL, "leaves", "60"], stdout=subprocess.PIPE, text=True
    ) as found:
        assert found.stdout is not None
        assert found.stdout.readline() == "stands still\n"
        with pytest.raises(subprocess.TimeoutExpired):
            found.wait(2)
        found.send_signal(signal.SIGKILL)
