"""Who is at an extension, doing what: statuses, calls, and a phone at which nobody is."""

from datetime import UTC, datetime, timedelta

import pytest

from providers.model import AgentState, CallState, Direction

A = AgentState
STARTED = 1_795_262_100  # 2026-11-21 11:55:00 UTC, five minutes before the test's clock


def call(status="Talking", direction="Incoming", **more):
    base = {"callStarted": STARTED, "callAnswered": 0, "answered": 0, "callername": "", "callerphone": "0501234567"}
    base |= {
        "callstatus": status,
        "customdata": {},
        "direction": direction,
        "ivrid": "2026112100aa",
        "did": "0722776772",
    }
    return base | more


async def only(voicenter):
    (agent,) = await voicenter.agents()
    return agent


@pytest.mark.parametrize(
    ("status", "state", "reason", "raw"),
    [
        (1, A.AVAILABLE, None, "Login"),
        ("1", A.AVAILABLE, None, "Login"),
        (2, A.LOGGED_OUT, None, "Logout"),
        (3, A.NOT_READY, "Lunch", "Lunch"),
        (5, A.NOT_READY, "Administrative", "Administrative"),
        (7, A.NOT_READY, "Private", "Private"),
        (9, A.NOT_READY, "Other", "Other"),
        (11, A.NOT_READY, "Training", "Training"),
        (12, A.NOT_READY, "Team meeting", "Team meeting"),
        (13, A.NOT_READY, "Brief", "Brief"),
        (4, A.UNKNOWN, None, "4"),
        (0, A.UNKNOWN, None, "0"),
        (-1, A.UNKNOWN, None, "-1"),
        (None, A.UNKNOWN, None, ""),
        ("Lunch", A.UNKNOWN, None, ""),
    ],
)
async def test_it_reads_every_status(extensions, extension, voicenter, status, state, reason, raw):
    extensions(extension(status=status))
    agent = await only(voicenter)
    assert (agent.state, agent.reason, agent.raw_state) == (state, reason, raw)
    assert agent.signed_in is (None if state is A.UNKNOWN else state is not A.LOGGED_OUT)
    assert agent.since is None
    assert agent.peer == ""


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (["Talking"], A.ON_CALL),
        (["talking"], A.ON_CALL),
        (["Hold", "Talking"], A.ON_CALL),
        (["Ringing", "Hold"], A.ON_HOLD),
        (["Ringing"], A.RINGING),
        (["Dialing"], A.DIALING),
        (["Conference", "Ringing"], A.RINGING),
        (["Conference"], A.UNKNOWN),
        ([None], A.UNKNOWN),
    ],
)
async def test_a_call_says_more_than_the_status(extensions, extension, voicenter, words, state):
    extensions(extension(status=3, calls=[call(word) for word in words]))
    agent = await only(voicenter)
    assert agent.state is state
    assert agent.reason is None
    assert agent.signed_in is True


async def test_a_phone_that_talks_while_nobody_is_signed_in_has_nobody_signed_in(extensions, extension, voicenter):
    extensions(extension(status=2, onlineUserID=0, calls=[call()]))
    agent = await only(voicenter)
    assert (agent.state, agent.signed_in, agent.peer) == (A.ON_CALL, False, "0501234567")


@pytest.mark.parametrize(
    ("more", "name", "user"),
    [
        ({}, "Rep SIP1", "22"),
        ({"status": 2, "onlineUserID": 0}, "Owner SIP1", "11"),
        ({"status": 2, "onlineUserID": 0, "name": ""}, "Rep SIP1", "11"),
        ({"representative": None}, "Owner SIP1", "22"),
        ({"representative": None, "name": None, "userID": None, "onlineUserID": None}, None, None),
    ],
)
async def test_it_names_who_is_signed_in_else_whose_phone_it_is(extensions, extension, voicenter, more, name, user):
    extensions(extension(**more))
    agent = await only(voicenter)
    assert (agent.name, agent.user_id) == (name, user)


@pytest.mark.parametrize(
    ("answered", "since"),
    [(STARTED + 60, STARTED + 60), (0, STARTED), (None, STARTED), ((STARTED + 60) * 1000, STARTED + 60)],
)
async def test_it_tells_since_when_a_call_is_up(extensions, extension, voicenter, answered, since):
    extensions(extension(calls=[call(callAnswered=answered)]))
    assert (await only(voicenter)).since == datetime.fromtimestamp(since, UTC)


@pytest.mark.parametrize("calls", [None, "none", 7, {"a": 1}])
async def test_calls_that_are_not_told_are_not_no_calls(extensions, extension, voicenter, calls):
    extensions(extension() | {"calls": calls})
    agent = await only(voicenter)
    assert (agent.state, agent.peer) == (A.AVAILABLE, None)


@pytest.mark.parametrize("calls", [{}, call(), {"0": call()}])
async def test_calls_may_be_an_object(extensions, extension, voicenter, calls):
    extensions(extension() | {"calls": calls})
    assert (await only(voicenter)).state is (A.ON_CALL if calls else A.AVAILABLE)


async def test_it_reads_an_incoming_call(extensions, extension, voicenter):
    extensions(extension(calls=[call("Ringing", recording=[])]))
    (up,) = await voicenter.active_calls()
    assert (up.direction, up.caller, up.callee, up.state) == (
        Direction.INBOUND,
        "0501234567",
        "0722776772",
        CallState.RINGING,
    )
    assert (up.lasted, up.extension, up.recorded) == (timedelta(minutes=5), "SIP1", None)


@pytest.mark.parametrize(
    ("recording", "recorded"),
    [
        ({"Filename": "a.mp3", "IsMuted": 0}, True),
        ([{"Filename": "a.mp3", "IsMuted": "1"}], False),
        ({"Filename": "", "IsMuted": 0}, None),
        ({"Filename": "a.mp3"}, None),
        (None, None),
        ("a.mp3", None),
    ],
)
async def test_it_tells_whether_a_call_is_recorded(extensions, extension, voicenter, recording, recorded):
    extensions(extension(calls=[call(recording=recording)]))
    (up,) = await voicenter.active_calls()
    assert up.recorded is recorded


async def test_calls_it_cannot_read_are_counted_and_odd_words_are_kept(extensions, extension, voicenter):
    odd = call("Conference", "Spy", ivrid="other", did="", callStarted=0)
    extensions(extension(calls=[call(), odd, call(ivrid=None), "x", call()]), extension("SIP2", calls=[call()]))
    calls = await voicenter.active_calls()
    assert [(c.call_id, c.extension) for c in calls] == [
        ("2026112100aa", "SIP1"),
        ("other", "SIP1"),
        ("2026112100aa", "SIP2"),
    ]
    assert calls.unreadable == 2
    unknown = calls.items[1]
    assert (unknown.state, unknown.raw_state, unknown.direction) == (CallState.UNKNOWN, "Conference", Direction.UNKNOWN)
    assert (unknown.callee, unknown.lasted) == ("SIP1", None)


async def test_a_click2call_goes_out(extensions, extension, voicenter):
    extensions(extension(calls=[call("Talking", "Click2Call")]))
    (up,) = await voicenter.active_calls()
    assert (up.direction, up.caller, up.callee) == (Direction.OUTBOUND, "SIP1", "0501234567")
