"""The webhooks' rows stand in the same outbox, in the same commit, and have an index of their own."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.model import AlertState, Incident, Notification, NotificationKind, Phase, Severity
from bot.store import OUTLETS, OutboxRow
from bot.store.outbox import MAX_DOUBT

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG, HOUR = timedelta(minutes=5), timedelta(hours=1)


def card(name="i1", **kwargs):
    notice = Notification(NotificationKind.CARD, name, "opened")
    return OutboxRow(f"card:{name}", notice, "low", "sales", "C1", Severity.CRITICAL, NOW, NOW, **kwargs)


def change(number, name="i1", *, at=NOW, severity=Severity.CRITICAL):
    notice = Notification(NotificationKind.CHANGE, name, "opened", change=number, phase=Phase.FIRING, at=NOW, by="U1")
    return OutboxRow(f"webhook:{name}:{number}", notice, "low", "sales", "C1", severity, at, at)


async def committed(store, *rows):
    alert_state, version = await store.alert_state("low", "sales")
    incidents = {name: Incident(name, NOW, {}, Severity.WARNING) for name in ("i1", "i2")}
    memory = {"n": str(int(alert_state.memory.get("n", "0")) + 1)}
    return await store.commit(AlertState("low", "sales", incidents=incidents, memory=memory), version, rows)


async def due(store, now):
    """The webhooks' rows that are due."""
    return [row.id for row in await store.due_rows("webhook", now)]


async def test_each_outlet_sees_its_own_rows_alone(store):
    assert await committed(store, card(), change(1), change(2, at=NOW + SECOND))
    assert await store.due_rows("slack", NOW) == [card()]
    assert await due(store, NOW) == ["webhook:i1:1"]
    assert await due(store, NOW + SECOND) == ["webhook:i1:1", "webhook:i1:2"]
    assert [await store.outbox_size(outlet) for outlet in (None, *OUTLETS)] == [3, 1, 2, 0, 0]


async def test_a_thousand_webhooks_take_no_room_from_slack(store):
    assert await committed(store, *(change(n, at=NOW - LONG) for n in range(1, 1001)))
    assert await committed(store, card())
    assert [row.id for row in await store.due_rows("slack", NOW, limit=1)] == ["card:i1"]
    assert len(await store.due_rows("webhook", NOW, limit=1000)) == 1000


async def test_it_gives_back_what_changed(store):
    assert await committed(store, change(1))
    assert await store.row("webhook:i1:1") == change(1)


async def test_the_first_of_some_rows_is_the_first_that_waits(store):
    assert await committed(store, change(2), change(3, at=NOW + LONG))
    ids = [f"webhook:i1:{n}" for n in range(5)]
    assert await store.first(ids) == change(2)
    token = await store.lease(change(2).lease, "me", LONG)
    assert await store.settle(change(2), token)
    assert await store.first(ids) == replace(change(3, at=NOW + LONG), rev=2), "whether it is due or not"
    assert await store.settle(replace(change(3), rev=2), token)
    assert await store.first(ids) is None


async def test_an_incident_has_a_lease_an_outlet(store):
    assert await committed(store, card(), change(1))
    waiting = await store.row("webhook:i1:1")
    slack, hook = [await store.lease(row.lease, "me", LONG) for row in (card(), waiting)]
    assert await store.postpone(waiting, hook, NOW + LONG)
    assert await due(store, NOW) == []
    assert await store.due_rows("slack", NOW) == [card()], "what one outlet postpones is not postponed in the other"
    await store.release(card().lease, "me")
    newer = await store.lease(card().lease, "you", LONG)
    assert newer > slack
    assert await store.settle(waiting, hook), "who delivers to Slack is nothing to the webhooks"
    assert not await store.settle(card(), slack)
    assert await store.settle(card(), newer)
    assert await store.outbox_size() == 0


async def test_whoever_lost_the_lease_of_a_webhook_is_refused(store):
    assert await committed(store, change(1))
    late = await store.lease(change(1).lease, "me", LONG)
    await store.release(change(1).lease, "me")
    assert await store.lease(change(1).lease, "you", LONG) != late
    assert not await store.settle(change(1), late)
    assert not await store.postpone(change(1), late, NOW + LONG)
    assert await due(store, NOW) == ["webhook:i1:1"]


