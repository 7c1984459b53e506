"""State and what is to be told of it: one commit, and nothing is ever lost."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import anyio
import pytest

from bot.alerts.model import (
    AlertState,
    Incident,
    Member,
    MessageRef,
    Notification,
    NotificationKind,
    Phase,
    Severity,
    Subject,
)
from bot.store import KEEP, Delivered, OutboxRow, Store
from bot.watches.agent_offline.words import AgentOfflineFacts
from tests.deadlines import PATIENCE

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LONG = timedelta(minutes=5)


def incident(name="i1", **kwargs) -> Incident:
    member = Member("1001", AgentOfflineFacts("Ганна \ud800"), Severity.WARNING, NOW)
    return Incident(name, NOW, {"1001": member}, Severity.WARNING, watch="agent_offline", **kwargs)


def alert_state(*incidents: Incident, **kwargs) -> AlertState:
    return AlertState("gone", "sales", incidents={i.id: i for i in incidents}, **kwargs)


def row(name="i1", *, kind=NotificationKind.CARD, at=NOW, severity=Severity.WARNING, **kwargs) -> OutboxRow:
    notice = Notification(kind, name, kwargs.pop("reason", "raised"), kwargs.pop("urgent", True))
    return OutboxRow(f"{name}:{kind}", notice, "gone", "sales", "C1", severity, at, at, **kwargs)


async def commit(store: Store, new: AlertState, *rows: OutboxRow) -> None:
    _, version = await store.alert_state(new.alert, new.account)
    assert await store.commit(new, version, rows)


async def test_it_gives_back_what_was_committed(store):
    whole = alert_state(
        incident(phase=Phase.SNOOZED, snoozed_by="U1", snoozed_until=NOW + LONG),
        subjects={"1001": Subject(NOW, None, "i1", (NOW, NOW + SECOND)), "1002": Subject(clear_since=NOW)},
        memory={"seen:1001": "2026-11-21"},
        blind_since=NOW,
        due=NOW + SECOND,
    )
    assert await store.alert_state("gone", "sales") == (AlertState("gone", "sales"), 0)
    assert await store.commit(whole, 0, [row()])
    found, version = await store.alert_state("gone", "sales")
    assert found == whole
    assert version > 0
    assert await store.alert_states() == [whole]
    assert await store.row("i1:card") == row()


async def test_it_writes_nothing_when_somebody_was_faster(store):
    assert await store.commit(alert_state(incident()), 0, [])
    late = alert_state(incident("i2"), due=NOW)
    assert not await store.commit(late, 0, [row("i2")])
    assert await store.alert_states() == [alert_state(incident())]
    assert await store.row("i2:card") is None
    assert await store.outbox_size() == 0
    assert await store.due_alert_states(NOW) == []
    assert await store.incident_home("i2") is None


async def test_it_lists_the_ledgers_that_are_due(store):
    await commit(store, alert_state(due=NOW))
    await commit(store, replace(alert_state(due=NOW - SECOND), account="office"))
    await commit(store, replace(alert_state(due=NOW + SECOND / 1000), account="later"))
    assert await store.due_alert_states(NOW) == [("gone", "office"), ("gone", "sales")]
    await commit(store, alert_state(memory={"a": "b"}))
    assert await store.due_alert_states(NOW) == [("gone", "office")]


async def test_it_forgets_a_ledger_that_remembers_nothing_and_takes_no_late_commit_on_it(store):
    await commit(store, alert_state(due=NOW))
    _, old = await store.alert_state("gone", "sales")
    await commit(store, alert_state())
    assert await store.alert_states() == []
    assert not await store.commit(alert_state(due=NOW), old, [])
    await commit(store, alert_state(due=NOW))
    assert not await store.commit(alert_state(), old, []), "an old version never comes back"


async def test_it_knows_an_incidents_home_while_it_is_open_and_40_days_after(store):
    await commit(store, alert_state(incident(), incident("i2"), incident("i3")))
    await store.put_message("i1", Delivered(MessageRef("C1", "1.1"), True, None))
    assert await store.incident_home("i1") == ("gone", "sales")
    resolved = incident(phase=Phase.RESOLVED, resolved_at=NOW)
    await commit(store, alert_state(resolved, incident("i2")))
    left = {
        name: await store.ask("PTTL", "{ringwatch}:" + name) for name in ("home:i1", "message:i1", "home:i2", "home:i3")
    }
    assert left["home:i2"] == -1, "an open incident is known without end"
    days = {name: ms / 86_400_000 for name, ms in left.items() if ms > 0}
    assert days == {name: pytest.approx(40, abs=0.01) for name in ("home:i1", "message:i1", "home:i3")}
    await store.put_message("i1:escalation", Delivered(MessageRef("C2", "2.2"), True, None))
    assert await store.message("i1") == Delivered(MessageRef("C1", "1.1"), True, None)
    assert await store.message("i1:escalation") == Delivered(MessageRef("C2", "2.2"), True, None)
    assert await store.ask("PTTL", "{ringwatch}:message:i1") > 0


async def test_it_melts_a_row_into_the_one_that_waits(store):
    old = row(at=NOW + 10 * SECOND, urgent=False, reason="raised", attempts=2, doubt_until=NOW + SECOND)
    await commit(store, alert_state(incident()), old)
    new = row(at=NOW + 20 * SECOND, reason="worse", severity=Severity.CRITICAL)
    await commit(store, alert_state(incident(), due=NOW), new)
    found = await store.row("i1:card")
    assert found == replace(
        new, rev=2, due_at=old.due_at, created_at=old.created_at, attempts=2, doubt_until=old.doubt_until
    )
    calm = row(at=NOW, urgent=False)
    await commit(store, alert_state(incident()), calm)
    found = await store.row("i1:card")
    assert (found.rev, found.due_at, found.notice.urgent) == (3, NOW, True)
    assert await store.outbox_size() == 1


async def test_it_gives_what_is_due_critical_first_then_the_oldest(store):
    rows = [
        row("a", at=NOW - 2 * SECOND),
        row("b", at=NOW - 3 * SECOND),
        row("c", at=NOW, severity=Severity.CRITICAL),
        row("d", at=NOW - 9 * SECOND, severity=Severity.INFO),
        row("e", at=NOW + SECOND / 1000, severity=Severity.CRITICAL),
    ]
    await commit(store, alert_state(due=NOW), *rows)
    assert [r.notice.incident for r in await store.due_rows("slack", NOW)] == ["c", "b", "a", "d"]
    assert [r.notice.incident for r in await store.due_rows("slack", NOW, limit=2)] == ["c", "b"]
    assert await store.outbox_size() == 5


async def claimed(store: Store, name="i1", owner="me") -> int:
    token = await store.lease(f"deliver:{name}", owner, LONG)
    assert token is not None
    return token


async def test_it_settles_what_was_told_and_notes_where_in_one_step(store):
    await commit(store, alert_state(incident()), row())
    told = Delivered(MessageRef("C1", "1763720000.000100", "https://x.slack.com/1"), False, NOW, {"blocks": "5"})
    assert await store.settle(row(), await claimed(store), told)
    assert await store.row("i1:card") is None
    assert await store.message("i1") == told
    assert await store.outbox_size() == 0
    assert await store.message("i2") is None


async def test_it_does_not_take_a_new_notice_for_the_one_that_was_told(store):
    await commit(store, alert_state(incident()), row())
    token = await claimed(store)
    old = await store.row("i1:card")
    assert await store.settle(old, token)
    await commit(store, alert_state(incident()), row(reason="resolved"))
    assert await store.settle(old, token), "asked again, as after an answer that was lost"
    assert (await store.row("i1:card")).notice.reason == "resolved"


async def test_it_keeps_a_row_into_which_more_melted_for_another_send(store, clock):
    await commit(store, alert_state(incident()), row())
    token = await claimed(store)
    assert await store.doubt(row(), token, NOW + LONG)
    await commit(store, alert_state(incident()), row(reason="worse"))
    told = Delivered(MessageRef("C1", "1.1"), True, NOW)
    assert await store.settle(row(), token, told)
    found = await store.row("i1:card")
    assert (found.rev, found.notice.reason, found.due_at, found.doubt_until) == (2, "worse", clock(), None)
    assert await store.message("i1") == told
    assert await store.settle(found, token)
    assert await store.outbox_size() == 0


async def test_it_refuses_whoever_lost_the_lease(store):
    await commit(store, alert_state(incident()), row())
    late = await claimed(store)
    await store.release("deliver:i1", "me")
    assert await claimed(store, owner="you") != late
    assert not await store.settle(row(), late, Delivered(MessageRef("C1", "1.1"), True, NOW))
    assert not await store.postpone(row(), late, NOW + LONG)
    assert not await store.doubt(row(), late, NOW + LONG)
    assert await store.row("i1:card") == row()
    assert await store.message("i1") is None
    assert await store.due_rows("slack", NOW) == [row()]


async def test_it_shows_nobody_a_row_in_doubt_until_the_doubt_is_over(store):
    await commit(store, alert_state(incident()), row())
    token = await claimed(store)
    assert await store.doubt(row(), token, NOW + 20 * SECOND)
    assert await store.due_rows("slack", NOW + 19 * SECOND) == []
    assert await store.due_rows("slack", NOW + 20 * SECOND) == [row(doubt_until=NOW + 20 * SECOND)]
    await commit(store, alert_state(incident()), row(reason="worse"))
    assert await store.due_rows("slack", NOW + 19 * SECOND) == [], "more to tell does not end a doubt"


async def test_it_postpones_a_row_with_its_doubt_or_without(store):
    await commit(store, alert_state(incident()), row())
    token = await claimed(store)
    await store.doubt(row(), token, NOW + 20 * SECOND)
    assert await store.postpone(row(), token, NOW + 5 * SECOND, doubt=KEEP)
    assert await store.due_rows("slack", NOW + 19 * SECOND) == []
    assert await store.postpone(row(), token, NOW + 5 * SECOND, doubt=None, failed=False)
    assert await store.due_rows("slack", NOW + 5 * SECOND) == [replace(row(), due_at=NOW + 5 * SECOND, attempts=1)]
    assert await store.due_rows("slack", NOW + 4 * SECOND) == []


async def test_it_does_not_postpone_what_melted_in_meanwhile(store):
    await commit(store, alert_state(incident()), row(urgent=False))
    await commit(store, alert_state(incident()), row(reason="resolved"))
    assert await store.postpone(row(), await claimed(store), NOW + LONG)
    assert [r.notice.reason for r in await store.due_rows("slack", NOW)] == ["resolved"]


async def test_it_takes_a_settled_row_as_settled(store):
    token = await claimed(store)
    assert await store.settle(row(), token)
    assert await store.postpone(row(), token, NOW)
    assert not await store.doubt(row(), token, NOW + LONG), "there is nothing to send"
    assert await store.outbox_size() == 0


async def test_it_loses_no_notice_when_many_commit_and_deliver_at_once(redis_url, clock):
    """Each commit adds one to a counter in the ledger and tells it; whatever is last must be told last."""
    chance = random.Random(7)
    stores = [await Store.connect(redis_url, clock=clock) for _ in range(4)]
    told: list[str] = []
    done = anyio.Event()

    async def write(store: Store, times: int) -> None:
        for _ in range(times):
            while True:
                known, version = await store.alert_state("gone", "sales")
                count = int(known.memory.get("n", "0")) + 1
                new = replace(alert_state(incident()), memory={"n": str(count)})
                await anyio.sleep(chance.random() / 500)
                if await store.commit(new, version, [row(reason=str(count))]):
                    break

    async def deliver(store: Store) -> None:
        while not (done.is_set() and await store.outbox_size() == 0):
            for waiting in await store.due_rows("slack", clock()):
                token = await store.lease("deliver:i1", store.owner, LONG)
                if token is None:
                    continue
                fresh = await store.row(waiting.id)
                if fresh is not None:
                    await anyio.sleep(chance.random() / 500)
                    if await store.settle(fresh, token):
                        told.append(fresh.notice.reason)
                await store.release("deliver:i1", store.owner)
            await anyio.sleep(0.001)

    clock.now = NOW
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as dispatchers:
            dispatchers.start_soon(deliver, stores[0])
            dispatchers.start_soon(deliver, stores[1])
            async with anyio.create_task_group() as writers:
                for store in stores:
                    writers.start_soon(write, store, 25)
            done.set()
    final, _ = await stores[0].alert_state("gone", "sales")
    assert final.memory["n"] == "100"
    assert told[-1] == "100"
    assert [int(n) for n in told] == sorted({int(n) for n in told}), "in order, none twice"
    for store in stores:
        await store.close()
