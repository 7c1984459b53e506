"""Brings the outbox to every outlet: one loop each, so that none waits for another."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

import structlog

from bot.notify.delivery_pass import DeliveryPasses, Notifications
from bot.notify.port import AnyOutlet
from bot.store import Store, StoreError

log = structlog.get_logger(__name__)

POLL_INTERVAL_SECONDS = 0.2
_PAUSE_SECONDS = 1.0  # while the store is away


class Dispatcher:
    """Owns lease, doubt, order, rate limit and back-off of what waits in the outbox. It decides no words."""

    def __init__(
        self,
        outlets: Sequence[AnyOutlet],
        *,
        store: Store,
        notifications: Notifications,
        clock: Callable[[], datetime],
        chance: Random | None = None,
    ) -> None:
        self._store = store
        self._notifications = notifications
        self._clock = clock
        self._chance = chance or Random()  # noqa: S311  # it spreads tries, and keeps no secret
        self._passes: dict[str, DeliveryPasses] = {}
        self._written: dict[str, asyncio.Event] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._started = self._stopping = False
        for outlet in outlets:
            self.serve(outlet)

    def serve(self, outlet: AnyOutlet) -> None:
        """Serves one more outlet, at once where the loops run already."""
        self._passes[outlet.name] = DeliveryPasses(
            outlet, store=self._store, notifications=self._notifications, clock=self._clock, chance=self._chance
        )
        self._written[outlet.name] = asyncio.Event()
        if self._started and not self._stopping:
            self._loops.append(asyncio.create_task(self._run(outlet.name)))

    def start(self) -> None:
        """Starts the loops, one for each outlet; needs a running event loop."""
        self._started = True
        self._loops = [asyncio.create_task(self._run(name)) for name in self._passes]

    def notify(self) -> None:
        """Has every loop read the outbox at once, because rows were written."""
        for written in self._written.values():
            written.set()

    async def stop(self, grace: float) -> None:
        """Begins nothing new and waits up to `grace` seconds for what is under way.

        What is cut off stays due, or in doubt.
        """
        self._stopping = True
        for passes in self._passes.values():
            passes.stop()
        self.notify()
        running = [*self._loops, *(queue for passes in self._passes.values() for queue in passes.running)]
        if running:
            _, late = await asyncio.wait(running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def run_once(self, outlet: str | None = None, *, incident: str | None = None) -> None:
        """Runs one pass, of one outlet or of all, until every queue is through; `incident`: with its rows alone.

        For callers without the loop. Raises `StoreError`.
        """
        passes = [one for name, one in self._passes.items() if outlet in {None, name}]
        for one in passes:
            await one.begin(incident)
        await asyncio.gather(*(queue for one in passes for queue in one.running))

    async def _run(self, name: str) -> None:
        passes, written = self._passes[name], self._written[name]
        while not self._stopping:
            pause = POLL_INTERVAL_SECONDS
            try:
                await passes.begin()
            except StoreError as error:
                log.warning("the outbox cannot be read", outlet=name, error=str(error))
                pause = _PAUSE_SECONDS
            except Exception:  # it must outlive a bug in one pass
                log.exception("a look at the outbox failed", outlet=name)
                pause = _PAUSE_SECONDS
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await written.wait()
            written.clear()
