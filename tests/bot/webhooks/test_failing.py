"""A receiver that fails, hangs or asks for patience: at least once, in order, and nobody else is held up."""

import asyncio
import base64
import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.alerts.model import Notification, NotificationKind, Severity
from bot.settings.webhook_formats import WebhookFormat
from bot.store import OutboxRow, Store, StoreUnavailable
from bot.webhooks.outlet import LIMITS, asked_for
from tests.deadlines import PATIENCE

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()
GIVE_UP_AFTER = LIMITS.give_up_after
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


# --- a receiver that fails


async def test_it_tries_again_with_the_same_id_and_a_time_and_a_signature_of_its_own(world, receiver, clock):
    hook = await receiver(secret=SECRET, answers=[500])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    assert (await world.waiting(), world.count("failed")) == (1, 1)
    await deliverer.run_once()
    assert len(hook.got) == 1, "not before its pause is over"
    clock.advance(2 * SECOND)
    await deliverer.run_once()
    assert await world.waiting() == 0
    (first, one), (second, other) = hook.got
    assert first["webhook-id"] == second["webhook-id"]
    assert one == other
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 2
    assert second["webhook-signature"] == hook.signature(1, SECRET) != first["webhook-signature"]


async def test_an_answer_that_is_lost_means_the_same_post_again(world, receiver, clock):
    async def cut(request):
        request.transport.abort()
        return web.Response()

    hook = await receiver(answers=[cut])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    assert await world.waiting() == 1
    clock.advance(2 * SECOND)
    await deliverer.run_once()
    assert hook.ids == ["webhook:low:sales:1:1"] * 2
    assert await world.waiting() == 0


async def test_the_pauses_double_up_to_five_minutes_for_a_day(world, receiver, clock):
    hook = await receiver()
    await hook.server.close()
    await world.commit(1)
    deliverer = world.deliverer()
    began, pauses = clock(), []
    while await world.waiting():
        await deliverer.run_once()
        row = await world.store.row("webhook:low.sales.1:1")
        if row is not None:
            pauses.append((row.due_at - clock()).total_seconds())
            clock.now = row.due_at
    assert clock() == began + GIVE_UP_AFTER, "the last try is a day after the change"
    plain = [min(300, 2**n) for n in range(len(pauses) - 1)]
    assert all(0.8 * n <= pause <= 1.2 * n for pause, n in zip(pauses[:-1], plain, strict=True))
    assert len({round(pause / n, 3) for pause, n in zip(pauses[:-1], plain, strict=True)}) > 100, "no two together"
    assert (world.count("given_up"), world.count("failed")) == (1, len(pauses))


async def test_what_is_given_up_is_said_once(world, receiver, clock, said):
    await receiver(answers=[500])
    await world.commit(1)
    clock.advance(GIVE_UP_AFTER)
    await world.deliverer().run_once()
    (entry,) = said
    assert (entry["log_level"], entry["event"], entry["why"]) == (
        "error",
        "a delivery was given up",
        "the receiver answered 500",
    )
    assert (await world.waiting(), world.count("given_up")) == (0, 1)


async def test_what_waited_through_a_long_stop_is_tried_once_at_least(world, receiver, clock):
    hook = await receiver()
    await world.commit(1)
    clock.advance(3 * GIVE_UP_AFTER)
    await world.deliverer().run_once()
    assert hook.changes == [1]
    assert world.count("delivered") == 1


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("words", ["90", "Sat, 21 Nov 2026 12:01:30 GMT"])
async def test_it_comes_back_when_the_receiver_said(world, receiver, clock, status, words):
    hook = await receiver(answers=[(status, {"Retry-After": words})])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    clock.advance(89 * SECOND)
    await deliverer.run_once()
    assert len(hook.got) == 1
    clock.advance(SECOND)
    await deliverer.run_once()
    assert hook.changes == [1, 1]
    assert await world.waiting() == 0


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("", 0),
        ("7", 7),
        (" 7 ", 7),
        ("-7", 0),
        ("soon", 0),
        ("9" * 40, 999_999_999),
        ("Sat, 21 Nov 2026 11:00:00 GMT", 0),
    ],
)
def test_it_reads_what_the_receiver_said(clock, words, seconds):
    assert asked_for(words, clock()) == seconds * SECOND


async def test_a_receiver_that_asks_for_a_year_is_asked_again_in_an_hour(world, receiver, clock):
    hook = await receiver(answers=[(429, {"Retry-After": "31536000"})])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    clock.advance(HOUR - SECOND)
    await deliverer.run_once()
    assert len(hook.got) == 1
    clock.advance(SECOND)
    await deliverer.run_once()
    assert hook.changes == [1, 1]


