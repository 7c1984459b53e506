"""Budgets, spacing and cool-downs, over all replicas and restarts."""

from contextlib import contextmanager
from datetime import timedelta

import pytest

from bot.store import Store
from bot.store.throttle import StoreThrottle
from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import RateLimit, asking

MINUTE = timedelta(minutes=1)
LIMIT = RateLimit(10, 15 * MINUTE)


def throttle(store, clock, limit=None) -> StoreThrottle:
    return StoreThrottle(store, "sales", "MoMVOIP", limit, clock)


async def refusal(gate, operation="MOM-1", **kwargs) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await gate.admit(operation, **kwargs)
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    return caught.value


@contextmanager
def a_person():
    token = asking.set("person")
    yield
    asking.reset(token)


async def test_it_shares_a_budget_between_replicas_and_keeps_a_fifth_for_people(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    gates = [throttle(one, clock, LIMIT), throttle(two, clock, LIMIT)]
    start = clock()
    for n in range(8):
        await gates[n % 2].admit("MOM-1")
        clock.advance(MINUTE)
    error = await refusal(gates[0])
    assert error.retry_at == start + LIMIT.per
    assert "10 requests per 15 min" in error.user_text
    with a_person():
        await gates[0].admit("MOM-1")
        await gates[1].admit("MOM-1")
        assert await gates[0].left() == 0
        await refusal(gates[1])
    clock.now = start + LIMIT.per
    assert await gates[1].left() == 1
    await one.close()
    await two.close()


async def test_it_counts_requests_of_one_instant_apart(store, clock):
    gate = throttle(store, clock, RateLimit(3, MINUTE))
    with a_person():
        for _ in range(3):
            await gate.admit("MOM-1")
        await refusal(gate)
    clock.advance(MINUTE)
    await gate.admit("MOM-1")


async def test_it_counts_nothing_when_it_refuses(store, clock):
    gate = throttle(store, clock, RateLimit(1, MINUTE))
    await gate.admit("MOM-1")
    for _ in range(5):
        await refusal(gate)
    clock.advance(MINUTE)
    await gate.admit("MOM-1")


async def test_it_keeps_the_same_question_apart(store, clock):
    gate = throttle(store, clock)
    await gate.admit("VOI-3", spacing=MINUTE)
    await gate.admit("VOI-4", spacing=MINUTE)
    clock.advance(MINUTE / 2)
    error = await refusal(gate, "VOI-3", spacing=MINUTE)
    assert error.retry_at == clock() + MINUTE / 2
    clock.advance(MINUTE / 2)
    await gate.admit("VOI-3", spacing=MINUTE)


async def test_it_cools_an_account_down_twice_as_long_each_time_in_every_replica(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    first, second = throttle(one, clock), throttle(two, clock)
    waits = []
    for gate, other in [(first, second), (second, first)] * 4:
        until = await gate.refused(401, None)
        waits.append((until - clock()).total_seconds())
        error = await refusal(other)
        assert error.retry_at == until
        assert error.http_status == 401
        assert "MoMVOIP" in error.user_text
        assert "401" in error.user_text
        clock.now = until
        await other.admit("MOM-1")
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]
    await one.close()
    await two.close()


async def test_it_begins_anew_after_a_good_answer_whoever_had_the_refusals(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    first, second = throttle(one, clock), throttle(two, clock)
    await second.admit("MOM-1")
    await second.answered()
    for _ in range(3):
        clock.now = await first.refused(429, None)
    await second.admit("MOM-1")
    await second.answered()
    assert await first.refused(429, None) == clock() + timedelta(seconds=30)
    await one.close()
    await two.close()


async def test_it_counts_refusals_of_requests_under_way_together_once(store, clock):
    gate = throttle(store, clock)
    for _ in range(5):
        until = await gate.refused(403, None)
    assert until == clock() + timedelta(seconds=30)
    assert await gate.cooling() == until


async def test_it_waits_as_long_as_the_vendor_says_but_15_minutes_at_most(store, clock):
    gate = throttle(store, clock)
    assert await gate.refused(429, 7 * MINUTE) == clock() + 7 * MINUTE
    clock.advance(7 * MINUTE)
    assert await gate.cooling() is None
    assert await gate.refused(429, 7 * timedelta(hours=1)) == clock() + 15 * MINUTE


async def test_it_remembers_a_cool_down_over_a_restart(redis_url, clock):
    store = await Store.connect(redis_url, clock=clock)
    until = await throttle(store, clock).refused(401, None)
    await store.close()
    store = await Store.connect(redis_url, clock=clock)
    assert (await refusal(throttle(store, clock))).retry_at == until
    await store.close()


async def test_it_is_bound_by_nothing_that_a_clock_running_ahead_wrote(store, clock):
    clock.advance(timedelta(hours=1))
    gate = throttle(store, clock, RateLimit(1, MINUTE))
    await gate.admit("MOM-1", spacing=MINUTE)
    await gate.refused(429, None)
    clock.advance(timedelta(hours=-1))
    await gate.admit("MOM-1", spacing=MINUTE)


async def test_it_judges_alone_while_the_store_is_away(tmp_path, clock):
    gate = throttle(Store(f"unix://{tmp_path}/nobody", clock=clock), clock, RateLimit(2, MINUTE))
    with a_person():
        await gate.admit("MOM-1")
        await gate.answered()
        await gate.admit("MOM-1")
        await refusal(gate)
    until = await gate.refused(401, None)
    assert until == clock() + timedelta(seconds=30)
