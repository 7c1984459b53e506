"""The sandbox in both versions against the world, with what is odd in the real one."""

from datetime import timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import AgentState, CallOutcome, CallRequest, Disposition
from providers.voipcloud import sandbox

HOUR = timedelta(hours=1)


async def test_calls_are_the_worlds(office):
    now = office.clock()
    page = await office.account.calls(now - HOUR, now)
    true = [call for call in office.world.calls_between(now - HOUR, now) if call.agent]
    assert [(c.started_at, c.caller, c.callee, c.direction, c.talk, c.agent) for c in page.rows] == [
        (c.started_at, c.caller, c.callee, c.direction, c.talk, c.agent) for c in true
    ]
    assert {call.extension for call in page.rows if call.extension} <= {a.extension for a in office.world.agents}
    assert all((call.disposition is Disposition.ANSWERED) == bool(call.talk) for call in page.rows)
    assert (page.rows.unreadable, page.more) == (0, False)


async def test_queue_calls_are_the_worlds(office):
    office.world.queue_pressure("610", 3)
    office.clock.advance(timedelta(minutes=50))
    since = office.clock() - HOUR
    rows = await office.account.queue_calls(since)
    true = [call for call in office.world.calls_between(since, office.clock()) if call.queue]
    assert [(c.started_at, c.caller, c.waited, c.disposition) for c in rows] == [
        (c.started_at, c.caller, c.wait, c.disposition) for c in true
    ]
    assert Disposition.ABANDONED in {call.disposition for call in rows}


async def test_ring_groups_are_listed(office):
    table = await office.account.vendor_table("ringgroups", ["2h", "billing,"])
    assert {row[1] for row in table.rows} == {sandbox.GROUP}
    assert len(table.rows) > 5


async def test_one_adapter_polls_one_request_a_list(office):
    now = office.clock()
    await office.account.calls(now - HOUR / 4, now)
    await office.account.queue_calls(now - HOUR / 4)
    assert len(office.statuses) == 2


async def test_a_call_is_placed(office):
    agent = next(a for a in office.world.agents if a.state is AgentState.AVAILABLE)
    result = await office.account.place_call(CallRequest(agent, "+12025550177", office.world.numbers[0].number))
    (placed,) = office.world.placed_calls
    assert result.outcome is CallOutcome.ACCEPTED
    assert (placed.extension, placed.destination) == (agent.extension, "12025550177")
    v2 = office.version == "v2"
    assert placed.caller_id == (office.world.numbers[0].number if v2 else None)
    assert result.call_id == (placed.call_id if v2 else None)


async def test_nobodys_extension_is_rejected_in_the_vendors_words(office):
    nobody = office.world.agents[0].__class__("7777", AgentState.UNKNOWN, "")
    result = await office.account.place_call(CallRequest(nobody, "+12025550177"))
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, "User not found")
    assert office.world.placed_calls == []


@pytest.mark.parametrize("fault", ["null_words", "strings"])
async def test_odd_values_say_the_same(office, fault):
    now = office.clock()
    plain = await office.account.calls(now - HOUR, now), await office.account.queue_calls(now - HOUR)
    office.sandbox.faults["*"] = fault
    assert (await office.account.calls(now - HOUR, now), await office.account.queue_calls(now - HOUR)) == plain


@pytest.mark.parametrize("code", [0, 400, 401, 402, 404, 429, 500])
async def test_a_code_in_the_body_is_an_error(office, code):
    office.sandbox.faults["*"] = f"code_{code}"
    with pytest.raises(ProviderError) as caught:
        await office.account.queue_calls(office.clock() - HOUR)
    assert office.statuses[-1][1] == 200
    assert (caught.value.kind is ErrorKind.RATE_LIMITED) == (code == 429)


@pytest.mark.parametrize(("code", "placed"), [(0, 1), (500, 1), (400, 0), (402, 0)])
async def test_a_code_after_the_deed_is_told_as_unknown(office, code, placed):
    office.sandbox.faults["VPC-4"] = f"code_{code}"
    agent = next(a for a in office.world.agents if a.state is AgentState.AVAILABLE)
    result = await office.account.place_call(CallRequest(agent, "+12025550177"))
    assert result.outcome is (CallOutcome.UNKNOWN if placed else CallOutcome.REJECTED)
    assert len(office.world.placed_calls) == placed
    assert len(office.statuses) == 1


async def test_data_that_is_null_is_no_empty_list(office):
    office.sandbox.faults["*"] = "data_null"
    with pytest.raises(ProviderError) as caught:
        await office.account.queue_calls(office.clock() - HOUR)
    assert "“null”" in caught.value.user_text


async def test_the_status_comes_through(office):
    assert "portal: degraded" in await office.account.status()
    office.sandbox.status = "All systems operational"
    assert "All systems operational" in await office.account.status()
