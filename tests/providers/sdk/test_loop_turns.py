"""An answer of several megabytes leaves the event loop to others: turns of the loop are counted, not seconds."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from providers.iexpbx.phonebook import contacts_in
from providers.mor.pages import Pages
from providers.sdk import offload
from providers.sdk.answers import Answers
from providers.sdk.errors import ErrorMapping
from providers.sdk.exchange import DATA_BYTES, Answer
from providers.sdk.lenient import key_of
from providers.sdk.lenient_xml import read_xml
from providers.sdk.text import redactor

HELD = 30  # turns that the loop makes where all is read on it: a few for each step
FREE = 300
MAPPING = ErrorMapping("Vendor", str)
REDACT = redactor(["s3cret-of-the-vendor"], data=True)


async def turns_during(work: Awaitable[object]) -> int:
    """How often the loop came round while this was done."""
    done, turns = False, 0

    async def count() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    try:
        await work
    finally:
        done = True
    await counting
    return turns


def answer(body: str) -> Answer:
    content = body.encode()
    assert DATA_BYTES / 2 < len(content) < DATA_BYTES
    return Answer(200, content, "text/plain; charset=utf-8", REDACT)


def rows(size: int = 18_000) -> list[dict[str, Any]]:
    return [{"id": f"{n}", "number": f"38067{n:07}", "amount": n / 7, "note": "x" * 100} for n in range(size)]


async def json_rows(answers: Answers) -> None:
    def read(row: Mapping[str, Any]) -> str:
        return key_of(row.get("id"))

    got, sent = await answers.rows(answer(json.dumps(rows())), "OP-1", "rows", read)
    assert len(got) == sent == 18_000


async def damaged_json(answers: Answers) -> None:
    text = json.dumps(rows(), separators=(",", ":"))
    assert len(await answers.json(answer(f"{text[:-1]},]"), "OP-1")) == 18_000


async def a_page(_answers: Answers) -> None:
    calls = "".join(f"<call><id>{n}</id><note>{'x' * 120}</note></call>" for n in range(18_000))
    root = await Pages(MAPPING).read(answer(f"<page><calls>{calls}</calls></page>"), "MOR-20")
    assert len(root.all("calls", "call")) == 18_000


async def a_phonebook(_answers: Answers) -> None:
    people = "".join(f"<p><name>{'x' * 100}{n}</name><tel>38067{n:07}</tel></p>" for n in range(18_000))
    text = await offload.text_in_thread(answer(f"<book>{people}</book>"))
    assert len(await offload.in_thread(lambda long: contacts_in(read_xml(long).root), text)) == 18_000


READERS = pytest.mark.parametrize("read", [json_rows, damaged_json, a_page, a_phonebook])
Reader = Callable[[Answers], Awaitable[None]]


@READERS
async def test_a_long_answer_leaves_the_loop_to_others(read: Reader) -> None:
    assert await turns_during(read(Answers(MAPPING))) > FREE


@READERS
async def test_read_on_the_loop_it_would_hold_it(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offload, "MAX_INLINE_CHARACTERS", DATA_BYTES)
    monkeypatch.setattr(offload, "MAX_INLINE_ROWS", DATA_BYTES)
    assert await turns_during(read(Answers(MAPPING))) < HELD


async def test_secrets_are_taken_out_of_a_long_answer_beside_the_loop() -> None:
    where: list[int] = []

    def conceal(text: str) -> str:
        where.append(threading.get_ident())
        return text

    short, long = (
        Answer(200, b"x" * size, "", conceal)
        for size in (offload.MAX_INLINE_CHARACTERS, offload.MAX_INLINE_CHARACTERS + 1)
    )
    assert await offload.text_in_thread(short) == "x" * offload.MAX_INLINE_CHARACTERS
    assert await offload.text_in_thread(long) == "x" * (offload.MAX_INLINE_CHARACTERS + 1)
    assert (where[0] == threading.get_ident(), where[1] == threading.get_ident()) == (True, False)
