"""The line to the server: which one will do, what is said when it does not answer, and that it comes back."""

import asyncio
import contextlib
import signal
from dataclasses import replace
from datetime import timedelta

import anyio
import pytest
import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Notification, NotificationKind, Observed, Severity
from bot.store import OutboxRow, Store, StoreError, StoreUnavailable, server_facts
from bot.store import connection as line
from bot.store.connection import Script
from providers.model import Agent, AgentState, Rows
from tests.deadlines import PATIENCE, wait_for_the_store

KEEP = timedelta(days=1)


async def test_it_writes_nothing_outside_its_own_names(store, clock):
    await store.record("sales", Kind.AGENTS, Observed(Rows((Agent("1", AgentState.OFFLINE, ""),)), clock()), keep=KEEP)
    await store.commit(AlertState("a", "sales", due=clock()), 0, [])
    await store.put_pending("t", {}, KEEP)
    await store.take_pending("t", "U1")
    await store.lease("x", "me", KEEP)
    await store.first_time("k", KEEP)
    keys = await store.ask("KEYS", "*")
    assert len(keys) > 8
    assert all(key.startswith(b"{ringwatch}:") for key in keys)


async def test_it_says_in_one_sentence_that_nobody_answers(tmp_path, clock):
    with pytest.raises(StoreUnavailable) as caught:
        await Store.connect(f"unix://{tmp_path}/nobody", clock=clock)
    assert "does not answer" in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_it_says_no_password(clock):
    with pytest.raises(StoreUnavailable) as caught:
        await Store.connect("redis://user:hunter2@127.0.0.1:1/0?socket_connect_timeout=1", clock=clock)
    assert "127.0.0.1:1" in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__cause__)


def test_it_names_what_an_address_looks_like(clock):
    with pytest.raises(StoreError, match="redis://"):
        Store("mysql://secret@example", clock=clock)


async def test_it_refuses_a_server_that_may_drop_data_and_takes_it_once_that_is_mended(own_server, clock):
    store = await Store.connect(own_server.url, clock=clock)
    await store.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    late = Store(own_server.url, clock=clock)
    with pytest.raises(StoreError, match=r"maxmemory-policy allkeys-lru.*noeviction"):
        await late.alert_states()
    await store.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    assert await late.alert_states() == []
    await store.close()
    await late.close()


@pytest.mark.parametrize(("version", "will_do"), [("6.2.14", False), ("7.0.0", True), ("7.2.4", True), ("10.1", True)])
def test_it_takes_servers_from_7_0_on(version, will_do):
    assert line.recent(version) is will_do


async def test_it_refuses_an_older_server_by_name(one_redis_url, clock, monkeypatch):
    monkeypatch.setattr(server_facts, "OLDEST_VERSION", (99, 0))
    with pytest.raises(StoreError, match=r"is Redis \d.*needs Redis 7"):
        await Store.connect(one_redis_url, clock=clock)


async def test_it_refuses_what_a_newer_version_wrote(store, redis_url, clock):
    await store.ask("SET", "{ringwatch}:schema", "99")
    with pytest.raises(StoreError, match="schema 99"):
        await Store.connect(redis_url, clock=clock)


async def test_it_brings_what_an_older_version_wrote_forward_once(store, redis_url, clock, monkeypatch):
    await store.ask("SET", "{ringwatch}:schema", "1")
    await store.ask("SET", "{ringwatch}:old", "5")
    monkeypatch.setattr(line, "SCHEMA_VERSION", 3)
    step = Script("redis.call('INCRBY', ARGV[1] .. ':old', 10)")
    monkeypatch.setattr(line, "MIGRATIONS", {1: step, 2: step})
    for _ in range(2):
        again = await Store.connect(redis_url, clock=clock)
        assert await again.ask("GET", "{ringwatch}:old") == b"25"
        assert await again.ask("GET", "{ringwatch}:schema") == b"3"
        await again.close()


async def test_it_is_told_soon_that_the_server_is_away_and_goes_on_when_it_is_back(own_server, clock, monkeypatch):
    monkeypatch.setattr(line, "TIMEOUT_SECONDS", 10 * PATIENCE)  # it is not waited for
    store = await Store.connect(own_server.url, clock=clock)
    assert await store.commit(AlertState("a", "sales", due=clock()), 0, [])
    own_server.kill()
    for ask in (store.alert_states, store.outbox_size, store.ping, lambda: store.lease("x", "me", KEEP)):
        with anyio.fail_after(PATIENCE), pytest.raises(StoreUnavailable):
            await ask()
    own_server.start()
    assert await store.alert_states() == [AlertState("a", "sales", due=clock())]
    await store.close()


async def test_it_can_be_made_while_the_server_is_away(own_server, clock):
    own_server.kill()
    store = Store(own_server.url, clock=clock)
    with pytest.raises(StoreUnavailable):
        await store.ping()
    own_server.start()
    await store.ping()
    await store.close()


