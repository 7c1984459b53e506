"""Answers that no document describes, to every kind of question: the right kind, a sentence, never a false zero."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import Direction, Disposition
from tests.providers.panel import FAULTS, status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUESTIONS = {
    "MOR-3": lambda account: account.balance(),
    "MOR-20": lambda account: account.calls(NOW - timedelta(days=1), NOW),
    "MOR-7": lambda account: account.vendor_table("devices", []),
    "MOR-8": lambda account: account.vendor_table("callflow", ["1"]),
    "MOR-9": lambda account: account.vendor_table("callflow", ["1", "busy"]),
    "MOR-5": lambda account: account.vendor_table("details", []),
    "MOR-16": lambda account: account.vendor_table("payments", []),
    "MOR-27": lambda account: account.vendor_table("stats", []),
    "MOR-25": lambda account: account.vendor_table("missed", ["today"]),
    "MOR-35": lambda account: account.vendor_table("faxes", ["yesterday", "today", "Received", "7"]),
    "MOR-13": lambda account: account.document("rates", "pdf", []),
    "MOR-22": lambda account: account.document("calls", "csv", []),
}
G, A, R, U, N, L = (
    ErrorKind.GARBLED,
    ErrorKind.AUTH,
    ErrorKind.REJECTED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.NOT_FOUND,
    ErrorKind.RATE_LIMITED,
)


OF_THE_SESSION = {"a login form", "a login form in short", "a redirect"}  # it signs in anew: test_session.py
HOSTILE = {
    **{case: told for case, told in FAULTS.items() if case not in OF_THE_SESSION},
    "a PHP warning": ("<br />\n<b>Warning</b>: x in <b>a.php</b>\n<page/>", G, "a web page"),
    "plain words on the login": ("Access Denied", A, "refused access: “Access Denied”"),
    "an error": ("<error>API Requests are disabled</error>", R, "says: “API Requests are disabled”."),
    "an error in a page": ("<page><error>Access Denied</error></page>", A, "refused access: “Access Denied”"),
    "an error in a status": ("<status><error>Bad login</error></status>", A, "“Bad login”"),
    "an error below both": ("<page><status><error>Bad login</error></status></page>", A, "“Bad login”"),
    "an error in capitals": ("<Error>user not found</Error>", A, "does not know the user: “user not found”"),
    "an error and its message": ("<page><error>No</error><message>Low funds</message></page>", R, "“No: Low funds”"),
    "a complaint of a page": ("<page><error_msg>Try later</error_msg></page>", R, "says: “Try later”."),
    "a failed action": ("<action><status>failed</status></action>", R, "says: “failed”."),
    "dont be so smart": ("<page><status>Dont be so smart</status></page>", A, "does not know the user"),
    "not authorized": ("You are not authorized to use this functionality", A, "refused access"),
    "a number": ("-349282.18", G, "unexpected form"),
    "JSON": ('{"error":"Feature disabled"}', R, "says: “Feature disabled”."),
    "an echo of the password": ("<error>wrong: p4ss-of-ours%2B0042</error>", R, "wrong: •••"),
    "another page": ("<page><pagename>Devices</pagename><userid>1</userid></page>", G, "unexpected form"),
    "another root": ("<answer><is>42</is></answer>", G, "unexpected form"),
    "a cut page": ('<?xml version="1.0"?><page><stats><finances><balance>100 USD</bal', G, "cut off"),
    "depth": ("<page>" + "<a>" * 5000, G, "cannot be read"),
    "entities": ("<!DOCTYPE p [<!ENTITY a 'b'>]><page>&a;</page>", G, "cannot be read"),
    "an outside entity": ('<!DOCTYPE p SYSTEM "file:///etc/passwd"><page/>', G, "cannot be read"),
    "broken gzip": (b"\x1f\x8b\x99\x00rest", G, "cannot be read"),
    "cut gzip": (gzip.compress(b"<page/>" * 9)[:-4], G, "cut off"),
    "a gzip bomb": (gzip.compress(b" " * 70_000_000), G, "cannot be read"),
    "500 with a page": (status(500, "<page/>"), U, "is having problems (500)"),
}


@pytest.mark.parametrize("operation", QUESTIONS)
@pytest.mark.parametrize("case", HOSTILE)
async def test_it_tells_what_came_instead(panel, mor, operation, case):
    panel.anything, kind, words = HOSTILE[case]
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[operation](mor)
    error = caught.value
    assert (error.kind, error.operation) == (kind, operation)
    assert words in error.user_text
    assert error.user_text.startswith("MOR ")
    assert error.user_text.endswith(".")
    assert len(error.user_text) < 300
    assert "p4ss" not in str(error)
    assert len(panel.asked) == len(panel.logins) == 1


@pytest.mark.parametrize(
    ("balance", "amount", "currency"),
    [
        ("100 USD", "100", "USD"),
        ("0.0000 USD", "0.0000", "USD"),
        ("USD 100", "100", "USD"),
        ("1 000,50 EUR", "1000.50", "EUR"),
        ("1\u00a0000,50\u00a0eur", "1000.50", "EUR"),
        ("-349282.18", "-349282.18", "PLN"),
        (" 7 ", "7", "PLN"),
        ("-0.00 GBP", "-0.00", "GBP"),
    ],
)
async def test_it_reads_a_balance_in_every_notation(panel, opened, sample, balance, amount, currency):
    panel.anything = sample("mor-3").replace("100 USD", balance)
    money = (await opened(currency="PLN").balance()).money
    assert (str(money.amount), money.currency) == (amount, currency)


@pytest.mark.parametrize(
    "balance", ["", "—", "USD", "NaN USD", "1e400", "1,234 USD", "USD 5 EUR", "No Limit", "100 200 USD x", "5 €uro"]
)
async def test_it_never_makes_up_a_balance(panel, mor, sample, balance):
    panel.anything = sample("mor-3").replace("100 USD", balance)
    with pytest.raises(ProviderError) as caught:
        await mor.balance()
    assert caught.value.kind is G
    assert "expected a balance, got" in caught.value.user_text


@pytest.mark.parametrize(
    ("credit", "account", "read", "plan"),
    [
        ("No Limit", "Postpaid", "unlimited", "postpaid"),
        ("Unlimited", "PREPAID", "unlimited", "prepaid"),
        ("infinity", "Postpaid", "unlimited", "postpaid"),
        ("∞", "Postpaid", "unlimited", "postpaid"),
        ("50.5 USD", "", "50.5", None),
        ("20", "Другой", "20", None),
        ("", "Postpaid", None, "postpaid"),
        ("who knows", "Postpaid", None, "postpaid"),
    ],
)
async def test_it_reads_the_credit_as_far_as_it_can(panel, mor, sample, credit, account, read, plan):
    panel.anything = sample("mor-3").replace("No Limit", credit).replace("Postpaid", account)
    balance = await mor.balance()
    told = balance.credit if balance.credit in {None, "unlimited"} else str(balance.credit.amount)
    assert (told, balance.plan) == (read, plan)


async def test_a_filter_of_calls_that_failed_is_no_failure(panel, mor, sample):
    panel.anything = sample("mor-19").replace("<status>all", "<status>failed")
    assert len((await mor.calls(NOW - timedelta(days=1), NOW)).rows) == 1


ROW = "<call><date>2026-11-21 10:00:0{}</date><called_from>{}</called_from><called_to>{}</called_to>{}</call>"


def list_of(*rows: str) -> str:
    return f"<page><currency>USD</currency><calls_stat><calls>{''.join(rows)} ..... </calls></calls_stat></page>"


async def calls(panel, mor, *rows: str, **wanted):
    panel.anything = list_of(*rows)
    return await mor.calls(NOW - timedelta(days=1), NOW, **wanted)


async def test_it_counts_the_rows_that_it_cannot_read(panel, mor):
    page = await calls(
        panel, mor, ROW.format(1, "101", "12025550140", ""), "<call>\ufffd</call>", "<call><a>1</a></call>"
    )
    assert (len(page.rows), page.rows.unreadable) == (1, 2)
    panel.anything = "<page><payments><payment><amount>5</amount></payment><payment>?</payment></payments></page>"
    table = await mor.vendor_table("payments", [])
    assert (table.header, table.rows, table.unreadable) == (("Amount",), (("5",),), 1)


@pytest.mark.parametrize("rows", [["<call>x</call>"], ["<call/>", "<call><date/></call>"]])
async def test_it_refuses_a_list_of_which_it_can_read_nothing(panel, mor, rows):
    with pytest.raises(ProviderError) as caught:
        await calls(panel, mor, *rows)
    assert caught.value.kind is G
    panel.anything = "<page><payments><payment>?</payment></payments></page>"
    with pytest.raises(ProviderError) as caught:
        await mor.vendor_table("payments", [])
    assert caught.value.kind is G


async def test_it_takes_an_empty_list_for_what_it_is(panel, mor):
    page = await calls(panel, mor)
    assert (len(page.rows), page.rows.unreadable, page.more) == (0, 0, False)
    panel.anything = "<page><payments/></page>"
    assert (await mor.vendor_table("payments", [])).rows == ()
    assert (await mor.calls(NOW, NOW, page=2)).rows.items == ()


async def test_it_sorts_calls_and_drops_one_that_stands_twice(panel, mor):
    first, second = ROW.format(1, "101", "12025550140", ""), ROW.format(2, "12025550141", "101", "")
    page = await calls(panel, mor, first, second, first)
    assert [(c.started_at.second, c.direction, c.extension) for c in page.rows] == [
        (2, Direction.INBOUND, "101"),
        (1, Direction.OUTBOUND, "101"),
    ]
    assert len({c.call_id for c in page.rows}) == 2


async def test_it_narrows_calls_by_party_itself(panel, mor):
    rows = [ROW.format(1, "101", "12025550140", ""), ROW.format(2, "102", "12025550141", "")]
    found = await calls(panel, mor, *rows, callee="+1 202 555-0141")
    assert [call.caller for call in found.rows] == ["102"]
    assert [call.callee for call in (await calls(panel, mor, *rows, caller="101")).rows] == ["12025550140"]
    assert "12025550141" not in str(panel.asked)


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [
        ("Answered", Disposition.ANSWERED),
        ("NO ANSWER", Disposition.NO_ANSWER),
        ("busy", Disposition.BUSY),
        ("Failed", Disposition.FAILED),
        ("Отвечен", Disposition.UNKNOWN),
        ("", Disposition.UNKNOWN),
    ],
)
async def test_it_keeps_the_word_for_how_a_call_ended(panel, mor, cause, disposition):
    page = await calls(panel, mor, ROW.format(1, "101", "102", f"<hangup_cause>{cause}</hangup_cause>"))
    (call,) = page.rows
    assert (call.disposition, call.raw_disposition, call.direction) == (disposition, cause, Direction.INTERNAL)


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("00:20:35", 1235), ("100:00:01", 360001), ("1.5", 1.5), ("36", 36), ("", None), ("-3", None), ("soon", None)],
)
async def test_it_reads_a_duration_in_every_notation(panel, mor, duration, seconds):
    page = await calls(panel, mor, ROW.format(1, "101", "102", f"<duration>{duration}</duration>"))
    told = page.rows.items[0].duration
    assert (told.total_seconds() if told is not None else None) == seconds


async def test_a_zero_date_is_no_time(panel, mor):
    row = ROW.format(1, "101", "102", "").replace("2026-11-21 10:00:01", "0000-00-00 00:00:00")
    assert (await calls(panel, mor, row)).rows.items[0].started_at is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
async def test_it_reads_names_in_every_encoding(panel, mor, encoding):
    entry = "<entry><entry_number>1</entry_number><entry_name>Оксана &lt;!channel&gt;</entry_name></entry>"
    panel.anything = f"<page><entries>{entry}</entries></page>".encode(encoding)
    assert (await mor.vendor_table("contacts", [])).rows == (("1", "Оксана <!channel>"),)


@pytest.mark.parametrize("wrap", ["gzip", "html", "capitals", "prefix"])
async def test_it_reads_a_page_however_it_is_wrapped(panel, mor, sample, wrap):
    page = sample("mor-3")
    bare = page.partition("?>")[2]
    panel.anything = {
        "gzip": gzip.compress(page.encode()),
        "html": f"<html><body>{bare}</body></html>",
        "capitals": bare.replace("balance>", "Balance>").replace("finances>", "FINANCES>"),
        "prefix": f"Balance:{page}",
    }[wrap]
    assert (await mor.balance()).money.currency == "USD"


async def test_it_logs_once_that_a_page_had_to_be_repaired(panel, mor, sample, caplog):
    panel.anything = sample("mor-7")
    await mor.vendor_table("devices", [])
    await mor.vendor_table("devices", [])
    assert [r.message for r in caplog.records if "MOR-7" in r.message] == [
        "MOR MOR-7: the answer was damaged XML and had to be repaired"
    ]


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("payments", ["now"]),
        ("rates", ["destinations"]),
        ("rates", ["destinations", "../1"]),
        ("callflow", []),
        ("callflow", ["x"]),
        ("callflow", ["1", "lunch"]),
        ("callflow", ["1", "busy", "x"]),
        ("missed", ["soon"]),
        ("missed", ["2026-11-02", "2026-11-01"]),
        ("missed", ["2026-11-01", "2026-11-02", "x"]),
        ("faxes", ["today", "a", "b"]),
        ("stats", ["summary", "x"]),
        ("details", ["unsigned"]),
        ("queues", []),
    ],
)
async def test_it_refuses_wrong_words_and_asks_nothing(panel, mor, topic, words):
    with pytest.raises(ProviderError) as caught:
        await mor.vendor_table(topic, words)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert "Write: " in caught.value.user_text or "It has " in caught.value.user_text
    assert panel.asked == panel.logins == []


async def test_it_asks_for_periods_on_the_vendors_clock(panel, mor, sample):
    panel.anything = sample("mor-24")
    await mor.vendor_table("missed", ["2026-11-01T10:00", "2026-11-01T12:30"])
    form = panel.asked[-1][3]
    assert form == {
        "userid": "17",
        "search_on": "1",
        "period_start": "2026-11-01 10:00:00",
        "period_end": "2026-11-01 12:30:00",
    }
    await mor.vendor_table("missed", ["yesterday"])
    form = panel.asked[-1][3]
    assert (form["period_start"], form["period_end"]) == ("2026-11-20 00:00:00", "2026-11-20 23:59:59")
    panel.anything = sample("mor-34")
    await mor.vendor_table("faxes", ["today", "Received", "7"])
    form = panel.asked[-1][3]
    assert (form["fax_status"], form["device_id"], form["period_start"]) == ("Received", "7", "2026-11-21 00:00:00")


PDF = b"%PDF-1.4\n" + b"x" * 5000 + b"\n%%EOF\n"


@pytest.mark.parametrize("packed", [False, True])
async def test_it_hands_over_a_file_whole(panel, mor, packed):
    panel.anything = gzip.compress(PDF) if packed else PDF
    found = await mor.document("calls", "pdf", ["2026-11-01", "outgoing"])
    assert (found.name, found.media_type, found.content) == ("mor-calls.pdf", "application/pdf", PDF)
    query = {"call_type": "outgoing", "date_from": "2026-11-01 00:00:00", "date_till": "2026-11-01 23:59:59"}
    assert panel.asked == [("GET", "/stats/call_list_to_pdf/17", query, {})]
    panel.anything = b"Date;Price\r\n2026-11-01;0.1\r\n"
    found = await mor.document("rates", "csv", [])
    assert (found.name, found.media_type, found.content) == ("mor-rates.csv", "text/csv", panel.anything)
    assert mor.document_topics() == ("rates pdf", "rates csv", "calls pdf", "calls csv")


async def test_it_hands_over_a_file_behind_a_byte_order_mark(panel, mor):
    panel.anything = b"\xef\xbb\xbf" + PDF
    assert (await mor.document("rates", "pdf", [])).content == PDF


@pytest.mark.parametrize(
    ("topic", "form", "body"), [("rates", "pdf", PDF[:-8]), ("rates", "csv", b"%PDF-"), ("rates", "csv", b"a")]
)
async def test_it_takes_nothing_for_a_file_that_is_none(panel, mor, topic, form, body):
    panel.anything = body
    with pytest.raises(ProviderError) as caught:
        await mor.document(topic, form, [])
    assert caught.value.kind in {G, R}


@pytest.mark.parametrize(
    ("topic", "form", "words"), [("rates", "doc", []), ("rates", "pdf", ["x"]), ("calls", "csv", ["soon"])]
)
async def test_it_asks_for_no_file_that_there_is_not(panel, mor, topic, form, words):
    with pytest.raises(ProviderError) as caught:
        await mor.document(topic, form, words)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []
