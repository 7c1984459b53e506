"""How many requests a client may make: over all replicas, and whatever a clock that ran ahead has written."""

from datetime import timedelta

from bot.store import Store

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


async def test_the_next_one_passes_when_the_oldest_is_a_minute_old(store, redis_url, clock):
    other = await Store.connect(redis_url, clock=clock)
    for one in (store, other, store):
        assert await one.take_request("api:grafana", 3, MINUTE) is None
        clock.advance(SECOND)
    free_at = clock() - 3 * SECOND + MINUTE
    assert await other.take_request("api:grafana", 3, MINUTE) == free_at
    assert await other.take_request("api:claude", 3, MINUTE) is None
    clock.now = free_at
    assert await store.take_request("api:grafana", 3, MINUTE) is None
    assert await store.take_request("api:grafana", 3, MINUTE) is not None
    await other.close()


async def test_a_clock_that_ran_ahead_shuts_nobody_out(store, clock):
    clock.advance(timedelta(days=1))
    assert await store.take_request("api:grafana", 1, MINUTE) is None
    clock.advance(timedelta(days=-1))
    assert await store.take_request("api:grafana", 1, MINUTE) is None
