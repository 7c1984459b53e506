"""Calls that are up: they are the world's, and one is hung up once or not at all."""

from typing import Any

import pytest

from providers.capabilities import SupportsActiveCalls, SupportsHangup
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallState, Direction

REFUSED = ["http_401", "http_403", "http_404", "http_429"]
LOST = ["cut", "cut_body", "empty", "html", "truncated", "http_500", "http_502_html"]
UNREADABLE = ["empty", "html", "truncated", "wrong_shape", "cut_body"]


@pytest.fixture
async def played(play) -> Any:
    played = await play()
    if not isinstance(played.provider, SupportsActiveCalls):
        pytest.skip(f"{played.vendor.title} does not tell which calls are up")
    return played


def able_to_hang_up(played: Any) -> Any:
    if not isinstance(played.provider, SupportsHangup):
        pytest.skip(f"{played.vendor.title} cannot hang up")
    return played.provider


def tail(number: str | None) -> str:
    return "".join(c for c in number or "" if c.isdigit())[-9:]


async def test_the_live_calls_are_the_worlds(played):
    calls = await played.provider.active_calls()
    true = {tail(c.callee if c.direction is Direction.OUTBOUND else c.caller): c for c in played.world.live_calls}
    assert calls.unreadable == 0
    assert len({call.call_id for call in calls}) == len(calls) > 0
    for call in calls:
        known = true.get(tail(call.callee)) or true[tail(call.caller)]
        assert call.direction in {known.direction, Direction.UNKNOWN}
        assert call.extension in {known.extension, None}
        assert (call.state is CallState.TALKING) == (known.answered_at is not None)
        assert call.lasted is None or call.lasted.total_seconds() >= 0


@pytest.mark.parametrize("fault", UNREADABLE)
async def test_live_calls_that_cannot_be_read_are_not_none(played, fault: str):
    played.sandbox.faults["*"] = fault
    assert (await played.error(played.provider.active_calls())).kind is ErrorKind.GARBLED


async def test_a_call_is_hung_up_once(played):
    provider = able_to_hang_up(played)
    calls = (await provider.active_calls()).items
    result = await provider.hang_up(calls[0].call_id)
    assert result.outcome is CallOutcome.ACCEPTED
    assert len(played.world.hung_up) == 1
    assert calls[0].call_id not in {call.call_id for call in await provider.active_calls()}


@pytest.mark.parametrize("fault", REFUSED)
async def test_a_hang_up_that_was_refused_is_told_as_not_done(played, fault: str):
    provider = able_to_hang_up(played)
    call_id = (await provider.active_calls()).items[0].call_id
    played.sandbox.faults["*"] = fault
    error = await played.error(provider.hang_up(call_id))
    assert error.kind is not ErrorKind.UNKNOWN_OUTCOME
    assert played.world.hung_up == []


@pytest.mark.parametrize("fault", LOST)
async def test_a_hang_up_whose_answer_is_lost_is_done_once_and_told_as_unknown(play, played, fault: str):
    operation = await hang_up_operation(play, played)
    provider = played.provider
    call_id = (await provider.active_calls()).items[0].call_id
    played.sandbox.faults[operation] = fault
    try:
        result = await provider.hang_up(call_id)
    except ProviderError as error:
        pytest.fail(f"a lost answer hides what was done: {error}")
    assert result.outcome is CallOutcome.UNKNOWN
    played.fit_to_show(result.note)
    assert (played.throttle.operations.count(operation), len(played.world.hung_up)) == (1, 1)
    assert len(played.requests) == len(played.throttle.operations)


async def hang_up_operation(play: Any, played: Any) -> str:
    """The vendor's number of the operation that ends a call: some look first whether it is up."""
    able_to_hang_up(played)
    other = await play()
    calls = await other.provider.active_calls()
    await other.provider.hang_up(calls.items[0].call_id)
    return other.throttle.operations[-1]
