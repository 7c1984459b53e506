"""What holds of every vendor: its adapter tells of the world as it is, and fails in words, never in silence."""

import re
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from providers.capabilities import (
    Provider,
    SupportsAgent,
    SupportsAgentCalls,
    SupportsAgents,
    SupportsAgentStats,
    SupportsBalance,
    SupportsCalls,
    SupportsGroups,
    SupportsNumbers,
    SupportsNumberStatus,
    SupportsPlaceCall,
    SupportsQueueCalls,
    SupportsQueues,
    SupportsRecordings,
    SupportsUsers,
)
from providers.errors import ErrorKind
from providers.model import (
    AgentState,
    CallOutcome,
    CallRequest,
    Direction,
    Disposition,
    NumberStatus,
)
from providers.sdk.simulation.faults import MARKUP, RETRY_AFTER_SECONDS
from providers.sdk.throttle import RateLimit, asking
from providers.vendor import Vendor

Ask = Callable[[Any], Awaitable[Any]]

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
POLLED = {
    "balance": SupportsBalance,
    "numbers": SupportsNumbers,
    "agents": SupportsAgents,
    "queues": SupportsQueues,
    "calls": SupportsCalls,
}
LISTS: dict[type, Ask] = {
    SupportsNumbers: lambda p: p.provider.numbers(),
    SupportsAgents: lambda p: p.provider.agents(),
    SupportsQueues: lambda p: p.provider.queues(),
    SupportsAgentStats: lambda p: p.provider.agent_stats(p.clock() - HOUR, p.clock()),
    SupportsUsers: lambda p: p.provider.users(),
    SupportsGroups: lambda p: p.provider.groups(),
    SupportsQueueCalls: lambda p: p.provider.queue_calls(p.clock() - HOUR),
}
PAGES: dict[type, Ask] = {
    SupportsCalls: lambda p: p.provider.calls(p.clock() - HOUR, p.clock()),
    SupportsAgentCalls: lambda p: p.provider.agent_calls("1101"),
}
QUESTIONS: dict[type, Ask] = {
    SupportsBalance: lambda p: p.provider.balance(),
    SupportsAgent: lambda p: p.provider.agent("1101"),
    **LISTS,
    **PAGES,
}
DEEDS: dict[type, Ask] = {
    SupportsPlaceCall: lambda p: p.provider.place_call(
        CallRequest(next(a for a in p.world.agents if a.state is AgentState.AVAILABLE), "+12025550177")
    ),
    SupportsNumberStatus: lambda p: p.provider.set_number_status(p.world.numbers[3].number, NumberStatus.SPAM),
}
BLOCKED = {ErrorKind.AUTH, ErrorKind.IP_BLOCKED}
SAID_NO = {ErrorKind.REJECTED, ErrorKind.GARBLED}
FAULTS: dict[str, set[ErrorKind]] = {
    "html": {ErrorKind.GARBLED},
    "empty": {ErrorKind.GARBLED},
    "truncated": {ErrorKind.GARBLED},
    "wrong_shape": {ErrorKind.GARBLED},
    "null": SAID_NO,
    "error_json": SAID_NO,
    "secret_echo": SAID_NO | BLOCKED,
    "http_401": BLOCKED,
    "http_403": BLOCKED,
    "http_404": {ErrorKind.NOT_FOUND},
    "http_429": {ErrorKind.RATE_LIMITED},
    "http_429_retry_after": {ErrorKind.RATE_LIMITED},
    "http_500": {ErrorKind.UNAVAILABLE},
    "http_502_html": {ErrorKind.UNAVAILABLE},
    "outage": {ErrorKind.UNAVAILABLE},
    "redirect": SAID_NO | BLOCKED,
    "cut": {ErrorKind.UNAVAILABLE},
    "cut_before": {ErrorKind.UNAVAILABLE},
    "cut_body": {ErrorKind.GARBLED},
}
HEAVY = {
    "slow": {ErrorKind.UNAVAILABLE},
    "drip": {ErrorKind.UNAVAILABLE},
    "huge": {ErrorKind.GARBLED},
    "gzip_bomb": {ErrorKind.GARBLED},
}
NOT_DONE = {"http_401", "http_403", "http_404", "http_429", "http_429_retry_after"}
LOST = {"cut", "cut_body", "slow", "empty", "html", "truncated", "http_500", "http_502_html", "huge", "gzip_bomb"}