async def test_it_waits_no_longer_than_it_must_for_a_server_that_hangs_and_does_nothing_twice(
    own_server, clock, monkeypatch
):
    monkeypatch.setattr(line, "TIMEOUT_SECONDS", 10 * PATIENCE)
    store = await Store.connect(own_server.url, clock=clock)
    await store.count_call("U2", clock().date(), 30)
    wait_for_the_store(store, 0.3)
    own_server.process.send_signal(signal.SIGSTOP)
    with anyio.fail_after(PATIENCE), pytest.raises(StoreUnavailable):
        await store.count_call("U1", clock().date(), 30)
    own_server.process.send_signal(signal.SIGCONT)
    wait_for_the_store(store, PATIENCE)
    with anyio.fail_after(PATIENCE):
        while await store.calls_today("U1", clock().date()) == 0:  # noqa: ASYNC110  # another process tells us nothing
            await anyio.sleep(0.01)
    assert await store.calls_today("U1", clock().date()) == 1
    await store.close()


async def test_it_loses_nothing_that_was_acknowledged_when_the_server_is_killed_again_and_again(own_server, clock):
    """Commits go on while the server is killed three times; what was acknowledged is there, state and row alike."""
    acknowledged = 0
    stop = anyio.Event()

    async def write(store: Store) -> None:
        nonlocal acknowledged
        while not stop.is_set():
            try:
                known, version = await store.alert_state("a", "sales")
                n = int(known.memory.get("n", "0")) + 1
                assert n > acknowledged, "what was acknowledged went missing"
                notice = Notification(NotificationKind.CARD, f"i{n}", str(n))
                row = OutboxRow(f"i{n}:card", notice, "a", "sales", "C1", Severity.INFO, clock(), clock())
                if await store.commit(replace(known, memory={"n": str(n)}), version, [row]):
                    acknowledged = n
            except StoreUnavailable:
                await anyio.sleep(0.005)

    store = await Store.connect(own_server.url, clock=clock)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            group.start_soon(write, store)
            for _ in range(3):
                goal = acknowledged + 100
                while acknowledged < goal:  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                own_server.kill()
                await anyio.to_thread.run_sync(own_server.start)
            stop.set()
    known, _ = await store.alert_state("a", "sales")
    n = int(known.memory["n"])
    assert acknowledged <= n <= acknowledged + 1, "at most the one whose answer was lost is more"
    assert await store.outbox_size() == n, "each state with its row"
    await store.close()


async def test_it_serves_many_who_ask_at_once(store, clock):
    first = []

    async def ask() -> None:
        first.append(await store.first_time("k", KEEP))

    async with anyio.create_task_group() as group:
        for _ in range(300):
            group.start_soon(ask)
    assert first.count(True) == 1
    assert len(first) == 300


async def test_it_says_which_server_has_no_room(own_server, clock):
    store = await Store.connect(own_server.url, clock=clock)
    await store.ask("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(StoreUnavailable, match="cannot take this now"):
        await store.first_time("k", KEEP)
    await store.close()


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:/hunter2@127.0.0.1:1/0",
        "redis://user:h@hunter2@127.0.0.1:1",
        "redis://127.0.0.1:1/0?password=hunter2",
    ],
)
async def test_it_says_where_the_store_is_and_nothing_else_of_its_address(clock, url):
    with pytest.raises(StoreError) as caught:
        await Store.connect(url, clock=clock)
    assert "hunter2" not in str(caught.value)


async def test_an_option_that_is_none_is_named(clock):
    with pytest.raises(StoreError, match=r"option behind its \? that there is not \(ssl_ca\)"):
        await Store.connect("rediss://127.0.0.1:1/0?ssl_ca=/hunter2", clock=clock)


async def test_it_goes_where_the_address_leads_after_a_fail_over(nodes, clock):
    """By address: the connections in the pool lead to the old master, which is a replica from now on."""
    old, new = nodes.add({}), nodes.add({})
    leads_to = [old]

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65_536):
                    sink.write(data)
                    await sink.drain()
            sink.close()

        there, back = await asyncio.open_connection("127.0.0.1", leads_to[0].port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    async with await asyncio.start_server(through, "127.0.0.1", 0) as proxy:
        store = await Store.connect(f"redis://127.0.0.1:{proxy.sockets[0].getsockname()[1]}", clock=clock)
        assert await store.first_time("k", KEEP)
        old.client.execute_command("REPLICAOF", "127.0.0.1", new.port)
        with anyio.fail_after(PATIENCE):
            while old.client.info("replication")["master_link_status"] != "up":  # noqa: ASYNC110  # it tells us nothing
                await anyio.sleep(0.05)
        for ask in (store.first_time("l", KEEP), store.ping()):
            with pytest.raises(StoreUnavailable, match="replica"):
                await ask
        leads_to[0] = new
        await store.ping()
        assert await store.first_time("l", KEEP), "the new master, where nothing was noted yet"
        assert new.client.dbsize()
        await store.close()


async def test_it_says_once_that_the_store_is_away_and_once_that_it_is_back(own_server, clock):
    store = await Store.connect(own_server.url, clock=clock)
    with structlog.testing.capture_logs() as logs:
        own_server.kill()
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await store.first_time("k", KEEP)
        await anyio.to_thread.run_sync(own_server.start)
        for _ in range(5):
            await store.ping()
    assert [line["event"] for line in logs] == ["the store is away", "the store is back"]
    await store.close()
