"""Epochs that are the vendor's wall clock, read around the nights on which it changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp.test_utils import TestServer
from hypothesis import example, given
from hypothesis import strategies as st

from providers.sdk.simulation.world import World
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening
from providers.voicenter import Voicenter, VoicenterSettings, wire
from providers.voicenter.sandbox import VoicenterSandbox, sandbox_settings
from tests.clocks import HandClock

SPRING = datetime(2026, 3, 27, 0, tzinfo=UTC)  # 02:00 there becomes 03:00
AUTUMN = datetime(2026, 10, 24, 23, tzinfo=UTC)  # 02:00 there becomes 01:00
MINUTE = timedelta(minutes=1)
changes = st.sampled_from([SPRING, AUTUMN])
ages = st.integers(0, 50 * 60).map(lambda seconds: timedelta(seconds=seconds))
minutes = st.integers(-180, 180).map(lambda count: count * MINUTE)


def shown(at, zone=wire.ZONE):
    """The epoch that the vendor writes."""
    return int(at.astimezone(zone).replace(tzinfo=None).replace(tzinfo=UTC).timestamp())


def waits(joined, now, duration=None, ahead=timedelta()):
    caller = {"CallID": "c", "JoinTime": shown(joined), "Duration": duration}
    queue = wire.queue({"ID": 1, "Callers": [caller]}, wire.VendorClock(wire.ZONE, ahead, now - ahead))
    return queue.waiting[0].waiting


@pytest.mark.parametrize(
    ("at", "epoch"),
    [
        (datetime(2026, 1, 10, 12, tzinfo=UTC), datetime(2026, 1, 10, 14, tzinfo=UTC)),
        (datetime(2026, 7, 10, 12, tzinfo=UTC), datetime(2026, 7, 10, 15, tzinfo=UTC)),
    ],
)
async def test_it_is_two_hours_ahead_in_winter_and_three_in_summer(clock, voicenter, extensions, extension, at, epoch):
    clock.now = at + MINUTE
    extensions(extension(calls=[{"callStarted": int(epoch.timestamp()), "ivrid": "a", "callstatus": "Talking"}]))
    (up,) = await voicenter.active_calls()
    assert up.lasted == MINUTE
    (agent,) = await voicenter.agents()
    assert agent.since == at


async def test_the_zone_of_the_account_counts(clock, opened, extensions, extension):
    clock.now, zone = datetime(2026, 7, 10, 12, tzinfo=UTC), ZoneInfo("America/New_York")
    extensions(extension(calls=[{"callStarted": shown(clock.now - MINUTE, zone), "ivrid": "a"}]))
    (up,) = await opened(timezone=zone).active_calls()
    assert up.lasted == MINUTE


@given(changes, minutes, ages)
@example(SPRING, MINUTE, 2 * MINUTE)
@example(AUTUMN, MINUTE, 2 * MINUTE)
@example(AUTUMN, 40 * MINUTE, 5 * MINUTE)
def test_a_wait_that_is_not_given_is_what_passed_since_the_caller_joined(change, after, age):
    now = change + after
    assert waits(now - age, now) == _as_the_wall_tells(now, age)


def _as_the_wall_tells(now, age):
    """A wall that occurred twice by now may be either: the later is taken, the wait is then an hour shorter."""
    joined, hour = now - age, 60 * MINUTE
    is_early = AUTUMN - hour <= joined < AUTUMN and joined + hour <= now + MINUTE
    return max(age - hour, timedelta()) if is_early else age


@given(changes, minutes, ages, st.integers(-20, 20).map(lambda count: count * MINUTE))
def test_the_vendors_now_is_found_on_both_sides_of_a_change(change, after, age, ahead):
    now = change + after
    caller = {"CallID": "c", "JoinTime": shown(now - age), "Duration": int(age.total_seconds())}
    clock = wire.VendorClock(wire.ZONE, timedelta(), now - ahead)
    assert wire.server_now([{"ID": 1, "Callers": [caller]}], clock) == now


@pytest.mark.parametrize("change", [SPRING, AUTUMN])
@pytest.mark.parametrize("after", [-90 * MINUTE, -MINUTE, MINUTE, 30 * MINUTE, 90 * MINUTE])
async def test_the_sandbox_writes_what_the_adapter_reads(change, after):
    clock = HandClock(change + after)
    world = World(clock=clock, seed=3, history=timedelta(hours=1), zone=wire.ZONE)
    async with TestServer(VoicenterSandbox(world).app()) as server:
        keys = VoicenterSettings(**sandbox_settings(world, str(server.make_url("/"))))
        account = Voicenter(Opening("helpdesk", keys, LocalThrottle(clock, "Voicenter"), clock))
        world.queue_pressure("620", 3)
        clock.now += 50 * timedelta(seconds=1)
        found = {queue.ref: queue.waiting for queue in await account.queues()}
        assert [call.waiting // MINUTE for call in found["620"]] == [call.waiting // MINUTE for call in truth(world)]
        began = {call.call_id: clock.now - call.began_at for call in world.live_calls}
        for up in await account.active_calls():
            assert abs(up.lasted - began[up.call_id]) <= timedelta(seconds=2)
        await account.close()


def truth(world):
    (queue,) = (queue for queue in world.queues if queue.ref == "620")
    return queue.waiting
