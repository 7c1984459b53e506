"""Names as enemies write them, in every answer of every vendor: each command shows them as plain words, or leaves them."""

import json
import re
from xml.sax.saxutils import escape

import pytest
from aiohttp import web
from hostile_town import PLACES

from bot.commands import commands
from bot.demo.slack.town import GENERAL, MANAGER
from bot.dialog.context import Actor
from bot.dialog.request import Request
from bot.dialog.vendor_offers import offers
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from providers.errors import ProviderError

NAMES = [
    "<!channel> <!here> <!everyone>",
    "<@U0MANAGER01> <#C0ALERTS001> <!subteam^S0ONCALL001>",
    "<https://phish.example/|Reset your password> &lt;!channel&gt;",
    "*bold* _it_ ~gone~ `code` ```block``` > quote",
    "\u202egnp.exe\u2066 \u200bzero\u200d\ufeff",
    "a\r\nb\tc\x0bd\x85e\u2028f",
    "\u0417\u043e\u044f \u202e\U0001f600" * 400,
    "x" * 10_000,
    "<!date^0^{date}|now> &amp;lt;",
    "| a | b | <tel:911|911> mailto:x@y.z",
]
LINES = ["/balance", "/agents", "/queue", "/spam", "/pbx active", "/pbx users", "/pbx groups", "/pbx status"]
LINES += [f"/pbx {topic} on {account}" for account in PLACES for topic in ("calls", "stats", "missed", "calls 1101")]
NAMED = re.compile(r"name|login|stage|group|caller|represent|desc|callerid|status_message", re.IGNORECASE)
ELEMENT = re.compile(r"(<(\w*(?:name|desc|title|group|city|surname|destination|comment)\w*)>)[^<>]+(</\2>)")
OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<!date\^-?\d+\^\{[a-z_ {}]+\}[^|<>]*\|[^<>|]*>|<https?://127[^<>|]*\|[^<>|]*>"
)  # fmt: skip


class Anybody:
    async def may(self, _actor, _permission):
        return True

    async def refusal(self, _actor, _permission, **_deed):
        return None


def respelt(value, name, key=""):
    if isinstance(value, dict):
        return {k: respelt(v, name, k) for k, v in value.items()}
    if isinstance(value, list):
        return [respelt(v, name, key) for v in value]
    return name if isinstance(value, str) and NAMED.search(key) and not value.isdigit() else value


def spoiling(name):
    async def respond(_account, request, handler):
        answer = await handler(request)
        body = bytes(answer.body or b"")
        if body.startswith((b"{", b"[")):
            body = json.dumps(respelt(json.loads(body), name)).encode()
        elif body.startswith(b"<"):
            shown = escape("".join(c for c in name if c >= " " or c in "\r\n\t"))
            body = ELEMENT.sub(lambda found: f"{found[1]}{shown}{found[3]}", body.decode()).encode()
        made = web.Response(body=body, status=answer.status, content_type=answer.content_type)
        for cookie in answer.cookies.values():
            made.set_cookie(cookie.key, cookie.value)
        return made

    return respond


def texts(value):
    if isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "plain_text"} and isinstance(value.get("text"), str):
            yield value["type"], value["text"]
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def harmless(rendered, line):
    assert len(rendered.blocks) <= 50
    assert len(rendered.text) <= 4_000
    assert max((len(text) for _, text in texts(rendered.blocks)), default=0) <= 3_000
    json.dumps([rendered.blocks, rendered.text]).encode("utf-8")
    for kind, text in [("mrkdwn", rendered.text), *texts(rendered.blocks)]:
        left = OURS.sub("", text)
        assert "<" not in left, (line, left)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x85\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]", text), line
        if kind == "mrkdwn":
            assert ">" not in left, (line, left)


@pytest.mark.parametrize("number", range(len(NAMES)))
async def test_no_name_of_a_vendor_is_more_than_words(town, number):
    await town.open()
    town.respond = spoiling(NAMES[number])
    context = town.service._context(Actor(MANAGER, GENERAL, "T1"), Anybody())
    own = [f"/pbx {topic} on {PLACE}" for topic, o in offers(context).items() if o.tables for PLACE in PLACES]
    shown = 0
    for line in [*LINES, *own]:
        name, _, words = line[1:].partition(" ")
        try:
            answer = await commands()[name].run(context, Request(words))
        except ProviderError:
            continue
        if answer.card is not None:
            for public in (True, False):
                harmless(render(answer.card, Eyes(public=public, region="US"), spare=1), line)
            shown += 1
        if answer.file is not None:
            assert not re.search(r"[\x00-\x1f/\\]", answer.file.name)
    assert shown > 25