def able(played: Any, capability: type) -> Any:
    if not isinstance(played.provider, capability):
        pytest.skip(f"{played.vendor.title} has no {capability.__name__}")
    return played.provider


def questions_of(vendor: Vendor, asks: dict[type, Ask]) -> list[tuple[type, Ask]]:
    return [(capability, ask) for capability, ask in asks.items() if issubclass(vendor.provider, capability)]


def an_ask(played: Any, asks: dict[type, Ask] = QUESTIONS) -> Ask:
    """The first of these questions that the vendor answers."""
    return questions_of(played.vendor, asks)[0][1]


def tail(number: str | None) -> str:
    """A telephone number without what vendors put before it."""
    return re.sub(r"\D", "", number or "")[-9:]


async def every_call(provider: Any, since: Any, until: Any) -> list[Any]:
    calls: list[Any] = []
    for page in range(1, 60):
        found = await provider.calls(since, until, page=page)
        assert found.number == page
        assert not found.rows.unreadable
        calls += found.rows
        if not found.more or not len(found.rows):
            return calls
    raise AssertionError("the pages never end")


# What a vendor's folder hands over


def test_a_vendor_hands_over_what_it_says(vendor: Vendor):
    assert re.fullmatch(r"[a-z][a-z0-9-]{1,31}", vendor.slug)
    assert isinstance(vendor.provider, type)
    for kind, capability in POLLED.items():
        assert issubclass(vendor.provider, capability) or vendor.cannot.get(kind), f"why no {kind}?"
        assert not (issubclass(vendor.provider, capability) and vendor.cannot.get(kind))
    assert set(vendor.min_intervals) <= set(POLLED)
    assert set(vendor.cannot) <= set(POLLED)


def test_a_vendor_tells_its_quirks_and_has_a_report_card(vendor: Vendor):
    folder = Path(sys.modules[vendor.provider.__module__].__file__).parent
    text = (folder / "QUIRKS.md").read_text("utf-8")
    _, found, card = text.partition("eport card")
    card = card.partition("\n## ")[0]
    rows = [line for line in card.splitlines() if line.startswith("|") and not set(line) <= set("|-: ")]
    assert found
    assert len(rows) > 3
    for row in rows[1:]:
        assert re.search(r"\bdone\b|exempt.{0,5}because|exempt:", row, re.IGNORECASE), row


async def test_what_is_opened_is_a_provider(play):
    played = await play()
    assert isinstance(played.provider, Provider)
    assert isinstance(played.provider, played.vendor.provider)
    assert played.requests == []


# The world, there and back


async def test_the_balance_is_the_worlds(play):
    played = await play()
    balance = await able(played, SupportsBalance).balance()
    assert balance.money == played.world.balance.money
    played.world.set_balance("-12.5")
    assert (await played.provider.balance()).money.amount == played.world.balance.money.amount


async def test_the_numbers_are_the_worlds(play):
    played = await play()
    played.world.flag(played.world.numbers[4].number)
    numbers = await able(played, SupportsNumbers).numbers()
    assert [(n.number, n.status) for n in numbers] == [(n.number, n.status) for n in played.world.numbers]
    assert all(n.raw_status for n in numbers)
    assert numbers.unreadable == 0


async def test_the_agents_are_the_worlds(play):
    played = await play()
    played.world.drop_agents(["1101", "1102"])
    agents = await able(played, SupportsAgents).agents()
    assert [a.extension for a in agents] == [a.extension for a in played.world.agents]
    for agent in agents:
        true = played.world.agent(agent.extension)
        assert agent.raw_state
        assert agent.state.signed_in in {true.state.signed_in, None}
        assert (agent.state is AgentState.ON_CALL) == (true.state is AgentState.ON_CALL)
        assert agent.name in {true.name, None}
        assert agent.group in {true.group, None}
        if agent.peer is not None:
            assert tail(agent.peer) == tail(true.peer)
        if agent.since is not None:
            assert played.clock() - 12 * HOUR < agent.since <= played.clock() + SECOND
            assert agent.since.utcoffset() is not None


async def test_one_agent_is_as_in_the_list(play):
    played = await play()
    one = await able(played, SupportsAgent).agent("1107")
    assert one.extension == "1107"
    assert one.state.signed_in == played.world.agent("1107").state.signed_in
    error = await played.error(played.provider.agent("7777"))
    assert error.kind is ErrorKind.NOT_FOUND


async def test_the_queues_are_the_worlds(play):
    played = await play()
    played.world.queue_pressure("620", 5)
    played.clock.advance(timedelta(seconds=95))
    queues = {queue.name: queue for queue in await able(played, SupportsQueues).queues()}
    assert set(queues) == {queue.name for queue in played.world.queues}
    for true in played.world.queues:
        waiting = queues[true.name].waiting
        if waiting is not None:
            assert sorted(tail(call.caller) for call in waiting) == sorted(tail(c.caller) for c in true.waiting)
            longest = max((call.waiting for call in waiting), default=timedelta())
            assert abs(longest - max((c.waiting for c in true.waiting), default=timedelta())) <= 2 * SECOND


async def test_the_calls_are_the_worlds(play):
    played = await play()
    until = played.clock()
    provider = able(played, SupportsCalls)
    calls = await every_call(provider, until - HOUR, until)
    true = {
        (call.started_at, tail(call.callee if call.direction is Direction.OUTBOUND else call.caller)): call
        for call in played.world.calls_between(until - HOUR, until)
    }
    found = set()
    for call in calls:
        key = next((k for k in ((call.started_at, tail(p)) for p in (call.callee, call.caller)) if k in true), None)
        assert key, call
        found.add(key)
        assert call.raw_disposition
        assert call.disposition in {true[key].disposition, Disposition.UNKNOWN, unanswered(true[key])}
        assert call.direction in {true[key].direction, Direction.UNKNOWN}
        assert call.extension in {true[key].extension, None}
        for part in ("duration", "talk", "wait"):
            told = getattr(call, part)
            assert told is None or abs(told - getattr(true[key], part)) <= SECOND
    assert len(found) == len(calls) > 0
    if any(call.direction is Direction.OUTBOUND for call in calls):
        assert {k for k, c in true.items() if c.direction is Direction.OUTBOUND} <= found
    starts = [call.started_at for call in calls]
    assert starts == sorted(starts, reverse=True)


def unanswered(call: Any) -> Disposition:
    """What may be said of a call by those who tell talk alone: nobody answered it. Never of one that was."""
    return Disposition.ANSWERED if call.talk else Disposition.NO_ANSWER


async def test_one_agents_calls_are_the_worlds(play):
    played = await play()
    first = await able(played, SupportsAgentCalls).agent_calls("1104")
    second = await played.provider.agent_calls("1104", page=2)
    assert {call.extension for call in (*first.rows, *second.rows)} == {"1104"}
    ids = [call.call_id for call in (*first.rows, *second.rows)]
    assert len(set(ids)) == len(ids) > len(first.rows) > 0
    assert set(ids) <= {call.call_id for call in played.world.calls}


async def test_a_recording_is_whole(play):
    played = await play()
    true = next(call for call in played.world.calls if call.recorded and call.direction is Direction.OUTBOUND)
    sound = await able(played, SupportsRecordings).recording(true.call_id)
    assert sound.content
    if sound.extension == "wav":
        assert sound == played.world.recording(true.call_id)
    error = await played.error(played.provider.recording("1700000000.99999"))
    assert error.kind in {ErrorKind.NOT_FOUND, ErrorKind.REJECTED}


