"""*Read the queues*: what is known of them, and what is not."""

from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.dialog.step import StepError
from bot.steps import steps

STEP = steps()["read_queues"]
DAY = timedelta(days=1)


async def read(office, **inputs):
    return await STEP.run(office.context(), {"account": "desk", **inputs})


@pytest.fixture
async def desk(office):
    """A vendor that tells who waits in which queue, and who serves it."""
    provider = await office.open("desk", "iexpbx")
    await office.store.record("desk", Kind.AGENTS, Observed(await provider.agents(), office.clock()), keep=DAY)
    return provider


async def test_it_counts_all_queues_or_the_one_that_is_named(office, desk):
    queues = await desk.queues()
    waiting = [call for queue in queues for call in queue.waiting or ()]
    reply = await read(office)
    assert reply.known is True
    assert reply.figures["waiting"] == len(waiting)
    longest = max((call.waiting.total_seconds() for call in waiting), default=0)
    assert reply.figures["longest_wait"] == int(longest)
    name = queues.items[0].name
    one = await read(office, queue=name.upper())
    assert one.figures["waiting"] == len(queues.items[0].waiting or ())
    assert name.upper() in one.summary


async def test_a_queue_that_there_is_not_is_an_error_that_lists_those_there_are(office, desk):
    name = (await desk.queues()).items[0].name
    with pytest.raises(StepError, match=f"There is no queue “nowhere” on desk .IEXPBX.. Queues: .*{name}"):
        await read(office, queue="nowhere")


async def test_who_is_free_is_left_out_where_it_is_not_told(office, desk):
    await office.store.record("desk", Kind.AGENTS, Observed(await desk.agents(), office.clock()), keep=DAY)
    office.clock.advance(DAY)
    assert "free_agents" not in (await read(office)).figures, "the reading of the agents is a day old"
