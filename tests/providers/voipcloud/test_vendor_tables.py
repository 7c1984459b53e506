"""Ring groups and missed calls as lists, and the vendor's own status."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.voipcloud import noc, vendor_tables

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KYIV = ZoneInfo("Europe/Kyiv")


def group(minutes, name="Day, and night", status="answered", wait=20, talk=60, caller="61291234567"):
    start = NOW - timedelta(minutes=minutes)
    answered = start + timedelta(seconds=wait) if status == "answered" else None
    end = start + timedelta(seconds=wait + (talk if answered else 0))
    return {
        "ring_group_name": name,
        "callerid": caller,
        "inbound_number": "61280001111",
        "call_start_at": start.isoformat(),
        "call_answered_at": answered and answered.isoformat(),
        "call_finished_at": end.isoformat(),
        "answered_by_user_name": "Ann" if answered else "",
        "status": status,
    }


def queued(minutes, **more):
    row = group(minutes, **more)
    return {"queue_name": row.pop("ring_group_name"), **row}


def user(minutes, talk=0, inbound=1):
    start = NOW - timedelta(minutes=minutes)
    end = start + timedelta(seconds=25 + talk)
    return {
        "from_number": "61291230000",
        "to_number": "61280001111",
        "user_name": "Bob",
        "is_inbound": inbound,
        "call_start_at": start.isoformat(),
        "call_duration": 25 + talk,
        "call_finished_at": end.isoformat(),
        "conversation_duration": talk,
    }


async def test_it_lists_ring_group_calls_of_today(panel, opened):
    panel.anything = [group(1), group(30, status="abandoned", wait=95), group(60 * 15)]
    table = await opened(timezone=KYIV).vendor_table("ringgroups", ())
    assert table.rows == (
        ("2026-11-21 13:59:00", "Day, and night", "61291234567", "20 s", "answered", "1 min", "Ann"),
        ("2026-11-21 13:30:00", "Day, and night", "61291234567", "1 min 35 s", "hung up while waiting", "", ""),
    )
    assert len(table.header) == len(table.rows[0])
    assert table.header[2] == "Caller"
    assert table.customers == {2}
    assert table.notes == ("today: 2 offered, 1 answered, those waited 20 s on average, abandoned 50 %",)
    query = {"from_date": "2026-11-19", "limit": "1000", "offset": "0"}
    assert panel.asked == [("GET", "/api/integration/v1/get-ringgroup-calls", query)]


async def test_a_name_with_a_comma_is_picked_out_here(panel, voipcloud):
    panel.anything = [group(1), group(2, name="Day"), group(3, name="Sales")]
    table = await voipcloud.vendor_table("ringgroups", ["2h", "day,", "and"])
    assert [row[1] for row in table.rows] == ["Day, and night"]
    assert [row[1] for row in (await voipcloud.vendor_table("ringgroups", ["day"])).rows] == ["Day"]
    assert [row[1] for row in (await voipcloud.vendor_table("ringgroups", ["DAY", "2h"])).rows] == ["Day"]
    assert all("ringgroups_names" not in query for query in panel.asked_of("get-ringgroup-calls"))


async def test_a_name_that_nobody_has_is_told_with_those_there_are(panel, voipcloud):
    panel.anything = [group(1), group(2, name="Sales")]
    with pytest.raises(ProviderError) as caught:
        await voipcloud.vendor_table("ringgroups", ["support"])
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert "“support”; there were Day, and night, Sales." in caught.value.user_text


async def test_nobody_called_is_an_empty_list(panel, voipcloud):
    for topic in voipcloud.vendor_table_topics():
        assert (await voipcloud.vendor_table(topic, ())).rows == ()
    assert (await voipcloud.vendor_table("ringgroups", ())).notes == ("today: no calls to a ring group",)


@pytest.mark.parametrize("words", [["32d"], ["9999h"], ["0h"]])
async def test_a_period_is_a_month_at_most(panel, voipcloud, words):
    with pytest.raises(ProviderError) as caught:
        await voipcloud.vendor_table("ringgroups", words)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert "ringgroups [today|yesterday|2h|7d] [NAME]" in caught.value.user_text
    assert panel.asked == []


async def test_it_has_no_other_list(panel, voipcloud):
    with pytest.raises(ProviderError) as caught:
        await voipcloud.vendor_table("payments", ())
    assert caught.value.kind is ErrorKind.UNSUPPORTED


async def test_it_lists_what_nobody_took(panel, voipcloud):
    panel.answers = {
        "get-user-calls": [user(5), user(6, talk=30), user(7, inbound=0)],
        "get-queue-calls": [queued(4, status="abandoned", wait=250, name="Sales"), queued(8)],
        "get-ringgroup-calls": [group(20, status="timedout", wait=60)],
    }
    table = await voipcloud.vendor_table("missed", ())
    assert table.rows == (
        ("2026-11-21 11:56:00", "61291234567", "queue Sales", "4 min 10 s", "hung up while waiting"),
        ("2026-11-21 11:55:00", "61291230000", "Bob", "25 s", "no answer"),
        ("2026-11-21 11:40:00", "61291234567", "ring group Day, and night", "1 min", "waited too long"),
    )
    assert table.customers == {1}
    assert [row[2] for row in (await voipcloud.vendor_table("missed", ["bob"])).rows] == ["Bob"]
    typo = await voipcloud.vendor_table("missed", ["bobby"])
    assert typo.rows == ()
    assert any("“bobby”, but by Bob, queue Sales, ring group Day, and night" in note for note in typo.notes)


async def test_a_call_that_somebody_took_anywhere_is_not_listed(panel, voipcloud):
    panel.answers = {
        "get-user-calls": [user(5), user(5, talk=30) | {"user_name": "Al"}],
        "get-queue-calls": [queued(8)],
        "get-ringgroup-calls": [group(9, status="timedout", wait=60)],  # whence the caller came into the queue
    }
    assert (await voipcloud.vendor_table("missed", ())).rows == ()


async def test_a_list_that_fails_is_a_note_beside_the_others(panel, voipcloud):
    panel.answers = {"get-user-calls": [user(5)], "get-ringgroup-calls": {"code": 404, "message": "No ring groups"}}
    table = await voipcloud.vendor_table("missed", ())
    assert len(table.rows) == 1
    assert any("“No ring groups”" in note for note in table.notes)
    panel.answers, panel.anything = {}, {"code": 0}
    with pytest.raises(ProviderError) as caught:
        await voipcloud.vendor_table("missed", ())
    assert caught.value.operation == "VPC-1"


@pytest.mark.parametrize(
    ("words", "since", "until", "name"),
    [
        ([], "2026-11-20T22:00", "2026-11-21T12:00", ""),
        (["yesterday"], "2026-11-19T22:00", "2026-11-20T22:00", ""),
        (["2h", "Sales"], "2026-11-21T10:00", "2026-11-21T12:00", "Sales"),
        (["Sales", "7d", "East"], "2026-11-14T12:00", "2026-11-21T12:00", "Sales East"),
        (["90m"], "2026-11-21T10:30", "2026-11-21T12:00", ""),
    ],
)
def test_it_reads_what_is_asked(words, since, until, name):
    found = vendor_tables.asked(words, NOW, KYIV)
    assert [f"{at.astimezone(UTC):%Y-%m-%dT%H:%M}" for at in (found.since, found.until)] == [since, until]
    assert found.name == name


def test_yesterday_is_a_whole_day_where_the_clocks_change():
    found = vendor_tables.asked(["yesterday"], datetime(2026, 10, 26, 12, 0, tzinfo=UTC), KYIV)
    assert found.until.astimezone(UTC) - found.since.astimezone(UTC) == timedelta(hours=25)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("All systems operational", "All systems operational"),
        ('"All systems operational"', "All systems operational"),
        ({"pbx": "ok", "trunks": {"sip": True, "fax": None}}, "pbx: ok, trunks: sip: yes"),
        ({"code": 200, "status": "success", "message": "ok", "data": {"pbx": "up"}}, "pbx: up"),
        ({"code": 200, "message": "All is well", "data": []}, "All is well"),
        ([{"name": "SIP", "load": 0.5}, {"name": "Web", "up": False}], "name: SIP, load: 0.5; name: Web, up: no"),
        ({"status": "degraded"}, "status: degraded"),
        ([], "VoIPcloud says nothing of its own status."),
        ({"note": "<!channel>\n\u202eseen\x07 t0ken-of-ours-0042"}, "note: <!channel> seen •••"),
    ],
)
async def test_it_tells_the_vendors_status_as_it_comes(panel, voipcloud, answer, words):
    panel.anything = answer
    assert await voipcloud.status() == words
    assert panel.asked == [("GET", "/api/integration/v1/get-system-status", {})]


async def test_a_status_is_never_long(panel, voipcloud):
    for answer in ("word " * 1000, ["x" * 900] * 90, json.loads('{"a":' * 20 + "1" + "}" * 20)):
        panel.anything = answer
        assert 0 < len(await voipcloud.status()) <= noc.MAX_BODY_CHARACTERS


async def test_a_status_tells_no_token_however_short(panel, opened):
    panel.token, panel.anything = "k42x", {"echo": "token=k42x"}
    assert await opened(token="k42x").status() == "echo: token=•••"


async def test_a_page_is_no_status(panel, voipcloud):
    async def page(request):
        return web.Response(text="<html>All systems operational</html>", content_type="text/html")

    panel.anything = page
    with pytest.raises(ProviderError) as caught:
        await voipcloud.status()
    assert (caught.value.kind, caught.value.operation) == (ErrorKind.GARBLED, "VPC-5")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=9), inner, max_size=5),
)


@given(_JSON)
def test_any_status_is_one_short_line(value):
    line = noc.shown(value)
    assert len(line) <= noc.MAX_BODY_CHARACTERS
    assert "\n" not in line