async def test_statistics_count_what_happened(play):
    played = await play()
    since, until = played.clock() - HOUR, played.clock()
    rows = await able(played, SupportsAgentStats).agent_stats(since, until)
    dialled = [c for c in played.world.calls_between(since, until) if c.direction is Direction.OUTBOUND]
    assert sum(row.calls for row in rows) == len(dialled)
    assert sum(row.answered for row in rows) == len([c for c in dialled if c.talk])
    assert {row.agent for row in rows} <= {agent.name for agent in played.world.agents}


async def test_users_and_groups_are_the_worlds(play):
    played = await play()
    users = await able(played, SupportsUsers).users()
    assert [u.extension for u in users] == [u.extension for u in played.world.users]
    # where the vendor tells no ids of logins, the extension is the id
    assert all(u.user_id in {w.user_id, w.extension} for u, w in zip(users, played.world.users, strict=True))
    if isinstance(played.provider, SupportsGroups):
        assert tuple(await played.provider.groups()) == played.world.groups


async def test_a_placed_call_is_placed_once_and_as_asked(play):
    played = await play()
    agent = next(a for a in played.world.agents if a.state is AgentState.AVAILABLE)
    own = played.world.numbers[2].number
    result = await able(played, SupportsPlaceCall).place_call(CallRequest(agent, "+12025550177", own))
    assert result.outcome is CallOutcome.ACCEPTED
    (placed,) = played.world.placed_calls
    assert (placed.extension, tail(placed.destination)) == (agent.extension, tail("12025550177"))
    assert placed.caller_id in {own, None}


async def test_an_agent_as_the_list_has_it_can_call(play):
    played = await play()
    agents = await able(played, SupportsAgents).agents() if isinstance(played.provider, SupportsAgents) else ()
    if not isinstance(played.provider, SupportsPlaceCall) or not agents:
        pytest.skip(f"{played.vendor.title} lists no agents who could call")
    result = await played.provider.place_call(CallRequest(agents.items[4], "+12025550177"))
    assert result.outcome is CallOutcome.ACCEPTED
    assert [call.extension for call in played.world.placed_calls] == [agents.items[4].extension]


@pytest.mark.parametrize("status", [NumberStatus.SPAM, NumberStatus.ACTIVE])
async def test_a_marked_number_reads_back_as_marked(play, status: NumberStatus):
    played = await play()
    number = played.world.numbers[-1].number
    await able(played, SupportsNumberStatus).set_number_status(number, status)
    assert [(c.number, c.status) for c in played.world.status_changes] == [(number, status)]
    assert {n.status for n in await played.provider.numbers() if n.number == number} == {status}


# What goes wrong


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_every_question_fails_in_words(play, vendor: Vendor, fault: str):
    for capability, ask in questions_of(vendor, QUESTIONS):
        played = await play()
        played.sandbox.faults["*"] = fault
        error = await played.error(ask(played))
        gone = {ErrorKind.NOT_FOUND} if fault == "null" and capability is SupportsAgent else set()
        assert error.kind in FAULTS[fault] | gone, f"{capability.__name__}: {error}"
        assert error.operation
        assert (error.retry_at is not None) == (fault.startswith(("http_401", "http_403", "http_429")))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", sorted(HEAVY))
async def test_nothing_is_waited_for_or_swallowed_without_end(play, fault: str):
    played = await play()
    ask = an_ask(played, {**LISTS, **QUESTIONS})
    played.sandbox.faults["*"] = fault
    error = await played.error(ask(played))
    assert error.kind in HEAVY[fault]


@pytest.mark.parametrize("fault", ["html", "empty", "error_json", "null", "http_404", "http_500", "cut", "huge"])
async def test_what_is_no_sound_is_no_recording(play, fault: str):
    played = await play()
    true = next(call for call in played.world.calls if call.recorded and call.direction is Direction.OUTBOUND)
    able(played, SupportsRecordings)
    played.sandbox.faults["*"] = fault
    error = await played.error(played.provider.recording(true.call_id))
    assert error.kind in {**FAULTS, **HEAVY}[fault]


