"""Where a Redis client harms whoever trusts it blindly: nothing runs twice, no answer goes to another who asked."""

import asyncio
import signal
from contextlib import suppress
from datetime import timedelta

import anyio
import pytest

from bot.store import Store, StoreUnavailable
from bot.store import connection as line
from tests.deadlines import PATIENCE, wait_for_the_store

DAY = timedelta(days=1)


class Relay:
    """A line to a server that can be cut. `cut`: the next answer is thrown away, and its connection broken."""

    def __init__(self, server, socket):
        self.url, self._server, self._socket = f"unix://{socket}", server.url.removeprefix("unix://"), socket
        self.cut = False
        self._lines = []

    async def _answers(self, reader, writer):
        while (data := await reader.read(65536)) and not self.cut:
            writer.write(data)
        self.cut = False
        writer.close()

    async def _meet(self, reader, writer):
        theirs, ours = await asyncio.open_unix_connection(self._server)
        self._lines += [writer, ours]
        back = asyncio.create_task(self._answers(theirs, writer))
        while data := await reader.read(65536):
            ours.write(data)
        ours.close()
        await back

    async def __aenter__(self):
        self._listening = await asyncio.start_unix_server(self._meet, self._socket)
        return self

    async def __aexit__(self, *_):
        self._listening.close()
        for line_ in self._lines:
            line_.close()
            with suppress(OSError):
                await line_.wait_closed()


@pytest.mark.parametrize("options", ["", "?retry_on_timeout=true"])
async def test_a_step_whose_answer_was_cut_off_ran_once_whatever_the_address_says(own_server, tmp_path, clock, options):
    async with Relay(own_server, tmp_path / "s") as relay:
        store = await Store.connect(relay.url + options, clock=clock)
        today = clock().date()
        assert await store.count_call("U1", today, 30)
        for n in range(1, 6):
            relay.cut = True
            with pytest.raises(StoreUnavailable, match="does not answer"):
                await store.count_call("U1", today, 30)
            assert await store.calls_today("U1", today) == 1 + n
        await store.close()


async def test_steps_that_left_together_ran_once_each_though_their_answers_were_cut_off(own_server, tmp_path, clock):
    async with Relay(own_server, tmp_path / "s") as relay:
        store = await Store.connect(relay.url, clock=clock)
        today = clock().date()
        assert await store.count_call("U", today, 30)
        relay.cut = True
        steps = [store.count_call(f"U{n}", today, 30) for n in range(10)]
        told = await asyncio.gather(*steps, return_exceptions=True)
        assert any(isinstance(one, StoreUnavailable) for one in told)
        for n, one in enumerate(told):
            assert one is True or isinstance(one, StoreUnavailable)
            assert await store.calls_today(f"U{n}", today) == 1
        await store.close()


async def test_a_step_that_the_server_did_not_know_yet_runs_once(store, clock):
    await store.ask("SCRIPT FLUSH")
    await store.count_call("U1", clock().date(), 30)
    assert await store.calls_today("U1", clock().date()) == 1


async def test_whoever_is_cancelled_leaves_no_answer_to_the_next(store):
    for n in range(40):
        await store.ask("SET", f"{{ringwatch}}:test:{n}", n)

    async def ask(n):
        assert await store.ask("GET", f"{{ringwatch}}:test:{n}") == b"%d" % n

    for stage in range(12):
        tasks = [asyncio.create_task(ask(n)) for n in range(40)]
        for _ in range(stage):
            await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks[::2], return_exceptions=True)
        await asyncio.gather(*tasks[1::2])
        await asyncio.gather(*map(ask, range(40)))


async def test_more_who_ask_than_there_are_connections_are_all_told_and_none_waits_for_good(own_server, clock):
    store = await Store.connect(own_server.url, clock=clock)
    wait_for_the_store(store, 0.3)
    told = []

    async def ask() -> None:
        try:
            await store.alert_states()
        except StoreUnavailable as error:
            told.append(str(error))

    own_server.process.send_signal(signal.SIGSTOP)
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as group:
            for _ in range(4 * line.MAX_CONNECTIONS):
                group.start_soon(ask)
    assert len(told) == 4 * line.MAX_CONNECTIONS
    own_server.process.send_signal(signal.SIGCONT)
    wait_for_the_store(store, PATIENCE)
    assert await store.alert_states() == []
    await store.close()
