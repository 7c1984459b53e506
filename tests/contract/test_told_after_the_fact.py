"""What vendors tell beside the polled kinds: finished queue calls, and what they say of themselves."""

from datetime import timedelta
from typing import Any

import pytest

from providers.capabilities import SupportsQueueCalls, SupportsStatus

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


def able(played: Any, capability: type) -> Any:
    if not isinstance(played.provider, capability):
        pytest.skip(f"{played.vendor.title} has no {capability.__name__}")
    return played.provider


async def test_finished_queue_calls_are_the_worlds(play):
    played = await play()
    provider = able(played, SupportsQueueCalls)
    played.world.queue_pressure("620", 4)
    played.clock.advance(timedelta(minutes=50))
    told = await provider.queue_calls(played.clock() - HOUR)
    names = {queue.ref: queue.name for queue in played.world.queues}
    true = {
        (call.started_at, call.caller): call
        for call in played.world.calls_between(played.clock() - HOUR, played.clock())
        if call.queue
    }
    assert told.unreadable == 0
    assert {(call.started_at, call.caller) for call in told} == set(true)
    assert len(told) == len(true) > 20
    for call in told:
        real = true[call.started_at, call.caller]
        assert call.queue == names[real.queue]
        assert call.disposition is real.disposition
        assert call.raw_disposition
        assert abs(call.waited - real.wait) <= SECOND
        assert call.talk is None or abs(call.talk - real.talk) <= SECOND
        assert call.agent in {real.agent, None}
    starts = [call.started_at for call in told]
    assert starts == sorted(starts, reverse=True)
    assert len({call.call_id for call in told}) == len(told)


async def test_finished_queue_calls_are_those_of_the_period(play):
    played = await play()
    since = played.clock() - timedelta(minutes=10)
    told = await able(played, SupportsQueueCalls).queue_calls(since)
    assert 0 < len(told) < len(await played.provider.queue_calls(since - HOUR))
    assert min(call.started_at for call in told) >= since


async def test_what_a_vendor_says_of_itself_is_short_and_tells_no_secret(play):
    played = await play()
    words = await able(played, SupportsStatus).status()
    assert words.strip()
    assert len(words) <= 600
    assert "\n" not in words
    for fault in ("html", "empty", "truncated", "http_500", "http_404", "cut"):
        played.sandbox.faults["*"] = fault
        await played.error(played.provider.status())
    played.sandbox.faults["*"] = "secret_echo"
    await played.error(played.provider.status())
