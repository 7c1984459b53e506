"""How long what Slack is to be told has been waiting, however often it was put off."""

from datetime import UTC, datetime, timedelta

from bot.alerts.model import AlertState, Notification, NotificationKind, Severity
from bot.store import OutboxRow

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def row(name, at, severity=Severity.WARNING, kind=NotificationKind.CARD):
    return OutboxRow(f"{kind}:{name}", Notification(kind, name, "opened"), "low", "sales", "C1", severity, at, at)


async def committed(store, *rows):
    alert_state, version = await store.alert_state("low", "sales")
    memory = {"n": str(int(alert_state.memory.get("n", "0")) + 1)}
    assert await store.commit(AlertState("low", "sales", memory=memory), version, rows)


async def test_it_is_the_oldest_row_for_slack_of_any_rank(store):
    assert await store.waits_since("slack") is None
    await committed(store, row("i1", NOW, Severity.CRITICAL), row("i2", NOW - 3 * MINUTE, Severity.INFO))
    assert await store.waits_since("slack") == NOW - 3 * MINUTE
    await committed(
        store, row("i3", NOW - 5 * MINUTE, kind=NotificationKind.CHANGE)
    )  # a receiver that is away blinds nobody
    assert await store.waits_since("slack") == NOW - 3 * MINUTE


async def test_a_row_that_is_put_off_again_and_again_still_waits(store):
    first = row("i1", NOW - 5 * MINUTE)
    await committed(store, first, row("i2", NOW))
    token = await store.lease("deliver:i1", store.owner, MINUTE)
    (kept,) = [one for one in await store.due_rows("slack", NOW) if one.id == first.id]
    assert await store.postpone(kept, token, NOW + 10 * MINUTE)
    assert await store.waits_since("slack") == NOW - 5 * MINUTE
    assert await store.settle(await store.row(first.id), token)
    assert await store.waits_since("slack") == NOW


async def test_what_melts_into_a_waiting_row_makes_it_no_younger(store):
    await committed(store, row("i1", NOW - 5 * MINUTE))
    await committed(store, row("i1", NOW))
    assert await store.waits_since("slack") == NOW - 5 * MINUTE
