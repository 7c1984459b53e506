"""What every benchmark here shares: rounds, percentiles, a second process for the other side, one table."""

import asyncio
import logging
import multiprocessing
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

ROUNDS = 5
MINE, THEIRS = 0, 1  # the core of what is measured, and of all that plays the rest
MEMORY = Path("/dev/shm")  # a disk that costs nothing, where there is one

_spawn = multiprocessing.get_context("spawn")


def now() -> datetime:
    """The clock of a benchmark."""
    return datetime.now(UTC)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of all does not exceed."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def stay_on(core: int) -> None:
    """Keep to one core, so that both sides of a measurement never share one."""
    if sys.platform == "linux" and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {core})


@dataclass(frozen=True)
class Other:
    """A process beside ours."""

    pipe: Connection
    pid: int

    def recv(self) -> Any:
        """What it says next."""
        return self.pipe.recv()

    def cpu(self) -> float:
        """Seconds that it has computed so far; where the system does not tell, none."""
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


@contextmanager
def beside(part: Callable[..., Awaitable[None]], *given: Any, core: int = THEIRS) -> Iterator[Other]:
    """Run `part(pipe, *given)` in a process of its own; what comes first out of the pipe is for the caller to await."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_play, args=(part, core, theirs, given))
    process.start()
    theirs.close()
    try:
        yield Other(ours, process.pid or 0)
    finally:
        process.terminate()
        process.join()


def _play(part: Callable[..., Awaitable[None]], core: int, pipe: Connection, given: tuple[Any, ...]) -> None:
    stay_on(core)
    quiet()

    async def until_ended() -> None:
        playing = asyncio.ensure_future(part(pipe, *given))
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
        with suppress(asyncio.CancelledError):
            await playing

    asyncio.run(until_ended())


def quiet() -> None:
    """Errors alone are told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in ("apscheduler", "slack_bolt", "bot"):
        logging.getLogger(name).setLevel(logging.ERROR)


async def for_ever() -> None:
    """Until the process is ended."""
    await asyncio.Event().wait()


@contextmanager
def folder(*, memory: bool = False) -> Iterator[Path]:
    """An empty directory, on the disk or in memory."""
    place = str(MEMORY) if memory and MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="rw-bench-", dir=place, ignore_cleanup_errors=True) as name:
        yield Path(name)


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, rounds: int = ROUNDS) -> None:
    """Print it, columns lined up."""
    widths = [max(len(row[n]) for row in [head, *rows]) for n in range(len(head))]
    lines = [f"\n{title}" + (f" (median of {rounds} rounds)" if rounds > 1 else "")]
    for row in [head, *rows]:
        first, *rest = (
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  " + "  ".join([first, *rest]))
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
