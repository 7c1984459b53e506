"""IEX-1, IEX-4, IEX-5: agents and queues are put together from lists that were made for something else, and say no more than those do."""

from datetime import timedelta

import pytest

from providers.model import AgentState, CallState, Direction

SECOND = timedelta(seconds=1)


def ext(number="100", reg="OK (93 ms)", name="John"):
    return {"username": number, "name": name, "regstatus": reg}


def call(src, dst, info="Talking", kind="incoming", duration="00:01:14", channel=None):
    return {"channel": channel or f"SIP/{src}-{dst}", "duration": duration, "calltype": kind, "callinfo": info,
            "src": src, "dst": dst}  # fmt: skip


@pytest.mark.parametrize(
    ("reg", "state", "label"),
    [
        ("OK (93 ms)", AgentState.AVAILABLE, "registered"),
        ("ok", AgentState.AVAILABLE, "registered"),
        ("LAGGED (2001 ms)", AgentState.AVAILABLE, "registered, slow to answer"),
        ("UNREACHABLE", AgentState.OFFLINE, None),
        ("UNKNOWN", AgentState.OFFLINE, None),
        ("", AgentState.OFFLINE, None),
        ("Unmonitored", AgentState.UNKNOWN, None),
        ("Kayıtlı", AgentState.UNKNOWN, None),
        (None, AgentState.UNKNOWN, None),
        (7, AgentState.UNKNOWN, None),
    ],
)
async def test_it_knows_registration_and_calls_it_that(panel, iexpbx, wrapped, reg, state, label):
    panel.answers = {"users": wrapped(ext(reg=reg)), "activecalls": wrapped()}
    (agent,) = await iexpbx.agents()
    assert (agent.state, agent.label, agent.peer, agent.raw_state) == (state, label, "", str(reg or ""))


@pytest.mark.parametrize(
    ("row", "state", "peer"),
    [
        (call("905071", "100"), AgentState.ON_CALL, "905071"),
        (call("100", "905071234567", kind="outcoming"), AgentState.ON_CALL, "905071234567"),
        (call("905071234567", "100", "Ringing"), AgentState.RINGING, "905071234567"),
        (call("905071234567", "100", "Ringing", "Queue(630)"), AgentState.RINGING, "905071234567"),
        (call("100", "905071234567", "Ringing", "outcoming"), AgentState.DIALING, "905071234567"),
        (call("100", "905071234567", "Dialing", "outcoming"), AgentState.DIALING, "905071234567"),
        (call("905071234567", "100", "On Hold"), AgentState.ON_HOLD, "905071234567"),
        (call("905071234567", "100", "Konuşuyor"), AgentState.ON_CALL, "905071234567"),
        (call("905071234567", "100", "Parked"), AgentState.UNKNOWN, "905071234567"),
    ],
)
@pytest.mark.parametrize("reg", ["OK (93 ms)", "UNREACHABLE"])
async def test_it_joins_an_extension_with_its_call(panel, iexpbx, wrapped, clock, row, state, peer, reg):
    panel.answers = {"users": wrapped(ext(reg=reg), ext("101")), "activecalls": wrapped(row)}
    agent, other = await iexpbx.agents()
    assert (agent.state, agent.peer, agent.label, agent.raw_state) == (state, peer, None, row["callinfo"])
    assert agent.since == (clock() - 74 * SECOND if state is AgentState.ON_CALL else None)
    assert (other.state, other.peer) == (AgentState.AVAILABLE, "")


async def test_it_takes_the_call_that_is_talked_on_for_what_an_agent_does(panel, iexpbx, wrapped):
    rows = (
        call("1", "100", "Ringing", channel="SIP/a"),
        call("2", "100", channel="SIP/b"),
        call("3", "100", "x", channel="SIP/c"),
    )
    panel.answers = {"users": wrapped(ext()), "activecalls": wrapped(*rows)}
    (agent,) = await iexpbx.agents()
    assert (agent.state, agent.peer) == (AgentState.ON_CALL, "2")


async def test_it_says_of_nobody_that_they_are_alone_while_a_call_cannot_be_read(panel, iexpbx, wrapped):
    panel.answers = {"users": wrapped(ext()), "activecalls": wrapped(None, call("1", "2"))}
    agents = await iexpbx.agents()
    assert (agents.items[0].peer, agents.unreadable) == (None, 0)


