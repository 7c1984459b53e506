"""Answers that no document describes: the right kind, a sentence for people, never an empty list in place of an error."""

import json
import logging
from datetime import timedelta

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import Rows
from tests.providers.panel import FAULTS, status

QUESTIONS = {
    "VC-1": lambda account: account.agents(),
    "VC-1 one": lambda account: account.agent("SIP1"),
    "VC-1 calls": lambda account: account.active_calls(),
    "VC-1 users": lambda account: account.users(),
    "VC-2": lambda account: account.queues(),
}
G, A, R, U, N, L, B = (
    ErrorKind.GARBLED,
    ErrorKind.AUTH,
    ErrorKind.REJECTED,
    ErrorKind.UNAVAILABLE,
    ErrorKind.NOT_FOUND,
    ErrorKind.RATE_LIMITED,
    ErrorKind.IP_BLOCKED,
)


INTERNAL = '{"ERR":2,"DESC":"Internal error."}'
HOSTILE = {
    **FAULTS,
    "a wrong code": ({"ERR": 1, "DESC": "Authorization failed."}, A, "refused access: “Authorization failed.”"),
    "a wrong code as a text": ({"ERR": "1", "DESC": "Authorization failed."}, A, "refused access"),
    "a wrong code with another ERR": ({"ERR": 2, "DESC": "Authorization failed."}, A, "refused access"),
    "a wrong format": (
        {"ERR": 1, "DESC": "The request format is invalid"},
        R,
        "says: “The request format is invalid”.",
    ),
    "an internal error": (INTERNAL, R, "says: “Internal error.” (ERR 2). The code may be wrong"),
    "an internal error beside a list": ({"ERR": 2, "DESC": "x", "EXTENSIONS": [], "QUEUES": []}, R, "(ERR 2)"),
    "an ERR without words": ({"ERR": 7}, R, "says: ERR 7."),
    "a queue of nobody": ({"ERR": 2, "DESC": "Queue is not found in this account"}, N, "Queue is not found"),
    "an ERR that is none": ({"ERR": "bad", "EXTENSIONS": [], "QUEUES": []}, G, "an ERR that is a number"),
    "an ERR that is null": ({"ERR": None, "EXTENSIONS": [], "QUEUES": []}, G, "an ERR that is a number"),
    "a list that is null": ({"ERR": 0, "DESC": "OK", "EXTENSIONS": None, "QUEUES": None}, G, "expected a list of"),
    "a list that is text": ({"ERR": 0, "EXTENSIONS": "none", "QUEUES": "none"}, G, "expected a list of"),
    "no list": ({"ERR": 0, "DESC": "OK"}, G, "expected a list of"),
    "another list": ({"ERR": 0, "DESC": "OK", "ROWS": []}, G, "expected a list of"),
    "rows that are none": ({"ERR": 0, "EXTENSIONS": ["x"], "QUEUES": [None]}, G, "expected a list of"),
    "a bare list": ([], G, "expected a list of"),
    "null": ("null", R, "instead of data"),
    "false": ("false", R, "instead of data"),
    "an error of another make": ({"status": "error", "message": "No money"}, R, "says: “No money”."),
    "words": ("Service disabled", R, "says: “Service disabled”."),
    "an echo of the code": ({"ERR": 2, "DESC": "bad c0de-of-ours/0042 c0de-of-ours%2F0042"}, R, "bad ••• •••"),
    "a cut list": ('{"ERR":0,"EXTENSIONS":[{"username":"SIP1"},{"use', G, "cut off"),
    "403": (status(403, "<html>Forbidden</html>"), B, "this server's address is not allowed"),
    "429": (status(429, **{"Retry-After": "60"}), L, "(429)"),
    "400 with an ERR": (status(400, '{"ERR":1,"DESC":"Authorization failed."}'), A, "“Authorization failed.”"),
    "500 with an ERR": (status(500, INTERNAL), R, "says: “Internal error.” (ERR 2)"),
    "500 that says OK": (status(500, '{"ERR":0,"DESC":"OK","EXTENSIONS":[],"QUEUES":[]}'), U, "problems (500)"),
    "500 that says nothing": (status(500, "<html>oops"), U, "is having problems (500)"),
    "502": (status(502, INTERNAL), U, "is having problems (502)"),
    "a redirect": (status(302, Location="https://elsewhere.example/?login"), G, "another page (302)"),
}


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("case", HOSTILE)
async def test_it_tells_what_came_instead(panel, voicenter, caplog, question, case):
    caplog.set_level(logging.DEBUG)
    panel.anything, kind, words = HOSTILE[case]
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[question](voicenter)
    error = caught.value
    assert (error.kind, error.operation) == (kind, question.split()[0])
    assert words in error.user_text
    assert error.user_text.startswith("Voicenter ")
    assert error.user_text.endswith((".", "”"))
    assert len(error.user_text) < 300
    assert "c0de" not in str(error) + caplog.text
    assert len(panel.asked) == 1


