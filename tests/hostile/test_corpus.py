"""What was found once stays tried: each file of corpus/ is one input, and its name says what it is.

readers: an answer to the operation that the name begins with, and what becomes of it at the name's end. pushes: a body
or a query at an account's webhook. slack: a signed body. words: a line as it is typed.
"""

from functools import cache
from pathlib import Path

import aiohttp
import pytest
from hostile_asks import ASKS
from hostile_fuzz import Reader, unfit
from hostile_town import HOOK

from bot.commands import commands
from bot.demo.slack.town import GENERAL, MANAGER
from bot.dialog.context import Actor
from bot.dialog.request import Request
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from providers.errors import ProviderError
from providers.model import CallResult
from tests.deadlines import PATIENCE

CORPUS = Path(__file__).parent / "corpus"
OF = {ask.id: (slug, ask) for slug, asks in ASKS.items() for ask in asks}


def files(folder: str) -> list[Path]:
    found = sorted((CORPUS / folder).iterdir())
    assert found
    return found


@cache
def reader(slug: str) -> Reader:
    return Reader(slug)


@pytest.mark.parametrize("file", files("readers"), ids=lambda file: file.stem)
def test_an_answer_of_the_corpus_is_read_or_refused_as_before(file):
    operation, _, expected = file.stem.split("--")
    slug, ask = OF[operation]
    outcome = reader(slug).read(ask, file.read_bytes())
    assert unfit(outcome) == ""
    kind = outcome.kind.value if isinstance(outcome, ProviderError) else "answered"
    assert (outcome.outcome.value if isinstance(outcome, CallResult) else kind) == expected
    assert "s3cret" not in repr(outcome)


@pytest.fixture
async def open_town(town):
    await town.open()
    async with aiohttp.ClientSession() as town.http:
        yield town


async def test_pushes_of_the_corpus_get_a_status(open_town):
    for file in files("pushes"):
        url = open_town.url(f"/hooks/{file.stem.split('--')[0]}/{HOOK}")
        body = file.read_bytes()
        if file.suffix == ".query":
            url, body = f"{url}?{body.decode()}", b""
        body = body.replace(b"KEY", open_town.sandboxes["sales"].api_key.encode())
        async with open_town.http.post(url, data=body) as answer:
            assert answer.status in {200, 400, 404}, file.stem
            assert len(await answer.text()) < 60


async def test_slack_bodies_of_the_corpus_are_acknowledged_and_break_nothing(open_town, caplog):
    for file in files("slack"):
        kind = {".form": "application/x-www-form-urlencoded", ".json": "application/json"}[file.suffix]
        body = file.read_text("utf-8")
        headers = {**open_town.slack.delivery.signed(body), "Content-Type": kind}
        async with open_town.http.post(open_town.url("/slack/events"), data=body.encode(), headers=headers) as answer:
            assert answer.status == 200, file.stem
        await open_town.service.slack.listeners.drain(PATIENCE)
    counted = open_town.service.metrics.commands.collect()[0].samples
    assert [s.labels for s in counted if s.labels.get("outcome") == "failed"] == []
    assert not [record for record in caplog.records if record.exc_info]


async def test_words_of_the_corpus_get_an_answer(open_town):
    context = open_town.service._context(Actor(MANAGER, GENERAL, "T1"), open_town.service.slack.access)
    for file in files("words"):
        name, _, words = file.read_text("utf-8")[1:].partition(" ")
        try:
            answer = await commands()[name].run(context, Request(words))
        except ProviderError:
            continue
        if answer.card is not None:
            render(answer.card, Eyes(public=False, region="US"), spare=1)
