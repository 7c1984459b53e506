"""Nothing grows for ever: every key ends by itself, or is one of the few that docs/store.md names, each bounded."""

import re
from datetime import timedelta
from pathlib import Path

from bot.alerts.kinds import Kind
from bot.alerts.model import (
    AlertState,
    Facts,
    Incident,
    Member,
    MessageRef,
    Notification,
    NotificationKind,
    Observed,
    Phase,
    Severity,
)
from bot.store import AuditRecord, Delivered, OutboxRow, Silence
from bot.store.throttle import StoreThrottle
from providers.model import Agent, AgentState, Rows
from providers.sdk.throttle import RateLimit

DAY = timedelta(days=1)
PREFIX = "{ringwatch}:"
PAGE = Path(__file__).parents[3] / "docs" / "store.md"

# What has no end of its own. A name that ends with a colon stands for all that begin with it.
BOUNDED = (
    "schema",
    "server",
    "ledgers",
    "ledgers:versions",
    "ledgers:incidents",
    "ledgers:due",
    "ledgers:last",
    "outbox:rev",
    "outbox:due:",
    "outbox:row:",
    "home:",
    "message:",
    "sight:",
    "polls",
    "silences",
    "channels",
    "nowhere",
    "replicas",
    "deeds",
    "calls:paused",
    "audit",
)


async def keys(store) -> dict[str, int]:
    """Every key, without its prefix, and how long it lives yet, in ms; -1 without end."""
    cursor, found = b"0", {}
    while True:
        cursor, page = await store.ask("SCAN", cursor, "COUNT", 1000)
        for name in page:
            assert name.decode().startswith(PREFIX)
            found[name.decode().removeprefix(PREFIX)] = await store.ask("PTTL", name)
        if cursor in (b"0", 0):
            return found


def row(incident, at, kind=NotificationKind.CARD):
    notice = Notification(kind, incident, "r", change=1 if kind is NotificationKind.CHANGE else 0)
    return OutboxRow(f"{incident}:{kind}", notice, "gone", "sales", "C1", Severity.WARNING, at, at)


async def a_day(store, clock, n):
    """Incidents come and go and are told, people call, share and silence, replicas start and end."""
    now = clock()
    for i in range(5):
        name = f"i{n}-{i}"
        member = Member("1001", Facts(), Severity.WARNING, now)
        open_ = Incident(name, now, {"1001": member}, Severity.WARNING)
        _, version = await store.alert_state("gone", "sales")
        rows = [row(name, now), row(name, now, NotificationKind.CHANGE)]
        assert await store.commit(AlertState("gone", "sales", incidents={name: open_}, due=now), version, rows)
        for one in rows:
            token = await store.lease(one.lease, store.owner, DAY)
            told = Delivered(MessageRef("C1", f"{n}.{i}"), free_edit=True, edited_at=None)
            assert await store.settle(await store.row(one.id), token, told)
        over = Incident(name, now, {}, Severity.WARNING, phase=Phase.RESOLVED)
        _, version = await store.alert_state("gone", "sales")
        assert await store.commit(AlertState("gone", "sales", incidents={name: over}), version, [])
        deed = f"d{n}-{i}"
        await store.put_pending(deed, {"to": "…88"}, DAY)
        await store.take_pending(deed, "U1")
        assert await store.settle_operation(deed, "placed")
        await store.put_pending(f"{deed}-never", {}, DAY)
        await store.put_share(deed, {}, DAY)
        await store.first_time(deed, DAY)
        await store.audit(AuditRecord(now, "U1", "call", "sales", "…88", "placed"))
        await store.count_call(f"U{n}-{i}", now.date(), 9)
        await store.put_silence(Silence(f"sales-{n}-{i}", now, "U1", "", now))
        await store.reserve_slot(f"C{n}-{i}", now)
        await store.alive(f"r{n}-{i}", timedelta(seconds=30))
        await store.leave(f"r{n}-{i}")
        await store.record("sales", Kind.AGENTS, Observed(Rows((Agent("1", AgentState.OFFLINE, ""),)), now), keep=DAY)
        await store.poll_due("sales", Kind.AGENTS, DAY, now)
        throttle = StoreThrottle(store, "sales", "MoMVOIP", RateLimit(9, DAY), clock)
        await throttle.admit(f"MOM-{i}", spacing=DAY)
    await store.answer(await store.broadcast("reload"), "r", "done")
    clock.advance(2 * DAY)
    await store.silences(clock())


async def test_what_has_no_end_is_named_and_does_not_grow_from_day_to_day(store, clock):
    await a_day(store, clock, 0)
    first = {name for name, left in (await keys(store)).items() if left == -1}
    for n in range(1, 4):
        await a_day(store, clock, n)
    found = await keys(store)
    last = {name for name, left in found.items() if left == -1}
    assert last == first, "what was over is on its way out"
    assert all(any(name == b or (b[-1] == ":" and name.startswith(b)) for b in BOUNDED) for name in last), last
    longest = timedelta(milliseconds=max(found.values()))
    assert longest <= timedelta(days=40), "the end of a resolved incident's message"
    for name in ("ledgers:incidents", "ledgers:due", "silences", "deeds", "replicas"):
        assert await store.ask("EXISTS", f"{PREFIX}{name}") == 0, name
    assert await store.outbox_size() == 0


def test_the_page_names_each_of_them():
    text = PAGE.read_text(encoding="utf-8")
    missing = [name for name in BOUNDED if not re.search(rf"`{re.escape(name.rstrip(':'))}(:…)?`", text)]
    assert missing == []
