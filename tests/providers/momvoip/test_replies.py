"""A deed is sent once, and told as lost when its answer is: counted at the server."""

import asyncio

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState, CallOutcome, CallRequest, NumberStatus
from providers.momvoip.replies import reply_in

MAX = Agent("1111", AgentState.AVAILABLE, "online", user_id="234")
CALL = CallRequest(MAX, "+380 44 123-45-67", "+1234567890")


def lookup(*users):
    return [{"id": i, "login": f"u{i}", "exten": e, "group_id": "1"} for i, e in users]


async def cut(request):
    request.transport.abort()
    return web.Response()


def status(code):
    async def answer(request):
        return web.Response(status=code, headers={"Location": "/"})

    return answer


async def test_it_places_a_call_once(panel, momvoip):
    panel.answers["voip_api_call"] = {"status": "success", "message": "Call started", "call_id": "1714121428.13"}
    result = await momvoip.place_call(CALL)
    assert (result.outcome, result.call_id, result.note) == (CallOutcome.ACCEPTED, "1714121428.13", "Call started")
    form = {"number": "380441234567", "ex_number": "1234567890", "user_id": "234"}
    assert panel.asked == [("voip_api_call", form)]


async def test_it_shows_no_caller_id_of_its_own(panel, momvoip):
    panel.answers["voip_api_call"] = True
    await momvoip.place_call(CallRequest(MAX, "380441234567"))
    assert panel.asked == [("voip_api_call", {"number": "380441234567", "user_id": "234"})]


async def test_it_looks_up_who_the_agent_is(panel, momvoip):
    panel.answers = {"voip_api_get_users": lookup(("234", "1111"), ("958", "2222")), "voip_api_call": "OK"}
    result = await momvoip.place_call(CallRequest(Agent("2222", AgentState.AVAILABLE, "online"), "380441234567"))
    assert result.outcome is CallOutcome.ACCEPTED
    assert panel.asked_of("voip_api_call") == [{"number": "380441234567", "user_id": "958"}]


async def test_it_calls_by_extension_where_it_is_told_to(panel, opened):
    panel.answers["voip_api_call"] = "OK"
    await opened(call_user="extension").place_call(CALL)
    assert panel.asked[0][1]["user_id"] == "1111"


@pytest.mark.parametrize(
    ("users", "kind", "words"),
    [
        (lookup(("958", "2222")), ErrorKind.NOT_FOUND, "no user with extension 1111, so no call was placed"),
        (lookup(("1", "1111"), ("2", "1111")), ErrorKind.BAD_REQUEST, "several users with extension 1111"),
        ([{"id": "9", "exten": "7"}, None], ErrorKind.NOT_FOUND, "(1 rows of its list could not be read)"),
        ({"error": "Invalid key"}, ErrorKind.AUTH, "Invalid key"),
        ("", ErrorKind.GARBLED, "empty answer"),
    ],
)
async def test_it_places_no_call_for_nobody(panel, momvoip, users, kind, words):
    panel.answers = {"voip_api_get_users": users, "voip_api_call": "OK"}
    with pytest.raises(ProviderError) as caught:
        await momvoip.place_call(CallRequest(Agent("1111", AgentState.AVAILABLE, "online"), "380441234567"))
    assert caught.value.kind is kind
    assert words in caught.value.user_text
    assert panel.asked_of("voip_api_call") == []


@pytest.mark.parametrize("number", ["", "+", "112a", "90555&action=hangupcall", "1" * 21])
async def test_it_sends_nothing_that_is_no_number(panel, momvoip, number):
    for request in (CallRequest(MAX, number), CallRequest(MAX, "380441234567", number or "x")):
        with pytest.raises(ProviderError) as caught:
            await momvoip.place_call(request)
        assert caught.value.kind is ErrorKind.BAD_REQUEST
    with pytest.raises(ProviderError) as caught:
        await momvoip.set_number_status(number, NumberStatus.SPAM)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []


ACCEPTED = [
    ("true", ""),
    ("1", ""),
    ('"1"', "1"),
    ("[]", ""),
    ("{}", ""),
    ("OK", "OK"),
    ("Call started", "Call started"),
    ('"success"', "success"),
    ('{"status":"success"}', "success"),
    ('{"error":0,"message":"ok"}', "ok"),
    ('{"error":null}', ""),
    ('[{"result":"done"}]', "done"),
    ('{"status":"ok",}', "ok"),
]
REJECTED = [
    ("false", "MoMVOIP answered “false” and gave no reason."),
    ("0", "MoMVOIP answered “0” and gave no reason."),
    ('"0"', "MoMVOIP answered “0” and gave no reason."),
    ('{"error":"Invalid number"}', "Invalid number"),
    ('{"error":true}', "MoMVOIP answered “error” and gave no reason."),
    ('{"status":"error","message":"User is offline"}', "User is offline"),
    ('[{"status":"error","message":"User is offline"}]', "User is offline"),
    ('{"success":false,"msg":"No money k3y-of-ours-0042"}', "No money •••"),
    ("Invalid key", "Invalid key"),
    ("Error: user not found", "Error: user not found"),
    ('"Insufficient funds"', "Insufficient funds"),
]
UNKNOWN = [
    ("", "an empty answer"),
    (" \n", "an empty answer"),
    ("null", "“null” as its answer"),
    ('""', "an empty answer"),
    ("<html>Call started</html>", "a web page as its answer"),
    ("<form><input type=password></form>", "a web page as its answer"),
    ('{"status":"succ', "an answer that was cut off"),
    ("[[1, 2], [3]]", "a list where a verdict was due"),
    ('[{"number": "1"}, {"number": "2"}]', "a list where a verdict was due"),
    ("PHP Fatal error: x", "an answer that cannot be read"),
    ("OK " * 100, "an answer that cannot be read"),
    ("\x00\x01\x02", "an answer that cannot be read"),
    ("[" * 100, "an answer that cannot be read"),
]


