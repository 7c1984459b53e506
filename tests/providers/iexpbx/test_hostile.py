"""Answers that no document describes, to every question: the right kind, a sentence for people, nobody made up."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from tests.providers.panel import FAULTS, status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUESTIONS = {
    "IEX-1": lambda account: account.active_calls(),
    "IEX-3": lambda account: account.calls(NOW - timedelta(days=1), NOW),
    "IEX-4": lambda account: account.agents(),
    "IEX-5": lambda account: account.queues(),
    "IEX-9": lambda account: account.recording("28699"),
    "IEX-10": lambda account: account.vendor_table("contacts", []),
}
LISTS = ("IEX-1", "IEX-3", "IEX-4", "IEX-5")
G, A, R, U, N = (
    ErrorKind.GARBLED,
    ErrorKind.AUTH,
    ErrorKind.REJECTED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.NOT_FOUND,
)


async def error(asked):
    with pytest.raises(ProviderError) as caught:
        await asked
    for secret in ("FRE", "ApiKullan", "%C5%9E", "http", "Traceback"):
        assert secret not in caught.value.user_text
        assert secret not in str(caught.value)
    return caught.value


EVERY = [
    *FAULTS.values(),
    ("<html><body>Bakım</body></html>", G, "web page instead of data"),
    ("\ufeff", G, "empty answer"),
    ("null", R, "“null” instead of data"),
    ("false", R, "“false” instead of data"),
    ('[{"success":false}]', R, "the username or the password may be wrong"),
    ('{"success":"False","count":0,"data":[]}', R, "the username or the password may be wrong"),
    ('[{"success":false,"message":"Kayıtlı değil"}]', R, "IEXPBX says: “Kayıtlı değil”."),
    ('{"success":false,"message":"Wrong password p&ss/ŞİFRE+0042"}', A, "refused access: “Wrong password •••”"),
    ('{"error":"no user ApiKullanıcıAdı"}', R, "no user •••"),
    ("Lisans süresi doldu", R, "IEXPBX says: “Lisans süresi doldu”."),
    (status(500, "p&ss/ŞİFRE+0042"), U, "having problems (500)"),
    (status(302), G, "another page (302)"),
]
NO_LIST = ["[]", "{}", "[{}]", "42", '[{"count":1,"data":[]}]', '{"success":"perhaps","data":[]}', '{"success":true}',
           '[{"success":true,"count":3,"data":[]}]', '[{"success":true,"count":"3","data":null}]',
           '[{"success":true,"count":1,"data":"100"}]', '[{"success":true,"count":1,"data":[[1]]}]',
           '[{"success":true,"data":null}]', '[1,2]']  # fmt: skip


@pytest.mark.parametrize("operation", sorted(QUESTIONS))
@pytest.mark.parametrize(("answer", "kind", "words"), EVERY)
async def test_it_tells_what_went_wrong(panel, iexpbx, operation, answer, kind, words):
    panel.anything = answer
    found = await error(QUESTIONS[operation](iexpbx))
    assert (found.kind, found.operation) == (kind, operation)
    assert words in found.user_text


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("answer", NO_LIST)
async def test_it_takes_nothing_else_for_an_empty_list(panel, iexpbx, operation, answer):
    panel.anything = answer
    found = await error(QUESTIONS[operation](iexpbx))
    assert found.kind is G
    assert "unexpected form (expected a list of" in found.user_text


@pytest.mark.parametrize("operation", LISTS)
async def test_it_refuses_a_list_that_was_cut_off(panel, iexpbx, operation):
    whole = json.dumps([{"success": True, "count": 2, "data": [{"username": "100"}, {"username": "101"}]}])
    for cut in range(2, len(whole) - 1, 7):
        panel.anything = whole[:cut]
        assert (await error(QUESTIONS[operation](iexpbx))).kind is G


def envelopes(*rows):
    data = list(rows)
    yield [{"success": True, "count": len(data), "data": data}]
    for success in (True, "True", "true", "TRUE", 1, "1"):
        yield {"success": success, "count": str(len(data)), "data": data}
    yield [{"success": True, "count": 99, "data": data}]
    yield [{"success": True, "count": "many", "data": data}]
    yield {"Success": True, "Data": data}
    yield {"success": True, "data": {str(i): row for i, row in enumerate(data)}}
    if len(data) == 1:
        yield {"success": True, "count": 1, "data": data[0]}


@pytest.mark.parametrize("answer", list(envelopes({"queuenumber": "630", "name": "Sale", "internal": "100"})))
async def test_it_opens_every_kind_of_envelope(panel, iexpbx, wrapped, answer):
    panel.answers = {"queues": answer, "activecalls": wrapped()}
    (queue,) = await iexpbx.queues()
    assert (queue.ref, queue.name, queue.members) == ("630", "Sale", ("100",))


@pytest.mark.parametrize("data", [None, [], {}, ""])
@pytest.mark.parametrize("count", [0, "0"])
async def test_it_knows_an_empty_list(panel, iexpbx, data, count):
    panel.anything = {"success": True, "count": count, "data": data}
    assert (await iexpbx.active_calls()).items == ()


async def test_it_counts_rows_that_it_cannot_read(panel, iexpbx, wrapped):
    good = {"username": "100", "name": "John", "regstatus": "OK (1 ms)"}
    panel.answers = {"users": wrapped(good, None, {"name": "nobody"}, "x"), "activecalls": wrapped()}
    agents = await iexpbx.agents()
    assert (len(agents), agents.unreadable) == (1, 3)


async def test_it_reads_windows_1254(panel, iexpbx):
    text = '[{"success":true,"count":1,"data":[{"username":"100","name":"Şükrü Işık","regstatus":"OK (1 ms)"}]}]'
    panel.answers = {"users": text.encode("cp1254"), "activecalls": '{"success":true,"count":0,"data":[]}'}
    (agent,) = await iexpbx.agents()
    assert agent.name == "Şükrü Işık"


GSM = (b"\xd8" + bytes(range(32))) * 3


async def test_it_gives_the_sound_of_iex_9(panel, iexpbx):
    panel.anything = GSM
    recording = await iexpbx.recording("28699")
    assert (recording.content, recording.media_type, recording.extension) == (GSM, "audio/x-gsm", "gsm")
    assert panel.asked == [("record", {"id": "28699"})]
    panel.anything = b"RIFF\x00\x00\x00\x00WAVEfmt "
    assert (await iexpbx.recording("SIP/100-1a")).extension == "wav"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ('[{"success":false,"message":"Record not found"}]', N),
        ("Kayıt bulunamadı", R),
        ('[{"success":true,"data":[]}]', G),
        (b"OggS\x00\x02" + bytes(60), G),
        ("Şifre hatalı, kullanıcı adını kontrol ediniz".encode("cp1254"), A),
        (GSM[:32], G),
        (b"\xd8" + bytes(65), G),
        (status(404), N),
    ],
)
async def test_it_takes_nothing_else_for_a_recording(panel, iexpbx, answer, kind):
    panel.anything = answer
    found = await error(iexpbx.recording("28699"))
    assert found.kind in {kind, R, G} if kind is A else found.kind is kind


@pytest.mark.parametrize("call_id", ["", "1&id=2", "../x", " ", "x" * 101])
async def test_it_asks_for_no_recording_of_what_is_no_call(panel, iexpbx, call_id):
    assert (await error(iexpbx.recording(call_id))).kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []


BOMB = '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a><n>&d;</n><t>908502590259</t></a>'
XXE = '<?xml version="1.0"?><!doctype a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a><n>&b;</n><t>9085</t></a>'
PAIR = "<e><n>A</n><t>9085</t></e>"


@pytest.mark.parametrize(
    "book",
    [BOMB, XXE, BOMB.encode("utf-16"), "<a>" * 65 + PAIR + "</a>" * 65, f"<a>{PAIR}", f"<a>{PAIR}<e>", "<a><b>only words</b></a>",
     f"<html><body>{PAIR}</body></html>", "<a/><b/>"],
)  # fmt: skip
async def test_it_reads_no_phone_book_that_bites(panel, iexpbx, book):
    panel.anything = book
    found = await error(iexpbx.vendor_table("contacts", []))
    assert found.kind is G or (found.kind is A and b"html" in str(book).encode())
    assert "passwd" not in found.user_text


async def test_it_reads_odd_phone_books(panel, iexpbx):
    panel.anything = "<a>" * 60 + PAIR + "</a>" * 60
    assert (await iexpbx.vendor_table("contacts", [])).rows == (("A", "9085"),)
    panel.anything = "<a/>"
    assert (await iexpbx.vendor_table("contacts", [])).rows == ()
    panel.anything = (
        '<?xml version="1.0" encoding="windows-1254"?><a><e><n>Işık & Oğlu &ouml;</n><t>+90 (850) 1</t></e></a>'.encode(
            "cp1254"
        )
    )
    assert (await iexpbx.vendor_table("contacts", [])).rows == (("Işık & Oğlu &ouml;", "+90 (850) 1"),)
    document = await iexpbx.document("contacts", "xml", [])
    assert (document.name, document.media_type) == ("contacts.xml", "application/xml")
    assert document.content.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<a><e><n>')
    assert "Işık" in document.content.decode()


async def test_it_lists_what_else_it_has(panel, iexpbx):
    assert iexpbx.vendor_table_topics() == ("contacts", "userfields")
    assert iexpbx.document_topics() == ("contacts xml",)
    for asked in (iexpbx.vendor_table("rates", []), iexpbx.document("rates", "pdf", [])):
        assert (await error(asked)).kind is ErrorKind.UNSUPPORTED
    for words in (["0"], ["721"], ["two"], ["1", "2"], ["٣"]):
        assert (await error(iexpbx.vendor_table("userfields", words))).kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []
