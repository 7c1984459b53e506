"""Answers that no document describes, to every question: the right kind, a sentence for people, never a false zero."""

from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from providers.errors import ErrorKind, ProviderError
from providers.model import Agent, AgentState
from tests.providers.panel import FAULTS, status

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUESTIONS = {
    "MOM-2": lambda account: account.agents(),
    "MOM-3": lambda account: account.agent("1111"),
    "MOM-4": lambda account: account.numbers(),
    "MOM-7": lambda account: account.balance(),
    "MOM-8": lambda account: account.agent_calls("1111"),
    "MOM-10": lambda account: account.recording("1714121428.13"),
    "MOM-11": lambda account: account.agent_stats(NOW - timedelta(days=1), NOW),
    "MOM-12": lambda account: account.users(),
    "MOM-13": lambda account: account.groups(),
    "MOM-14": lambda account: account.calls(NOW - timedelta(days=1), NOW),
}
LISTS = ("MOM-2", "MOM-4", "MOM-8", "MOM-11", "MOM-12", "MOM-13", "MOM-14")
PHP = '<br />\n<b>Warning</b>: mysqli_connect() in <b>/var/www/a.php</b> on line <b>111</b><br />\n{"balance":111.74}'

G, A, R, U, N, L = (
    ErrorKind.GARBLED,
    ErrorKind.AUTH,
    ErrorKind.REJECTED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.NOT_FOUND,
    ErrorKind.RATE_LIMITED,
)


async def huge(request):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        for _ in range(600):
            await response.write(b" " * 100_000)
    except ConnectionError:
        pass
    return response


HOSTILE = {
    **FAULTS,
    "a PHP warning": (PHP, G, "answered with a web page"),
    "plain words on the key": ("Invalid apikey", A, "refused access: “Invalid apikey”"),
    "an error": ({"error": "No money left"}, R, "says: “No money left”."),
    "an error and a code": ({"error": 1, "result": "Server unavailable"}, R, "says: “Server unavailable”."),
    "a status": ({"status": "error", "message": "Bad request"}, R, "says: “Bad request”."),
    "a status on the key": ({"status": "error", "message": "Authorization failed"}, A, "“Authorization failed”"),
    "a number": ("111", G, "unexpected form"),
    "true": (True, G, "unexpected form"),
    "an echo of the key": ({"error": "wrong: k3y-of-ours-0042 k3y%2Dof-ours-0042"}, R, "wrong: •••"),
    "a cut list": ('[{"exten":"1111","id":"1","number":"1"},{"ex', G, "cut off"),
    "a cut object": ('{"balance":111.7', G, "cut off"),
    "depth": ("[" * 5000, G, "cannot be read"),
    "too much": (huge, G, "too large"),
    "500 that says success": (status(500, '{"success":true,"balance":1}'), U, "is having problems (500)"),
}


@pytest.mark.parametrize("operation", QUESTIONS)
@pytest.mark.parametrize("case", HOSTILE)
async def test_it_tells_what_came_instead(panel, momvoip, operation, case):
    panel.anything, kind, words = HOSTILE[case]
    if operation == "MOM-10" and case == "too much":
        words = "too large (over 50 MB)"
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[operation](momvoip)
    error = caught.value
    assert (error.kind, error.operation) == (kind, operation)
    assert words in error.user_text
    assert error.user_text.startswith("MoMVOIP ")
    assert error.user_text.endswith(".")
    assert len(error.user_text) < 300
    assert "k3y" not in str(error)
    assert len(panel.asked) == 1


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("answer", ["null", "false", "0", '"0"'])
async def test_it_never_takes_a_no_for_an_empty_list(panel, momvoip, operation, answer):
    panel.anything = answer
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[operation](momvoip)
    assert caught.value.kind is R
    assert "instead of data" in caught.value.user_text


