"""A vendor's documented limit holds over two replicas, restarts included, and a fifth of it is people's."""

from contextlib import contextmanager
from datetime import timedelta
from random import Random

import pytest

from bot.store import Store
from bot.store.throttle import StoreThrottle
from providers.errors import ErrorKind, ProviderError
from providers.sdk.throttle import asking, parse_rate_limit
from providers.voipcloud import VENDOR

LIMIT = parse_rate_limit(VENDOR.rate_limit)


@contextmanager
def a_person():
    token = asking.set("person")
    yield
    asking.reset(token)


@pytest.fixture
async def replicas(redis_url, clock):
    stores = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    yield stores
    for store in stores:
        await store.close()


def gate(store, clock) -> StoreThrottle:
    return StoreThrottle(store, "office", VENDOR.title, LIMIT, clock)


async def admitted(throttle) -> bool:
    try:
        await throttle.admit("VPC-2")
    except ProviderError as error:
        if error.kind is not ErrorKind.RATE_LIMITED:
            raise
        return False
    return True


async def test_two_replicas_that_watch_stop_at_80_and_people_at_100(replicas, clock):
    gates = [gate(store, clock) for store in replicas]
    assert sum([await admitted(gates[n % 2]) for n in range(120)]) == 80
    with a_person():
        assert sum([await admitted(gates[n % 2]) for n in range(40)]) == 20
    assert await gates[0].left() == await gates[1].left() == 0
    clock.advance(LIMIT.per - timedelta(seconds=1))
    assert not await admitted(gates[0])
    clock.advance(timedelta(seconds=1))
    assert await admitted(gates[1])
    assert await gates[0].left() == 99


async def test_no_15_minutes_see_more_than_100_whoever_asks_and_restarts(replicas, clock):
    chance, sent, by_watches = Random(4), [], []
    gates = [gate(store, clock) for store in replicas]
    for turn in range(900):
        if turn % 50 == 0:
            gates[turn // 50 % 2] = gate(replicas[turn // 50 % 2], clock)  # one of the two was started anew
        if chance.random() < 0.3:
            with a_person():
                if await admitted(gates[chance.randrange(2)]):
                    sent.append(clock())
        elif await admitted(gates[chance.randrange(2)]):
            sent.append(clock())
            by_watches.append(clock())
        clock.advance(timedelta(seconds=chance.choice([0, 1, 3, 12])))
    assert max(sum(start <= at < start + LIMIT.per for at in sent) for start in sent) == 100
    assert max(sum(start <= at < start + LIMIT.per for at in by_watches) for start in by_watches) <= 80
