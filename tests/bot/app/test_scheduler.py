"""The clock that calls."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import structlog
import time_machine

from bot.app.scheduler import Scheduler
from tests.deadlines import PATIENCE


def now() -> datetime:
    return datetime.now(UTC)


async def test_it_calls_again_though_a_job_failed() -> None:
    scheduler, calls, twice = Scheduler(now), [], asyncio.Event()

    async def job() -> None:
        calls.append(1)
        if len(calls) == 2:
            twice.set()
        raise RuntimeError("broken")

    with structlog.testing.capture_logs() as logs:
        scheduler.every(0.01, job, name="broken")
        scheduler.start()
        await asyncio.wait_for(twice.wait(), PATIENCE)
        await scheduler.stop(PATIENCE)
    assert logs[0]["event"] == "job failed"
    assert logs[0]["job"] == "broken"


async def test_it_never_runs_a_job_beside_itself_and_drains_it_when_it_stops() -> None:
    scheduler, entered, release = Scheduler(now), asyncio.Event(), asyncio.Event()
    running = most = done = 0

    async def job() -> None:
        nonlocal running, most, done
        running += 1
        most = max(most, running)
        entered.set()
        await release.wait()
        running -= 1
        done += 1

    scheduler.every(0.01, job, name="slow")
    scheduler.start()
    await asyncio.wait_for(entered.wait(), PATIENCE)
    stopping = asyncio.create_task(scheduler.stop(PATIENCE))
    await asyncio.sleep(0)
    release.set()
    await stopping
    assert (most, running) == (1, 0)
    assert done >= 1


@pytest.mark.parametrize(
    "jump", [-timedelta(weeks=2), -timedelta(hours=1), timedelta(hours=1), timedelta(weeks=2)], ids=str
)
async def test_it_goes_on_whichever_way_the_clock_is_set_and_makes_up_for_nothing(jump: timedelta) -> None:
    with time_machine.travel(datetime(2026, 3, 2, tzinfo=UTC), tick=True) as clock:
        scheduler, calls, called = Scheduler(now), [], asyncio.Event()

        async def job() -> None:
            calls.append(1)
            called.set()

        async def again(times: int) -> None:
            for _ in range(times):
                called.clear()
                await asyncio.wait_for(called.wait(), PATIENCE)

        scheduler.every(0.05, job, name="often")
        scheduler.start()
        await again(3)
        clock.shift(jump)
        before = len(calls)
        await again(5)
        assert len(calls) - before < 200, "a job is not called for every turn that was left out"
        await scheduler.stop(PATIENCE)
