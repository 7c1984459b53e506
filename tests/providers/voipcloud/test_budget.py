"""The document's 100 requests in 15 minutes hold, at a server that counts them, and people come first."""

from collections import Counter
from contextlib import contextmanager
from datetime import timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import AgentState, CallOutcome, CallRequest
from providers.sdk.throttle import LocalThrottle, asking
from providers.vendor import Opening
from providers.voipcloud import VENDOR, Voipcloud
from providers.voipcloud.sandbox import SANDBOX

WINDOW = timedelta(minutes=15)


@pytest.fixture
def history() -> timedelta:
    """Requests are counted here; of rows a few are enough."""
    return timedelta(minutes=10)


@contextmanager
def a_person():
    token = asking.set("person")
    yield
    asking.reset(token)


def busiest(statuses) -> int:
    """The most requests that the server got in any 15 minutes."""
    times = [at for at, _ in statuses]
    return max(sum(start <= at < start + WINDOW for at in times) for start in times)


async def refused(asked) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await asked
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    return caught.value


async def test_polls_as_fast_as_they_may_leave_most_of_the_budget(office):
    for minute in range(60):
        now = office.clock()
        for kind, floor in VENDOR.min_intervals.items():
            assert floor >= timedelta(minutes=1), (kind, minute)
        await office.account.calls(now - WINDOW, now)
        await office.account.queue_calls(now - WINDOW)
        office.clock.advance(timedelta(minutes=1))
    assert busiest(office.statuses) == 30
    assert Counter(status for _, status in office.statuses) == {200: 120}


async def test_watches_stop_at_four_fifths_and_people_at_the_limit(office):
    since = office.clock()
    for _ in range(80):
        await office.account.queue_calls(since)
    error = await refused(office.account.queue_calls(since))
    assert "100 requests per 15 min" in error.user_text
    assert error.retry_at == office.clock() + WINDOW
    agent = next(a for a in office.world.agents if a.state is AgentState.AVAILABLE)
    call = CallRequest(agent, "+12025550177")
    with a_person():
        for _ in range(19):
            await office.account.queue_calls(since)
        assert (await office.account.place_call(call)).outcome is CallOutcome.ACCEPTED
        await refused(office.account.place_call(call))
        await refused(office.account.status())
    assert len(office.world.placed_calls) == 1
    assert {status for _, status in office.statuses} == {200}
    assert len(office.statuses) == 100


async def test_the_server_never_sees_more_than_it_allows_however_hard_it_is_asked(office):
    with a_person():
        for _ in range(80):
            for _ in range(5):
                try:
                    await office.account.queue_calls(office.clock())
                except ProviderError as error:
                    if error.kind is not ErrorKind.RATE_LIMITED:
                        raise
            office.clock.advance(timedelta(seconds=20))
    assert busiest(office.statuses) == 100
    assert {status for _, status in office.statuses} == {200}


async def test_where_the_vendor_counts_more_than_we_do_its_429_cools_down(office):
    """Somebody else uses the same key."""
    keys = SANDBOX.settings(office.world, str(office.server.make_url("/")))
    settings = VENDOR.settings.model_validate({**keys, "version": office.version})
    other = Voipcloud(Opening("twin", settings, LocalThrottle(office.clock, "VoIPcloud"), office.clock))
    with a_person():
        for _ in range(100):
            await other.queue_calls(office.clock())
    await refused(office.account.queue_calls(office.clock()))
    assert office.statuses[-1][1] == 429
    error = await refused(office.account.status())
    assert len(office.statuses) == 101
    assert error.retry_at == office.clock() + timedelta(seconds=30)
    await other.close()
