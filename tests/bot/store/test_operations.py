"""What must happen at most once."""

from datetime import date, datetime, timedelta

import anyio

from bot.store import AuditRecord, Store

MINUTE = timedelta(minutes=1)
TEN = 10 * MINUTE
PAYLOAD = {"to": "+380671112233", "agent": "1001", "n": 1, "list": [None, "Ганна"]}


async def test_it_gives_a_pending_deed_to_one_of_fifty_clicks(redis_url, clock):
    stores = [await Store.connect(redis_url, clock=clock) for _ in range(5)]
    await stores[0].put_pending("t", PAYLOAD, TEN)
    won = []

    async def click(store: Store, user: str) -> None:
        payload = await store.take_pending("t", user)
        if payload is not None:
            won.append((store.owner, user, payload))

    async with anyio.create_task_group() as group:
        for n in range(50):
            group.start_soon(click, stores[n % 5], f"U{n}")
    [(owner, user, payload)] = won
    assert payload == PAYLOAD
    operation = await stores[0].operation("t")
    assert (operation.state, operation.owner, operation.user, operation.taken_at) == ("in_flight", owner, user, clock())
    for store in stores:
        await store.close()


async def test_it_offers_a_deed_for_ten_minutes(store, clock):
    await store.put_pending("t", PAYLOAD, TEN)
    clock.advance(TEN)
    assert await store.take_pending("t", "U1") is None
    operation = await store.operation("t")
    assert operation.state == "pending"
    assert operation.expires_at == clock()
    clock.advance(-MINUTE / 1000)
    assert await store.take_pending("t", "U1") == PAYLOAD


async def test_it_gives_a_deed_to_the_person_who_asked_alone(store):
    await store.put_pending("t", PAYLOAD, TEN, user="U1")
    assert await store.take_pending("t", "U2") is None
    assert (await store.operation("t")).state == "pending", "another's click uses nothing up"
    assert await store.take_pending("t", "U1") == PAYLOAD
    assert await store.take_pending("t", "U1") is None


async def test_it_knows_nothing_of_a_deed_that_was_never_offered(store):
    assert await store.take_pending("t", "U1") is None
    assert await store.operation("t") is None
    assert not await store.settle_operation("t", "accepted")


async def test_it_settles_a_deed_once(store):
    await store.put_pending("t", PAYLOAD, TEN)
    assert not await store.settle_operation("t", "accepted"), "what nobody took has no outcome"
    await store.take_pending("t", "U1")
    assert await store.settle_operation("t", "accepted")
    assert not await store.settle_operation("t", "unknown")
    operation = await store.operation("t")
    assert (operation.state, operation.outcome) == ("done", "accepted")
    assert await store.take_pending("t", "U1") is None


async def test_it_finds_the_deeds_of_replicas_that_are_gone(redis_url, clock):
    dead, busy, mine = [await Store.connect(redis_url, clock=clock, owner=name) for name in ("dead", "busy", "mine")]
    for store in (dead, busy, mine):
        await store.put_pending(store.owner, PAYLOAD, TEN)
        await store.take_pending(store.owner, "U1")
    await dead.put_pending("never-taken", PAYLOAD, TEN)
    await busy.alive("busy", TEN)
    clock.advance(MINUTE)
    assert [d.id for d in await mine.interrupted_operations(clock(), MINUTE)] == ["dead"]
    assert await mine.interrupted_operations(clock(), 2 * MINUTE) == []
    assert {d.id for d in await dead.interrupted_operations(clock(), MINUTE)} == {"mine"}
    assert await mine.settle_operation("dead", "unknown")
    assert await mine.interrupted_operations(clock(), MINUTE) == []
    for store in (dead, busy, mine):
        await store.close()


async def test_it_shares_an_answer_once_within_its_time(store, clock):
    await store.put_share("s", PAYLOAD, 30 * MINUTE)
    assert await store.take_share("s") == PAYLOAD
    assert await store.take_share("s") is None
    await store.put_share("late", PAYLOAD, 30 * MINUTE)
    clock.advance(30 * MINUTE)
    assert await store.take_share("late") is None


async def test_it_says_once_that_a_thing_is_new(store, clock):
    assert await store.first_time("pushed:1", MINUTE)
    assert not await store.first_time("pushed:1", MINUTE)
    assert await store.first_time("pushed:2", MINUTE)
    clock.advance(MINUTE)
    assert await store.first_time("pushed:1", MINUTE)


async def test_it_counts_each_persons_calls_up_to_the_days_limit(redis_url, clock):
    one, two = [await Store.connect(redis_url, clock=clock) for _ in range(2)]
    day, counted = date(2026, 11, 21), []

    async def count(store: Store) -> None:
        counted.append(await store.count_call("U1", day, 7))

    async with anyio.create_task_group() as group:
        for n in range(20):
            group.start_soon(count, (one, two)[n % 2])
    assert counted.count(True) == 7
    assert await one.calls_today("U1", day) == 7
    assert await one.calls_today("U2", day) == 0
    assert await one.count_call("U2", day, 7)
    assert await one.count_call("U1", day + timedelta(days=1), 7)
    await one.close()
    await two.close()


async def test_it_pauses_calls_until_they_are_resumed(store, clock):
    assert await store.calls_paused() is None
    await store.pause_calls("U1", clock())
    assert await store.calls_paused() == ("U1", clock())
    await store.resume_calls()
    assert await store.calls_paused() is None


def record(at: datetime, n: int) -> AuditRecord:
    return AuditRecord(at, f"U{n}", "call", "sales", "+38067***2233", "accepted", "C1")


async def test_it_tells_the_book_of_deeds_newest_first(store, clock):
    records = [record(clock.advance(MINUTE), n) for n in range(5)]
    for entry in records:
        await store.audit(entry)
    assert await store.audit_log(3) == records[:1:-1]
    assert await store.audit_log(50) == records[::-1]


async def test_it_writes_down_deeds_of_one_instant_and_of_a_clock_set_back(store, clock):
    records = [record(at, n) for n, at in enumerate([clock(), clock(), clock() - MINUTE, clock()])]
    for entry in records:
        await store.audit(entry)
    assert await store.audit_log(50) == records[::-1]


async def test_it_keeps_the_book_of_deeds_bounded(store, clock, monkeypatch):
    monkeypatch.setattr("bot.store.audit.MOST_RECORDS", 300)
    for n in range(800):
        await store.audit(record(clock.advance(MINUTE), n))
    assert 300 <= await store.ask("XLEN", "{ringwatch}:audit") <= 400
    assert (await store.audit_log(1))[0].user == "U799"
    clock.advance(timedelta(days=401))
    await store.audit(record(clock(), 1))
    assert await store.ask("XLEN", "{ringwatch}:audit") <= 101
