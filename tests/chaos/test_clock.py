"""A real `ringwatch run` whose machine's clock is set, and which is suspended: it polls, answers and says what is so."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic

import httpx
import pytest

from tests.deadlines import PATIENCE

sys.path.insert(0, str(Path(__file__).parent))  # the storm's own modules are found by their names

from stage import COMPILER, Replica, Stage

pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="to set a process' clock needs Linux and a C compiler, cc"),
]


class Service:
    """The process, asked as an operator asks it."""

    def __init__(self, replica: Replica, client: httpx.AsyncClient) -> None:
        self.replica, self._client = replica, client

    async def get(self, path: str) -> httpx.Response:
        return await self._client.get(f"http://127.0.0.1:{self.replica.port()}{path}", timeout=PATIENCE)

    async def figures(self, name: str) -> list[float]:
        text = (await self.get("/metrics")).text
        return [float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE)]

    async def polls(self) -> float:
        return sum(await self.figures("ringwatch_polls_total"))

    async def ready(self) -> bool:
        return (await self.get("/readyz")).status_code == 200

    async def until(self, so: Callable[[], Awaitable[bool]], what: str) -> None:
        end = monotonic() + PATIENCE
        while not await so():
            assert monotonic() < end, what
            assert self.replica.alive(), "the process ended"
            await asyncio.sleep(0.1)

    async def goes_on(self, why: str) -> None:
        """Each of the accounts is polled several times more, alerts are evaluated, and it is ready."""
        before, evaluated = await self.polls(), await self.figures("ringwatch_last_tick_timestamp_seconds")

        async def polled() -> bool:
            return await self.polls() >= before + 8

        async def evaluates() -> bool:
            return await self.figures("ringwatch_last_tick_timestamp_seconds") != evaluated

        await self.until(polled, f"{why}: no polls")
        await self.until(evaluates, f"{why}: nothing is evaluated")
        await self.until(self.ready, f"{why}: not ready though it polls")
        assert (await self.get("/readyz")).json()["warnings"] == [], why
        assert (await self.get("/healthz")).status_code == 200


@pytest.fixture(params=[0, 1], ids=["embedded", "shared"])
async def service(request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    stage = Stage(2, request.param, whole_clock=True)
    try:
        await stage.build(3)
        (replica,) = stage.services
        await replica.start()
        await stage.slack.connected(1)
        async with httpx.AsyncClient() as client:
            found = Service(replica, client)

            async def listens() -> bool:
                return replica.port() is not None

            await found.until(listens, "it did not start")
            yield found
    finally:
        await stage.close(keep=False)


@pytest.mark.long
async def test_it_goes_on_whatever_the_clock_of_its_machine_does(service: Service) -> None:
    await service.goes_on("at the start")
    began = (await service.figures("ringwatch_last_tick_timestamp_seconds"))[0]
    for set_by in (-timedelta(hours=1), timedelta(), timedelta(days=1), timedelta()):
        service.replica.skew(set_by.total_seconds())

        async def moved(by: timedelta = set_by) -> bool:
            (at,) = await service.figures("ringwatch_last_tick_timestamp_seconds")
            return abs(at - began - by.total_seconds()) < 4 * PATIENCE

        await service.until(moved, f"the clock was not set by {set_by}, or nothing was evaluated since")
        await service.goes_on(f"the clock set by {set_by}")
    service.replica.suspend()
    await asyncio.sleep(2.5)  # time that passes for everybody else
    service.replica.skew(timedelta(hours=8).total_seconds())  # as a laptop that was closed for a night
    service.replica.resume()
    await service.goes_on("after it was suspended")
    assert max(await service.figures("ringwatch_loop_pause_seconds")) > 2.0
