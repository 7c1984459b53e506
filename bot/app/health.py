"""How the service is: what keeps it from being ready, and what it may be blind to though it is. It mends nothing.

How long something has not been done is measured by monotonic time: a wall clock that was set back would hide it.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from time import monotonic

from bot.engine.engine import Engine
from bot.observability.metrics import Metrics
from bot.readings.poller import Poller
from bot.store import SLACK, Store, StoreError
from bot.text.durations import span

MAX_EVALUATION_IDLE = timedelta(seconds=10)  # alerts are evaluated every second
MAX_OUTBOX_WAIT = timedelta(minutes=2)

Check = Callable[[], Awaitable[str | None]]  # what is wrong, in a sentence, or None


class Health:
    """Reports the health for `/readyz`, the heartbeat and `/metrics`.

    `slack` returns what is wrong with Slack, `nowhere` that no channel is left to post to.
    """

    def __init__(
        self,
        *,
        store: Store,
        slack: Check,
        poller: Poller,
        engine: Engine,
        reload_failure: Callable[[], str | None] = lambda: None,
        nowhere: Callable[[], str | None] = lambda: None,
        metrics: Metrics,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._slack = slack
        self._poller = poller
        self._engine = engine
        self._reload_failure = reload_failure
        self._nowhere = nowhere
        self._metrics = metrics
        self._clock = clock
        self._steady = steady
        self._evaluated_at = steady()
        self._oldest: tuple[datetime, float] | None = None  # since when the outbox waits, and when that was seen first

    @property
    def checks(self) -> Mapping[str, Check]:
        """Returns the checks that must all return None for the service to be ready, by name."""
        return {"store": self._store_trouble, "slack": self._slack, "polls": self._polls_trouble}

    def evaluated(self) -> None:
        """Notes that all alerts that were due have just been evaluated."""
        self._evaluated_at = self._steady()
        self._metrics.last_tick.set(self._clock().timestamp())

    async def warnings(self) -> list[str]:
        """Returns what goes wrong though the service is ready, a sentence each.

        What the store cannot report is left out.
        """
        found = [
            f"{alert} on {account} cannot be judged: it failed with {mistake}, and the log has more"
            for (alert, account), mistake in sorted(self._engine.failing().items())
        ]
        failure = self._reload_failure()
        if failure is not None:
            found.append(f"the last reload failed: {failure}")
        nowhere = self._nowhere()
        if nowhere is not None:
            found.append(nowhere)
        idle = timedelta(seconds=self._steady() - self._evaluated_at)
        if idle > MAX_EVALUATION_IDLE:
            found.append(f"no alert has been judged for {span(idle)}")
        with contextlib.suppress(StoreError):  # that the store is away is reported on its own
            waiting = await self._undelivered_for()
            if waiting > MAX_OUTBOX_WAIT:
                found.append(f"what is to be told in Slack has been waiting for {span(waiting)}")
        return found

    async def wrong(self) -> str | None:
        """Returns failed checks and warnings in one line, for the heartbeat; None where there are none."""
        asked = asyncio.gather(*(check() for check in self.checks.values()))
        troubles, warnings = await asyncio.gather(asked, self.warnings())
        return "; ".join([*filter(None, troubles), *warnings]) or None

    async def measure(self) -> None:
        """Sets the metrics of what changes by itself. What the store cannot report stays as it was."""
        self._metrics.slack_connected.set(0 if await self._slack() else 1)
        self._metrics.config_reloaded.set(self._reload_failure() is None)
        self._metrics.failing.clear()
        for alert, account in self._engine.failing():
            self._metrics.failing.labels(alert, account).set(1)
        with contextlib.suppress(StoreError):
            self._metrics.polls_late.set(len(await self._poller.overdue()))
            self._metrics.outbox.set(await self._store.outbox_size(SLACK))
            self._metrics.outbox_oldest.set((await self._undelivered_for()).total_seconds())
            incidents = await self._engine.open_incidents()
            self._metrics.incidents.clear()
            for _, alert_state, incident in incidents:
                self._metrics.incidents.labels(alert_state.alert, alert_state.account, incident.phase).inc()

    async def _undelivered_for(self) -> timedelta:
        since = await self._store.waits_since(SLACK)
        if since is None:
            self._oldest = None
            return timedelta()
        if self._oldest is None or self._oldest[0] != since:
            self._oldest = since, self._steady()
        return max(self._clock() - since, timedelta(seconds=self._steady() - self._oldest[1]))

    async def _store_trouble(self) -> str | None:
        try:
            await self._store.ping()
        except StoreError as error:
            return str(error)
        return None

    async def _polls_trouble(self) -> str | None:
        try:
            return await self._poller.late()
        except StoreError:
            return "no polls while the store is away"