@pytest.mark.parametrize("case", ["a wrong code", "500 with an ERR", "403", "a web page"])
async def test_it_tells_no_code_that_stood_in_the_address(panel, opened, caplog, case):
    caplog.set_level(logging.DEBUG)
    panel.anything, kind, _ = HOSTILE[case]
    with pytest.raises(ProviderError) as caught:
        await opened(request="get").agents()
    assert caught.value.kind is kind
    assert "c0de" in panel.raw[0]
    assert "c0de" not in str(caught.value) + repr(caught.value.__cause__)
    assert not [r for r in caplog.records if not r.name.startswith("aiohttp") and "c0de" in r.getMessage()]


@pytest.mark.parametrize("question", ["VC-1", "VC-1 calls", "VC-1 users", "VC-2"])
async def test_nothing_at_all_is_told_as_a_code_that_may_be_wrong(extensions, queues, voicenter, question):
    extensions()
    queues()
    with pytest.raises(ProviderError) as caught:
        await QUESTIONS[question](voicenter)
    assert caught.value.user_text == "Voicenter returned no extensions — the code may be wrong."
    assert caught.value.kind is ErrorKind.AUTH


async def test_an_extension_of_nobody_is_told_as_such(extensions, extension, voicenter):
    for rows in ([], [extension("SIP2")]):
        extensions(*rows)
        with pytest.raises(ProviderError) as caught:
            await voicenter.agent("SIP1")
        assert caught.value.kind is ErrorKind.NOT_FOUND
        assert caught.value.user_text == "Voicenter lists no extension SIP1."


async def test_no_queues_are_none_where_the_code_has_shown_extensions(
    extensions, extension, queues, voicenter, panel, clock
):
    extensions(extension())
    queues()
    assert await voicenter.queues() == Rows(())
    assert len(panel.asked) == 2
    clock.advance(timedelta(seconds=59))
    assert await voicenter.queues() == Rows(())
    assert len(panel.asked) == 3
    clock.advance(timedelta(seconds=1))
    extensions()
    with pytest.raises(ProviderError):
        await voicenter.queues()


async def test_no_queues_are_unknown_where_the_extensions_cannot_be_asked(queues, panel, voicenter):
    queues()
    panel.answers["GetExtensionsCalls"] = status(503)
    with pytest.raises(ProviderError) as caught:
        await voicenter.queues()
    assert caught.value.kind is ErrorKind.UNAVAILABLE


async def test_it_takes_an_answer_whose_err_is_zero_as_a_text_or_left_out(panel, voicenter, extension):
    for head in ({"ERR": "0", "DESC": "OK"}, {"ERR": 0.0}, {}):
        panel.anything = {**head, "EXTENSIONS": [extension()]}
        assert [a.extension for a in await voicenter.agents()] == ["SIP1"]


async def test_it_counts_rows_that_cannot_be_read_and_lists_nobody_twice(extensions, extension, voicenter):
    extensions(extension("SIP1"), extension("SIP1", status=3), extension(None), "x", extension("SIP2"))
    agents = await voicenter.agents()
    assert [(a.extension, a.reason) for a in agents] == [("SIP1", "Lunch"), ("SIP2", None)]
    assert agents.unreadable == 2


async def test_it_reads_hebrew_of_the_vendors_old_encoding(panel, voicenter, extension):
    name = "שרה לוי"
    answer = {"ERR": 0, "EXTENSIONS": [extension(representative=name)]}
    panel.anything = json.dumps(answer, ensure_ascii=False).encode("cp1255")
    assert (await voicenter.agents()).items[0].name == name
