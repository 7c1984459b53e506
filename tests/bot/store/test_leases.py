"""Turns, shared by all replicas."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest
from anyio.from_thread import BlockingPortal
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.alerts.kinds import Kind
from bot.store import Store
from tests.deadlines import PATIENCE

LONG = timedelta(minutes=5)
HALF_A_MINUTE = timedelta(seconds=30)
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def test_it_gives_the_same_owner_the_same_token_and_nobody_else_one(store):
    token = await store.lease("deliver:i1", "me", LONG)
    assert token == await store.lease("deliver:i1", "me", LONG)
    assert await store.lease("deliver:i1", "you", LONG) is None
    assert await store.lease("deliver:i2", "you", LONG) is not None


async def test_it_gives_the_next_owner_a_greater_token(store):
    first = await store.lease("x", "me", LONG)
    await store.release("x", "you")
    assert await store.lease("x", "you", LONG) is None, "only its owner gives a lease back"
    await store.release("x", "me")
    second = await store.lease("x", "you", LONG)
    assert second > first
    await store.release("x", "you")
    assert await store.lease("x", "me", LONG) > second


async def test_it_lets_a_lease_end_by_the_servers_clock(store):
    first = await store.lease("x", "me", timedelta(milliseconds=30))
    with anyio.fail_after(PATIENCE):
        while (second := await store.lease("x", "you", LONG)) is None:  # noqa: ASYNC110  # another process tells us nothing
            await anyio.sleep(0.005)
    assert second > first
    assert not await store.renew("x", "me", LONG)


async def test_it_renews_only_what_is_held(store):
    assert not await store.renew("x", "me", LONG)
    await store.lease("x", "me", HALF_A_MINUTE)
    assert await store.renew("x", "me", LONG)
    assert await store.ask("PTTL", "{ringwatch}:lease:x") > HALF_A_MINUTE / timedelta(milliseconds=1)
    assert await store.lease("x", "you", LONG) is None
    assert not await store.renew("x", "you", LONG)


async def test_it_gives_one_of_many_who_ask_at_once_the_lease(redis_url, clock):
    stores = [await Store.connect(redis_url, clock=clock) for _ in range(5)]
    won = []

    async def ask(store: Store) -> None:
        token = await store.lease("x", store.owner, LONG)
        if token is not None:
            won.append(token)

    async with anyio.create_task_group() as group:
        for store in stores:
            group.start_soon(ask, store)
    assert len(won) == 1
    for store in stores:
        await store.close()


class Fencing(RuleBasedStateMachine):
    """Owners come and go; a token never goes down, and one owner at a time has one."""

    store: Store
    portal: BlockingPortal

    @initialize()
    def begin(self):
        self.holder = None
        self.token = 0
        self.name = f"lease-{id(self)}-{Fencing.round}"
        Fencing.round += 1

    round = 0

    @rule(owner=st.sampled_from("abc"))
    def ask(self, owner):
        token = self.portal.call(self.store.lease, self.name, owner, LONG)
        if self.holder in (None, owner):
            assert token is not None
            assert token >= self.token
            assert (token == self.token) == (self.holder == owner)
            self.holder, self.token = owner, token
        else:
            assert token is None

    @rule(owner=st.sampled_from("abc"))
    def give_back(self, owner):
        self.portal.call(self.store.release, self.name, owner)
        if self.holder == owner:
            self.holder = None

    @rule(owner=st.sampled_from("abc"))
    def renew(self, owner):
        assert self.portal.call(self.store.renew, self.name, owner, LONG) == (self.holder == owner)

    @invariant()
    def tokens_stay_whole_numbers(self):
        assert isinstance(getattr(self, "token", 0), int)


def test_it_keeps_the_tokens_of_a_lease_growing_whoever_asks(redis_url, clock):
    with anyio.from_thread.start_blocking_portal() as portal:
        Fencing.portal = portal
        Fencing.store = portal.call(lambda: Store.connect(redis_url, clock=clock))
        try:
            run_state_machine_as_test(Fencing, settings=settings(max_examples=25, stateful_step_count=20))
        finally:
            portal.call(Fencing.store.close)


async def test_it_paces_a_channel_over_replicas(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    assert await one.reserve_slot("C1", NOW) == NOW
    assert await two.reserve_slot("C1", NOW) == NOW + SECOND
    assert await two.reserve_slot("C2", NOW) == NOW
    assert await two.reserve_slot("C1", NOW + SECOND / 2) == NOW + SECOND, "asking takes nothing"
    assert await two.reserve_slot("C1", NOW + SECOND) == NOW + SECOND
    assert await one.reserve_slot("C1", NOW + SECOND) == NOW + 2 * SECOND
    await one.close()
    await two.close()


async def test_it_holds_a_channel_back_as_long_as_slack_said(store):
    await store.reserve_slot("C1", NOW)
    await store.hold("C1", NOW + 30 * SECOND, NOW)
    await store.hold("C1", NOW + 10 * SECOND, NOW)
    assert await store.reserve_slot("C1", NOW + 20 * SECOND) == NOW + 30 * SECOND
    assert await store.reserve_slot("C1", NOW + 30 * SECOND) == NOW + 30 * SECOND
    assert await store.reserve_slot("C1", NOW + 31 * SECOND) == NOW + 31 * SECOND


async def test_it_does_not_stop_a_channel_whose_clock_was_set_back(store):
    await store.reserve_slot("C1", NOW + timedelta(hours=1))
    assert await store.reserve_slot("C1", NOW) == NOW


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(hours=1), timedelta(weeks=2)])
async def test_a_hold_that_a_clock_ahead_told_binds_nobody_and_gives_way_to_the_next(store, ahead):
    await store.hold("C1", NOW + ahead + 2 * SECOND, NOW + ahead)
    assert await store.reserve_slot("C1", NOW) == NOW
    await store.hold("C2", NOW + ahead + 2 * SECOND, NOW + ahead)
    await store.hold("C2", NOW + 2 * SECOND, NOW)
    assert await store.reserve_slot("C2", NOW) == NOW + 2 * SECOND


async def test_it_gives_a_poll_to_one_replica_an_interval(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    every = timedelta(seconds=30)
    taken = [await s.poll_due("sales", Kind.AGENTS, every, NOW) for s in (one, two, one)]
    assert taken == [True, False, False]
    assert await one.next_polls() == {("sales", Kind.AGENTS): NOW + every}
    assert not await two.poll_due("sales", Kind.AGENTS, every, NOW + every - SECOND / 1000)
    assert await two.poll_due("sales", Kind.AGENTS, every, NOW + every)
    assert await one.poll_due("sales", Kind.BALANCE, every, NOW), "another kind has its own turn"
    await one.close()
    await two.close()


async def test_it_goes_by_a_new_interval_at_once(store):
    turn = ("sales", Kind.BALANCE)
    assert await store.poll_due(*turn, timedelta(hours=1), NOW)
    short = timedelta(seconds=30)
    assert await store.next_polls({turn: short}) == {turn: NOW + short}
    assert await store.poll_due(*turn, short, NOW + short)
    assert not await store.poll_due(*turn, timedelta(hours=1), NOW + 2 * short)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1)])
async def test_it_starves_no_poll_and_lets_none_run_wild_when_the_clock_jumps(store, jump):
    every = timedelta(seconds=30)
    assert await store.poll_due("sales", Kind.AGENTS, every, NOW)
    after = NOW + jump
    taken = [await store.poll_due("sales", Kind.AGENTS, every, after + n * SECOND) for n in range(60)]
    assert taken.count(True) == 2
    assert taken[0]