async def test_gone_is_gone(world, receiver, said):
    hook = await receiver(answers=[410])
    await world.commit(1, 2)
    await world.deliverer().run_once()
    assert hook.changes == [1, 2], "the next change is a question of its own"
    assert (await world.waiting(), world.count("given_up"), world.count("delivered")) == (0, 1, 1)
    assert [(e["log_level"], e["change"], e["why"]) for e in said] == [("error", 1, "the receiver answered 410")]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_a_definite_refusal_is_given_up_and_noted_for_a_day(world, receiver, clock, status):
    hook = await receiver(answers=[status])
    await world.commit(1)
    await world.deliverer().run_once()
    assert (len(hook.got), await world.waiting(), world.count("given_up")) == (1, 0, 1)
    (noted,) = await world.store.given_up(clock())
    why = f"the receiver answered {status}"
    assert (noted.outlet, noted.alert, noted.account, noted.why) == ("webhook", "low", "sales", why)
    clock.advance(24 * HOUR)
    assert await world.store.given_up(clock()) == []


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_what_may_pass_is_tried_again(world, receiver, clock, status):
    hook = await receiver(answers=[status])
    await world.commit(1)
    deliverer = world.deliverer()
    await deliverer.run_once()
    clock.advance(2 * SECOND)
    await deliverer.run_once()
    assert (hook.changes, await world.store.given_up(clock())) == ([1, 1], [])


@pytest.mark.parametrize("form", WebhookFormat)
async def test_every_format_arrives_with_its_id_and_signed_but_where_the_secret_is_a_key(world, receiver, form):
    secret = "R" * 32 if form.takes_routing_key else SECRET
    hook = await receiver(secret=secret)
    world.alerts["low"] = replace(world.alerts["low"], webhook_format=form)
    await world.commit(1)
    await world.deliverer().run_once()
    ((headers, posted),) = hook.got
    assert headers["webhook-id"] == hook.ids[0] != ""
    assert headers.get("webhook-signature") == (None if form.takes_routing_key else hook.signature(0, SECRET))
    assert (b"R" * 32 in posted) == form.takes_routing_key


async def test_it_follows_no_redirect(world, receiver, clock):
    elsewhere = await receiver(alert="other")
    hook = await receiver(answers=[(status, {"Location": elsewhere.url}) for status in (301, 307, 308)])
    await world.commit(1)
    deliverer = world.deliverer()
    for _ in range(4):
        await deliverer.run_once()
        clock.advance(HOUR)
    assert (len(hook.got), elsewhere.got) == (4, [])
    assert world.count("failed") == 3


