"""Every sample of the vendor's document is read, and says what it says there. The files are the document's own text.

IEX-1, IEX-3, IEX-4, IEX-5, IEX-10, IEX-11, IEX-12, IEX-13.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from providers.events import CallEnded, CallStarted, KeysPressed
from providers.model import (
    ActiveCall,
    Agent,
    AgentState,
    CallRecord,
    CallState,
    Direction,
    Disposition,
    Queue,
    QueuedCall,
)

TURKEY = ZoneInfo("Europe/Istanbul")
DAY = datetime(2019, 9, 3, tzinfo=TURKEY)


def event(account, *query):
    return account.read_event(method="GET", query=query, content_type="", body=b"")


async def test_it_reads_the_active_calls_of_iex_1(panel, iexpbx, sample):
    panel.answers["activecalls"] = sample("iex-1.json")
    (call,) = await iexpbx.active_calls()
    assert call == ActiveCall(
        call_id="SIP/trunk-sip-Trunk110-36a9b",
        state=CallState.TALKING,
        raw_state="Talking",
        direction=Direction.INBOUND,
        caller="9053xxxxxxxxx",
        callee="110",
        lasted=timedelta(minutes=1, seconds=14),
        extension="110",
        queue="630",
    )
    assert panel.asked == [("activecalls", {})]


async def test_it_reads_the_call_details_of_iex_3(panel, iexpbx, sample):
    panel.answers["cdr"] = sample("iex-3.json")
    page = await iexpbx.calls(DAY + timedelta(hours=1), DAY + timedelta(hours=15))
    assert (page.number, page.more, page.rows.unreadable) == (1, False, 0)
    assert page.rows.items == (
        CallRecord(
            call_id="28699",
            started_at=datetime(2019, 9, 3, 9, 30, 38, tzinfo=UTC),
            direction=Direction.INBOUND,
            caller="90507XXXXXXX",
            callee="101",
            disposition=Disposition.ANSWERED,
            raw_disposition="ANSWERED",
            duration=timedelta(seconds=85, microseconds=697200),
            extension="101",
            recorded=True,
        ),
        CallRecord(
            call_id="68871",
            started_at=datetime(2019, 9, 3, 8, 31, 54, tzinfo=UTC),
            direction=Direction.OUTBOUND,
            caller="100",
            callee="9050XXXXXXXX",
            disposition=Disposition.BUSY,
            raw_disposition="BUSY",
            duration=timedelta(seconds=4, microseconds=393640),
            extension="100",
            recorded=True,
        ),
        CallRecord(
            call_id="28674",
            started_at=datetime(2019, 9, 3, 7, 13, 11, tzinfo=UTC),
            direction=Direction.INBOUND,
            caller="905XXXXXXXX",
            callee="100",
            disposition=Disposition.NO_ANSWER,
            raw_disposition="NO ANSWER",
            duration=timedelta(seconds=28, milliseconds=382),
            extension="100",
            queue="630",
            recorded=False,
        ),
    )
    assert panel.asked == [("cdr", {"date1": "030920190100", "date2": "030920191501", "number": ""})]


async def test_it_reads_the_custom_data_of_iex_3(panel, iexpbx, sample):
    panel.answers["cdr"] = sample("iex-3.json")
    table = await iexpbx.vendor_table("userfields", ["48"])
    assert table.header == ("Time", "Caller", "Called", "Result", "Custom data")
    assert table.rows[0] == ("2019-09-03 12:30:38", "90507XXXXXXX", "101", "ANSWERED", "Test data")
    assert len(table.rows) == 3
    assert panel.asked[0][1] == {"date1": "191120261500", "date2": "211120261501", "number": "", "uf": "yes"}


async def test_it_reads_the_extensions_of_iex_4(panel, iexpbx, sample):
    panel.answers = {"users": sample("iex-4.json"), "activecalls": '[{"success":true,"count":0,"data":[]}]'}
    agents = await iexpbx.agents()
    assert agents.items == tuple(
        Agent(extension, AgentState.AVAILABLE, raw, name=name, peer="", label="registered")
        for extension, raw, name in (
            ("100", "OK (93 ms)", "John"),
            ("101", "OK (109 ms)", "Marry"),
            ("102", "OK (91 ms)", "David"),
        )
    )


async def test_it_reads_the_queues_of_iex_5(panel, iexpbx, sample):
    panel.answers = {
        "queues": sample("iex-5.json"),
        "activecalls": sample("iex-1.json").replace("Talking", "Ringing"),
    }
    queues = await iexpbx.queues()
    assert queues.items == (
        Queue(
            "630",
            "Sale",
            (QueuedCall("SIP/trunk-sip-Trunk110-36a9b", "9053xxxxxxxxx", timedelta(seconds=74), approx=True),),
            members=("100", "101", "102", "103", "104"),
        ),
        Queue("632", "Support", (), members=("105", "106")),
        Queue("633", "Finance", (), members=("107", "108", "109", "110", "111")),
    )


@pytest.mark.parametrize(
    "book",
    [
        # the document lost its tags: the same two entries as other makers of telephones write them
        (
            "<D><E><Name>John Lash</Name><Telephone>908502590259</Telephone></E>"
            "<E><Name>David Copper</Name><Telephone>90538XXXXXXX</Telephone></E></D>"
        ),
        '<d><Unit Name="John Lash" Phone1="908502590259"/><Unit Name="David Copper" Phone1="90538XXXXXXX"/></d>',
        (
            "<AddressBook><version>1</version><Contact><id>12</id><FirstName>John</FirstName><LastName>Lash</LastName>"
            "<Phone><phonenumber>908502590259</phonenumber><accountindex>1</accountindex></Phone></Contact><Contact>"
            "<FirstName>David</FirstName><LastName>Copper</LastName><Phone><phonenumber>90538XXXXXXX</phonenumber></Phone>"
            "</Contact></AddressBook>"
        ),
        "<p><name>John Lash</name><n>908502590259</n><name>David Copper</name><n>90538XXXXXXX</n></p>",
        (
            '<?xml version="1.0" encoding="utf-8"?>\n<x><Title>Phonebook</Title><i><a>John Lash</a><b>908502590259</b></i>'
            "<i><a>David Copper</a><b>90538XXXXXXX</b></i></x>"
        ),
    ],
)
async def test_it_reads_the_contacts_of_iex_10(panel, iexpbx, book):
    panel.answers["phonedirectory"] = book
    table = await iexpbx.vendor_table("contacts", [])
    assert table.header == ("Name", "Number")
    assert table.rows == (("John Lash", "908502590259"), ("David Copper", "90538XXXXXXX"))
    assert table.customers == {1}
    assert (await iexpbx.vendor_table("contacts", ["copper"])).rows == (("David Copper", "90538XXXXXXX"),)


async def test_it_reads_the_start_of_a_call_iex_11(iexpbx):
    found = event(iexpbx, ("caller", "905071234567"), ("called", "101"), ("chan", "SIP/trunk-36a9b"))
    assert found == CallStarted("SIP/trunk-36a9b", "905071234567", "101")


@pytest.mark.parametrize(
    ("word", "disposition"),
    [
        ("ANSER", Disposition.ANSWERED),
        ("BUSY", Disposition.BUSY),
        ("NOANSWER", Disposition.NO_ANSWER),
        ("CANCEL", Disposition.CANCELED),
        ("CONGESTION", Disposition.CONGESTION),
        ("CHANUNAVAIL", Disposition.FAILED),
        ("ABSENT", Disposition.UNKNOWN),
    ],
)
async def test_it_reads_the_end_of_a_call_iex_12_as_the_vendors_template_breaks_it(iexpbx, word, disposition):
    for status in ((f"callstatus{word}", ""), ("callstatus", word), ("CallStatus" + word, "")):
        found = event(iexpbx, ("chan", "SIP/110-36a9b"), status, ("callduration", "74"))
        assert isinstance(found, CallEnded)
        call = found.call
        assert (call.call_id, call.disposition, call.raw_disposition) == ("SIP/110-36a9b", disposition, word)
        assert (call.duration, call.started_at, call.talk) == (timedelta(seconds=74), None, None)


async def test_it_reads_the_keys_of_an_announcement_iex_13(iexpbx):
    assert event(iexpbx, ("tuslama", "1"), ("id", "order-7")) == KeysPressed("1", "order-7")
