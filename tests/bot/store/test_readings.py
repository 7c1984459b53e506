"""What was seen: the last sight, and a history out of which readings come whole again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, LatestReading, Observed, Reading
from bot.store import Store
from bot.store.reading_values import steadied
from providers.errors import ErrorKind
from providers.model import (
    Agent,
    AgentState,
    Balance,
    CallRecord,
    Direction,
    Disposition,
    Money,
    NumberStatus,
    Page,
    PhoneNumber,
    Queue,
    QueuedCall,
    Rows,
)

NOW = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
KEEP = timedelta(days=30)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def agent(extension, state=AgentState.AVAILABLE, **kwargs) -> Agent:
    return Agent(extension, state, state.value.upper(), **kwargs)


def agents(*items, at=NOW, unreadable=0) -> Observed:
    return Observed(Rows(items, unreadable), at)


def blind(at=NOW, why="It timed out.") -> Blind:
    return Blind(why, ErrorKind.UNAVAILABLE, at)


def call(number) -> CallRecord:
    return CallRecord(number, NOW, Direction.INBOUND, "+380671112233", "100", Disposition.ANSWERED, "ANSWERED")


SAMPLES = {
    Kind.BALANCE: Balance(Money(Decimal("-12.3400"), "USD"), "unlimited", "postpaid"),
    Kind.NUMBERS: Rows((PhoneNumber("380441234567", NumberStatus.SPAM, "blocked"),) * 2),
    Kind.AGENTS: Rows((agent("1001", name="Ганна <!channel>", since=NOW, peer=""), agent("1001")), unreadable=3),
    Kind.QUEUES: Rows(
        (
            Queue("1", "Sales", (QueuedCall("c1", "+380", timedelta(seconds=61.5), approx=True),), 0, ("1", "2")),
            Queue("2", "Half a pair \ud800", None),
            Queue("3", "Empty", (), members=()),
        )
    ),
}


@pytest.mark.parametrize("kind", SAMPLES)
async def test_it_gives_back_each_kind_whole(store, kind):
    reading = Observed(SAMPLES[kind], NOW)
    assert await store.record("sales", kind, reading, keep=KEEP) == LatestReading(reading)
    assert await store.latest_reading("sales", kind) == LatestReading(reading)
    assert await store.history("sales", kind, NOW) == [reading]
    assert await store.latest_readings("sales") == {kind: LatestReading(reading)}
    assert await store.latest_reading("office", kind) == LatestReading()
    assert await store.latest_readings("office") == {}


async def test_it_keeps_finished_calls_in_the_sight_and_their_count_alone_in_the_history(store):
    pages = [Page(Rows(tuple(call(str(i)) for i in range(n))), 1, None) for n in (0, 3, 3, 2)]
    seen = [Observed(page, NOW + n * SECOND) for n, page in enumerate(pages)]
    for reading in seen:
        await store.record("sales", Kind.CALLS, reading, keep=KEEP)
    await store.record("sales", Kind.CALLS, blind(NOW + 9 * SECOND), keep=KEEP)
    assert (await store.latest_reading("sales", Kind.CALLS)).observed == seen[-1]
    history = await store.history("sales", Kind.CALLS, NOW)
    assert history == [Observed(len(r.value.rows), r.at) for r in seen] + [blind(NOW + 9 * SECOND)]
    raw = await store.ask("XRANGE", "{ringwatch}:history:sales:calls", "-", "+")
    assert b"380671112233" not in repr(raw).encode()
    assert sum(len(fields[b"r"]) for _, fields in raw) < 100


async def test_it_remembers_the_last_good_look_while_it_is_blind(store):
    seen = agents(agent("1"))
    await store.record("sales", Kind.AGENTS, seen, keep=KEEP)
    first, second = blind(NOW + SECOND), blind(NOW + 2 * SECOND, "It answered with HTML.")
    await store.record("sales", Kind.AGENTS, first, keep=KEEP)
    latest_reading = await store.record("sales", Kind.AGENTS, second, keep=KEEP)
    assert latest_reading == LatestReading(seen, second, 2, first.at)
    assert await store.latest_reading("sales", Kind.AGENTS) == latest_reading
    again = agents(agent("1"), at=NOW + 3 * SECOND)
    assert await store.record("sales", Kind.AGENTS, again, keep=KEEP) == LatestReading(again)
    assert await store.latest_reading("sales", Kind.AGENTS) == LatestReading(again)
    assert await store.history("sales", Kind.AGENTS, NOW) == [seen, first, second, again]


async def test_it_is_blind_from_the_first_look_on(store):
    assert await store.record("sales", Kind.AGENTS, blind(), keep=KEEP) == LatestReading(None, blind(), 1, NOW)
    assert await store.history("sales", Kind.AGENTS, NOW) == [blind()]


def test_it_takes_a_trembling_since_for_no_change():
    before = Rows((agent("1", since=NOW), agent("2", since=NOW, since_means="last_call"), agent("3", since=NOW)))
    now = Rows(
        (
            agent("1", since=NOW + 4 * SECOND, peer="+380"),
            agent("2", since=NOW - 4 * SECOND, since_means="last_call"),
            agent("3", AgentState.ON_CALL, since=NOW + SECOND),
            agent("4", since=NOW),
        )
    )
    steady = steadied(Kind.AGENTS, before, now)
    assert [a.since for a in steady] == [NOW, NOW, NOW + SECOND, NOW]
    assert [replace(a, since=None) for a in steady] == [replace(a, since=None) for a in now]
    late = Rows((agent("1", since=NOW + 5 * SECOND),))
    assert steadied(Kind.AGENTS, before, late) == late


async def test_it_does_not_let_since_creep_away(store):
    for n in range(10):
        await store.record(
            "sales", Kind.AGENTS, agents(agent("1", since=NOW + n * SECOND), at=NOW + n * SECOND), keep=KEEP
        )
    history = await store.history("sales", Kind.AGENTS, NOW)
    assert [r.value.items[0].since - NOW for r in history] == [timedelta()] * 5 + [5 * SECOND] * 5


async def test_it_stores_what_did_not_change_in_one_letter_and_what_did_in_few(store):
    fifty = [agent(str(1000 + n), name=f"Agent {n}", since=NOW) for n in range(50)]
    for n in range(5):
        if n == 3:
            fifty[7] = agent("1007", AgentState.ON_CALL, name="Agent 7", since=NOW + HOUR / 2)
        await store.record("sales", Kind.AGENTS, agents(*fifty, at=NOW + n * SECOND), keep=KEEP)
    raw = await store.ask("XRANGE", "{ringwatch}:history:sales:agents", "-", "+")
    sizes = [len(fields[b"r"]) for _, fields in raw]
    assert sizes[1:3] == [1, 1]
    assert sizes[4] == 1
    assert sizes[3] < 80 < sizes[0]


async def test_it_tells_whole_from_any_point_in_the_middle(store):
    seen = []
    for n in range(400):  # each half a minute: more than three hours
        at = NOW + n * 30 * SECOND
        if n % 97 < 5:
            reading: Reading = blind(at)
        else:
            reading = agents(*(agent(str(k), since=NOW + (n // (k + 1)) * 60 * SECOND) for k in range(5)), at=at)
        seen.append(reading)
        await store.record("sales", Kind.AGENTS, reading, keep=KEEP)
    raw = await store.ask("XRANGE", "{ringwatch}:history:sales:agents", "-", "+")
    assert 4 <= sum(fields[b"r"][:1] == b"F" for _, fields in raw) <= 5, "a whole one each hour"
    for n in range(0, 400, 13):
        assert await store.history("sales", Kind.AGENTS, seen[n].at) == seen[n:]
        assert await store.history(
            "sales", Kind.AGENTS, seen[n].at + SECOND, seen[n + 5 : n + 6][0].at if n < 394 else None
        ) == (seen[n + 1 : n + 6] if n < 394 else seen[n + 1 :])


async def test_it_tells_why_from_the_middle_of_a_long_blindness(store):
    for n in range(200):
        await store.record("sales", Kind.AGENTS, blind(NOW + n * 60 * SECOND), keep=KEEP)
    history = await store.history("sales", Kind.AGENTS, NOW + 2.5 * HOUR)
    assert len(history) == 50
    assert {r.error for r in history} == {"It timed out."}


async def test_it_forgets_what_is_older_than_it_was_told_to_keep(store):
    for n in range(100):
        await store.record("sales", Kind.AGENTS, agents(agent(str(n % 3)), at=NOW + n * 600 * SECOND), keep=4 * HOUR)
    last = NOW + 99 * 600 * SECOND
    history = await store.history("sales", Kind.AGENTS, last - 4 * HOUR)
    assert len(history) == 25, "all that is to be kept is there, and whole"
    assert await store.ask("XLEN", "{ringwatch}:history:sales:agents") == 31, "and an hour more, to tell it from"


async def test_it_begins_anew_where_all_was_forgotten(store):
    await store.record("sales", Kind.AGENTS, agents(agent("1")), keep=HOUR)
    late = agents(agent("1"), at=NOW + timedelta(days=9))
    await store.record("sales", Kind.AGENTS, late, keep=HOUR)
    assert await store.history("sales", Kind.AGENTS, NOW) == [late]


async def test_it_keeps_every_reading_when_the_clock_is_set_back(store):
    times = [NOW, NOW, NOW + HOUR, NOW + SECOND, NOW + 2 * SECOND, NOW + HOUR + SECOND]
    readings = [agents(agent(str(n)), at=at) for n, at in enumerate(times)]
    for reading in readings:
        await store.record("sales", Kind.AGENTS, reading, keep=KEEP)
    history = await store.history("sales", Kind.AGENTS, NOW)
    assert history == sorted(readings, key=lambda r: r.at)
    assert await store.history("sales", Kind.AGENTS, NOW + SECOND, NOW + 2 * SECOND) == readings[3:5]


async def test_it_loses_no_reading_when_replicas_write_at_once(redis_url, clock):
    stores = [await Store.connect(redis_url, clock=clock) for _ in range(4)]
    readings = [agents(agent(str(n)), agent("x"), at=NOW + n * SECOND) for n in range(12)]
    async with anyio.create_task_group() as group:
        for n, reading in enumerate(readings):
            group.start_soon(lambda s, r: s.record("sales", Kind.AGENTS, r, keep=KEEP), stores[n % 4], reading)
    assert await stores[0].history("sales", Kind.AGENTS, NOW) == readings
    for store in stores:
        await store.close()


async def test_it_shares_what_did_not_change_between_the_readings_it_tells(store):
    await store.record("sales", Kind.AGENTS, agents(agent("1"), agent("2")), keep=KEEP)
    await store.record("sales", Kind.AGENTS, agents(agent("1"), agent("2", peer="5"), at=NOW + SECOND), keep=KEEP)
    first, second = await store.history("sales", Kind.AGENTS, NOW)
    assert first.value.items[0] is second.value.items[0]


texts = st.text(max_size=3)
times = st.integers(0, 40).map(lambda n: NOW + n * SECOND)
some_agents = st.builds(
    Agent,
    extension=st.sampled_from(["1", "2", "3", "4"]),
    state=st.sampled_from(AgentState),
    raw_state=texts,
    name=st.none() | texts,
    reason=st.none() | texts,
    since=st.none() | times,
    since_means=st.sampled_from(["state", "last_call"]),
    peer=st.none() | texts,
)
some_numbers = st.builds(PhoneNumber, st.sampled_from(["1", "2", "3"]), st.sampled_from(NumberStatus), texts)
waiting = st.none() | st.lists(
    st.builds(QueuedCall, texts, texts, st.timedeltas(timedelta(), timedelta(days=2)), st.booleans()),
    max_size=3,
).map(tuple)
some_queues = st.builds(Queue, st.sampled_from("ab"), texts, waiting, st.none() | st.integers(0, 5))
money = st.builds(Money, st.decimals(allow_nan=False, allow_infinity=False, places=4), st.none() | st.just("USD"))
VALUES = {
    Kind.AGENTS: st.builds(Rows, st.lists(some_agents, max_size=5).map(tuple), st.integers(0, 2)),
    Kind.NUMBERS: st.builds(Rows, st.lists(some_numbers, max_size=5).map(tuple), st.integers(0, 2)),
    Kind.QUEUES: st.builds(Rows, st.lists(some_queues, max_size=3).map(tuple), st.integers(0, 2)),
    Kind.BALANCE: st.builds(
        Balance, money, st.none() | st.just("unlimited") | money, st.sampled_from([None, "prepaid"])
    ),
}


@st.composite
def runs(draw):
    """A kind, and readings of it, now close and now hours apart."""
    kind = draw(st.sampled_from(list(VALUES)))
    values = draw(st.lists(VALUES[kind], min_size=1, max_size=4))
    at = NOW
    readings: list[Reading] = []
    for _ in range(draw(st.integers(1, 14))):
        at += draw(st.sampled_from([30 * SECOND, timedelta(microseconds=1), 59 * 60 * SECOND, HOUR, 3 * HOUR]))
        if draw(st.integers(0, 4)) == 0:
            readings.append(Blind(draw(st.sampled_from(["a", "b"])), draw(st.sampled_from(ErrorKind)), at))
        else:
            readings.append(Observed(draw(st.sampled_from(values)), at))
    return kind, readings, draw(st.integers(0, len(readings) - 1))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(run=runs())
async def test_it_tells_what_it_was_told(store, run):
    """Whatever came in comes out again, steadied, from any point on, and the sight is what the readings add up to."""
    kind, readings, middle = run
    await store.ask("FLUSHDB")
    latest_reading, expected = LatestReading(), []
    for reading in readings:
        before = latest_reading.observed.value if latest_reading.observed else None
        steady = (
            replace(reading, value=steadied(kind, before, reading.value)) if isinstance(reading, Observed) else reading
        )
        expected.append(steady)
        latest_reading = latest_reading.after(steady)
        assert await store.record("sales", kind, reading, keep=KEEP) == latest_reading
    assert await store.latest_reading("sales", kind) == latest_reading
    assert await store.history("sales", kind, NOW) == expected
    assert await store.history("sales", kind, expected[middle].at) == expected[middle:]
