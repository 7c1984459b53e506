"""IEX-3, finished calls: the period in minutes on the vendor's clock, both sides of a number, and odd rows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.iexpbx import wire
from providers.model import Direction, Disposition
from providers.sdk.lenient import UnfitError

NOON = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)


def row(**over):
    return {"id": "1", "calldate": "21.11.2026 14:59:00", "calltype": "incoming", "src": "905071234567", "dst": "101",
            "duration": "85,6972", "disposition": "ANSWERED", "queue": "", "record": True, **over}  # fmt: skip


async def ask(panel, account, wrapped, *rows, since=NOON - timedelta(hours=1), until=NOON, **over):
    panel.answers["cdr"] = wrapped(*rows)
    return await account.calls(since, until, **over)


async def test_it_asks_for_whole_minutes_and_keeps_to_the_period(panel, iexpbx, wrapped):
    page = await ask(
        panel,
        iexpbx,
        wrapped,
        row(id="early", calldate="21.11.2026 14:00:29"),
        row(id="first", calldate="21.11.2026 14:00:30"),
        row(id="last", calldate="21.11.2026 15:00:30"),
        row(id="late", calldate="21.11.2026 15:00:31"),
        row(id="undated", calldate="gestern"),
    )
    assert [call.call_id for call in page.rows] == ["last", "first", "undated"]
    assert panel.asked[0][1] == {"date1": "211120261400", "date2": "211120261501", "number": ""}


async def test_it_writes_times_on_the_clock_of_the_account(panel, opened, wrapped):
    account = opened(timezone=ZoneInfo("Asia/Tokyo"))
    page = await ask(panel, account, wrapped, row(calldate="21.11.2026 21:00:00"))
    assert page.rows.items[0].started_at == NOON - timedelta(seconds=30)
    assert panel.asked[0][1]["date1"] == "211120262000"


async def test_it_has_one_page(panel, iexpbx, wrapped):
    page = await ask(panel, iexpbx, wrapped, row(), page=2)
    assert (page.rows.items, page.number, page.more) == ((), 2, False)
    assert panel.asked == []


async def test_it_looks_which_side_a_number_is_on(panel, iexpbx, wrapped):
    rows = (
        row(id="in"),
        row(id="out", calltype="outcoming", src="101", dst="0507 123 45 67"),
        row(id="other", src="9", dst="8"),
    )
    assert [c.call_id for c in (await ask(panel, iexpbx, wrapped, *rows, callee="+90 507 123 45 67")).rows] == ["out"]
    assert panel.asked[-1][1]["number"] == "905071234567"
    assert [c.call_id for c in (await ask(panel, iexpbx, wrapped, *rows, caller="05071234567")).rows] == ["in"]
    assert [c.call_id for c in (await ask(panel, iexpbx, wrapped, *rows, caller="101")).rows] == ["out"]
    found = await ask(panel, iexpbx, wrapped, *rows, caller="101", callee="905071234567")
    assert [c.call_id for c in found.rows] == ["out"]
    with pytest.raises(ProviderError) as caught:
        await iexpbx.calls(NOON, NOON, callee="1&action=hangupcall")
    assert caught.value.kind is ErrorKind.BAD_REQUEST


@pytest.mark.parametrize(
    ("over", "field", "value"),
    [
        ({"calldate": "3.9.2026 02:03:04"}, "started_at", datetime(2026, 9, 2, 23, 3, 4, tzinfo=UTC)),
        ({"calldate": "03.09.2026T02:03:04"}, "started_at", datetime(2026, 9, 2, 23, 3, 4, tzinfo=UTC)),
        ({"calldate": "2026-09-03T02:03:04"}, "started_at", datetime(2026, 9, 2, 23, 3, 4, tzinfo=UTC)),
        ({"calldate": "0000-00-00 00:00:00"}, "started_at", None),
        ({"calldate": "31.02.2026 00:00:00"}, "started_at", None),
        ({"calltype": "outgoing"}, "direction", Direction.OUTBOUND),
        ({"calltype": "OUTCOMING"}, "direction", Direction.OUTBOUND),
        ({"calltype": "gelen"}, "direction", Direction.UNKNOWN),
        ({"duration": "28,382"}, "duration", timedelta(seconds=28, milliseconds=382)),
        ({"duration": "1.234,5"}, "duration", timedelta(seconds=1234, milliseconds=500)),
        ({"duration": "4.39364"}, "duration", timedelta(seconds=4, microseconds=393640)),
        ({"duration": 12}, "duration", timedelta(seconds=12)),
        ({"duration": "0"}, "duration", timedelta()),
        ({"duration": "00:01:14"}, "duration", timedelta(seconds=74)),
        ({"duration": ""}, "duration", None),
        ({"duration": "1,2,3"}, "duration", None),
        ({"duration": "-1,5"}, "duration", None),
        ({"disposition": "no answer", "queue": 630}, "disposition", Disposition.NO_ANSWER),
        ({"disposition": "CHANUNAVAIL"}, "disposition", Disposition.FAILED),
        ({"disposition": "Cevapsız"}, "disposition", Disposition.UNKNOWN),
        ({"disposition": "Cevapsız"}, "raw_disposition", "Cevapsız"),
        ({"queue": 630}, "queue", "630"),
        ({"queue": "630", "dst": "630"}, "extension", None),
        ({"record": "true"}, "recorded", True),
        ({"record": 0}, "recorded", False),
        ({"record": None}, "recorded", None),
        ({}, "talk", None),
    ],
)
async def test_it_reads_a_row(panel, iexpbx, wrapped, over, field, value):
    panel.answers["cdr"] = wrapped(row(**over))
    page = await iexpbx.calls(datetime(2026, 1, 1, tzinfo=UTC), NOON)
    assert getattr(page.rows.items[0], field) == value


async def test_it_counts_what_it_cannot_read_and_lists_nothing_twice(panel, iexpbx, wrapped):
    page = await ask(panel, iexpbx, wrapped, row(), row(), row(id="2"), row(id=""), None)
    assert ([call.call_id for call in page.rows], page.rows.unreadable) == (["1", "2"], 2)


async def test_it_tells_custom_data_alone_newest_first(panel, iexpbx, wrapped):
    old = row(id="1", userfield="order 7", calldate="21.11.2026 01:00:00")
    panel.answers["cdr"] = wrapped(old, row(id="2", userfield=""), row(id="3", userfield="order 8"), row(id="4"), None)
    table = await iexpbx.vendor_table("userfields", [])
    assert [line[-1] for line in table.rows] == ["order 8", "order 7"]
    assert (table.unreadable, table.customers) == (1, {1, 2})
    assert panel.asked[0][1]["date1"] == "201120261500"


@given(st.decimals(0, 10**7, places=4, allow_nan=False))
def test_it_reads_any_decimal_comma(seconds):
    assert wire.comma_span(str(seconds).replace(".", ",")) == timedelta(microseconds=int(seconds * 1_000_000))


@given(st.timedeltas(timedelta(), timedelta(days=3000)))
def test_it_reads_any_clock(span):
    whole = timedelta(days=span.days, seconds=span.seconds)
    hours, rest = divmod(whole.seconds, 3600)
    text = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    assert wire.clock_span(f"{whole.days}.{text}" if whole.days else text) == whole


@given(st.one_of(st.text(max_size=30), st.integers(), st.none(), st.booleans(), st.floats()))
def test_it_reads_any_length_or_says_that_it_cannot(value):
    for read in (wire.clock_span, wire.comma_span):
        try:
            assert read(value) >= timedelta()
        except UnfitError:
            continue


@given(st.text(max_size=40))
def test_it_sends_digits_or_nothing(text):
    for number in (wire.number(text), wire.number(text, "plus"), wire.number(text, "00")):
        assert number == "" or number.lstrip("+").isdecimal()
    assert wire.channel(text) == "" or "/" in wire.channel(text)
