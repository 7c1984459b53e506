"""A cluster: every key of ours is in one slot, and it is found wherever we are pointed."""

import signal
from datetime import timedelta

import anyio
import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Notification, NotificationKind, Observed, Severity
from bot.store import OutboxRow, Store, StoreUnavailable
from providers.model import Agent, AgentState, Rows
from tests.deadlines import PATIENCE, wait_for_the_store

KEEP = timedelta(days=1)


@pytest.fixture
async def stores(cluster, clock):
    """A store for each node that one may be told of."""
    opened = [await Store.connect(node.url, clock=clock) for node in cluster]
    yield opened
    for store in opened:
        await store.close()


async def ours(store, cluster):
    """The node that has our slot."""
    (found,) = [node for node in cluster if node.client.dbsize()]
    return found


async def test_it_works_whichever_node_it_was_told_of(stores, clock):
    first, second, third = stores
    agents = Observed(Rows((Agent("1", AgentState.OFFLINE, ""),)), clock())
    await first.record("sales", Kind.AGENTS, agents, keep=KEEP)
    assert await second.history("sales", Kind.AGENTS, clock()) == [agents]
    row = OutboxRow(
        "i:card", Notification(NotificationKind.CARD, "i", "r"), "a", "sales", "C1", Severity.INFO, clock(), clock()
    )
    assert await third.commit(AlertState("a", "sales", due=clock()), 0, [row])
    assert await first.due_rows("slack", clock()) == [row]
    assert await first.settle(row, await first.lease("deliver:i", "me", KEEP))
    await second.ping()
    assert await second.outbox_size() == 0


async def test_it_lets_many_wait_for_their_turn(stores):
    first = []

    async def ask() -> None:
        first.append(await stores[0].first_time("k", KEEP))

    async with anyio.create_task_group() as group:
        for _ in range(300):
            group.start_soon(ask)
    assert first.count(True) == 1
    assert len(first) == 300


async def test_it_says_that_our_node_is_away_and_goes_on_when_it_is_back(stores, cluster):
    assert await stores[0].first_time("k", KEEP)
    node = await ours(stores[0], cluster)
    node.kill()
    for store in stores:
        with pytest.raises(StoreUnavailable) as caught:
            await store.first_time("l", KEEP)
        assert "\n" not in str(caught.value)
    node.start()

    async def again(store: Store) -> bool:
        try:
            return not await store.first_time("k", KEEP)
        except StoreUnavailable:
            return False

    with anyio.fail_after(PATIENCE):
        for store in stores:
            while not await again(store):  # noqa: ASYNC110  # another process tells us nothing
                await anyio.sleep(0.05)


async def test_it_does_a_step_once_though_the_answer_is_lost(stores, cluster, clock):
    await stores[0].count_call("U1", clock().date(), 30)
    node = await ours(stores[0], cluster)
    store = await Store.connect(next(other.url for other in cluster if other is not node), clock=clock)
    wait_for_the_store(store, 0.3)
    node.process.send_signal(signal.SIGSTOP)
    with pytest.raises(StoreUnavailable):
        await store.count_call("U2", clock().date(), 30)
    await store.close()  # right after an error, when the client's own close would leave its sockets
    node.process.send_signal(signal.SIGCONT)
    with anyio.fail_after(PATIENCE):
        while not await stores[0].calls_today("U2", clock().date()):  # noqa: ASYNC110  # another process tells us nothing
            await anyio.sleep(0.05)
    assert await stores[0].calls_today("U2", clock().date()) == 1


async def test_it_needs_two_rights_more_there(cluster, clock, acl_rule):
    for node in cluster:
        node.client.execute_command("ACL", "SETUSER", "ringwatch", *acl_rule, "+cluster|slots", "+command")
    for node in cluster:
        store = await Store.connect(node.url.replace("//", "//ringwatch:hunter2@"), clock=clock)
        assert await store.first_time(node.url, KEEP)
        await store.close()
