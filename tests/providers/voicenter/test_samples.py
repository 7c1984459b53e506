"""Both samples of the vendor's document, damaged as they are printed, and both request types."""

from datetime import UTC, datetime, timedelta

import pytest

from providers.model import (
    ActiveCall,
    Agent,
    AgentState,
    CallState,
    Direction,
    Queue,
    QueuedCall,
    Rows,
    User,
)

ANSWERED = datetime(2020, 10, 11, 22, 23, 39, tzinfo=UTC)  # 01:23:39 in Israel
OUT = Agent("SIPSIP1", AgentState.LOGGED_OUT, "Logout", name="User 1", user_id="6946792", peer="", login=False)
TALKS = Agent(
    extension="SIPSIP2",
    state=AgentState.ON_CALL,
    raw_state="Talking",
    name="User 2",
    user_id="46454322",
    since=ANSWERED,
    peer="0722776772",
    login=True,
)


async def test_it_reads_the_extensions_as_agents(panel, voicenter, sample):
    panel.anything = sample("vc-1.json")
    assert await voicenter.agents() == Rows((OUT, TALKS))
    assert panel.asked == [("POST", "/comet/API/GetExtensionsCalls", {})]


async def test_it_reads_one_extension(panel, voicenter, sample):
    panel.anything = sample("vc-1.json")
    assert await voicenter.agent("sipsip2") == TALKS
    assert panel.asked == [("POST", "/comet/API/GetExtensionsCalls", {"extension": "sipsip2"})]


async def test_it_reads_the_calls_that_are_up(panel, voicenter, sample, clock):
    panel.anything = sample("vc-1.json")
    clock.now = ANSWERED + timedelta(minutes=2, seconds=-1)
    assert await voicenter.active_calls() == Rows(
        (
            ActiveCall(
                call_id="2020101201cc7b38df",
                state=CallState.TALKING,
                raw_state="Talking",
                direction=Direction.OUTBOUND,
                caller="SIPSIP2",
                callee="0722776772",
                lasted=timedelta(minutes=2),
                extension="SIPSIP2",
                recorded=True,
            ),
        )
    )


async def test_it_reads_to_whom_the_extensions_belong(panel, voicenter, sample):
    panel.anything = sample("vc-1.json")
    assert await voicenter.users() == Rows(
        (User("6946792", "User 1", "SIPSIP1"), User("46454322", "User 2", "SIPSIP2"))
    )


async def test_it_reads_the_queues(panel, voicenter, sample):
    panel.anything = sample("vc-2.json")
    assert await voicenter.queues() == Rows(
        (
            Queue(
                ref="12345678",
                name="QUEUE 1",
                waiting=(
                    QueuedCall("202010131430590714966", "0722776772", timedelta(seconds=21)),
                    QueuedCall("202010131433000d14cc4b", "0501234567", timedelta(seconds=3)),
                ),
            ),
            Queue(ref="87654321", name="QUEUE 2", waiting=()),
        )
    )
    assert panel.asked == [("POST", "/comet/API/GetQueuesCallers", {})]


@pytest.mark.parametrize("name", ["vc-1.json", "vc-2.json"])
async def test_it_asks_by_get_where_it_is_told_to(panel, opened, sample, name):
    panel.anything = sample(name)
    account = opened(request="get")
    rows = await (account.agents() if name == "vc-1.json" else account.queues())
    assert len(rows) == 2
    assert panel.asked[0][0] == "GET"
    assert panel.raw[0].endswith("?code=c0de-of-ours%2F0042")


async def test_it_keeps_the_code_out_of_addresses(panel, with_calls, sample):
    panel.anything = sample("vc-1.json")
    await with_calls.agents()
    await with_calls.agent("SIPSIP1")
    await with_calls.hang_up("2020101201cc7b38df")
    assert len(panel.raw) == 4
    assert not [address for address in panel.raw if "c0de" in address or "?" in address]