@pytest.mark.parametrize("operation", LISTS)
@pytest.mark.parametrize("answer", ["[]", "{}", "[ ]\n", "\ufeff[]"])
async def test_it_takes_an_empty_list_for_what_it_is(panel, momvoip, operation, answer):
    panel.anything = answer
    found = await QUESTIONS[operation](momvoip)
    rows = getattr(found, "rows", found)
    assert (len(rows), rows.unreadable) == (0, 0)
    assert getattr(found, "more", False) is False


@pytest.mark.parametrize("operation", LISTS)
async def test_it_refuses_a_list_of_which_it_can_read_nothing(panel, momvoip, operation):
    panel.anything = [None, {"x": 1}, "y"]
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[operation](momvoip)
    assert caught.value.kind is G
    assert "expected a list of" in caught.value.user_text


@pytest.mark.parametrize(
    ("operation", "row"),
    [
        ("MOM-2", {"exten": "1111"}),
        ("MOM-4", {"number": "1234567890"}),
        ("MOM-8", {"call_id": "1.1"}),
        ("MOM-11", {"user_login": "agent_1"}),
        ("MOM-12", {"id": "1"}),
        ("MOM-13", {"id": "1"}),
        ("MOM-14", {"uniqueid": "1.1"}),
    ],
)
async def test_it_counts_the_rows_that_it_cannot_read(panel, momvoip, operation, row):
    for answer in ([row, None, {}], {"5": row, "7": None, "9": []}, {"data": [row, {"exten": None}, 5]}):
        momvoip._stats = None
        panel.anything = answer
        await momvoip._http._throttle.answered()
        momvoip._http._throttle._last.clear()
        found = await QUESTIONS[operation](momvoip)
        rows = getattr(found, "rows", found)
        assert (len(rows), rows.unreadable) == (1, 2)


@pytest.mark.parametrize(
    ("balance", "amount"),
    [
        ('"111.74"', "111.74"),
        ('"111,74"', "111.74"),
        ('"-5"', "-5"),
        ("-349282.18", "-349282.18"),
        ("0", "0"),
        ("1e2", "1E+2"),
    ],
)
async def test_it_reads_a_balance_in_every_notation(panel, momvoip, balance, amount):
    panel.anything = f'{{"balance":{balance}}}'
    assert str((await momvoip.balance()).money.amount) == amount


@pytest.mark.parametrize(
    "balance",
    ["null", '""', '"—"', "true", "false", "NaN", "1e400", "[]", "{}", '"1,234"', '"n/a"', "Infinity", "9e99999999"],
)
async def test_it_never_makes_up_a_balance(panel, momvoip, balance):
    panel.anything = f'{{"balance":{balance}}}'
    with pytest.raises(ProviderError) as caught:
        await momvoip.balance()
    assert caught.value.kind is G
    assert "expected a balance, got" in caught.value.user_text


@pytest.mark.parametrize("answer", ["{}", "[]", '{"credit":5}', '{"balance":5,"error":"Invalid key"}'])
async def test_it_needs_a_balance_in_the_answer(panel, momvoip, answer):
    panel.anything = answer
    with pytest.raises(ProviderError):
        await momvoip.balance()


@pytest.mark.parametrize(
    ("row", "state", "idle", "peer"),
    [
        ({"status": "busy", "las_call_time": "15", "lead": ""}, AgentState.ON_CALL, 15, ""),
        ({"status": "Ringing", "last_call_time": 15, "lead": "380441234567"}, AgentState.RINGING, 15, "380441234567"),
        ({"status": "ONLINE ", "las_call_time": None, "lead": None}, AgentState.AVAILABLE, None, None),
        ({"status": "Off-line", "las_call_time": -3}, AgentState.OFFLINE, None, None),
        ({"status": "Unavailable", "las_call_time": "soon"}, AgentState.UNKNOWN, None, None),
        ({"status": None, "las_call_time": 10**18}, AgentState.UNKNOWN, None, None),
        ({"las_call_time": True}, AgentState.UNKNOWN, None, None),
        ({"status": "up", "lead": 380441234567}, AgentState.ON_CALL, None, "380441234567"),
    ],
)
async def test_it_reads_an_agent_as_far_as_it_can(panel, momvoip, clock, row, state, idle, peer):
    panel.anything = [{"exten": 1111, **row}]
    agent = (await momvoip.agents()).items[0]
    assert (agent.extension, agent.state, agent.peer, agent.name) == ("1111", state, peer, None)
    assert agent.since == (None if idle is None else clock.now - timedelta(seconds=idle))
    assert agent.since_means == "last_call"


