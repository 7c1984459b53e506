"""VPC-4 is sent once, and told as lost when its answer is: counted at the server."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState, CallOutcome, CallRequest
from providers.voipcloud.replies import reply_in

MAX = Agent("1001", AgentState.UNKNOWN, "")
CALL = CallRequest(MAX, "+61 2 9123-4567")
LOST = "after the request had left. It may have been carried out: check before you try again."


async def cut(request):
    request.transport.abort()
    return web.Response()


async def half(request):
    request.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"code":200')
    await asyncio.sleep(0)
    request.transport.close()
    return web.Response()


def status(code, body=None):
    async def answer(request):
        if body is not None:
            return web.json_response(body, status=code)
        return web.Response(status=code, headers={"Location": "/"})

    return answer


@pytest.mark.parametrize(
    ("keys", "path", "kind"),
    [
        ({}, "/api/integration/v1/call-to-number", "application/x-www-form-urlencoded"),
        ({"version": "v2"}, "/api/integration/v2/call-to-number", "multipart/form-data"),
        ({"version": "v2", "call_body": "json"}, "/api/integration/v2/call-to-number", "application/json"),
        ({"version": "v2", "call_body": "form"}, "/api/integration/v2/call-to-number", "application/x-www-form-urlencoded"),
        ({"call_body": "json"}, "/api/integration/v1/call-to-number", "application/json"),
    ],
)  # fmt: skip
async def test_it_rings_the_agent_first(panel, opened, keys, path, kind):
    panel.anything = {"code": 200, "message": {"status": "success"}, "data": {"unique_call_id": "u-7"}}
    result = await opened(**keys).place_call(CALL)
    assert (result.outcome, result.call_id) == (CallOutcome.ACCEPTED, "u-7")
    assert panel.asked == [("POST", path, {"user_number": "1001", "number_to_call": "+61291234567"})]
    assert panel.types == [kind]


async def test_v2_takes_a_caller_id_and_v1_knows_none(panel, opened):
    panel.anything = {"code": 200}
    call = CallRequest(MAX, "0291234567", "+61 280001111")
    await opened(version="v2").place_call(call)
    await opened().place_call(call)
    first, second = panel.asked_of("call-to-number")
    assert first == {"user_number": "1001", "number_to_call": "0291234567", "caller_id": "+61280001111"}
    assert second == {"user_number": "1001", "number_to_call": "0291234567"}


@pytest.mark.parametrize("number", ["", "+", "112a", "90555&action=x", "1" * 21, "١٢٣"])
async def test_it_sends_nothing_that_is_no_number(panel, opened, number):
    account = opened(version="v2")
    nobody = Agent(number, AgentState.UNKNOWN, "")
    for request in (
        CallRequest(MAX, number),
        CallRequest(nobody, "0291234567"),
        CallRequest(MAX, "029", number or "x"),
    ):
        with pytest.raises(ProviderError) as caught:
            await account.place_call(request)
        assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []


ACCEPTED = [
    '{"code":200,"status":"success","message":"OK","data":[]}',
    '{"code":"200","data":{"user_number":"1001"}}',
    '{"status":"success"}',
    '{"data":[{"unique_call_id":null}]}',
    '{"success":true}',
    "true",
    '"OK"',
    "Success",
    "Call initiated.",
]
REJECTED = [
    ('{"code":400,"message":"User is offline"}', "User is offline"),
    ('{"code":404,"message":"User not found"}', "User not found"),
    ('{"code":402,"message":{"text":"No licence"}}', "No licence"),
    ('{"code":422,"errors":{"user_number":["is not valid"]}}', "is not valid"),
    ('{"code":200,"status":"error","message":"No route t0ken-of-ours-0042"}', "No route •••"),
    ('{"message":{"status":"failed","reason":"Busy"}}', "Busy"),
    ('{"error":"Invalid number"}', "Invalid number"),
    ('{"success":false}', "VoIPcloud gave no reason."),
    ("false", "VoIPcloud gave no reason."),
]
UNKNOWN = [
    ("", "an empty answer"),
    (" \n", "an empty answer"),
    ("null", "“null” as its answer"),
    ('""', "an empty answer"),
    ("[]", "a list as its answer"),
    ("{}", "an answer without a word"),
    ("0", "“0” as its answer"),
    ('{"code":0,"message":"Unknown error"}', "an unknown error (code 0, “Unknown error”) as its answer"),
    ('{"code":500}', "an unknown error (code 500) as its answer"),
    ('{"code":408}', "an unknown error (code 408) as its answer"),
    ("<html>Call started</html>", "a web page as its answer"),
    ('{"code":200,"status":"succ', "an answer that was cut off"),
    ("Authorization error", "“Authorization error” as its answer"),
    ("OK " * 100, "an answer that cannot be read"),
    ("[" * 100, "an answer that cannot be read"),
]


@pytest.mark.parametrize("body", ACCEPTED)
async def test_it_tells_an_accepted_call(panel, voipcloud, body):
    panel.anything = body
    assert (await voipcloud.place_call(CALL)).outcome is CallOutcome.ACCEPTED
    assert len(panel.asked) == 1


@pytest.mark.parametrize(("body", "note"), REJECTED)
async def test_it_tells_a_rejected_call(panel, voipcloud, body, note):
    panel.anything = body
    result = await voipcloud.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, note)
    assert len(panel.asked) == 1


@pytest.mark.parametrize(("body", "what"), UNKNOWN)
async def test_it_tells_a_call_whose_answer_says_nothing(panel, voipcloud, body, what):
    panel.anything = body
    result = await voipcloud.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.UNKNOWN, f"VoIPcloud sent {what} {LOST}")
    assert len(panel.asked) == 1


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("body", ["form", "json"])
@pytest.mark.parametrize("answer", [cut, half, status(500), status(502), status(302), status(408), status(418)])
async def test_it_sends_a_lost_call_once(panel, opened, clock, warm, body, answer):
    account = opened(call_body=body)
    if warm:
        await account.queue_calls(clock())
    panel.anything = answer
    result = await account.place_call(CALL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note.endswith(LOST)
    assert len(panel.asked_of("call-to-number")) == 1


async def test_it_sends_a_call_that_times_out_once(panel, opened, deadlines):
    account, release = opened(), asyncio.Event()

    async def hang(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    panel.anything = hang
    try:
        result = await account.place_call(CALL)
    finally:
        release.set()
    assert result.outcome is CallOutcome.UNKNOWN
    assert LOST in result.note
    assert len(panel.asked) == 1


@pytest.mark.parametrize("code", [400, 402, 404])
async def test_a_no_of_the_document_is_told_in_the_vendors_words(panel, voipcloud, code):
    panel.anything = status(code, {"code": code, "message": "User is offline"})
    result = await voipcloud.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, "User is offline")
    assert len(panel.asked) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(400), ErrorKind.BAD_REQUEST),
        (status(402), ErrorKind.REJECTED),
        (status(404), ErrorKind.NOT_FOUND),
        (status(401), ErrorKind.AUTH),
        (status(403), ErrorKind.IP_BLOCKED),
        (status(429), ErrorKind.RATE_LIMITED),
        ({"code": 401, "message": "Authorization error"}, ErrorKind.AUTH),
        ({"code": 429, "message": "Too Many Requests"}, ErrorKind.RATE_LIMITED),
        ({"code": 404}, ErrorKind.NOT_FOUND),
    ],
)
async def test_it_raises_where_it_is_certain_that_nothing_was_done(panel, voipcloud, answer, kind):
    panel.anything = answer
    with pytest.raises(ProviderError) as caught:
        await voipcloud.place_call(CALL)
    assert (caught.value.kind, caught.value.operation) == (kind, "VPC-4")
    assert len(panel.asked) == 1


async def test_a_call_that_was_refused_for_the_limit_keeps_the_next_one_here(panel, voipcloud):
    panel.anything = {"code": 429}
    for _ in range(2):
        with pytest.raises(ProviderError) as caught:
            await voipcloud.place_call(CALL)
        assert caught.value.kind is ErrorKind.RATE_LIMITED
    assert len(panel.asked) == 1


async def test_it_raises_where_nothing_could_be_sent(opened):
    with pytest.raises(ProviderError) as caught:
        await opened(base_url="http://127.0.0.1:1").place_call(CALL)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


@given(
    st.text(max_size=300) | st.sampled_from([*ACCEPTED, *(body for body, _ in REJECTED)]), st.sampled_from([200, 404])
)
def test_it_judges_any_answer(text, code):
    reply = reply_in(text, code)
    if code == 404:
        assert reply.outcome is CallOutcome.REJECTED
    elif not text.strip() or text.lstrip().startswith("<"):
        assert reply.outcome is CallOutcome.UNKNOWN


@given(st.text(min_size=1, max_size=100))
def test_no_cut_answer_is_a_yes(text):
    import json

    whole = json.dumps({"code": 200, "status": "success", "message": text})
    for end in range(1, len(whole)):
        assert reply_in(whole[:end], 200).outcome is CallOutcome.UNKNOWN