async def test_an_answer_without_end_is_not_read(world, receiver):
    async def pour(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        try:
            while True:
                await answer.write(b"x" * 65_536)
        finally:
            cut.set()

    cut = asyncio.Event()

    await receiver(answers=[pour])
    await world.commit(1)
    await world.deliverer().run_once()
    await cut.wait()
    assert (await world.waiting(), world.count("delivered")) == (0, 1)


async def test_what_cannot_be_an_address_is_a_failure_like_another(world, clock):
    world.alert("low", "http://a..b/CANARY")
    await world.commit(1)
    await world.deliverer().run_once()
    assert (await world.waiting(), world.count("failed")) == (1, 1)


# --- order, and who waits for whom


async def test_an_incidents_changes_arrive_in_order_whatever_fails(world, receiver, clock):
    hook = await receiver(answers=[500, 500])
    deliverer = world.deliverer()
    await world.commit(*range(1, 10))
    await deliverer.run_once()
    await world.commit(10, 11)
    for _ in range(3):
        await deliverer.run_once()
        clock.advance(5 * SECOND)
    assert hook.changes == [1, 1, *range(1, 12)]
    assert await world.waiting() == 0


async def test_what_is_new_waits_behind_what_waits_without_being_looked_at(world, receiver, clock):
    hook = await receiver(answers=[500])
    deliverer = world.deliverer()
    await world.commit(1)
    await deliverer.run_once()
    await world.commit(2)
    assert [row.id for row in await world.store.due_rows("webhook", clock())] == ["webhook:low.sales.1:2"]
    await deliverer.run_once()
    assert await world.store.due_rows("webhook", clock()) == []
    assert (await world.store.row("webhook:low.sales.1:2")).attempts == 0
    assert hook.changes == [1]
    clock.advance(2 * SECOND)
    await deliverer.run_once()
    assert hook.changes == [1, 1, 2]


async def test_incidents_do_not_wait_for_each_other(world, receiver, clock):
    hook = await receiver(answers=[500])
    deliverer = world.deliverer()
    await world.commit(1)
    await deliverer.run_once()
    await world.commit(1, incident="low.sales.2")
    await deliverer.run_once()
    assert hook.ids == ["webhook:low:sales:1:1", "webhook:low:sales:2:1"]
    assert await world.waiting() == 1


async def test_a_receiver_that_hangs_holds_up_no_other_nor_slack(world, receiver, clock):
    reached, over = asyncio.Event(), asyncio.Event()

    async def hang(_request):
        reached.set()
        await over.wait()
        return web.Response()

    hanging = await receiver(answers=[hang] * 50)
    other = await receiver(alert="other")
    for number in range(50):
        await world.commit(1, incident=f"low.sales.{number}")
    clock.advance(SECOND)
    await world.commit(1, alert="other", incident="other.sales.1")
    card = Notification(NotificationKind.CARD, "low.sales.1", "opened")
    alert_state, version = await world.store.alert_state("low", "sales")
    row = OutboxRow("card:low.sales.1", card, "low", "sales", "C1", Severity.WARNING, clock(), clock())
    assert await world.store.commit(replace(alert_state, memory={"a": "b"}), version, [row])
    turn = asyncio.create_task(world.deliverer().run_once())
    await reached.wait()
    async with asyncio.timeout(PATIENCE):
        while await world.store.row("webhook:other.sales.1:1") is not None:  # noqa: ASYNC110  # a loop tells us nothing
            await asyncio.sleep(0.01)
    assert other.changes == [1]
    assert len(hanging.got) <= 4, "a receiver gets four posts side by side at the most"
    assert [row.id for row in await world.store.due_rows("slack", clock())] == ["card:low.sales.1"]
    assert await world.store.lease("deliver:low.sales.1", "another", HOUR) is not None
    over.set()
    await turn
    assert len(set(hanging.ids)) == len(hanging.got) == 50


async def test_it_waits_for_an_answer_no_longer_than_its_deadline(world, receiver):
    over = asyncio.Event()

    async def hang(_request):
        await over.wait()
        return web.Response()

    await receiver(answers=[hang])
    await world.commit(1)
    await world.deliverer(deadline=SECOND / 5).run_once()
    over.set()
    assert (await world.waiting(), world.count("failed")) == (1, 1)


async def test_a_receiver_that_drips_has_no_longer(world):
    cut = asyncio.Event()

    async def drip(_reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nx: ")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        cut.set()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        world.alert("low", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await world.commit(1)
        async with asyncio.timeout(PATIENCE):
            await world.deliverer(deadline=0.3 * SECOND).run_once()
            await cut.wait()
    assert (await world.waiting(), world.count("failed")) == (1, 1)


# --- who delivers


async def test_what_arrived_and_could_not_be_recorded_is_sent_again(world, receiver, monkeypatch):
    hook = await receiver()
    await world.commit(1, 2)

    async def away(*_args, **_kwargs):
        raise StoreUnavailable("The store does not answer.")

    with monkeypatch.context() as patched:
        patched.setattr(world.store, "settle", away)
        await world.deliverer().run_once()
    assert await world.waiting() == 2
    await world.deliverer().run_once()
    assert hook.changes == [1, 1, 2]
    assert hook.ids[0] == hook.ids[1]
    assert await world.waiting() == 0


async def test_who_comes_after_a_restart_goes_on(world, receiver, clock, one_redis_url):
    hook = await receiver(answers=[500])
    await world.commit(1, 2)
    first = world.deliverer()
    await first.run_once()
    await first.stop(1)
    again = await Store.connect(one_redis_url, clock=clock)
    clock.advance(2 * SECOND)
    await world.deliverer(again).run_once()
    await again.close()
    assert hook.ids == ["webhook:low:sales:1:1"] * 2 + ["webhook:low:sales:1:2"]
    assert await world.waiting() == 0


async def test_a_post_that_is_cut_off_by_a_stop_is_sent_again(world, receiver):
    reached, over = asyncio.Event(), asyncio.Event()

    async def hang(_request):
        reached.set()
        await over.wait()
        return web.Response()

    hook = await receiver(answers=[hang])
    await world.commit(1)
    first = world.deliverer()
    first.start()
    await reached.wait()
    await first.stop(0)
    over.set()
    assert await world.waiting() == 1
    await world.deliverer().run_once()
    assert hook.ids == ["webhook:low:sales:1:1"] * 2
    assert await world.waiting() == 0


async def test_two_replicas_do_not_send_the_same_at_once(world, receiver, clock, one_redis_url):
    hook = await receiver()
    for number in range(20):
        await world.commit(1, 2, 3, incident=f"low.sales.{number}")
    other = await Store.connect(one_redis_url, clock=clock)
    await asyncio.gather(world.deliverer().run_once(), world.deliverer(other).run_once())
    await world.deliverer().run_once()
    await other.close()
    assert len(hook.ids) == len(set(hook.ids)) == 60
    for number in range(20):
        mine = [told for told in hook.ids if told.startswith(f"webhook:low:sales:{number}:")]
        assert mine == sorted(mine)


async def test_its_loop_finds_what_is_committed(world, receiver):
    hook = await receiver()
    deliverer = world.deliverer()
    deliverer.start()
    await world.commit(1)
    async with asyncio.timeout(PATIENCE):
        while not hook.got or await world.waiting():  # noqa: ASYNC110  # a loop tells us nothing
            await asyncio.sleep(0.01)
    await deliverer.stop(PATIENCE)
    assert hook.changes == [1]
