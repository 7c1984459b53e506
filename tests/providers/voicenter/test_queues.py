"""Who waits, by the vendor's own figures and the vendor's own clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.model import QueuedCall
from providers.voicenter import wire

HOUR = 3600
NOON_UTC = 1_795_262_400  # the test's clock: 2026-11-21 12:00 UTC
NOON = NOON_UTC + 2 * HOUR  # as Israel's wall shows it
CLOCK = wire.VendorClock(wire.ZONE, timedelta(), datetime.fromtimestamp(NOON_UTC, UTC))


def caller(joined=NOON - 30, duration=30, call="c1", phone="0501234567"):
    return {"Phone": phone, "CallID": call, "JoinTime": joined, "Duration": duration}


def row(*callers, ref=1, name="Sales"):
    return {"Name": name, "ID": ref, "Weight": 5, "Callers": list(callers)}


async def waits(voicenter):
    (queue,) = await voicenter.queues()
    return [(int(call.waiting.total_seconds()), call.approx) for call in queue.waiting]


@pytest.mark.parametrize("skew", [-2 * HOUR, 0, 47 * 60])
async def test_it_takes_the_vendors_duration_whatever_our_clock_says(queues, voicenter, skew):
    queues(row(caller(NOON + skew - 30, 30), caller(NOON + skew - 95, 95, "c2")))
    assert await waits(voicenter) == [(95, False), (30, False)]


async def test_the_document_says_the_vendors_clock():
    rows = [row(caller(1602599565, 21), caller(1602599583, 3))]
    assert wire.server_now(rows, CLOCK) == datetime(2020, 10, 13, 11, 33, 6, tzinfo=UTC)  # 14:33:06 there
    assert wire.server_now([row(), "x", {"Callers": None}, row(caller(0, 5)), row(caller(NOON, None))], CLOCK) is None


@pytest.mark.parametrize("bad", [None, -5, "x", 1602599586, 90_000, True])
async def test_a_duration_that_cannot_be_is_reckoned_by_the_vendors_clock(queues, voicenter, bad):
    queues(row(caller(NOON + HOUR - 10, 10), caller(NOON + HOUR - 70, bad, "c2")))
    assert await waits(voicenter) == [(70, True), (10, False)]


@pytest.mark.parametrize("joined", [0, None, "soon", NOON + 10 * HOUR])
async def test_a_caller_whose_wait_is_not_told_still_waits(queues, voicenter, joined):
    queues(row(caller(joined, None)))
    assert await waits(voicenter) == [(0, True)]


async def test_a_caller_who_cannot_be_read_is_counted(queues, voicenter):
    queues(row(caller(), "x", caller(call=None, phone=None), caller()))
    (queue,) = await voicenter.queues()
    assert len(queue.waiting) == 3


@pytest.mark.parametrize("callers", [None, "nobody", 3, False])
async def test_callers_that_are_not_told_are_not_nobody(queues, voicenter, callers):
    queues(row() | {"Callers": callers}, {"Name": "Support", "ID": 2}, row(ref=3))
    assert [queue.waiting for queue in await voicenter.queues()] == [None, None, ()]


async def test_queues_are_told_apart_by_id_and_have_a_name_in_any_case(queues, voicenter):
    queues(row(ref="7"), row(ref=7, name="Renamed"), row(ref=8, name=""), row(ref=None), row(ref=9, name="Renamed"))
    rows = await voicenter.queues()
    assert [(queue.ref, queue.name) for queue in rows] == [("7", "Renamed"), ("8", "8"), ("9", "Renamed")]
    assert rows.unreadable == 1
    assert {queue.free_agents for queue in rows} == {None}
    assert {queue.members for queue in rows} == {None}


async def test_calls_last_by_the_vendors_clock_once_it_is_known(queues, extensions, extension, voicenter):
    talking = {"callStarted": NOON + HOUR - 60, "callAnswered": NOON + HOUR - 50, "callstatus": "Talking", "ivrid": "a"}
    extensions(extension(calls=[talking]))
    (before,) = await voicenter.active_calls()
    assert before.lasted == timedelta()
    queues(row(caller(NOON + HOUR - 30, 30)))
    await voicenter.queues()
    (after,) = await voicenter.active_calls()
    assert after.lasted == timedelta(minutes=1)
    (agent,) = await voicenter.agents()
    assert agent.since == datetime.fromtimestamp(NOON_UTC - 50, UTC)


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats() | st.lists(st.none(), max_size=2)


@given(st.lists(st.dictionaries(st.sampled_from(["Phone", "CallID", "JoinTime", "Duration"]), ODD) | ODD, max_size=5))
def test_any_callers_are_as_many_and_never_wait_less_than_nothing(callers):
    now = wire.server_now([row(*callers)], CLOCK) or CLOCK.ours
    queue = wire.queue(row(*callers), replace(CLOCK, ahead=now - CLOCK.ours))
    ids = {call.call_id for call in queue.waiting}
    assert len(ids) == len(queue.waiting) <= len(callers)
    assert bool(queue.waiting) == bool(callers)
    assert all(isinstance(c, QueuedCall) and timedelta() <= c.waiting <= timedelta(days=1) for c in queue.waiting)
