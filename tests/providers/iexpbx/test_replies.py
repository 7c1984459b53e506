"""IEX-2, IEX-6, IEX-7, IEX-8: a deed is a GET here, and all the same sent once, and told as lost when its answer is: counted at the server."""

import asyncio
import logging

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.iexpbx.replies import reply_in
from providers.model import Agent, AgentState, CallOutcome, CallRequest

JOHN = Agent("100", AgentState.AVAILABLE, "OK (93 ms)")
CHANNEL = "SIP/trunk-sip-Trunk110-36a9b;2"
DEEDS = {
    "hangupcall": lambda account: account.hang_up(CHANNEL),
    "callnumber": lambda account: account.place_call(CallRequest(JOHN, "+90 555 123 45-67")),
    "callivr": lambda account: account.ivr_call("+905551234567", ["menu=5", "Merhaba"]),
    "callback": lambda account: account.masked_call("+905551234567", "+905551234568"),
}
FIELDS = {
    "hangupcall": {"channel": CHANNEL},
    "callnumber": {"number": "905551234567", "internal": "100"},
    "callivr": {"number": "905551234567", "dest": "5", "file": "{Merhaba}"},
    "callback": {"number1": "905551234567", "number2": "905551234568"},
}
every_deed = pytest.mark.parametrize("action", sorted(DEEDS))


async def cut(request):
    request.transport.abort()
    return web.Response()


