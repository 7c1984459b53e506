"""Every sample of the vendor's document, damaged as it is printed, through the adapter."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from providers.events import AgentAnswered, CallEnded, LeadAnswered
from providers.model import (
    Agent,
    AgentState,
    AgentStats,
    Balance,
    CallRecord,
    Direction,
    Disposition,
    Group,
    Money,
    NumberStatus,
    PhoneNumber,
    Rows,
    User,
)
from providers.momvoip import Momvoip, MomvoipSettings
from providers.sdk.throttle import LocalThrottle
from providers.vendor import Opening

UP = Agent(
    extension="1111",
    state=AgentState.ON_CALL,
    raw_state="Up",
    name="1111",
    group="GroupName",
    since=datetime(2026, 11, 21, 12, 0, tzinfo=UTC) - timedelta(seconds=741),
    since_means="last_call",
    peer="222222222",
)
MISSED = CallRecord(
    call_id="1714121428.13",
    started_at=datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC),
    direction=Direction.OUTBOUND,
    caller="1111",
    callee="222222222222",
    disposition=Disposition.NO_ANSWER,
    raw_disposition="NO ANSWER",
    duration=timedelta(seconds=20),
    talk=timedelta(0),
    extension="1111",
    agent="Max",
)


async def test_it_reads_the_agents(panel, momvoip, sample):
    panel.anything = sample("mom-2.json")
    agents = await momvoip.agents()
    assert agents.unreadable == 0
    assert agents.items[0] == UP
    assert [(a.extension, a.state, a.raw_state, a.peer) for a in agents] == [
        ("1111", AgentState.ON_CALL, "Up", "222222222"),
        ("1112", AgentState.RINGING, "Ring", "1111111111"),
        ("1113", AgentState.AVAILABLE, "online", ""),
        ("1114", AgentState.OFFLINE, "offline", ""),
    ]
    assert [(UP.since - a.since).total_seconds() for a in agents] == [0, 100 - 741, 25 - 741, 3600 - 741]
    assert panel.asked == [("voip_api_get_status", {})]


async def test_it_reads_one_agent(panel, momvoip, sample):
    panel.anything = sample("mom-3.json")
    assert await momvoip.agent("1111") == UP
    assert panel.asked == [("voip_api_get_status_exten", {"user_id": "1111"})]


async def test_it_reads_a_number_that_stands_twice(panel, momvoip, sample):
    panel.anything = sample("mom-4.json")
    assert await momvoip.numbers() == Rows(
        (
            PhoneNumber("1234567890", NumberStatus.ACTIVE, "active"),
            PhoneNumber("1234567890", NumberStatus.DISABLED, "disabled"),
        )
    )
    assert panel.asked == [("voip_api_get_numbers", {})]


@pytest.mark.parametrize("currency", ["USD", None])
async def test_it_reads_the_balance(panel, opened, sample, currency):
    panel.anything = sample("mom-7.json")
    assert await opened(currency=currency).balance() == Balance(Money(Decimal("111.74"), currency))
    assert panel.asked == [("voip_api_get_balance", {})]


async def test_it_reads_an_agents_calls(panel, momvoip, sample):
    panel.anything = sample("mom-8.json")
    page = await momvoip.agent_calls("1111", page=3)
    assert (page.rows, page.number, page.more) == (Rows((MISSED,)), 3, False)
    assert panel.asked == [("voip_api_get_call_history", {"user_id": "1111", "page": "3"})]


async def test_it_reads_the_calls_of_a_period(panel, momvoip, sample):
    panel.anything = sample("mom-14.json")
    since = datetime(2025, 1, 16, 22, 0, tzinfo=UTC)
    page = await momvoip.calls(since, since + timedelta(days=1), caller="5555", callee="+777 888-999")
    assert (page.rows, page.number, page.more) == (Rows((MISSED,)), 1, False)
    asked = {
        "sdate": "2025-01-17 00:00:00",
        "edate": "2025-01-18 00:00:00",
        "src": "5555",
        "dst": "777888999",
        "page": "1",
    }
    assert panel.asked == [("voip_api_get_call_history_filter", asked)]


async def test_it_reads_the_statistics(panel, momvoip, sample):
    panel.anything = sample("mom-11.json")
    since = datetime(2024, 9, 29, 21, 0, tzinfo=UTC)
    rows = await momvoip.agent_stats(since, since + timedelta(days=1, seconds=-1))
    assert rows.unreadable == 0
    assert rows.items[0] == AgentStats(
        agent="agent_1",
        group="Team-1",
        extension="9999",
        calls=134,
        answered=75,
        unique_numbers=113,
        duration=timedelta(seconds=12368),
        talk=timedelta(seconds=8712),
        long_calls=13,
        unique_long_calls=11,
        cost=Money(Decimal("34.84"), "USD"),
        extra=(
            ("talk_percent", "70.44"),
            ("spy_calls", "0"),
            ("spy_duration", "0"),
            ("prompt_calls", "0"),
            ("prompt_duration", "0"),
            ("echo_calls", "0"),
            ("echo_duration", "0"),
        ),
    )
    assert (rows.items[1].agent, rows.items[1].calls, rows.items[1].cost.amount) == ("agent_2", 140, Decimal("29.44"))
    asked = {"sdate": "2024-09-30 00:00:00", "edate": "2024-09-30 23:59:59"}
    assert panel.asked == [("voip_api_get_call_stat", asked)]


async def test_it_reads_the_users(panel, momvoip, sample):
    panel.anything = sample("mom-12.json")
    assert await momvoip.users() == Rows(
        (User("234", "user_test_1", "1111", "100"), User("958", "user_test_2", "2222", "200"))
    )


async def test_it_reads_the_groups(panel, momvoip, sample):
    panel.anything = sample("mom-13.json")
    assert await momvoip.groups() == Rows((Group("2", "TEST1"), Group("17", "TEST2")))


@pytest.fixture
async def pushed(panel, clock):
    settings = MomvoipSettings(api_key="<apikey>", base_url=panel.url)
    account = Momvoip(Opening("sales", settings, LocalThrottle(clock, "MoMVOIP"), clock))
    yield lambda text: account.read_event(method="POST", query=[], content_type="application/json", body=text.encode())
    await account.close()


async def test_it_reads_the_event_of_a_call_that_ended(pushed, sample):
    """The sample's call_id and start are four days apart, so start is taken; its end is a month later."""
    assert pushed(sample("mom-9a.json")) == CallEnded(
        CallRecord(
            call_id="1714121428.13",
            started_at=datetime(2024, 4, 30, 8, 28, 19, tzinfo=UTC),
            direction=Direction.OUTBOUND,
            caller="1111",
            callee="222222222222",
            disposition=Disposition.NO_ANSWER,
            raw_disposition="NO ANSWER",
            duration=timedelta(seconds=10),
            talk=timedelta(0),
            extension="1111",
            agent="Max",
            group="My Group",
        )
    )


async def test_it_reads_the_event_of_a_lead_that_answered(pushed, sample):
    assert pushed(sample("mom-9b.json")) == LeadAnswered(
        lead="222222222222", name="Max", at=datetime(2000, 4, 1, 11, 55, 47, tzinfo=UTC), campaign="1"
    )


async def test_it_reads_the_event_of_an_agent_who_answered(pushed, sample):
    assert pushed(sample("mom-9c.json")) == AgentAnswered(
        extension="1111",
        agent="Ernest",
        lead="222222222222",
        at=datetime(2025, 4, 22, 11, 55, 47, tzinfo=UTC),
        user_id="100",
    )


async def test_it_reads_the_events_of_the_vendors_own_pdf_with_its_curly_quote(pushed, sample):
    text = sample("mom-9a.json").replace('"event":"call_end"', '"event":"call_end”')
    assert "”" in text
    assert isinstance(pushed(text), CallEnded)
