"""The document's rows and those of v2, field by field, with the odd values that are seen in them."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.model import CallRecord, Direction, Disposition, QueueCall
from providers.sdk.lenient import UnfitError
from providers.voipcloud import wire

SYDNEY = ZoneInfo("Australia/Sydney")
AT = datetime(2019, 10, 1, 15, 31, 15, tzinfo=UTC)
S = timedelta(seconds=1)
DAWN, DUSK = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2020, 2030))

V1_CALL = {
    "from_number": "61291234567",
    "to_number": "61280001111",
    "user_name": "Smith, John",
    "is_inbound": 1,
    "call_start_at": "2019-10-02T01:31:15+10:00",
    "call_duration": 74,
    "call_finished_at": "2019-10-02T01:32:29+10:00",
    "conversation_duration": 60,
}
V2_CALL = {
    "unique_call_id": "1569943875.77",
    "type": "user_inbound_missed",
    "caller_id": "+61291234567",
    "caller_name": "Customer",
    "dest_number": "+61280001111",
    "user_name": "Smith, John",
    "user_number": "1001",
    "call_start_at": "2019-10-01T15:31:15.000Z",
    "connected_at": None,
    "call_duration": 20,
    "conversation_duration": 0,
}
V1_QUEUE = {
    "queue_name": "Sales",
    "callerid": "61291234567",
    "inbound_number": "61280001111",
    "call_start_at": "2019-10-02T01:31:15+10:00",
    "call_answered_at": "2019-10-02T01:32:00+10:00",
    "call_finished_at": "2019-10-02T01:33:00+10:00",
    "answered_by_user_name": "Smith, John",
    "status": "answered",
}
V2_QUEUE = {
    "unique_call_id": None,
    "queue_name": "Sales",
    "callerid": "+61291234567",
    "caller_name": None,
    "dest_number": "+61280001111",
    "user_name": None,
    "call_start_at": "2019-10-01T15:31:15.000Z",
    "connected_at": None,
    "call_duration": "250",
    "conversation_duration": "0",
    "status": "abandoned",
}


def call(row=V1_CALL, **more) -> CallRecord:
    found = wire.call({**row, **more}, UTC)
    assert found is not None
    return found


def waited(row=V1_QUEUE, **more) -> QueueCall:
    found = wire.queue_call({**row, **more}, UTC)
    assert found is not None
    return found


def test_it_reads_a_call_of_the_document():
    found = call()
    assert found == CallRecord(
        call_id=found.call_id,
        started_at=AT,
        direction=Direction.INBOUND,
        caller="61291234567",
        callee="61280001111",
        disposition=Disposition.ANSWERED,
        raw_disposition="conversation_duration 60",
        duration=74 * S,
        talk=60 * S,
        agent="Smith, John",
        made_id=True,
    )


def test_it_reads_a_call_of_v2():
    assert call(V2_CALL) == CallRecord(
        call_id="1569943875.77",
        started_at=AT,
        direction=Direction.INBOUND,
        caller="+61291234567",
        callee="+61280001111",
        disposition=Disposition.NO_ANSWER,
        raw_disposition="user_inbound_missed",
        duration=20 * S,
        talk=timedelta(0),
        extension="1001",
        agent="Smith, John",
    )


def test_it_reads_a_queue_call_of_the_document():
    found = waited()
    assert found == QueueCall(
        call_id=found.call_id,
        queue="Sales",
        caller="61291234567",
        started_at=AT,
        waited=45 * S,
        disposition=Disposition.ANSWERED,
        raw_disposition="answered",
        talk=60 * S,
        agent="Smith, John",
        made_id=True,
    )


def test_it_reads_a_queue_call_of_v2():
    found = waited(V2_QUEUE)
    assert (found.queue, found.waited, found.disposition) == ("Sales", 250 * S, Disposition.ABANDONED)
    assert (found.talk, found.agent, found.started_at) == (timedelta(0), None, AT)
    assert found.call_id.startswith("vpc-")


def test_it_reads_a_ring_group_call():
    row = {**V1_QUEUE, "ring_group_name": "Day, and night"}
    del row["queue_name"]
    assert wire.queue_call(row, UTC).queue == "Day, and night"


def test_it_leaves_out_a_call_that_goes_on():
    for end in (None, "null", ""):
        assert wire.call({**V1_CALL, "call_finished_at": end}, UTC) is None
    assert wire.call({**V2_CALL}, UTC) is not None


def test_it_leaves_out_who_still_waits():
    row = {**V1_QUEUE, "call_answered_at": None, "call_finished_at": None, "status": None}
    assert wire.queue_call(row, UTC) is None


def test_a_wait_is_over_when_it_was_answered_though_the_call_goes_on():
    found = waited(call_finished_at="null")
    assert (found.waited, found.talk) == (45 * S, None)


@pytest.mark.parametrize(
    ("more", "wait", "how"),
    [
        ({"status": "abandoned", "call_answered_at": None}, 105, Disposition.ABANDONED),
        ({"status": "timedout", "call_answered_at": "null"}, 105, Disposition.TIMED_OUT),
        ({"status": "timed_out", "call_answered_at": ""}, 105, Disposition.TIMED_OUT),
        ({"status": "ANSWERED"}, 45, Disposition.ANSWERED),
        ({"status": ""}, 45, Disposition.ANSWERED),
        ({"status": "gone", "call_answered_at": None}, 105, Disposition.UNKNOWN),
        ({"call_answered_at": None, "conversation_duration": "60"}, 45, Disposition.ANSWERED),
        ({"call_answered_at": "2019-10-02T01:31:10+10:00"}, 0, Disposition.ANSWERED),
        ({"status": "abandoned", "call_answered_at": None, "call_finished_at": None, "call_duration": 33}, 33, Disposition.ABANDONED),
    ],
)  # fmt: skip
def test_it_derives_the_wait(more, wait, how):
    found = waited(**more)
    assert (found.waited, found.disposition) == (wait * S, how)


def test_it_refuses_a_queue_call_whose_wait_nobody_tells():
    with pytest.raises(UnfitError):
        wire.queue_call({**V1_QUEUE, "status": "abandoned", "call_answered_at": None, "call_finished_at": None}, UTC)
    with pytest.raises(UnfitError):
        wire.queue_call({**V1_QUEUE, "queue_name": None}, UTC)


@pytest.mark.parametrize(
    ("is_inbound", "kind", "direction"),
    [
        (1, None, Direction.INBOUND),
        ("1", None, Direction.INBOUND),
        (True, None, Direction.INBOUND),
        ("true", None, Direction.INBOUND),
        (0, None, Direction.OUTBOUND),
        ("0", None, Direction.OUTBOUND),
        (False, None, Direction.OUTBOUND),
        (None, "user_outbound_answered", Direction.OUTBOUND),
        ("null", "user_inbound_missed", Direction.INBOUND),
        (None, "user_internal_answered", Direction.INTERNAL),
        (None, None, Direction.UNKNOWN),
        (7, None, Direction.UNKNOWN),
    ],
)
def test_it_sees_calls_both_ways(is_inbound, kind, direction):
    assert call(is_inbound=is_inbound, type=kind).direction is direction


@pytest.mark.parametrize(
    ("more", "how"),
    [
        ({"conversation_duration": "14"}, Disposition.ANSWERED),
        ({"conversation_duration": 0}, Disposition.NO_ANSWER),
        ({"conversation_duration": None}, Disposition.UNKNOWN),
        ({"conversation_duration": "null"}, Disposition.UNKNOWN),
        ({"conversation_duration": -3}, Disposition.UNKNOWN),
        ({"type": "user_outbound_answered", "conversation_duration": None}, Disposition.ANSWERED),
        ({"type": "user_inbound_missed", "conversation_duration": 5}, Disposition.ANSWERED),
        ({"type": "user_inbound_missed", "conversation_duration": 0, "connected_at": "2019-10-01T15:31:20Z"}, Disposition.ANSWERED),
        ({"type": "user_inbound_voicemail", "conversation_duration": 0}, Disposition.VOICEMAIL),
        ({"type": "user_inbound", "conversation_duration": 0, "connected_at": "null"}, Disposition.NO_ANSWER),
    ],
)  # fmt: skip
def test_it_knows_how_calls_end(more, how):
    found = call(**more)
    assert found.disposition is how
    assert found.raw_disposition


def test_numbers_may_be_strings_and_null_a_word():
    found = call(call_duration="74", conversation_duration="60", user_name="null", from_number=61291234567)
    assert (found.duration, found.talk, found.agent, found.caller) == (74 * S, 60 * S, None, "61291234567")


def test_an_extension_is_the_users_number_or_a_short_one_on_our_side():
    assert call(is_inbound=0, from_number="1001", to_number="0291234567").extension == "1001"
    assert call(is_inbound=1, to_number="1002").extension == "1002"
    assert call(is_inbound=1, from_number="1003").extension is None
    assert call(user_number="1004").extension == "1004"


@pytest.mark.parametrize("missing", [None, "null", "", "soon", "2019-10-01", 0, [], True, "1819-10-01T10:00:00Z"])
def test_it_refuses_a_row_without_its_time(missing):
    for read, row in ((wire.call, V1_CALL), (wire.queue_call, V1_QUEUE)):
        with pytest.raises(UnfitError):
            read({**row, "call_start_at": missing}, UTC)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2019-10-01T15:31:15.000Z", AT),
        ("2019-10-01T15:31:15Z", AT),
        ("2019-10-01t15:31:15z", AT),
        ("2019-10-02T01:31:15+1000", AT),
        ("2019-10-02T01:31:15+10", AT),
        ("2019-10-02 01:31:15 +10:00", AT),
        ("2019-10-01T15:31:15.123456789Z", AT.replace(microsecond=123456)),
        ("2019-10-01T15:31:15.5Z", AT.replace(microsecond=500000)),
        ("2019-10-02T01:31:15", AT),
        ("2019-10-02 01:31", AT.replace(second=0)),
        (1569943875, AT),
        (1569943875000, AT),
        ("1569943875", AT),
        (None, None),
        ("null", None),
        ("", None),
        ("0", None),
    ],
)
def test_it_reads_times(text, at):
    assert wire.instant_of(text, timezone(timedelta(hours=10))) == at


@pytest.mark.parametrize("text", ["2019-13-01T10:00:00Z", "2019-10-01T25:00:00Z", "yesterday", "9" * 30, {}])
def test_it_refuses_other_times(text):
    with pytest.raises(UnfitError):
        wire.instant_of(text, UTC)


def test_an_id_is_the_vendors_else_the_same_at_every_poll_and_tells_no_number():
    one, same = call(), call(call_duration=75)
    assert one.call_id == same.call_id
    assert call(call_start_at="2019-10-01T15:31:15Z").call_id == one.call_id
    others = [{"from_number": "61291234568"}, {"to_number": "1"}, {"user_name": "x"}]
    others += [{"call_start_at": "2019-10-01T15:31:16Z"}, {"unique_call_id": "u-1"}]
    assert len({one.call_id, *(call(**other).call_id for other in others)}) == 6
    assert call(unique_call_id="null").call_id == one.call_id
    assert not any(part in one.call_id for part in ("6129", "1234", "Smith"))
    assert waited().call_id != waited(queue_name="Support").call_id


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        ("2026-11-21T11:45", "2026-11-21T12:00", {"from_date": "2026-11-20"}),
        ("2026-11-20T00:00", "2026-11-21T00:00", {"from_date": "2026-11-19"}),
        ("2026-11-20T00:00", "2026-11-20T23:00", {"from_date": "2026-11-19"}),
        ("2026-11-01T00:00", "2026-11-19T10:00", {"from_date": "2026-10-31", "to_date": "2026-11-20"}),
    ],
)
def test_it_asks_a_day_wider_on_both_sides(since, until, asked):
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    since, until = (datetime.fromisoformat(f"{text}+00:00") for text in (since, until))
    assert wire.days(since, until, now) == asked


@given(
    st.datetimes(timezones=st.just(UTC), min_value=DAWN, max_value=DUSK),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.sampled_from(["Pacific/Kiritimati", "Etc/GMT+12", "Australia/Sydney", "UTC"]),
)
def test_no_day_of_a_period_is_left_out_wherever_the_days_begin(since, length, ago, zone):
    until = since + length
    asked = wire.days(since, until, until + ago)
    for at in (since, until):
        day = at.astimezone(ZoneInfo(zone)).date().isoformat()
        assert asked["from_date"] <= day <= asked.get("to_date", "9999")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("+61 2 9123 4567", "61291234567", True),
        ("61291234567", "0291234567", True),
        ("0291234567", "+61291234567", True),
        ("61291234567", "61291234568", False),
        ("4567", "61291234567", False),
        ("", "", False),
        ("0", "00", False),
        ("1001", "1001", True),
    ],
)
def test_it_compares_numbers_however_they_are_written(one, other, same):
    assert wire.same_number(one, other) is same


FIELDS = sorted({*V1_CALL, *V2_CALL, *V1_QUEUE, *V2_QUEUE})


@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=20) | st.lists(st.integers()),
    )
)
def test_it_reads_any_row_or_says_that_it_is_unfit(row):
    for read, whole in ((wire.call, V1_CALL), (wire.queue_call, V1_QUEUE), (wire.call, {}), (wire.queue_call, {})):
        try:
            read({**whole, **row}, SYDNEY)
        except UnfitError:
            continue


def _queued(start, answered):
    row = V1_QUEUE | {"call_start_at": start, "call_answered_at": answered, "call_finished_at": answered}
    return wire.queue_call(row, SYDNEY)


@pytest.mark.parametrize(
    ("start", "answered"),
    [
        ("2026-10-04T01:59:00", "2026-10-04T03:01:00"),  # the clock is set ahead in between
        ("2026-04-05T02:59:00", "2026-04-05T02:01:00"),  # and back
        ("2026-10-04T01:59:00+10:00", "2026-10-04T03:01:00+11:00"),
    ],
)
def test_a_wait_over_a_clock_change_is_what_passed(start, answered):
    assert _queued(start, answered).waited == timedelta(minutes=2)
