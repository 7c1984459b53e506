import json
import logging

import pytest

from providers.errors import ErrorKind, ProviderError
from providers.model import Rows
from providers.sdk.answers import Answers
from providers.sdk.errors import ErrorMapping
from providers.sdk.http import Answer
from providers.sdk.lenient import int_of, key_of
from providers.sdk.text import redactor


@pytest.fixture
def answers() -> Answers:
    return Answers(ErrorMapping("Acme", redactor(["s3cr3t-key"])))


def an_id(row):
    return key_of(row.get("id"))


async def error_of(awaitable) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await awaitable
    return caught.value


async def test_it_tells_once_an_operation_that_it_had_to_repair(answers, caplog):
    caplog.set_level(logging.WARNING)
    for operation in ("OP-1", "OP-1", "OP-2"):
        await answers.json(Answer(200, b'[{"id":1},]'), operation)
    await answers.json(Answer(200, b'[{"id":1}]'), "OP-3")
    assert [r.getMessage() for r in caplog.records] == [
        "Acme OP-1: the answer was damaged JSON and had to be repaired",
        "Acme OP-2: the answer was damaged JSON and had to be repaired",
    ]


@pytest.mark.parametrize(("sent", "read"), [(20_000, 20_000), (100_000, 20_000)])
async def test_it_reads_a_long_list_and_counts_what_is_beyond_all_lists(answers, sent, read):
    body = json.dumps([{"id": n} for n in range(sent)]).encode()
    rows, came = await answers.rows(Answer(200, body), "OP-1", "things", an_id)
    assert (len(rows), rows.unreadable, came) == (read, sent - read, sent)


@pytest.mark.parametrize("piece", ["[]", "{}", '{"a":[]}', "1"])
async def test_it_refuses_what_holds_more_values_than_any_answer(answers, piece):
    body = f"[{','.join([piece] * 600_002)}]".encode()
    error = await error_of(answers.rows(Answer(200, body), "OP-1", "things", an_id))
    assert (error.kind, "far too many values" in error.user_text) == (ErrorKind.GARBLED, True)


async def test_it_counts_what_it_cannot_read(answers):
    found = await answers.rows(Answer(200, b'[{"id":1},{"id":null},7]'), "OP-1", "things", an_id)
    assert found == (Rows(("1",), unreadable=2), 3)


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", ErrorKind.GARBLED, "sent an empty answer"),
        (b"Feature disabled", ErrorKind.REJECTED, "says: “Feature disabled”."),
        (b"Invalid key s3cr3t-key", ErrorKind.AUTH, "refused access: “Invalid key •••”"),
        (b"x" * 900, ErrorKind.REJECTED, "…”."),
        (b"x" * 3000, ErrorKind.GARBLED, "cannot be read"),
        (b"\x00\x01\x02\x03", ErrorKind.GARBLED, "cannot be read"),
        (b"[1", ErrorKind.GARBLED, "cut off"),
        (b"<h1>111.74</h1>", ErrorKind.GARBLED, "web page"),
        (b"<form><input name=p type='password'></form>", ErrorKind.AUTH, "login page"),
        (b"null", ErrorKind.REJECTED, "answered “null” instead of data"),
        (b"false", ErrorKind.REJECTED, "answered “false” instead of data"),
        (b'{"status":"error","message":"Unauthorized"}', ErrorKind.AUTH, "“Unauthorized”"),
        (b'{"a":1}', ErrorKind.GARBLED, "expected a list of things"),
    ],
)
async def test_it_says_what_came_instead_of_a_list(answers, body, kind, words):
    error = await error_of(answers.rows(Answer(200, body), "OP-1", "things", an_id))
    assert error.kind is kind
    assert words in error.user_text
    assert len(error.user_text) < 260


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"n": None}, ErrorKind.GARBLED),
        ([], ErrorKind.GARBLED),
        ([{"n": 1}, {"n": 2}], ErrorKind.GARBLED),
        (True, ErrorKind.GARBLED),
        (None, ErrorKind.REJECTED),
        ("Invalid key", ErrorKind.AUTH),
        ({"n": 0, "error": "No money"}, ErrorKind.REJECTED),
    ],
)
async def test_it_never_makes_up_one_thing(answers, value, kind):
    with pytest.raises(ProviderError) as caught:
        answers.one(value, "OP-1", "a number", lambda row: int_of(row["n"]))
    assert caught.value.kind is kind
    assert answers.one([{"n": "5"}], "OP-1", "a number", lambda row: int_of(row["n"])) == 5