async def test_an_outage_is_told_as_one_and_ends(play):
    played = await play()
    ask = an_ask(played)
    played.world.outage(True)
    assert (await played.error(ask(played))).kind is ErrorKind.UNAVAILABLE
    played.world.outage(False)
    await ask(played)


async def test_a_row_that_cannot_be_read_is_counted_not_lost(play, vendor: Vendor):
    for capability, ask in questions_of(vendor, LISTS):
        whole, fresh = await ask(await play()), await play()
        fresh.sandbox.faults["*"] = "garbled_row"
        rows = await ask(fresh)
        assert (rows.unreadable, len(rows)) == (1, len(whole) - 1), capability.__name__


@pytest.mark.parametrize("fault", ["bom", "slack_markup"])
async def test_odd_answers_are_read_all_the_same(play, vendor: Vendor, fault: str):
    for _, ask in questions_of(vendor, QUESTIONS):
        played = await play()
        played.sandbox.faults["*"] = fault
        await ask(played)


async def test_names_come_through_as_data(play):
    played = await play()
    able(played, SupportsAgents)
    played.sandbox.faults["*"] = "slack_markup"
    agents = await played.provider.agents()
    assert {agent.name for agent in agents} <= {MARKUP, None}


async def test_nobody_is_listed_twice(play):
    played = await play()
    played.sandbox.faults["*"] = "duplicate_rows"
    if isinstance(played.provider, SupportsAgents):
        extensions = [agent.extension for agent in await played.provider.agents()]
        assert sorted(extensions) == sorted(agent.extension for agent in played.world.agents)
    if isinstance(played.provider, SupportsCalls):
        page = await played.provider.calls(played.clock() - HOUR, played.clock())
        ids = [call.call_id for call in page.rows]
        assert len(ids) == len(set(ids))


async def test_a_wrong_key_is_told_as_one(play):
    played = await play()
    keys = played.opening.settings
    secret = next(name for name in type(keys).model_fields if isinstance(getattr(keys, name), SecretStr))
    await played.open_with({secret: "wrong-and-long-enough"})
    assert (await played.error(an_ask(played)(played))).kind in BLOCKED


async def test_nobody_there_is_told_as_unreachable(play, vendor: Vendor):
    played = await play()
    await played.open_with({"base_url": "http://127.0.0.1:1/"})
    for _, ask in questions_of(vendor, {**QUESTIONS, **DEEDS}):
        assert (await played.error(ask(played))).kind is ErrorKind.UNAVAILABLE


# Deeds


async def deed_of(play: Any, capability: type) -> str:
    """The vendor's number of the operation that does this."""
    played = await play()
    able(played, capability)
    await DEEDS[capability](played)
    return played.throttle.operations[-1]


def done(played: Any, capability: type) -> int:
    return len(played.world.placed_calls if capability is SupportsPlaceCall else played.world.status_changes)


async def outcome(played: Any, capability: type) -> ErrorKind | CallOutcome:
    if capability is SupportsNumberStatus:
        return (await played.error(DEEDS[capability](played))).kind
    result = await DEEDS[capability](played)
    assert result.outcome is not CallOutcome.ACCEPTED
    if result.outcome is CallOutcome.UNKNOWN:
        played.fit_to_show(result.note)
    return result.outcome


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("capability", sorted(DEEDS, key=repr))
@pytest.mark.parametrize("fault", sorted(LOST))
async def test_a_deed_whose_answer_is_lost_was_sent_once_and_its_outcome_is_not_known(play, capability, fault):
    operation = await deed_of(play, capability)
    played = await play()
    played.sandbox.faults[operation] = fault
    assert await outcome(played, capability) in {CallOutcome.UNKNOWN, ErrorKind.UNKNOWN_OUTCOME}
    assert played.throttle.operations.count(operation) == 1
    assert len(played.requests) == len(played.throttle.operations)
    assert done(played, capability) == 1


