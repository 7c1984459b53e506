"""APScheduler and nothing else: the clock that calls. It holds no truth; the store decides who polls.

APScheduler goes by the wall clock, which may be set. So a job that is late runs once, however many of its turns lie
behind, and where the wall clock parts from the monotonic one every job's next turn is counted anew from now.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from time import monotonic

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.store import StoreError

CLOCK_STEP = timedelta(seconds=2)  # between two comparisons of the clocks: more than that and the wall clock was set
COMPARE_SECONDS = 1.0

Job = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


class FromNow(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires an interval after it is asked: APScheduler's own lists every turn that a clock set ahead has left out."""

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        """Returns when the next turn is."""
        return now + self._interval


class Scheduler:
    """Calls jobs at intervals, each at most once at a time; one that is still running is not called again."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        # Coalesce and an endless grace: after a stall a job runs once, late, instead of being dropped.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._scheduler.add_listener(self._overrun, EVENT_JOB_MAX_INSTANCES)
        self._clock = clock
        self._running: set[asyncio.Task[None]] = set()
        self._comparing: asyncio.Task[None] | None = None

    def every(self, seconds: float, job: Job, *, name: str, first: float = 0.0) -> None:
        """Calls `job` every `seconds`, the first time `first` seconds from now; a job of the same name is replaced."""
        self._scheduler.add_job(
            self._run,
            FromNow(timedelta(seconds=seconds)),
            args=(name, job),
            id=name,
            replace_existing=True,
            next_run_time=self._clock() + timedelta(seconds=first),
        )

    def start(self) -> None:
        """Starts to call; needs a running event loop."""
        self._scheduler.start()
        self._comparing = asyncio.create_task(self._compare())

    async def stop(self, grace: float) -> None:
        """Calls nothing more, and gives what runs `grace` seconds before it is cancelled."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._comparing is not None:
            self._comparing.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        self._scheduler.shutdown(wait=False)

    async def _compare(self) -> None:
        """Calls every job by its interval from now on once the wall clock was set, in either direction."""
        apart = _apart()
        while True:
            await asyncio.sleep(COMPARE_SECONDS)
            moved, apart = _apart() - apart, _apart()
            if abs(moved) > CLOCK_STEP:
                log.warning("the clock was set", seconds=round(moved.total_seconds(), 1))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    async def _run(self, name: str, job: Job) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await job()
        except Exception:  # a job that fails is logged, and called again at its next turn
            log.exception("job failed", job=name)

    @staticmethod
    def _overrun(event: JobSubmissionEvent) -> None:
        log.debug("job still running, turn left out", job=event.job_id)


def _apart() -> timedelta:
    """Returns how far the wall clock is from the monotonic one."""
    return timedelta(seconds=datetime.now(UTC).timestamp() - monotonic())


def unless_away(work: Callable[[], Awaitable[None]], what: str) -> Callable[[], Awaitable[None]]:
    """Returns the work as the clock calls it: while the store is away it waits for its next turn."""

    async def turn() -> None:
        try:
            await work()
        except StoreError as error:
            log.debug("a turn is left out, the store is away", what=what, error=str(error))

    return turn
