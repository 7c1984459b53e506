"""A deed is sent once, and told as lost when its answer is: counted at the server."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState, CallOutcome, CallRequest
from providers.mor.replies import reply_in
from providers.mor.signature import mor_hash

CALL = CallRequest(Agent("101", AgentState.UNKNOWN, ""), "+380 44 123-45-67")
CALLBACK = "/functions/activate_callback"
YES = "<action><name>callback</name><status>ok</status><status_message>Callback activated</status_message></action>"
EDITS = {
    "details": (("details", "set", ["city", "Riga"]), "/users/update_personal_details/17"),
    "callflow": (("callflow", "set", ["1", "busy", "voicemail"]), "/devices/callflow_edit/1"),
    "currency": (("rates", "currency", ["USD"]), "/tariffs/user_rates"),
    "callerid": (("callerids", "add", ["1", "5556666", "Ann"]), "/devices/cli_add"),
    "contact": (("contacts", "add", ["5556666", "Ann"]), "/phonebooks/add_new/17"),
    "delete": (("contacts", "delete", ["4"]), "/phonebooks/destroy/4"),
    "missed": (("missed", "process", ["855"]), "/stats/missed_calls"),
}
LOOKS = {
    "/users/personal_details": "mor-5",
    "/devices/callflow_edit/1": "mor-9",
    "/tariffs/user_rates": "mor-11",
    "/devices/user_device_clis": "mor-29",
    "/phonebooks/list/17": "mor-31",
    "/stats/missed_calls": "mor-24",
    "/devices/user_devices": "mor-7",
}


async def cut(request):
    request.transport.abort()
    return web.Response()


async def cut_body(request):
    request.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n<action><status>ok")
    await asyncio.sleep(0)
    request.transport.close()
    return web.Response()


def status(code):
    async def answer(request):
        return web.Response(status=code, headers={"Location": "/"})

    return answer


def is_deed(request) -> bool:
    """Not the page that is read before."""
    return request.method == "POST" or "currency" in request.query


@pytest.fixture
def then(panel, sample):
    """The pages are there, and deeds are answered with this."""

    def prepare(answer) -> None:
        def page(name):
            async def read(request):
                if not is_deed(request):
                    return sample(name)
                return await answer(request) if callable(answer) else answer

            return read

        panel.anything = answer
        panel.answers = {path: page(name) for path, name in LOOKS.items()}

    return prepare


def deeds(panel) -> list:
    return [asked for asked in panel.asked if asked[0] == "POST" or "currency" in asked[2]]


async def test_it_places_a_call_once(panel, mor, then):
    then(YES)
    result = await mor.place_call(CALL)
    assert (result.outcome, result.call_id, result.note) == (CallOutcome.ACCEPTED, None, "Callback activated")
    assert deeds(panel) == [("POST", CALLBACK, {"src": "101", "dst": "380441234567", "acc": "1"}, {})]


async def test_it_says_whose_caller_id_is_shown(panel, mor, then):
    then(YES)
    result = await mor.place_call(CallRequest(CALL.agent, "380441234567", "12025550110"))
    assert result.note == "Callback activated. MOR shows the device's own caller ID."
    assert "12025550110" not in str(panel.asked)


async def test_it_calls_through_the_device_that_it_is_told(panel, opened, then):
    then(YES)
    await opened(call_device="9").place_call(CallRequest(Agent("37060000001", AgentState.UNKNOWN, ""), "380441234567"))
    assert panel.asked[-1][2] == {"src": "37060000001", "dst": "380441234567", "acc": "9"}
    assert panel.asked_of("/devices/user_devices") == []


async def test_it_calls_by_the_real_api(panel, opened, then):
    then("<page><status>Ok</status></page>")
    result = await opened(api="billing", hash_order={"callback_init": "none"}).place_call(CALL)
    assert result.outcome is CallOutcome.ACCEPTED
    method, path, query, form = panel.asked[-1]
    assert (method, path, query) == ("POST", "/billing/api/callback_init", {})
    assert len(form.pop("hash")) == 40
    fields = {"device": "1", "src": "101", "dst": "380441234567"}
    assert form == {"u": "anna", "p": "p4ss-of-ours+0042", **fields}


async def test_the_real_api_shows_the_caller_id_and_signs_in_the_wikis_order(panel, opened, then):
    then("<page><status>Ok</status></page>")
    call = CallRequest(CALL.agent, "380441234567", "+1 202 555 0110")
    result = await opened(api="billing").place_call(call)
    form = panel.asked[-1][3]
    assert (result.outcome, result.note) == (CallOutcome.ACCEPTED, "Ok")
    assert form["cli_legb"] == "12025550110"
    assert form["hash"] == mor_hash(["1", "380441234567", "101"], "s3cret key/of ours")


async def test_a_refused_signature_of_a_call_says_what_to_check(opened, then):
    then("<status><error>Incorrect hash</error></status>")
    result = await opened(api="billing").place_call(CALL)
    assert result.outcome is CallOutcome.REJECTED
    assert "Check api_secret, and the order of the values (hash_order) for callback_init." in result.note


async def test_an_answer_in_an_html_wrapper_with_the_prolog_inside_is_read(opened, then):
    then('<html><?xml version="1.0" encoding="UTF-8"?><page><status>Ok</status></page></html>')
    assert (await opened(api="billing").place_call(CALL)).outcome is CallOutcome.ACCEPTED


@pytest.mark.parametrize("said", ["Bad device", "No source", "Not authenticated"])
async def test_it_is_refused_by_the_real_api(panel, opened, then, said):
    then(f"<?xml version='1.0'?><Status>{said}</Status>")
    result = await opened(api="billing").place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, said)


@pytest.mark.parametrize(
    ("extension", "kind", "words"),
    [("999", ErrorKind.NOT_FOUND, "no telephone with extension 999"), ("102", ErrorKind.NOT_FOUND, "no telephone")],
)
async def test_it_places_no_call_for_nobody_nor_for_a_fax(panel, mor, then, extension, kind, words):
    then(YES)
    with pytest.raises(ProviderError) as caught:
        await mor.place_call(CallRequest(Agent(extension, AgentState.UNKNOWN, ""), "380441234567"))
    assert caught.value.kind is kind
    assert words in caught.value.user_text
    assert "so no call was placed" in caught.value.user_text
    assert deeds(panel) == []


async def test_it_places_no_call_where_two_devices_have_the_extension(panel, mor, sample, then):
    then(YES)
    panel.answers["/devices/user_devices"] = sample("mor-7").replace("FAX", "SIP").replace(">102<", ">101<")
    with pytest.raises(ProviderError) as caught:
        await mor.place_call(CALL)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert deeds(panel) == []


@pytest.mark.parametrize("number", ["", "+", "112a", "90555&acc=2", "1" * 21])
async def test_it_sends_nothing_that_is_no_number(panel, mor, number):
    for request in (
        CallRequest(CALL.agent, number),
        CallRequest(Agent(number, AgentState.UNKNOWN, ""), "380441234567"),
    ):
        with pytest.raises(ProviderError) as caught:
            await mor.place_call(request)
        assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == panel.logins == []


REJECTED = [
    ("<action><status>failed</status><status_message>Nope</status_message></action>", "Nope"),
    ("<action><status>failed</status></action>", "failed"),
    ("<action><name>x</name></action>", "failed"),
    ("<page><error>Low balance p4ss-of-ours+0042</error></page>", "Low balance •••"),
    ("<page><status><error>Dont be so smart</error></status></page>", "Dont be so smart"),
    ("<Error>user not found</Error>", "user not found"),
    ("Feature disabled", "Feature disabled"),
    ('{"status":"error","message":"Feature disabled"}', "Feature disabled"),
]
UNKNOWN = [
    ("", "an empty answer"),
    ("<html><h1>Callback activated</h1></html>", "a web page as its answer"),
    ("<form><input type=password></form>", "an answer that cannot be read"),
    ("<page><pagename>Login page</pagename></page>", "its login page"),
    ("<page><pagename>Main page</pagename></page>", "no verdict"),
    ("<action><status>ok</status>", "an answer that was cut off"),
    ("-12.5", "no verdict"),
    ("what?", "no verdict"),
    ("\x00\x01\x02", "an answer that cannot be read"),
    (b"\x1f\x8b\x00broken", "an answer that cannot be read"),
    ("<!DOCTYPE a [<!ENTITY b 'ok'>]><action><status>&b;</status></action>", "an answer that cannot be read"),
]


@pytest.mark.parametrize(("body", "note"), REJECTED)
async def test_it_tells_a_rejected_deed(panel, mor, then, body, note):
    then(body)
    result = await mor.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, note)
    assert len(deeds(panel)) == 1


@pytest.mark.parametrize(("body", "what"), UNKNOWN)
async def test_it_tells_a_deed_whose_answer_says_nothing(panel, mor, then, body, what):
    then(body)
    result = await mor.place_call(CALL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note == (
        f"MOR sent {what} after the request had left. It may have been carried out: check before you try again."
    )
    assert len(deeds(panel)) == 1


@pytest.mark.parametrize("answer", [cut, cut_body, status(500), status(502), status(302), status(408)])
async def test_it_sends_a_lost_call_once(panel, mor, then, answer):
    then(answer)
    result = await mor.place_call(CALL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert "may have been carried out" in result.note
    assert len(deeds(panel)) == 1
    assert len(panel.logins) == 1


@pytest.mark.parametrize("answer", [cut, cut_body, status(500), status(302), "", "<page/>", "<page><a/></page>"])
@pytest.mark.parametrize("name", EDITS)
async def test_it_sends_a_lost_change_once(panel, mor, then, name, answer):
    words, path = EDITS[name]
    then(answer)
    result = await mor.edit(*words)
    assert result.outcome is CallOutcome.UNKNOWN
    assert [asked[1] for asked in deeds(panel)] == [path]


async def test_it_sends_a_deed_that_times_out_once(panel, mor, then, monkeypatch, deadlines):
    monkeypatch.setattr("providers.mor.adapter._WRITE_SECONDS", 0.2)
    release = asyncio.Event()

    async def hang(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    then(hang)
    result = await mor.place_call(CALL)
    release.set()
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note.startswith("MOR did not answer within 0.2 s after the request had left.")
    assert len(deeds(panel)) == 1


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (401, ErrorKind.AUTH),
        (403, ErrorKind.AUTH),
        (429, ErrorKind.RATE_LIMITED),
        (404, ErrorKind.NOT_FOUND),
        (400, ErrorKind.BAD_REQUEST),
    ],
)
async def test_it_raises_where_it_is_certain_that_nothing_was_done(panel, mor, then, code, kind):
    then(status(code))
    with pytest.raises(ProviderError) as caught:
        await mor.place_call(CALL)
    assert caught.value.kind is kind
    assert len(deeds(panel)) == 1


@pytest.mark.parametrize("name", EDITS)
async def test_it_raises_where_nothing_could_be_sent(opened, name):
    account = opened(base_url="http://127.0.0.1:1")
    with pytest.raises(ProviderError) as caught:
        await account.edit(*EDITS[name][0])
    assert caught.value.kind is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize("name", EDITS)
async def test_a_session_that_is_over_is_renewed_before_the_deed_never_by_repeating_it(panel, mor, then, name):
    words, path = EDITS[name]
    then(YES)
    await mor.edit(*words)
    panel.sessions.clear()
    panel.asked.clear()
    await mor.edit(*words)
    assert len(panel.logins) == 2
    assert [asked[1] for asked in deeds(panel)] == [path]


@given(st.text(max_size=300))
def test_it_judges_any_answer(text):
    reply = reply_in(text)
    if not text.strip(" \t\r\n\x00\ufeff"):
        assert reply.outcome is CallOutcome.UNKNOWN
    if "ok" not in text.casefold() and "success" not in text.casefold() and "true" not in text.casefold():
        assert reply.outcome is not CallOutcome.ACCEPTED
