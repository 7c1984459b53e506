"""Deadlines that do not depend on the machine's speed.

What waits for work waits for `PATIENCE`, and goes on as soon as the work is done. A test of what happens when nobody
answers lets the deadline run out when the other side is silent, not when so much time is over.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from unittest import mock

import providers.sdk.http
from bot.demo.slack import LocalSlack
from providers.sdk.simulation import faults

PATIENCE = 100.0  # seconds; pyproject.toml gives a whole test ten minutes
STOP_SECONDS = 12.0  # a process promises to stop within ten; that is a promise and no patience
SILENCE = 0.15  # seconds for which a vendor that hangs or drips is heard out before the deadline runs out

_malformed = faults._malformed


class VendorDeadlines:
    """The deadlines of what vendors are being asked."""

    def __init__(self) -> None:
        self._running: list[asyncio.Timeout] = []
        self.seconds: list[float] = []

    def timeout(self, seconds: float) -> asyncio.Timeout:
        """What stands for `asyncio.timeout`: it notes `seconds`, and ends when it is let run out."""
        self.seconds.append(seconds)
        self._running = [one for one in self._running if not one.expired()] + [asyncio.timeout(None)]
        return self._running[-1]

    def run_out(self) -> None:
        """Let all that are running run out."""
        running, self._running = self._running, []
        for one in running:
            try:
                one.reschedule(asyncio.get_running_loop().time())
            except RuntimeError:  # it is over, or was never begun
                continue

    async def spoil(self, name: str, *given: Any) -> Any:
        """A sandbox's fault; where it is to be silent, the deadline runs out in the midst of it."""
        if name in {"slow", "drip"}:
            asyncio.get_running_loop().call_later(SILENCE, self.run_out)
        return await _malformed(name, *given)


@contextmanager
def vendor_deadlines() -> Iterator[VendorDeadlines]:
    """No vendor's deadline runs out but when its sandbox hangs or drips, or a test says so: one exchange at a time."""
    deadlines = VendorDeadlines()
    with (
        mock.patch.object(providers.sdk.http, "asyncio", SimpleNamespace(timeout=deadlines.timeout)),
        mock.patch.object(faults, "_malformed", deadlines.spoil),
    ):
        yield deadlines


def wait_for_the_store(store: Any, seconds: float) -> None:
    """From now on this store is waited for so long: short once its server is silent, and not while it works."""
    client = store._redis
    cluster = hasattr(client, "nodes_manager")
    for pool in client.nodes_manager.nodes_cache.values() if cluster else [client.connection_pool]:
        open_ones = pool._connections if cluster else [*pool._available_connections, *pool._in_use_connections]
        pool.connection_kwargs.update(socket_timeout=seconds, socket_connect_timeout=seconds)
        for connection in open_ones:
            connection.socket_timeout = connection.socket_connect_timeout = seconds
        if not cluster:
            pool.timeout = seconds


def patient_slack(
    clock: Callable[[], datetime], *, manifest: Mapping[str, Any] | None = None, **keys: Any
) -> LocalSlack:
    """A local Slack that waits for acks as long as a test does, and whose trigger ids do not age."""
    return LocalSlack(clock, manifest=manifest, patience=PATIENCE, monotonic=lambda: 0.0, **keys)