@pytest.mark.parametrize(
    ("row", "state", "direction", "extension", "queue"),
    [
        (call("9050712", "630", "Waiting", "Queue(630)"), CallState.QUEUED, Direction.INBOUND, None, "630"),
        (call("9050712", "100", "Ringing", "queue ( 630 )"), CallState.QUEUED, Direction.INBOUND, "100", "630"),
        (call("9050712", "100", "talking", "Queue(630)"), CallState.TALKING, Direction.INBOUND, "100", "630"),
        (call("9050712", "630", "", "Queue(630)"), CallState.QUEUED, Direction.INBOUND, None, "630"),
        (call("9050712", "100", "Ring"), CallState.RINGING, Direction.INBOUND, "100", None),
        (call("100", "9050712", "Calling", "Outcoming"), CallState.DIALING, Direction.OUTBOUND, "100", None),
        (call("100", "101", "Hold", "internal"), CallState.HELD, Direction.INTERNAL, "100", None),
        (call("9050712", "9050713", "Bridged", "transfer"), CallState.UNKNOWN, Direction.UNKNOWN, None, None),
    ],
)
async def test_it_says_of_a_live_call_what_is_told(panel, iexpbx, wrapped, row, state, direction, extension, queue):
    panel.anything = wrapped(row)
    (found,) = await iexpbx.active_calls()
    assert (found.state, found.direction, found.extension, found.queue) == (state, direction, extension, queue)
    assert found.raw_state == (row["callinfo"] or row["calltype"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:01:14", 74), ("1.02:03:04", 93784), ("26:00:00", 93600), ("74", 74), (74, 74), ("00:00:01,5", 1), ("00:61:00", None),
     ("-1", None), ("", None), (None, None), ("soon", None), ("1:2", None)],
)  # fmt: skip
async def test_it_reads_how_long_a_call_has_lasted(panel, iexpbx, wrapped, text, seconds):
    panel.anything = wrapped(call("1", "2", duration=text))
    (found,) = await iexpbx.active_calls()
    assert found.lasted == (None if seconds is None else seconds * SECOND)


async def test_it_lists_a_channel_once(panel, iexpbx, wrapped):
    panel.anything = wrapped(call("1", "2", "Ringing"), call("1", "2"))
    assert [found.state for found in await iexpbx.active_calls()] == [CallState.TALKING]


SALE = {"queuenumber": "630", "name": "Sale", "internal": "100, 101,"}
EMPTY = {"queuenumber": 631, "name": "", "internal": ""}


async def test_it_tells_who_waits_longest_first(panel, iexpbx, wrapped):
    rows = (
        call("905071", "630", "Waiting", "Queue(630)", "00:00:05"),
        call("905072", "100", "Ringing", "Queue(630)", "00:02:00"),
        call("905073", "100", "Talking", "Queue(630)"),
        call("905074", "632", "Waiting", "Queue(632)", "00:00:01"),
        call("905075", "100", "Ringing"),
    )
    panel.answers = {"queues": wrapped(SALE, EMPTY), "activecalls": wrapped(*rows)}
    queues = await iexpbx.queues()
    told = [(q.ref, q.name, [(c.caller, c.waiting.seconds, c.approx) for c in q.waiting], q.members) for q in queues]
    assert told == [
        ("630", "Sale", [("905072", 120, True), ("905071", 5, True)], ("100", "101")),
        ("631", "631", [], ()),
        ("632", "632", [("905074", 1, True)], None),
    ]
    assert {q.free_agents for q in queues} == {None}


async def test_it_counts_a_wait_by_its_own_clock_where_none_is_told(panel, iexpbx, wrapped, clock):
    waiting = call("905071", "630", "Waiting", "Queue(630)", duration="?")
    panel.answers = {"queues": wrapped(SALE), "activecalls": wrapped(waiting)}
    for seconds in (0, 15, 30):
        ((queue),) = await iexpbx.queues()
        assert [c.waiting for c in queue.waiting] == [seconds * SECOND]
        clock.advance(timedelta(seconds=15))
    panel.answers["activecalls"] = wrapped()
    await iexpbx.queues()
    panel.answers["activecalls"] = wrapped(waiting)
    (queue,) = await iexpbx.queues()
    assert [c.waiting for c in queue.waiting] == [timedelta()]


async def test_it_says_how_this_pbx_calls_a_call_that_is_talked_on(panel, opened, wrapped):
    panel.answers = {"queues": wrapped(SALE), "activecalls": wrapped(call("1", "100", "GÖRÜŞMEDE", "Queue(630)"))}
    assert [len(q.waiting) for q in await opened().queues()] == [1]
    assert [len(q.waiting) for q in await opened(talking="im gespräch, Görüşmede").queues()] == [0]


async def test_it_keeps_the_directory_of_iex_5_for_ten_minutes(panel, iexpbx, wrapped, clock):
    panel.answers = {"queues": wrapped(SALE), "activecalls": wrapped()}
    for _ in range(40):
        await iexpbx.queues()
        clock.advance(timedelta(seconds=15))
    assert (len(panel.asked_of("queues")), len(panel.asked_of("activecalls"))) == (1, 40)
    await iexpbx.queues()
    assert len(panel.asked_of("queues")) == 2


async def test_it_keeps_no_directory_that_it_could_not_read_whole(panel, iexpbx, wrapped):
    panel.answers = {"queues": wrapped(SALE, None), "activecalls": wrapped()}
    assert (await iexpbx.queues()).unreadable == 1
    panel.answers = {"queues": wrapped(SALE, EMPTY), "activecalls": wrapped(None, call("1", "2"))}
    assert ((found := await iexpbx.queues()).unreadable, len(found)) == (1, 2)
    assert len(panel.asked_of("queues")) == 2