async def cut_body(request):
    request.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n[{"success":true')
    await asyncio.sleep(0)
    request.transport.close()
    return web.Response()


def status(code):
    async def answer(request):
        return web.Response(status=code, headers={"Location": "/"})

    return answer


@every_deed
async def test_it_does_what_iex_2_6_7_and_8_ask_once(panel, iexpbx, wrapped, action):
    panel.anything = wrapped()
    result = await DEEDS[action](iexpbx)
    assert (result.outcome, result.call_id, result.note) == (CallOutcome.ACCEPTED, None, "")
    assert panel.asked == [(action, FIELDS[action])]


@every_deed
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("answer", [cut, cut_body, status(500), status(502), status(302), status(408)])
async def test_it_sends_a_lost_deed_once(panel, iexpbx, wrapped, action, warm, answer):
    if warm:
        panel.answers["activecalls"] = wrapped()
        await iexpbx.active_calls()
    panel.anything = answer
    result = await DEEDS[action](iexpbx)
    assert result.outcome is CallOutcome.UNKNOWN
    assert "may have been carried out" in result.note
    assert panel.asked_of(action) == [FIELDS[action]]


async def test_it_sends_a_deed_that_times_out_once(panel, iexpbx, monkeypatch, deadlines):
    monkeypatch.setattr(iexpbx._http, "_deadline", 0.2)
    release = asyncio.Event()

    async def hang(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    panel.anything = hang
    result = await iexpbx.place_call(CallRequest(JOHN, "905551234567"))
    release.set()
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note.startswith("IEXPBX did not answer within 0.2 s after the request had left.")
    assert len(panel.asked) == 1


ACCEPTED = [
    ('[{"success":true,"count":0,"data":[]}]', "", None),
    ('{"success":"True"}', "", None),
    ('[{"success":1,"data":null}]', "", None),
    ('[{"Success":"true","message":"Originated"}]', "Originated", None),
    ('[{"success":true,"data":[{"channel":"SIP/100-1a"}]}]', "", "SIP/100-1a"),
    ('{"success":true,"data":{"id":28699}}', "", "28699"),
    ("true", "", None),
    ("1", "", None),
    ("OK", "OK", None),
    ("Originate successfully queued", "Originate successfully queued", None),
]
REJECTED = [
    ('[{"success":false,"count":0,"data":[]}]', "IEXPBX said no and gave no reason."),
    ('{"success":"False"}', "IEXPBX said no and gave no reason."),
    ('{"success":0}', "IEXPBX said no and gave no reason."),
    ('{"success":null}', "IEXPBX said no and gave no reason."),
    ("false", "IEXPBX said no and gave no reason."),
    ('[{"success":false,"message":"Extension is not registered"}]', "Extension is not registered"),
    ('{"error":"Wrong number p&ss/ŞİFRE+0042"}', "Wrong number •••"),
    ('{"success":false,"message":"User ApiKullanıcıAdı may not"}', "User ••• may not"),
    ("Invalid channel", "Invalid channel"),
    ("Not OK", "Not OK"),
]
UNKNOWN = [
    ("", "an empty answer"),
    ("null", "“null” as its answer"),
    ("[]", "an answer that does not say whether it was done"),
    ("[{}]", "an answer that does not say whether it was done"),
    ('{"data":[]}', "an answer that does not say whether it was done"),
    ('{"success":"maybe"}', "an answer that does not say whether it was done"),
    ("<html>OK</html>", "a web page as its answer"),
    ('[{"success":true,', "an answer that was cut off"),
    ('[{"success":true,"data":[', "an answer that was cut off"),
    ("Aranıyor", "words that say neither yes nor no"),
    ("OK " * 100, "an answer that cannot be read"),
]


@pytest.mark.parametrize(("body", "note", "call_id"), ACCEPTED)
async def test_it_tells_an_accepted_deed(panel, iexpbx, body, note, call_id):
    panel.anything = body
    result = await iexpbx.hang_up(CHANNEL)
    assert (result.outcome, result.note, result.call_id) == (CallOutcome.ACCEPTED, note, call_id)


@pytest.mark.parametrize(("body", "note"), REJECTED)
async def test_it_tells_a_rejected_deed(panel, iexpbx, body, note):
    panel.anything = body
    result = await iexpbx.hang_up(CHANNEL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, note)


@pytest.mark.parametrize(("body", "what"), UNKNOWN)
async def test_it_tells_a_deed_whose_answer_says_nothing(panel, iexpbx, body, what):
    panel.anything = body
    result = await iexpbx.hang_up(CHANNEL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note == (
        f"IEXPBX sent {what} after the request had left. It may have been carried out: check before you try again."
    )
    assert len(panel.asked) == 1


@given(st.text(max_size=300))
def test_it_judges_any_answer(text):
    reply = reply_in(text)
    if not text.strip() or text.lstrip().startswith(("<", "[]", "{}")):
        assert reply.outcome is not CallOutcome.ACCEPTED


@every_deed
@pytest.mark.parametrize(
    ("code", "kind"),
    [(401, ErrorKind.AUTH), (429, ErrorKind.RATE_LIMITED), (404, ErrorKind.NOT_FOUND), (400, ErrorKind.BAD_REQUEST)],
)
async def test_it_raises_where_it_is_certain_that_nothing_was_done(panel, iexpbx, action, code, kind):
    panel.anything = status(code)
    with pytest.raises(ProviderError) as caught:
        await DEEDS[action](iexpbx)
    assert caught.value.kind is kind
    assert len(panel.asked) == 1


@every_deed
async def test_it_raises_where_nothing_could_be_sent(opened, caplog, action):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError) as caught:
        await DEEDS[action](opened(base_url="http://127.0.0.1:1"))
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("asyncio")]
    for told in (*ours, str(caught.value), repr(caught.value.__cause__)):
        assert "FRE" not in told
        assert "ApiKullan" not in told


@pytest.mark.parametrize("number", ["", "+", "112a", "90555&action=hangupcall", "1" * 21, "*72", "٣٤٥", "9055\n1"])
async def test_it_sends_nothing_that_is_no_number(panel, iexpbx, number):
    for deed in (
        iexpbx.place_call(CallRequest(JOHN, number)),
        iexpbx.ivr_call(number, ["menu=5"]),
        iexpbx.masked_call("905551234567", number),
        iexpbx.masked_call(number, "905551234567"),
    ):
        with pytest.raises(ProviderError) as caught:
            await deed
        assert caught.value.kind is ErrorKind.BAD_REQUEST
        assert caught.value.user_text == "IEXPBX was not asked: this is no telephone number."
    assert panel.asked == []


@pytest.mark.parametrize(
    "channel", ["", "100", "905551234567", "SIP/", "/100", "SIP/1 0", "SIP/\n", "S-P/1", "SIP/" + "x" * 100]
)
async def test_it_hangs_up_nothing_but_a_channel(panel, iexpbx, channel):
    with pytest.raises(ProviderError) as caught:
        await iexpbx.hang_up(channel)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert "Take one from the list of active calls." in caught.value.user_text
    assert panel.asked == []


async def test_it_sends_each_value_as_one_however_it_is_written(panel, iexpbx, wrapped):
    panel.anything = wrapped()
    await iexpbx.hang_up("SIP/90555&action=callnumber#?Şişli%26")
    await iexpbx.ivr_call("905551234567", ["menu=5", "data=a&b=c|{d}+ğ", "Tom", "&", "action=hangupcall", "100%"])
    assert panel.asked == [
        ("hangupcall", {"channel": "SIP/90555&action=callnumber#?Şişli%26"}),
        (
            "callivr",
            {"number": "905551234567", "dest": "5", "uf": "a&b=c|{d}+ğ", "file": "{Tom & action=hangupcall 100%}"},
        ),
    ]
    assert "channel=SIP%2F90555%26action%3Dcallnumber%23%3F%C5%9Ei%C5%9Fli%2526" in panel.raw[0]
    assert "file=%7BTom%20%26%20action%3Dhangupcall%20100%25%7D" in panel.raw[1]
    assert "username=ApiKullan%C4%B1c%C4%B1Ad%C4%B1&password=p%26ss%2F%C5%9E%C4%B0FRE%2B0042&action=" in panel.raw[0]


@pytest.mark.parametrize(
    ("setting", "sent"), [("bare", "905551234567"), ("plus", "+905551234567"), ("00", "00905551234567")]
)
async def test_it_writes_a_number_abroad_as_the_account_says(panel, opened, wrapped, setting, sent):
    panel.anything = wrapped()
    account = opened(international=setting, dial_plan="outside", ivr="7")
    await account.place_call(CallRequest(JOHN, "+905551234567"))
    await account.masked_call("+905551234567", "05551234568")
    await account.ivr_call("+905551234567", [])
    assert panel.asked == [
        ("callnumber", {"number": sent, "internal": "100"}),
        ("callback", {"number1": sent, "number2": "05551234568", "dp": "outside"}),
        ("callivr", {"number": sent, "dp": "outside", "dest": "7"}),
    ]


async def test_it_says_that_the_caller_id_is_not_ours_to_choose(panel, iexpbx, wrapped):
    panel.anything = wrapped(message="Started.")
    result = await iexpbx.place_call(CallRequest(JOHN, "905551234567", "902125550000"))
    assert result.note == "Started. IEXPBX chooses the caller ID itself."


async def test_it_connects_nobody_with_themselves(panel, iexpbx):
    with pytest.raises(ProviderError, match="both numbers are the same"):
        await iexpbx.masked_call("+905551234567", "905551234567")
    with pytest.raises(ProviderError, match="the agent's extension is none"):
        await iexpbx.place_call(CallRequest(Agent("1&2", AgentState.AVAILABLE, ""), "905551234567"))
    assert panel.asked == []


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (["menu=5", "Your", "order", "is", "ready"], {"dest": "5", "file": "{Your order is ready}"}),
        (
            ["menu=5", "play=hello", "Your", "order", "play=bye", "play=end"],
            {"dest": "5", "file": "hello|{Your order}|bye|end"},
        ),
        (["MENU=5", "plan=out", "data=order 7"], {"dest": "5", "dp": "out", "uf": "order 7"}),
    ],
)
async def test_it_puts_an_announcement_of_iex_7_together(panel, iexpbx, wrapped, words, fields):
    panel.anything = wrapped()
    await iexpbx.ivr_call("905551234567", words)
    assert panel.asked == [("callivr", {"number": "905551234567", **fields})]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["Hello"], "write menu=NUMBER"),
        (["menu=5", "a}|b"], "must not hold braces"),
        (["menu=5", "a\x00"], "must not hold braces, bars or control"),
        (["menu=5", "play=../etc"], "play= wants one name"),
        (["menu=5|6"], "menu= wants one name"),
        (["menu=5", "data="], "data= wants"),
        (["menu=5", "x" * 501], "longer than 500"),
        (["menu=5", *["play=a"] * 21], "more than 20 parts"),
    ],
)
async def test_it_refuses_an_announcement_that_it_cannot_write(panel, iexpbx, words, why):
    with pytest.raises(ProviderError) as caught:
        await iexpbx.ivr_call("905551234567", words)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert why in caught.value.user_text
    assert panel.asked == []