async def test_it_shows_no_characters_that_hide(panel, momvoip):
    panel.anything = [
        {"exten": "1111", "status": "x\u202ey\x00z", "user_login": "<!channel>\n" + "Я" * 9000, "group": "\ud800"}
    ]
    agent = (await momvoip.agents()).items[0]
    assert agent.raw_state == "xyz"
    assert agent.name.startswith("<!channel> ЯЯ")
    assert len(agent.name) == 200
    assert agent.group is None


async def test_it_keeps_the_last_of_two_rows_of_one_agent(panel, momvoip):
    panel.anything = [
        {"exten": "1", "status": "offline"},
        {"exten": "2", "status": "up"},
        {"exten": "1", "status": "online"},
    ]
    assert [(a.extension, a.state) for a in await momvoip.agents()] == [
        ("1", AgentState.AVAILABLE),
        ("2", AgentState.ON_CALL),
    ]


@pytest.mark.parametrize("answer", ["[]", "{}", "null", "false"])
async def test_it_says_that_there_is_no_such_agent(panel, momvoip, answer):
    panel.anything = answer
    with pytest.raises(ProviderError) as caught:
        await momvoip.agent("9999")
    assert caught.value.kind is N
    assert caught.value.user_text == "MoMVOIP lists no agent at extension 9999."


async def test_it_refuses_an_answer_about_another_agent(panel, momvoip):
    panel.anything = {"exten": "1112", "status": "online"}
    with pytest.raises(ProviderError) as caught:
        await momvoip.agent("1111")
    assert caught.value.kind is G
    panel.anything = [{"exten": "1111", "status": "online"}]
    assert isinstance(await momvoip.agent("1111"), Agent)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
async def test_it_reads_names_in_every_encoding(panel, momvoip, encoding):
    panel.anything = '[{"exten":"1","status":"online","user_login":"Оксана"}]'.encode(encoding)
    assert (await momvoip.agents()).items[0].name == "Оксана"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error":"Record not found"}', N),
        (b'"No such file"', N),
        (b"file does not exist", N),
        (b'{"error":"Database is down"}', R),
        (b"{}", G),
        (b"RIFF\x00\x00\x00\x00AVI ", G),
        (b"RIFF", G),
        (b"ID3\x03\x00", G),
    ],
)
async def test_it_takes_nothing_for_a_recording_but_sound(panel, momvoip, body, kind):
    panel.anything = body
    with pytest.raises(ProviderError) as caught:
        await momvoip.recording("1714121428.13")
    assert caught.value.kind is kind


async def test_it_hands_over_a_recording_whole(panel, momvoip):
    panel.anything = b"RIFF\xff\xff\xff\xffWAVEfmt " + b"\x00" * 6_000_000
    recording = await momvoip.recording("1714121428.13")
    assert recording.content == panel.anything
    assert (recording.call_id, recording.media_type, recording.extension) == ("1714121428.13", "audio/wav", "wav")
    assert panel.asked == [("voip_api_get_audio_record", {"call_id": "1714121428.13"})]


async def test_it_says_that_there_is_no_recording(panel, momvoip):
    panel.anything = status(404)
    with pytest.raises(ProviderError) as caught:
        await momvoip.recording("1714121428.13")
    assert caught.value.user_text == "MoMVOIP has no recording of this call (404)."


@pytest.mark.parametrize("call_id", ["", "../../etc/passwd", "1&x=2", "1" * 65, "-rf"])
async def test_it_asks_for_no_recording_by_what_is_no_call_id(panel, momvoip, call_id):
    with pytest.raises(ProviderError) as caught:
        await momvoip.recording(call_id)
    assert caught.value.kind is ErrorKind.BAD_REQUEST
    assert panel.asked == []
