"""Whether the event loop turns: its longest pause as a figure, a word to systemd, an end where it never turns again.

A loop that stands still answers no `/healthz` and obeys no SIGTERM, and Docker restarts nothing for being unhealthy. So
as the first process of a container, where it is somebody's work to start it again, the process ends itself: by
`faulthandler`, whose thread needs no interpreter lock, after it has written where every thread stands.
"""

import asyncio
import faulthandler
import os
import socket
import sys
from collections.abc import Callable
from time import monotonic

import structlog

from bot.observability.metrics import Metrics

TURN_SECONDS = 0.05
REPORT_SECONDS = 1.0  # between two words to whoever watches
WINDOW_SECONDS = 60.0  # a pause is shown for one to two of these
STUCK_SECONDS = 60.0

log = structlog.get_logger(__name__)


class ServiceManager:
    """Speaks systemd's protocol of notifications to the socket of that name; says nothing where there is none."""

    def __init__(self, address: str) -> None:
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        self._failed = False

    def say(self, state: str) -> None:
        """Sends one state, as `READY=1`. One that cannot be sent is logged once."""
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)
                line.sendto(state.encode(), self._address)
            self._failed = False
        except OSError as error:
            if not self._failed:
                log.warning("systemd cannot be told", state=state, error=str(error))
            self._failed = True


class Liveness:
    """Runs beside everything else from `start` to `stop`. `ends`: a loop that stands still ends the process."""

    def __init__(
        self,
        metrics: Metrics,
        manager: ServiceManager | None = None,
        *,
        ends: bool | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._metrics = metrics
        self._manager = manager or ServiceManager(os.environ.get("NOTIFY_SOCKET", ""))
        self._ends = os.getpid() == 1 if ends is None else ends
        self._clock = clock
        self._turned_at = self._reported_at = self._window_at = clock()
        self._longest = self._longest_before = 0.0
        self._turning: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to watch, and says that the service is ready."""
        self._turned_at = self._reported_at = self._window_at = self._clock()
        self._manager.say("READY=1")
        self._report()
        self._turning = asyncio.create_task(self._turn())

    def stop(self) -> None:
        """Stops watching: what stops has its own time limit."""
        if self._turning is None:
            return
        self._turning.cancel()
        self._turning = None
        self._manager.say("STOPPING=1")
        if self._ends:
            faulthandler.cancel_dump_traceback_later()

    async def _turn(self) -> None:
        while True:
            await asyncio.sleep(TURN_SECONDS)
            self.turned()

    def turned(self) -> None:
        """Notes that the loop has come round, `TURN_SECONDS` later than before or more."""
        now = self._clock()
        pause = max(0.0, now - self._turned_at - TURN_SECONDS)
        self._turned_at = now
        if now - self._window_at >= WINDOW_SECONDS:
            self._longest_before, self._longest, self._window_at = self._longest, 0.0, now
        self._longest = max(self._longest, pause)
        if now - self._reported_at >= REPORT_SECONDS:
            self._reported_at = now
            self._report()

    def _report(self) -> None:
        self._metrics.loop_pause.set(max(self._longest, self._longest_before))
        self._manager.say("WATCHDOG=1")
        if self._ends:
            faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True, file=sys.__stderr__ or 2)
