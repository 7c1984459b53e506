"""How lists are asked for, cut and paged: one request a poll, and never a part for the whole."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import Disposition

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def row(at, n=0, **more):
    return {
        "from_number": f"6129123{n:05}",
        "to_number": "61280001111",
        "user_name": "Ann",
        "is_inbound": 1,
        "call_start_at": at.isoformat(),
        "call_duration": 20,
        "call_finished_at": (at + timedelta(seconds=20)).isoformat(),
        "conversation_duration": 10,
        **more,
    }


def waiting(at, n=0, **more):
    times = {"call_start_at": at.isoformat(), "call_finished_at": (at + timedelta(seconds=70)).isoformat()}
    return {"queue_name": "Sales", "callerid": f"6129123{n:05}", "status": "abandoned", **times, **more}


def every(step, count, make=row, start=NOW):
    return [make(start - step * n, n) for n in range(count)]


async def test_a_poll_is_one_request(panel, voipcloud, rows_of_a_server):
    panel.anything = rows_of_a_server(every(timedelta(seconds=90), 1500))
    page = await voipcloud.calls(NOW - timedelta(minutes=15), NOW)
    query = {"from_date": "2026-11-20", "limit": "1000", "offset": "0"}
    assert panel.asked == [("GET", "/api/integration/v1/get-user-calls", query)]
    assert (len(page.rows), page.number, page.more) == (11, 1, False)


async def test_a_poll_of_queues_is_one_request(panel, opened, rows_of_a_server):
    panel.anything = rows_of_a_server(every(timedelta(seconds=90), 1500, waiting))
    rows = await opened(version="v2").queue_calls(NOW - HOUR)
    query = {"from_date": "2026-11-20", "limit": "1000", "offset": "0", "sort_by": "newest_first"}
    assert panel.asked == [("GET", "/api/integration/v2/get-queue-calls", query)]
    assert len(rows) == 41


async def test_it_cuts_the_period_to_the_second(panel, voipcloud):
    ends = [NOW, NOW - HOUR, NOW - HOUR - timedelta(seconds=1), NOW + timedelta(seconds=1)]
    panel.anything = [row(at, n) for n, at in enumerate(ends)]
    page = await voipcloud.calls(NOW - HOUR, NOW)
    assert [call.started_at for call in page.rows] == [NOW, NOW - HOUR]


async def test_it_reads_times_without_a_zone_on_the_accounts_clock(panel, opened):
    panel.anything = [row(NOW, call_start_at="2026-11-21T23:00:00")]
    page = await opened(timezone=ZoneInfo("Australia/Sydney")).calls(NOW - HOUR, NOW)
    assert [call.started_at for call in page.rows] == [NOW]
    assert len((await opened().calls(NOW - HOUR, NOW)).rows) == 0


async def test_it_asks_on_while_all_that_came_is_newer_than_the_period(panel, voipcloud, rows_of_a_server):
    panel.anything = rows_of_a_server(every(timedelta(seconds=1), 4000))
    page = await voipcloud.calls(NOW - HOUR, NOW)
    assert [(q["limit"], q["offset"]) for q in panel.asked_of("get-user-calls")] == [("1000", "0"), ("5000", "1000")]
    assert (len(page.rows), page.more) == (1000, True)
    fourth = await voipcloud.calls(NOW - HOUR, NOW, page=4)
    assert (len(fourth.rows), fourth.more) == (601, False)
    second = await voipcloud.calls(NOW - HOUR, NOW, page=2)
    assert not {c.call_id for c in second.rows} & {c.call_id for c in page.rows}


async def test_yesterday_is_found_behind_a_busy_day(panel, voipcloud, rows_of_a_server):
    panel.anything = rows_of_a_server(every(timedelta(seconds=10), 8000))
    midnight = NOW.replace(hour=0)
    page = await voipcloud.calls(midnight - 4 * HOUR, midnight)
    assert (len(page.rows), page.more) == (1000, True)
    assert page.rows.items[0].started_at == midnight
    rest = await voipcloud.calls(midnight - 4 * HOUR, midnight, page=2)
    assert (len(rest.rows), rest.more) == (441, False)


async def test_it_never_tells_a_part_for_the_whole(panel, voipcloud, rows_of_a_server):
    panel.anything = rows_of_a_server(every(timedelta(seconds=1), 30_000))
    with pytest.raises(ProviderError) as caught:
        await voipcloud.calls(NOW - 7 * DAY, NOW - 6 * DAY)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert "name a shorter or a later one" in caught.value.user_text
    assert len(panel.asked) == 4
    with pytest.raises(ProviderError):
        await voipcloud.calls(NOW - DAY, NOW, caller="61291299999")


async def test_a_server_that_takes_no_offset_ends_the_list(panel, voipcloud):
    panel.anything = every(timedelta(seconds=1), 5000)
    page = await voipcloud.calls(NOW - 2 * DAY, NOW)
    assert len(panel.asked) == 1
    assert (len(page.rows), page.more) == (1000, True)
    assert len((await voipcloud.calls(NOW - 2 * DAY, NOW, page=5)).rows) == 1000
    assert len(panel.asked) == 3
    assert len((await voipcloud.calls(NOW - 2 * DAY, NOW, page=6)).rows) == 0


@pytest.mark.parametrize("status", [200, 404])
async def test_beyond_the_end_404_is_the_end(panel, voipcloud, rows_of_a_server, status):
    from aiohttp import web

    rows = rows_of_a_server(every(timedelta(seconds=1), 1000))

    async def answer(request):
        if request.query["offset"] != "0":
            return web.json_response({"code": 404, "message": "Tenant or required data not found"}, status=status)
        return web.json_response(rows.cut(request.query))

    panel.anything = answer
    page = await voipcloud.calls(NOW - HOUR, NOW)
    assert (len(page.rows), page.more) == (1000, False)
    assert len(panel.asked) == 2


async def test_a_web_page_beyond_the_end_is_no_end(panel, voipcloud, rows_of_a_server):
    from aiohttp import web

    rows = rows_of_a_server(every(timedelta(seconds=1), 1000))

    async def answer(request):
        if request.query["offset"] != "0":
            return web.Response(status=404, text="<html>not here</html>", content_type="text/html")
        return web.json_response(rows.cut(request.query))

    panel.anything = answer
    with pytest.raises(ProviderError) as caught:
        await voipcloud.calls(NOW - HOUR, NOW)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_it_sorts_and_lists_nobody_twice(panel, voipcloud):
    rows = [row(NOW - HOUR / 2, 1), row(NOW, 2), row(NOW - HOUR / 4, 3)]
    panel.anything = [*rows, *rows]
    page = await voipcloud.calls(NOW - HOUR, NOW)
    assert [call.started_at for call in page.rows] == [NOW, NOW - HOUR / 4, NOW - HOUR / 2]


async def test_users_who_were_rung_together_stay_apart(panel, opened):
    legs = [row(NOW, user_name=name, unique_call_id="u-1") for name in ("Ann", "Bob")]
    panel.anything = {"code": 200, "status": "success", "data": legs}
    page = await opened(version="v2").calls(NOW - HOUR, NOW)
    assert [(call.call_id, call.agent) for call in page.rows] == [("u-1", "Ann"), ("u-1", "Bob")]


async def test_it_counts_what_it_cannot_read_and_leaves_out_what_goes_on(panel, voipcloud):
    panel.anything = [row(NOW, 1), row(NOW, 2, call_finished_at=None), row(NOW, 3, call_start_at="?"), None, "x"]
    page = await voipcloud.calls(NOW - HOUR, NOW)
    assert (len(page.rows), page.rows.unreadable) == (1, 3)


async def test_it_compares_parties_itself(panel, voipcloud):
    panel.anything = [
        row(NOW, 1),
        row(NOW, 2, is_inbound=0, from_number="1001", to_number="0291234567", user_name="A, B"),
        row(NOW, 3, user_number="1001"),
    ]
    period = NOW - HOUR, NOW

    async def found(**parties):
        return [call.caller for call in (await voipcloud.calls(*period, **parties)).rows]

    assert await found(caller="+61 2912 300001") == ["612912300001"]
    assert await found(callee="61291234567") == ["1001"]
    assert await found(caller="1001") == ["1001", "612912300003"]
    assert await found(caller="1001", callee="0291234567") == ["1001"]
    assert await found(caller="100") == []
    assert all(set(q) == {"from_date", "limit", "offset"} for q in panel.asked_of("get-user-calls"))


async def test_it_reads_an_empty_list_as_none(panel, voipcloud):
    empties: tuple[Any, ...] = (
        [],
        {"data": []},
        {"code": 200, "data": {}},
        {"code": "200", "message": {"status": "success"}, "data": []},
    )
    for empty in empties:
        panel.anything = empty
        assert len((await voipcloud.calls(NOW - HOUR, NOW)).rows) == 0
        assert len(await voipcloud.queue_calls(NOW - HOUR)) == 0


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_either_form_is_read_in_either_version(panel, opened, version):
    account = opened(version=version)
    rows = [waiting(NOW, 1), waiting(NOW, 2)]
    for answer in (
        rows,
        {"data": rows},
        {"code": 200, "status": "success", "message": "ok", "data": rows},
        {"code": "200", "message": {"status": "success"}, "data": {"0": rows[0], "1": rows[1]}},
    ):
        panel.anything = answer
        found = await account.queue_calls(NOW - HOUR)
        assert [call.disposition for call in found] == [Disposition.ABANDONED] * 2