@pytest.mark.parametrize(("body", "note"), ACCEPTED)
async def test_it_tells_an_accepted_deed(panel, momvoip, body, note):
    panel.anything = body
    result = await momvoip.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.ACCEPTED, note)
    assert await momvoip.set_number_status("1234567890", NumberStatus.SPAM) is None
    assert len(panel.asked) == 2


@pytest.mark.parametrize(("body", "note"), REJECTED)
async def test_it_tells_a_rejected_deed(panel, momvoip, body, note):
    panel.anything = body
    result = await momvoip.place_call(CALL)
    assert (result.outcome, result.note) == (CallOutcome.REJECTED, note)
    with pytest.raises(ProviderError) as caught:
        await momvoip.set_number_status("1234567890", NumberStatus.ACTIVE)
    assert caught.value.kind in {ErrorKind.REJECTED, ErrorKind.AUTH}
    assert "k3y" not in str(caught.value)
    assert len(panel.asked) == 2


@pytest.mark.parametrize(("body", "what"), UNKNOWN)
async def test_it_tells_a_deed_whose_answer_says_nothing(panel, momvoip, body, what):
    panel.anything = body
    result = await momvoip.place_call(CALL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note == (
        f"MoMVOIP sent {what} after the request had left. It may have been carried out: check before you try again."
    )
    with pytest.raises(ProviderError) as caught:
        await momvoip.set_number_status("1234567890", NumberStatus.ACTIVE)
    assert caught.value.kind is ErrorKind.UNKNOWN_OUTCOME
    assert len(panel.asked) == 2


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("answer", [cut, status(500), status(502), status(302), status(408)])
async def test_it_sends_a_lost_deed_once(panel, momvoip, warm, answer):
    if warm:
        panel.answers["voip_api_get_balance"] = {"balance": 1}
        await momvoip.balance()
    panel.anything = answer
    result = await momvoip.place_call(CALL)
    assert result.outcome is CallOutcome.UNKNOWN
    assert "may have been carried out" in result.note
    assert len(panel.asked_of("voip_api_call")) == 1
    with pytest.raises(ProviderError) as caught:
        await momvoip.set_number_status("1234567890", NumberStatus.SPAM)
    assert caught.value.kind is ErrorKind.UNKNOWN_OUTCOME
    assert len(panel.asked_of("voip_api_number_set_spam")) == 1


async def test_it_sends_a_deed_that_times_out_once(panel, momvoip, monkeypatch, deadlines):
    monkeypatch.setattr("providers.momvoip.adapter._CALL_SECONDS", 0.2)
    release = asyncio.Event()

    async def hang(request):
        deadlines.run_out()
        await release.wait()
        return web.Response()

    panel.anything = hang
    result = await momvoip.place_call(CALL)
    release.set()
    assert result.outcome is CallOutcome.UNKNOWN
    assert result.note.startswith("MoMVOIP did not answer within 0.2 s after the request had left.")
    assert len(panel.asked) == 1


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
async def test_it_raises_where_it_is_certain_that_nothing_was_done(panel, momvoip, code, kind):
    panel.anything = status(code)
    with pytest.raises(ProviderError) as caught:
        await momvoip.place_call(CALL)
    assert caught.value.kind is kind
    assert len(panel.asked) == 1


async def test_it_raises_where_nothing_could_be_sent(opened):
    account = opened(base_url="http://127.0.0.1:1")
    with pytest.raises(ProviderError) as caught:
        await account.place_call(CALL)
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    with pytest.raises(ProviderError) as caught:
        await account.set_number_status("1234567890", NumberStatus.SPAM)
    assert caught.value.kind is ErrorKind.UNAVAILABLE


@pytest.mark.parametrize(
    ("mark", "loc"),
    [(NumberStatus.ACTIVE, "voip_api_number_set_active"), (NumberStatus.SPAM, "voip_api_number_set_spam")],
)
async def test_it_marks_a_number(panel, momvoip, mark, loc):
    panel.anything = {"status": "ok"}
    await momvoip.set_number_status("+1 234 567 890", mark)
    assert panel.asked == [(loc, {"number": "1234567890"})]


@pytest.mark.parametrize("mark", [NumberStatus.DISABLED, NumberStatus.UNKNOWN])
async def test_it_knows_no_other_mark(panel, momvoip, mark):
    with pytest.raises(ProviderError) as caught:
        await momvoip.set_number_status("1234567890", mark)
    assert caught.value.kind is ErrorKind.UNSUPPORTED
    assert panel.asked == []


@given(st.text(max_size=300))
def test_it_judges_any_answer(text):
    reply = reply_in(text)
    if not text.strip() or text.lstrip().startswith("<"):
        assert reply.outcome is CallOutcome.UNKNOWN