async def test_what_an_older_ringwatch_left_is_delivered_as_ever(store):
    """Its rows know severities only: the places of their indices are what they were."""
    assert await committed(store, card())
    assert await store.ask("HGET", "{ringwatch}:outbox:row:card:i1", "rank") == b"2"
    assert await store.ask("ZRANGE", "{ringwatch}:outbox:due:2", 0, -1) == [b"card:i1"]


async def test_a_clock_that_ran_ahead_holds_up_no_webhook_and_a_long_pause_is_none(store):
    ahead = replace(change(1), created_at=NOW + 24 * HOUR, due_at=NOW + 24 * HOUR)
    assert await committed(store, ahead, change(2, at=NOW))
    token = await store.lease(ahead.lease, "me", LONG)
    assert await store.postpone(await store.row("webhook:i1:2"), token, NOW + HOUR)
    assert await due(store, NOW) == ["webhook:i1:1"]
    assert await due(store, NOW + HOUR) == ["webhook:i1:1", "webhook:i1:2"]


@pytest.mark.parametrize(("row", "outlet"), [(card(), "slack"), (change(1), "webhook")], ids=["slack", "webhook"])
@pytest.mark.parametrize("ahead", [timedelta(minutes=5), HOUR], ids=str)
async def test_what_a_clock_ahead_put_off_is_due_at_once_when_the_clock_is_right(store, clock, row, outlet, ahead):
    right = clock()
    assert await committed(store, replace(row, created_at=right, due_at=right))
    token = await store.lease(row.lease, "me", LONG)
    clock.advance(ahead)
    assert await store.postpone(await store.row(row.id), token, clock() + timedelta(seconds=5))
    assert [found.id for found in await store.due_rows(outlet, right)] == [row.id]


async def test_what_the_right_clock_put_off_waits_as_long_as_it_was_put_off(store, clock):
    right = clock()
    assert await committed(store, replace(card(), created_at=right, due_at=right))
    token = await store.lease(card().lease, "me", LONG)
    assert await store.postpone(await store.row(card().id), token, right + timedelta(minutes=5))
    assert await store.due_rows("slack", right + timedelta(minutes=4)) == []


async def test_a_doubt_that_a_clock_ahead_wrote_lasts_as_long_as_a_request_can(store):
    assert await committed(store, card())
    token = await store.lease(card().lease, "me", LONG)
    assert await store.doubt(card(), token, NOW + HOUR)
    assert await store.due_rows("slack", NOW) == [], "the request may be under way now"
    assert [row.id for row in await store.due_rows("slack", NOW + MAX_DOUBT)] == ["card:i1"]
    assert (await store.row("card:i1")).created_at == card().created_at, "the row itself is as it was written"


@pytest.mark.parametrize(("row", "outlet"), [(card(), "slack"), (change(1), "webhook")], ids=["slack", "webhook"])
async def test_a_row_that_an_older_ringwatch_stored_without_an_outlet_is_read_by_its_kind(store, row, outlet):
    assert await committed(store, row)
    name = f"{{ringwatch}}:outbox:row:{row.id}"
    body = json.loads(await store.ask("HGET", name, "body"))
    assert body.pop("outlet") == outlet
    assert {"notice", "channel"} <= body.keys(), "these names are stored"
    await store.ask("HSET", name, "body", json.dumps(body))
    assert await store.due_rows(outlet, NOW) == [row]
    assert (await store.row(row.id)).outlet == outlet


async def test_what_is_in_hand_takes_no_room(store):
    assert await committed(store, card(), card("i2"), change(1), change(2))
    assert [row.id for row in await store.due_rows("slack", NOW, limit=1, but={"card:i1"})] == ["card:i2"]
    assert [row.id for row in await store.due_rows("webhook", NOW, limit=1, but={"webhook:i1:1"})] == ["webhook:i1:2"]
    assert await store.due_rows("slack", NOW, but={"card:i1", "card:i2"}) == []
