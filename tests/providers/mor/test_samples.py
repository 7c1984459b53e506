"""Every sample of the vendor's document, damaged as it is printed, through the adapter."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import (
    Agent,
    AgentState,
    Balance,
    CallOutcome,
    CallRecord,
    CallRequest,
    Direction,
    Disposition,
    Money,
)
from providers.mor.session import Patience
from providers.sdk.lenient_json import UnreadableError
from providers.sdk.lenient_xml import read_xml

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.xml"), key=lambda path: path.name)
DAMAGED = {"mor-2-ok", "mor-2-failed", "mor-7", "mor-24", "mor-36-ok", "mor-36-failed"}
ZONE = ZoneInfo("Europe/Vilnius")
PERIOD = (datetime(2008, 3, 10, tzinfo=ZONE), datetime(2008, 3, 11, tzinfo=ZONE))


def test_there_are_thirty_of_them():
    assert len(SAMPLES) == 30


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_it_reads_each_and_says_which_had_to_be_repaired(path):
    found = read_xml(path.read_text("utf-8"))
    assert found.root.name in {"page", "action"}
    assert found.repaired == (path.stem in DAMAGED)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_it_reads_none_that_is_cut_off_anywhere(path):
    text = path.read_text("utf-8").rstrip()
    for end in range(len(text)):
        with pytest.raises(UnreadableError):
            read_xml(text[:end])


async def test_it_reads_the_balance_of_the_welcome_page(panel, mor, sample):
    panel.anything = sample("mor-3")
    assert await mor.balance() == Balance(Money(Decimal(100), "USD"), "unlimited", "postpaid")
    assert panel.asked == [("GET", "/callc/main", {}, {})]
    assert panel.logins == [({"u": "anna", "p": "p4ss-of-ours+0042"}, {})]


async def test_it_reads_what_the_welcome_page_counts(panel, mor, sample):
    panel.anything = sample("mor-3")
    table = await mor.vendor_table("stats", ["summary"])
    assert dict(table.rows) == {
        "Missed today": "2",
        "Missed in all": "8",
        "Calls, Month": "5 in 00:20:35",
        "Calls, Day": "1 in 00:01:35",
        "Account": "Postpaid",
        "Balance": "100 USD",
        "Credit": "No Limit",
    }


async def test_it_says_what_the_login_page_says(panel, mor, sample):
    panel.anything = sample("mor-1")
    assert await mor.status() == "Login page answers."
    assert panel.logins == []


async def test_it_is_refused_as_the_document_says(panel, mor, sample):
    panel.login = sample("mor-2-failed")
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert (caught.value.kind, caught.value.operation) == (ErrorKind.AUTH, "MOR-2")
    assert caught.value.user_text == "MOR refused the sign-in: “Error description”. Check username and password."


@pytest.mark.parametrize("words", [[], ["signed"]])
async def test_it_reads_the_details(panel, mor, sample, words):
    panel.anything = sample("mor-5")
    rows = dict((await mor.vendor_table("details", words)).rows)
    assert rows["alias"] == "101"
    assert rows["balance"] == "100 USD"
    assert rows["username"] == "Andrey"
    assert rows["vat_percent"] == "18.0"
    assert rows["reg_email"] == "admin@voip.com"
    assert "personalid" not in rows  # empty: not set
    if words:
        assert panel.asked == [
            (
                "POST",
                "/billing/api/user_details_get",
                {},
                {"u": "anna", "user_id": "17", "hash": panel.asked[0][3]["hash"]},
            )
        ]
        assert panel.logins == []


async def test_it_reads_the_devices_without_their_passwords(panel, mor, sample):
    panel.anything = sample("mor-7").replace("<password>101<", "<password>c4nary<")
    table = await mor.vendor_table("devices", [])
    assert table.header == (
        "Device", "Description", "Type", "Extension", "User name", "Caller ID", "Last registered",
    )  # fmt: skip
    assert table.rows[0] == ("1", "Test device 1", "IAX2", "101", "101", '"101" <101>', "2007-04-06 13:51:07")
    assert len(table.rows) == 2
    assert "c4nary" not in repr(table)
    page = await mor._page("MOR-7", Patience(5))
    assert not [element for element in page.walk() if element.name == "password" or "c4nary" in element.text]
    assert (await mor.vendor_table("devices", ["102"])).rows[0][2] == "FAX"


async def test_it_reads_the_call_flow(panel, mor, sample):
    panel.answers = {"/devices/callflow/1": sample("mor-8"), "/devices/callflow_edit/1": sample("mor-9")}
    flow = await mor.vendor_table("callflow", ["1"])
    assert dict(flow.rows) == {
        "Before call": "-",
        "Call": "Dial(IAX2/101)",
        "Answered": "Hangup",
        "No answer": "-",
        "Busy": "Voicemail",
        "Failed": "-",
    }
    assert flow.notes == ("Device 1: IAX2/101",)
    state = await mor.vendor_table("callflow", ["1", "before_call"])
    assert state.rows == (
        ("1", "forward", "1 (SIP/103)"),
        ("1", "voicemail", ""),
        ("1", "fax detection", "1 (Fax/102)"),
    )
    assert state.notes == ("IAX2/101: Before call",)
    assert panel.asked[-1] == ("GET", "/devices/callflow_edit/1", {"cft": "before_call"}, {})


async def test_it_reads_rates_and_destinations(panel, mor, sample):
    panel.answers = {"/tariffs/user_rates": sample("mor-11")}
    panel.answers["/directions/dg_list_user_destinations/5"] = sample("mor-12")
    rates = await mor.vendor_table("rates", [])
    assert rates.header == ("Destination", "Type", "Rate", "Rate with VAT")
    assert rates.rows == (("Afghanistan", "FIX", "0.02", "0.03"), ("Afghanistan", "MOB", "0.04", "0.05"))
    assert rates.notes == ("Currency: USD", "VAT, percent: 15")
    assert (await mor.vendor_table("rates", ["ukraine"])).rows == ()
    places = await mor.vendor_table("rates", ["destinations", "5"])
    assert places.rows == (("Australia Canberra", "61261", "FIX"), ("Australia Canberra", "61262", "FIX"))
    assert places.notes == ("Group: Australia",)


async def test_it_reads_payments_as_they_are_though_their_sums_are_wrong(panel, mor, sample):
    panel.anything = sample("mor-16")
    rows = (await mor.vendor_table("payments", [])).rows
    assert rows[0] == ("2008-03-10 05:41:31", "2008-03-10 08:42:00", "Manual", "10", "15.0", "11.5", "USD", "Yes")
    assert rows[1][3:7] == ("20", "15.0", "22.5", "EUR")


async def test_it_reads_invoices_and_subscriptions(panel, mor, sample):
    panel.answers = {"/accounting/user_invoices": sample("mor-17"), "/services/user_subscriptions": sample("mor-18")}
    invoices = await mor.vendor_table("invoices", [])
    invoice = dict(zip(invoices.header, invoices.rows[0], strict=True))
    assert (invoice["Number"], invoice["Paid"], invoice["With VAT"]) == ("", "", "11.5")  # empty: not set
    bought = await mor.vendor_table("subscriptions", [])
    assert bought.header == ("Service", "Added", "Active from", "Active until", "Price")
    assert bought.rows[0] == ("Some useful service", *["2008-03-10 08:42:00"] * 3, "10 USD")
    assert len(bought.rows) == 2


async def test_it_reads_the_calls_of_a_period(panel, mor, sample):
    panel.anything = sample("mor-19")
    page = await mor.calls(*PERIOD)
    assert (page.number, page.more, page.rows.unreadable) == (1, False, 0)
    assert page.rows.items == (
        CallRecord(
            call_id="20080310054531-12129989282-12129989282-36-answered",
            started_at=datetime(2008, 3, 10, 5, 45, 31, tzinfo=ZONE),
            direction=Direction.UNKNOWN,
            caller="12129989282",
            callee="12129989282",
            disposition=Disposition.ANSWERED,
            raw_disposition="Answered",
            duration=timedelta(seconds=36),
            cost=Money(Decimal("0.049"), "USD"),
            made_id=True,
        ),
    )
    form = {
        "userid": "17",
        "search_on": "1",
        "period_start": "2008-03-10 00:00:00",
        "period_end": "2008-03-11 00:00:00",
        "direction": "all",
        "calltype": "all",
        "show_device": "all",
    }
    assert panel.asked == [("POST", "/stats/call_list", {}, form)]


async def test_it_shows_calls_new_calls_and_missed_calls_as_lists(panel, mor, sample):
    panel.answers = {
        "/stats/call_list": sample("mor-19"),
        "/stats/new_calls_list": sample("mor-23"),
        "/stats/missed_calls": sample("mor-24"),
    }
    calls = await mor.vendor_table("stats", ["calls"])
    assert calls.rows[0][3:] == ("United States FIX USA 212 New York", "00:00:36", "Answered", "0.049")
    assert (calls.customers, calls.notes) == (frozenset({1, 2}), ("Calls: 144", "Currency: USD"))
    new = await mor.vendor_table("stats", ["new"])
    assert new.rows == (("2008-03-10 05:45:31", "12129989282", "12129989282", "00:00:36", "Answered"),)
    missed = await mor.vendor_table("missed", [])
    assert missed.header == ("Call", "Date", "From", "To", "Duration", "Ended", "Processed")
    assert missed.rows[0] == ("855", "2008-03-10 05:45:31", *["12129989282"] * 2, "00:00:36", "No Answer", "0")
    assert (missed.customers, missed.notes) == (frozenset({2, 3}), ("Missed: 9",))


async def test_it_reads_statistics(panel, mor, sample):
    panel.anything = sample("mor-27")
    table = await mor.vendor_table("stats", [])
    assert table.header == ("Date", "Calls", "Duration", "Average", "Normative")
    assert table.rows == (("2008-03-11", "1", "1.5", "1.5", "100"), ("2008-03-10", "1", "1.5", "1.5", "100"))
    assert table.notes == (
        "2008-03-10 to 2008-03-11",
        "Incoming: answered 0, no answer 1, busy 0, failed 0",
        "Outgoing: answered 0, no answer 1, busy 0, failed 0",
        "todays normative 0, months normative 0, new calls 0",
    )


async def test_it_reads_caller_ids_contacts_and_faxes(panel, mor, sample):
    panel.answers = {
        "/devices/user_device_clis": sample("mor-29"),
        "/phonebooks/list/17": sample("mor-31"),
        "/stats/faxes_list/17": sample("mor-34"),
    }
    assert (await mor.vendor_table("callerids", [])).rows == (
        ("3", "IAX2/101", "5555555", "Linus", "2007-04-06 13:51:07"),
    )
    contacts = await mor.vendor_table("contacts", [])
    assert contacts.rows == (("12015551234", "ExGirlfriend", "2008-03-01 15:44:05"),)
    assert contacts.customers == frozenset({0})
    faxes = await mor.vendor_table("faxes", [])
    assert faxes.rows == (("2008-03-10 05:45:31", "FAX/102", "", "Received", ""),)


@pytest.mark.parametrize(
    ("edit", "look", "answer", "outcome", "note"),
    [
        (("details", "set", ["city", "Riga"]), "mor-5", "mor-6-ok", "accepted", "Personal details changed"),
        (("details", "set", ["city", "Riga"]), "mor-5", "mor-6-failed", "rejected", "Error description"),
        (("callerids", "add", ["1", "5556666", "Ann"]), "mor-29", "mor-30-ok", "accepted", "CLI created"),
        (("callerids", "add", ["1", "5556666", "Ann"]), "mor-29", "mor-30-failed", "rejected", "CLI not created"),
        (("contacts", "add", ["5556666", "Ann"]), "mor-31", "mor-32-ok", "accepted", "Record added"),
        (("contacts", "add", ["5556666", "Ann"]), "mor-31", "mor-32-failed", "rejected", "Please fill all fields"),
        (("contacts", "delete", ["4"]), "mor-31", "mor-33-ok", "accepted", "Record deleted"),
        (
            ("contacts", "delete", ["4"]), "mor-31", "mor-33-failed", "rejected",
            "We're sorry, but something went wrong",
        ),
        (("callflow", "set", ["1", "busy", "voicemail"]), "mor-9", "mor-9", "accepted", ""),
        (("rates", "currency", ["usd"]), "mor-11", "mor-11", "accepted", ""),
    ],
)  # fmt: skip
async def test_it_reads_the_answers_to_its_deeds(panel, mor, sample, edit, look, answer, outcome, note):
    async def then(_request):
        return sample(look) if len(panel.asked) == 1 else sample(answer)

    panel.anything = then
    result = await mor.edit(*edit)
    assert (result.outcome.value, result.note) == (outcome, note)
    assert len(panel.asked) == 2


@pytest.mark.parametrize(("name", "outcome"), [("ok", CallOutcome.ACCEPTED), ("failed", CallOutcome.REJECTED)])
async def test_it_calls_back(panel, mor, sample, name, outcome):
    panel.answers = {"/devices/user_devices": sample("mor-7"), "/functions/activate_callback": sample(f"mor-36-{name}")}
    result = await mor.place_call(CallRequest(Agent("101", AgentState.UNKNOWN, ""), "+12015551234"))
    assert result.outcome is outcome
    assert result.note == {"ok": "Callback activated", "failed": "Error description"}[name]
    query = {"src": "101", "dst": "12015551234", "acc": "1"}
    assert panel.asked[-1] == ("POST", "/functions/activate_callback", query, {})
