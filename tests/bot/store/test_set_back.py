"""A server that comes back without what it had acknowledged last, as after a failover: nothing is taken for new."""

import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Notification, NotificationKind, Observed, Severity
from bot.store import OutboxRow, Store, StoreUnavailable
from bot.store.readings import RECORD
from providers.model import Agent, AgentState, Rows
from tests.deadlines import PATIENCE

DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def row(name, at, *, kind=NotificationKind.CARD, reason="r"):
    notice = Notification(kind, name, reason, change=1 if kind is NotificationKind.CHANGE else 0)
    return OutboxRow(f"{name}:{kind}", notice, "a", "sales", "C1", Severity.INFO, at, at)


class HistoryWindow:
    """What a server had on disk once."""

    def __init__(self, server):
        self.server, self.copy = server, server.folder.with_suffix(".past")

    def keep(self):
        shutil.copytree(self.server.folder / "appendonlydir", self.copy)

    async def come_back(self, *stores):
        """Whoever was connected loses one answer, and no more."""
        self.server.kill()
        shutil.rmtree(self.server.folder / "appendonlydir")
        self.copy.rename(self.server.folder / "appendonlydir")
        self.server.start()
        for store in stores:
            with suppress(StoreUnavailable):
                await store.ping()


@pytest.fixture
async def past(own_server):
    kept = HistoryWindow(own_server)
    yield kept
    shutil.rmtree(kept.copy, ignore_errors=True)


@pytest.fixture
async def store(own_server, clock):
    opened = await Store.connect(own_server.url, clock=clock)
    yield opened
    await opened.close()


async def test_tokens_go_on_growing(store, past):
    past.keep()
    first = await store.lease("x", "me", DAY)
    await past.come_back(store)
    second = await store.lease("x", "you", DAY)
    assert second > first, "whoever had the first one is fenced by the second"
    assert not await store.renew("x", "me", DAY)


async def test_no_version_comes_back(store, past, clock):
    assert await store.commit(AlertState("a", "sales", memory={"n": "1"}), 0, [])
    past.keep()
    known, version = await store.alert_state("a", "sales")
    assert await store.commit(replace(known, memory={"n": "lost"}), version, [])
    lost, seen = await store.alert_state("a", "sales")
    await past.come_back(store)
    known, version = await store.alert_state("a", "sales")
    assert known.memory == {"n": "1"}
    assert await store.commit(replace(known, memory={"n": "2"}), version, [])
    assert not await store.commit(replace(lost, memory={"n": "late"}), seen, [])


async def test_no_revision_of_a_row_comes_back(store, past, clock):
    assert await store.commit(AlertState("a", "sales"), 0, [row("i", clock())])
    token = await store.lease("deliver:i", "me", DAY)
    past.keep()
    assert await store.commit(AlertState("a", "sales", due=clock()), 0, [row("i", clock(), reason="lost")])
    (seen,) = await store.due_rows("slack", clock())
    await past.come_back(store)
    assert await store.commit(AlertState("a", "sales", due=clock()), 0, [row("i", clock(), reason="newer")])
    assert await store.settle(seen, token), "the lease is as it was"
    (left,) = await store.due_rows("slack", clock())
    assert left.notice.reason == "newer", "what nobody has told is not taken for told"


async def test_what_waits_may_have_been_told_and_is_looked_for_first(store, past, own_server, clock):
    slack, hook = row("i", clock()), row("i", clock(), kind=NotificationKind.CHANGE)
    assert await store.commit(AlertState("a", "sales"), 0, [slack, hook])
    past.keep()
    (read,) = await store.due_rows("slack", clock())
    assert read.doubt_until is None
    assert await store.settle(read, await store.lease(read.lease, "me", DAY))
    await past.come_back(store)
    late = await Store.connect(own_server.url, clock=clock)  # one that knows nothing of what was
    for either in (store, late):
        (again,) = await either.due_rows("slack", clock())
        assert again.doubt_until == EPOCH, "in doubt, and nobody need wait"
    assert (await store.row(hook.id)).doubt_until is None, "a webhook is told at least once anyway"
    assert await store.commit(AlertState("b", "sales"), 0, [row("j", clock())])
    assert (await store.row("j:card")).doubt_until is None, "what is new cannot have been told"
    await late.close()


async def test_a_pool_that_connects_anew_in_silence_notices_too(store, past, clock):
    assert await store.commit(AlertState("a", "sales"), 0, [row("i", clock())])
    past.keep()
    await past.come_back()
    lines = store._redis.connection_pool._available_connections
    with anyio.fail_after(PATIENCE):
        while not all(one._reader.at_eof() for one in lines):  # noqa: ASYNC110  # the client tells us nothing
            await anyio.sleep(0.01)
    await store.due_rows("slack", clock())  # and nobody is told that the store was away
    assert (await store.row("i:card")).doubt_until == EPOCH


async def test_it_asks_no_more_of_a_server_that_it_knows(store, past, clock):
    assert await store.commit(AlertState("a", "sales"), 0, [row("i", clock())])
    again = await Store.connect(past.server.url, clock=clock)
    assert (await again.row("i:card")).doubt_until is None
    await again.close()


async def test_a_history_stays_whole(store, past, clock):
    def seen(state):
        return Observed(Rows((Agent("1", state, ""),)), clock())

    first = seen(AgentState.OFFLINE)
    await store.record("sales", Kind.AGENTS, first, keep=DAY)
    past.keep()
    clock.advance(timedelta(seconds=30))
    await store.record("sales", Kind.AGENTS, seen(AgentState.ON_CALL), keep=DAY)
    await past.come_back(store)
    clock.advance(timedelta(seconds=30))
    last = seen(AgentState.AVAILABLE)
    await store.record("sales", Kind.AGENTS, last, keep=DAY)
    assert await store.history("sales", Kind.AGENTS, first.at) == [first, last]


async def test_what_changed_is_not_reckoned_from_what_was_lost(store, past, own_server, clock, monkeypatch):
    def seen(state):
        clock.advance(timedelta(seconds=30))
        return Observed(Rows((Agent("1", state, ""),)), clock())

    first = seen(AgentState.OFFLINE)
    await store.record("sales", Kind.AGENTS, first, keep=DAY)
    past.keep()
    await store.record("sales", Kind.AGENTS, seen(AgentState.ON_CALL), keep=DAY)
    between, run = seen(AgentState.AVAILABLE), store.run

    async def late(script, *rest):
        """Between a look and the write that hangs on it the store goes back, and another replica records."""
        if script is not RECORD:
            return await run(script, *rest)
        monkeypatch.undo()
        await past.come_back(store)
        other = await Store.connect(own_server.url, clock=clock)
        await other.record("sales", Kind.AGENTS, between, keep=DAY)
        await other.close()
        return await run(script, *rest)

    monkeypatch.setattr(store, "run", late)
    last = seen(AgentState.ON_CALL)
    await store.record("sales", Kind.AGENTS, last, keep=DAY)
    assert await store.history("sales", Kind.AGENTS, first.at) == [first, between, last]
