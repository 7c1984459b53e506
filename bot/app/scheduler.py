"""APScheduler and nothing else: the clock that calls. It holds no truth; the store decides who polls."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

Job = Callable[[], Awaitable[None]]

log = structlog.get_logger(__name__)


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

    def every(self, seconds: float, job: Job, *, name: str, first: float = 0.0) -> None:
        """Call `job` every so many seconds, the first time `first` seconds from now."""
        self._scheduler.add_job(
            self._run,
            "interval",
            args=(name, job),
            seconds=seconds,
            id=name,
            replace_existing=True,
            next_run_time=self._clock() + timedelta(seconds=first),
        )

    def start(self) -> None:
        """Start calling. Needs a running event loop."""
        self._scheduler.start()

    async def stop(self, grace: float) -> None:
        """Call nothing more, and give what runs `grace` seconds before it is cancelled."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._running:
            await asyncio.wait(self._running, timeout=grace)
        self._scheduler.shutdown(wait=False)

    async def _run(self, name: str, job: Job) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            await job()
        except Exception:  # a job that fails is told, and called again at its next turn
            log.exception("job failed", job=name)

    @staticmethod
    def _overrun(event: JobSubmissionEvent) -> None:
        log.debug("job still running, turn left out", job=event.job_id)
