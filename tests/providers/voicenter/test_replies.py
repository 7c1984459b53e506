"""Click2Call: a deed is sent once, and told as lost when its answer is: counted at the server."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState, CallOutcome, CallRequest
from providers.voicenter.replies import reply_in

NOA = Agent("SIPNOA", AgentState.AVAILABLE, "Login")
CALL = CallRequest(NOA, "+972 50-123-4567", "+972722776772")
OK = {"ERRORCODE": 0, "ERRORMESSAGE": "OK", "CALLID": "20261121aa"}
ACCEPTED, REJECTED, UNKNOWN = CallOutcome.ACCEPTED, CallOutcome.REJECTED, CallOutcome.UNKNOWN


async def cut(request):
    request.transport.abort()
    return web.Response()


def status(code):
    async def answer(request):
        return web.Response(status=code, headers={"Location": "/"})

    return answer


@pytest.fixture
def up(extensions, extension):
    """One call at SIP1, two at SIP2, none at SIP3."""
    calls = [{"ivrid": f"call{n}", "callstatus": "Talking"} for n in range(3)]
    extensions(extension("SIP1", calls=calls[:1]), extension("SIP2", calls=calls[1:]), extension("SIP3"))


DEEDS = {"call": lambda account: account.place_call(CALL), "terminate": lambda account: account.hang_up("call0")}


async def test_it_places_a_call_once(panel, with_calls):
    panel.anything = OK
    result = await with_calls.place_call(CALL)
    assert (result.outcome, result.call_id, result.note) == (ACCEPTED, "20261121aa", "")
    fields = {"action": "call", "phone": "SIPNOA", "target": "972501234567", "targetcallerid": "972722776772"}
    assert panel.asked == [("POST", "/ForwardDialer/click2call.aspx", {**fields, "format": "json"})]


async def test_it_shows_no_caller_id_of_its_own(panel, with_calls):
    panel.anything = OK
    await with_calls.place_call(CallRequest(NOA, "972501234567"))
    assert panel.deeds() == [{"action": "call", "phone": "SIPNOA", "target": "972501234567", "format": "json"}]


async def test_it_ends_a_call_by_its_id_or_its_extension(panel, with_calls, up):
    panel.answers["click2call.aspx"] = OK
    for wanted in ("call0", "SIP1"):
        assert (await with_calls.hang_up(wanted)).outcome is ACCEPTED
    assert panel.deeds() == [{"action": "terminate", "phone": "SIP1", "format": "json"}] * 2


async def test_it_places_a_call_by_get_where_it_is_told_to(panel, opened):
    panel.anything = OK
    account = opened(request="get", click2call_url=f"{panel.url}ForwardDialer/click2call.aspx")
    assert (await account.place_call(CALL)).outcome is ACCEPTED
    assert panel.asked[0][:2] == ("GET", "/ForwardDialer/click2call.aspx")
    assert panel.deeds()[0]["target"] == "972501234567"


@pytest.mark.parametrize(
    ("wanted", "kind", "words"),
    [
        ("gone", ErrorKind.NOT_FOUND, "lists no call gone that is up"),
        ("SIP3", ErrorKind.NOT_FOUND, "lists no call SIP3 that is up"),
        ("call1", ErrorKind.BAD_REQUEST, "it ends whatever is up at SIP2, and 2 calls are"),
        ("SIP2", ErrorKind.BAD_REQUEST, "it ends whatever is up at SIP2, and 2 calls are"),
        ("", ErrorKind.BAD_REQUEST, "no call id"),
        ("a&phone=SIP2", ErrorKind.BAD_REQUEST, "no call id"),
    ],
)
async def test_it_ends_nothing_but_the_one_call_that_was_meant(panel, with_calls, up, wanted, kind, words):
    with pytest.raises(ProviderError) as caught:
        await with_calls.hang_up(wanted)
    assert caught.value.kind is kind
    assert words in caught.value.user_text
    assert panel.deeds() == []


async def test_it_ends_nothing_where_the_calls_cannot_be_looked_at(panel, with_calls):
    panel.answers["GetExtensionsCalls"] = status(503)
    with pytest.raises(ProviderError):
        await with_calls.hang_up("call0")
    assert panel.deeds() == []


@pytest.mark.parametrize("number", ["", "+", "112a", "90555&action=terminate", "1" * 21])
async def test_it_sends_nothing_that_is_no_number_and_no_extension(panel, with_calls, number):
    odd = Agent("SIP 1&x", AgentState.AVAILABLE, "Login")
    for request in (CallRequest(NOA, number), CallRequest(NOA, "97250", number or "x"), CallRequest(odd, "97250")):
        with pytest.raises(ProviderError) as caught:
            await with_calls.place_call(request)
        assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []


ANSWERS = [
    ('{"ERRORCODE":0,"ERRORMESSAGE":"OK","CALLID":"a1"}', ACCEPTED, ""),
    ('{"ERRORCODE":"0"}', ACCEPTED, ""),
    ('{"ErrorCode":0,}', ACCEPTED, ""),
    ('{"ERRORCODE":1,"ERRORMESSAGE":"Invalid target"}', REJECTED, "Invalid target"),
    ('{"ERRORCODE":1,"ERRORMESSAGE":"bad c0de-of-ours/0042"}', REJECTED, "bad •••"),
    ('{"ERRORCODE":3}', REJECTED, "the extension is offline"),
    ('{"ERRORCODE":4}', REJECTED, "the extension is blocked for Click2Call"),
    ('{"ERR":1,"DESC":"Authorization failed."}', REJECTED, "Authorization failed."),
    ('{"ERR":"Out of funds"}', REJECTED, "Out of funds"),
    ('{"ERR":2}', UNKNOWN, "“ERR 2”"),
    ('{"status":"error","message":"Feature disabled"}', REJECTED, "Feature disabled"),
    ('{"success":false}', REJECTED, ""),
    ('{"ERRORCODE":2,"ERRORMESSAGE":"Application error"}', UNKNOWN, "error 2 (“Application error”)"),
    ('{"ERRORCODE":9}', UNKNOWN, "error 9"),
    ('{"ERRORCODE":null}', UNKNOWN, "an error that cannot be read"),
    ('{"CALLID":"a1"}', UNKNOWN, "an answer that cannot be read"),
    ("{}", UNKNOWN, "an answer that cannot be read"),
    ("[]", UNKNOWN, "an answer that cannot be read"),
    ("true", UNKNOWN, "an answer that cannot be read"),
    ("null", UNKNOWN, "an answer that cannot be read"),
    ("OK", UNKNOWN, "an answer that cannot be read"),
    ("", UNKNOWN, "an empty answer"),
    ("<CLICK2CALL><ERRORCODE>0</ERRORCODE></CLICK2CALL>", UNKNOWN, "a web page or XML as its answer"),
    ('{"ERRORCODE":0,"CALL', UNKNOWN, "an answer that was cut off"),
]


@pytest.mark.parametrize(("body", "outcome", "note"), ANSWERS)
async def test_it_judges_every_answer(panel, with_calls, body, outcome, note):
    panel.anything = body
    result = await with_calls.place_call(CALL)
    if outcome is UNKNOWN:
        note = f"Voicenter sent {note} after the request had left. It may have been carried out: check before you try again."
    assert (result.outcome, result.note) == (outcome, note)
    assert len(panel.asked) == 1


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("answer", [cut, status(500), status(502), status(302), status(408)])
async def test_it_sends_a_lost_deed_once(panel, with_calls, up, deed, warm, answer):
    if warm:
        panel.answers["click2call.aspx"] = OK
        await DEEDS[deed](with_calls)
        panel.asked.clear()
    panel.answers["click2call.aspx"] = answer
    result = await DEEDS[deed](with_calls)
    assert result.outcome is UNKNOWN
    assert "may have been carried out" in result.note
    assert [fields["action"] for fields in panel.deeds()] == [deed]


@pytest.mark.parametrize("deed", DEEDS)
async def test_it_sends_a_deed_that_times_out_once(panel, with_calls, up, deed, monkeypatch, deadlines):
    monkeypatch.setattr("providers.voicenter.adapter._WRITE_SECONDS", 0.2)
    release = asyncio.Event()

    async def hang(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    panel.answers["click2call.aspx"] = hang
    result = await DEEDS[deed](with_calls)
    release.set()
    assert result.outcome is UNKNOWN
    assert result.note.startswith("Voicenter did not answer within 0.2 s after the request had left.")
    assert len(panel.deeds()) == 1


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, ErrorKind.AUTH),
        (403, ErrorKind.IP_BLOCKED),
        (429, ErrorKind.RATE_LIMITED),
        (404, ErrorKind.NOT_FOUND),
        (400, ErrorKind.BAD_REQUEST),
    ],
)
async def test_it_raises_where_it_is_certain_that_nothing_was_done(panel, with_calls, up, deed, code, kind):
    panel.answers["click2call.aspx"] = status(code)
    with pytest.raises(ProviderError) as caught:
        await DEEDS[deed](with_calls)
    assert caught.value.kind is kind
    assert len(panel.deeds()) == 1


@pytest.mark.parametrize("deed", DEEDS)
async def test_it_raises_where_nothing_could_be_sent(opened, up, deed):
    with pytest.raises(ProviderError) as caught:
        await DEEDS[deed](opened(click2call_url="http://127.0.0.1:1/ForwardDialer"))
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_a_refusal_of_one_address_cools_the_whole_account_down(panel, with_calls, clock):
    panel.anything = status(403)
    for asked in (with_calls.place_call(CALL), with_calls.agents()):
        with pytest.raises(ProviderError) as caught:
            await asked
    assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert len(panel.asked) == 1


@given(st.text(max_size=300) | st.builds('{{"ERRORCODE":{}}}'.format, st.text("0123456789-.e", max_size=4)))
def test_it_takes_nothing_but_zero_for_a_call(text):
    reply = reply_in(text)
    assert reply.outcome is not ACCEPTED or '"ERRORCODE":' in text.upper()
    assert reply.outcome is not UNKNOWN or reply.words