@pytest.mark.parametrize("capability", sorted(DEEDS, key=repr))
async def test_a_deed_cut_off_before_it_was_done_is_not_sent_again(play, capability):
    operation = await deed_of(play, capability)
    played = await play()
    played.sandbox.faults[operation] = "cut_before"
    assert await outcome(played, capability) in {CallOutcome.UNKNOWN, ErrorKind.UNKNOWN_OUTCOME}
    assert len(played.requests) == len(played.throttle.operations)
    assert done(played, capability) == 0


@pytest.mark.parametrize("capability", sorted(DEEDS, key=repr))
@pytest.mark.parametrize("fault", sorted(NOT_DONE))
async def test_a_deed_that_was_refused_at_the_door_was_not_done(play, capability, fault):
    operation = await deed_of(play, capability)
    played = await play()
    played.sandbox.faults[operation] = fault
    error = await played.error(DEEDS[capability](played))
    assert error.kind in FAULTS[fault]
    assert len(played.requests) == len(played.throttle.operations)
    assert done(played, capability) == 0


@pytest.mark.parametrize("capability", sorted(DEEDS, key=repr))
async def test_a_deed_that_the_vendor_refuses_in_words_is_told_with_them(play, capability):
    operation = await deed_of(play, capability)
    played = await play()
    played.sandbox.faults[operation] = "error_json"
    if capability is SupportsPlaceCall:
        result = await DEEDS[capability](played)
        assert result.outcome in {CallOutcome.REJECTED, CallOutcome.UNKNOWN}
        assert result.outcome is CallOutcome.UNKNOWN or "Feature disabled" in result.note
    else:
        assert (await played.error(DEEDS[capability](played))).kind in {ErrorKind.REJECTED, ErrorKind.UNKNOWN_OUTCOME}


@pytest.mark.parametrize("capability", sorted(DEEDS, key=repr))
async def test_a_deed_that_has_no_budget_does_not_leave(play, capability):
    played = await play(RateLimit(1, HOUR))
    able(played, capability)
    await played.throttle.admit("spent")
    error = await played.error(DEEDS[capability](played))
    assert error.kind is ErrorKind.RATE_LIMITED
    assert played.requests == []
    assert done(played, capability) == 0


async def test_a_call_to_what_is_no_number_is_never_sent(play):
    for number in ("", "call me", "12025550177&user_id=1", "1" * 40):
        played = await play()
        able(played, SupportsPlaceCall)
        agent = next(a for a in played.world.agents if a.state is AgentState.AVAILABLE)
        error = await played.error(played.provider.place_call(CallRequest(agent, number)))
        assert error.kind is ErrorKind.BAD_REQUEST
        assert played.requests == []


# Budget and cool-down


async def test_the_budget_is_kept_and_a_fifth_of_it_is_for_people(play):
    played = await play(RateLimit(10, timedelta(minutes=15)))
    ask = an_ask(played)
    while len(played.requests) < 8:
        await ask(played)
    error = await played.error(ask(played))
    assert error.kind is ErrorKind.RATE_LIMITED
    assert error.retry_at == played.clock() + timedelta(minutes=15)
    assert len(played.requests) == 8
    turn = asking.set("person")
    try:
        await ask(played)
        assert len(played.requests) > 8
    finally:
        asking.reset(turn)
    played.clock.advance(timedelta(minutes=15))
    await ask(played)


async def test_a_cool_down_is_kept_to(play):
    played = await play()
    ask = an_ask(played)
    played.sandbox.faults["*"] = "http_429_retry_after"
    first = await played.error(ask(played))
    sent = len(played.requests)
    played.sandbox.faults.clear()
    second = await played.error(ask(played))
    assert first.retry_at == second.retry_at == played.clock() + timedelta(seconds=RETRY_AFTER_SECONDS)
    assert second.kind is ErrorKind.RATE_LIMITED
    assert len(played.requests) == sent
    played.clock.advance(timedelta(seconds=RETRY_AFTER_SECONDS))
    await ask(played)


async def test_a_redirect_is_not_followed(play):
    played = await play()
    ask = an_ask(played)
    played.sandbox.faults["*"] = "redirect"
    await played.error(ask(played))
    assert not [path for path in played.requests if path.startswith("/login")]
