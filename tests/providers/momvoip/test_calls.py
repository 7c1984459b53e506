"""Finished calls, their pages and times; statistics once in 30 seconds."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.model import Direction, Disposition, Money
from providers.momvoip import wire
from providers.sdk.lenient import UnfitError

SINCE = datetime(2026, 11, 20, tzinfo=UTC)
UNTIL = datetime(2026, 11, 21, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")


def cdr(**more):
    return {"call_id": "1714121428.13", "src": "1111", "dst": "380441234567", **more}


@pytest.mark.parametrize(
    ("call_id", "start", "at"),
    [
        ("1714121428.13", "2024-04-26 11:50:28", datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC)),
        ("1714121428.13", "2024-04-26 22:50:28", datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC)),
        ("1714121428", None, datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC)),
        ("1714121428.13", "0000-00-00 00:00:00", datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC)),
        ("1714121428.13", "2024-04-30 11:28:19", datetime(2024, 4, 30, 8, 28, 19, tzinfo=UTC)),
        ("abc-7", "2024-01-15 12:00:00", datetime(2024, 1, 15, 10, 0, tzinfo=UTC)),
        ("17141214281399.13", "2024-07-15 12:00:00", datetime(2024, 7, 15, 9, 0, tzinfo=UTC)),
        ("abc-7", "soon", None),
        ("abc-7", "null", None),
    ],
)
def test_it_knows_when_a_call_began(call_id, start, at):
    assert wire.started(call_id, start, KYIV) == at


def test_it_reads_the_clock_of_the_accounts_zone():
    assert wire.started("x", "2024-01-15 12:00:00", ZoneInfo("UTC")) == datetime(2024, 1, 15, 12, tzinfo=UTC)


async def test_it_asks_on_the_clock_of_the_accounts_zone(panel, opened):
    panel.anything = []
    await opened(timezone=ZoneInfo("Asia/Tokyo")).calls(SINCE, UNTIL)
    assert panel.asked[0][1] == {"sdate": "2026-11-20 09:00:00", "edate": "2026-11-21 09:00:00", "page": "1"}


@pytest.mark.parametrize(
    ("src", "dst", "direction", "extension"),
    [
        ("1111", "380441234567", Direction.OUTBOUND, "1111"),
        ("380441234567", "1111", Direction.INBOUND, "1111"),
        ("1111", "1112", Direction.INTERNAL, "1111"),
        ("380441234567", "380447654321", Direction.UNKNOWN, None),
        ("", "s", Direction.UNKNOWN, None),
    ],
)
def test_it_sees_calls_both_ways(src, dst, direction, extension):
    call = wire.call(cdr(src=src, dst=dst), KYIV, None)
    assert (call.direction, call.extension, call.caller, call.callee) == (direction, extension, src, dst)


@pytest.mark.parametrize(
    ("raw", "disposition"),
    [
        ("ANSWERED", Disposition.ANSWERED),
        ("ANSWER", Disposition.ANSWERED),
        ("no_answer", Disposition.NO_ANSWER),
        ("NO ANSWER", Disposition.NO_ANSWER),
        ("Busy", Disposition.BUSY),
        ("FAILED", Disposition.FAILED),
        ("CANCEL", Disposition.CANCELED),
        ("CONGESTION", Disposition.CONGESTION),
        ("TORTURE", Disposition.UNKNOWN),
        ("", Disposition.UNKNOWN),
    ],
)
def test_it_knows_how_calls_end(raw, disposition):
    call = wire.call(cdr(disposition=raw), KYIV, None)
    assert (call.disposition, call.raw_disposition) == (disposition, raw)


def test_it_reads_the_other_names_that_are_seen():
    row = {
        "uniqueid": "1714121428.13",
        "calldate": "2024-04-26 11:50:28",
        "duration": 20,
        "billsec": "7",
        "cost": "0,05",
    }
    call = wire.call(row, KYIV, "USD")
    assert call.call_id == "1714121428.13"
    assert call.started_at == datetime(2024, 4, 26, 8, 50, 28, tzinfo=UTC)
    assert (call.duration, call.talk) == (timedelta(seconds=20), timedelta(seconds=7))
    assert call.cost == Money(Decimal("0.05"), "USD")


def test_it_leaves_out_what_it_cannot_read():
    call = wire.call(cdr(duration="—", billsec=-1, cost="n/a", start=7, stage=None, disposition=None), KYIV, "USD")
    assert (call.duration, call.talk, call.cost, call.agent) == (None, None, None, None)


@pytest.mark.parametrize(("size", "more"), [(0, False), (99, False), (100, True), (101, True)])
async def test_it_tells_whether_the_period_has_another_page(panel, momvoip, size, more):
    panel.anything = [cdr(call_id=f"17141214{n:02}.1") for n in range(size)]
    page = await momvoip.calls(SINCE, UNTIL, page=2)
    assert (len(page.rows), page.number, page.more) == (size, 2, more)
    assert panel.asked[0][1]["page"] == "2"


@pytest.mark.parametrize(("size", "more"), [(9, False), (10, True)])
async def test_it_tells_whether_the_agent_has_another_page(panel, momvoip, size, more):
    panel.anything = [cdr(call_id=f"1714121428.{n}") for n in range(size - 1)] + [None]
    page = await momvoip.agent_calls("1111")
    assert (len(page.rows), page.rows.unreadable, page.more) == (size - 1, 1, more)


async def test_it_asks_for_no_calls_of_what_is_no_number(panel, momvoip):
    with pytest.raises(ProviderError) as caught:
        await momvoip.calls(SINCE, UNTIL, caller="1 OR 1=1")
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []


async def test_it_serves_statistics_again_for_half_a_minute(panel, momvoip, clock):
    panel.anything = [{"user_login": "agent_1", "calls": 1}]
    first = await momvoip.agent_stats(SINCE, UNTIL)
    panel.anything = [{"user_login": "agent_1", "calls": 2}]
    clock.advance(timedelta(seconds=29))
    assert await momvoip.agent_stats(SINCE, UNTIL) is first
    assert len(panel.asked) == 1
    clock.advance(timedelta(seconds=1))
    assert (await momvoip.agent_stats(SINCE, UNTIL)).items[0].calls == 2


async def test_it_says_when_it_may_ask_for_other_statistics(panel, momvoip, clock):
    panel.anything = [{"user_login": "agent_1"}]
    await momvoip.agent_stats(SINCE, UNTIL)
    clock.advance(timedelta(seconds=10))
    with pytest.raises(ProviderError) as caught:
        await momvoip.agent_stats(SINCE, UNTIL + timedelta(hours=1))
    assert (caught.value.kind, caught.value.retry_at) == (ErrorKind.RATE_LIMITED, clock.now + timedelta(seconds=20))
    assert caught.value.user_text == "MoMVOIP answers this question once in 30 s."
    assert len(panel.asked) == 1
    await momvoip.agent_stats(SINCE, UNTIL)


async def test_it_keeps_no_statistics_that_it_could_not_read(panel, momvoip, clock):
    panel.anything = "false"
    with pytest.raises(ProviderError):
        await momvoip.agent_stats(SINCE, UNTIL)
    clock.advance(timedelta(seconds=30))
    panel.anything = []
    assert len(await momvoip.agent_stats(SINCE, UNTIL)) == 0


def test_it_reads_the_other_spelling_of_prompted_calls():
    row = {"user_login": "a", "promt_calls": 3, "promt_duration": "9", "cost": "n/a", "calls": "4", "answer": -1}
    stats = wire.stats(row, "USD")
    assert stats.extra == (("prompt_calls", "3"), ("prompt_duration", "9"))
    assert (stats.cost, stats.calls, stats.answered) == (None, 4, None)


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("+380 (44) 123-45-67", "380441234567"),
        ("1111", "1111"),
        ("", ""),
        ("+", ""),
        ("12a", ""),
        ("1" * 21, ""),
        ("١٢٣", ""),
    ],
)
def test_it_sends_numbers_as_digits(written, digits):
    assert wire.digits(written) == digits


@given(st.dictionaries(st.sampled_from(["exten", "status", "las_call_time", "lead", "group", "user_login", "number", "call_id",
       "src", "dst", "start", "duration", "billsec", "disposition", "cost", "id", "login", "group_id", "name", "calls"]),
       st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20) | st.lists(st.integers(), max_size=2)))  # fmt: skip
def test_it_reads_any_row_or_says_that_it_is_unfit(row):
    for read in (
        lambda row: wire.agent(row, UNTIL),
        wire.number,
        lambda row: wire.balance(row, None),
        lambda row: wire.call(row, KYIV, None),
        lambda row: wire.stats(row, None),
        wire.user,
        wire.group,
    ):
        try:
            read(row)
        except UnfitError:
            continue
