"""Whatever people type, press or fill in: an answer that Slack takes, or an error with a sentence."""

import json
from dataclasses import replace

import pytest
from hostile_fuzz import ANYTHING, WORDS
from hostile_town import KINDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.actions import actions
from bot.commands import commands, topics
from bot.demo.slack.town import GENERAL, MANAGER
from bot.dialog.context import Actor, Press
from bot.dialog.request import Request
from bot.slack.blocks import render
from bot.slack.blocks_text import Eyes
from bot.store import StoreError
from providers.errors import ProviderError

KNOWN = [
    "help",
    "on",
    "as",
    "from",
    "active",
    "spam",
    "all",
    "today",
    "yesterday",
    "7d",
    "24h",
    "1h",
    "0d",
    "-1d",
    "99999d",
    "sales",
    "helpdesk",
    "wholesale",
    "office",
    "branch",
    "wh",
    "1101",
    "1102",
    "620",
    "+12025550177",
    "2025550188",
    "911",
    "set",
    "add",
    "delete",
    "process",
    "currency",
    "eur",
    "callflow",
    "234",
    "noanswer",
    "forward",
    "number",
    "device",
    "none",
    "details",
    "reg_city",
    "contacts",
    "missed",
    "stats",
    "summary",
    "calls",
    "new",
    "pdf",
    "csv",
    "xml",
    "rates",
    "payments",
    "devices",
    "sheet",
    "2026-03-01",
    "2026-13-45",
    "01:00",
    "25:00",
    "?",
    "--",
    "…",
    ",",
    ";",
    "|",
    "<",
    ">",
    "&",
    "“",
    "”",
    '"',
    "'",
    "menu=7",
    "play=x",
    "data=y",
    "details",
    "low",
    "why",
    "test",
    "20%",
    "0",
    "page",
]
lines = st.lists(st.one_of(st.sampled_from(KNOWN), WORDS), max_size=6).map(" ".join)
NAMES = sorted({**commands(), **topics()})


class Anybody:
    """May everything."""

    async def may(self, _actor, _permission):
        return True

    async def refusal(self, _actor, _permission, **_deed):
        return None


@pytest.fixture
async def context(town):
    poll = {**dict.fromkeys(KINDS, "off"), "balance": "1d"}
    await town.open(alerts=[{"name": "low", "watch": "balance", "below": 50}], poll=poll)
    made = town.service._context(Actor(MANAGER, GENERAL, "T1"), Anybody())
    return replace(made, reload=None)


def shown(answer):
    if answer.card is not None:
        rendered = render(answer.card, Eyes(public=False, region="US"), spare=1)
        assert len(rendered.blocks) <= 50
        json.dumps([rendered.blocks, rendered.text]).encode()


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(name=st.sampled_from(NAMES), words=lines)
async def test_any_words_of_any_command_get_an_answer(context, name, words):
    told = ""
    try:
        shown(await {**topics(), **commands()}[name].run(context, Request(words)))
    except (ProviderError, StoreError) as error:
        told = str(error)
    assert "\n" not in told


values = st.one_of(WORDS, ANYTHING.map(lambda value: json.dumps(value, default=str)))


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(actions())),
    value=values,
    fields=st.dictionaries(st.sampled_from(["number", "until", "note", "x"]), WORDS, max_size=3),
)
async def test_any_value_of_any_button_and_form_gets_an_answer(context, name, value, fields):
    action = actions()[name]
    if action.check is not None:
        assert all(isinstance(why, str) for why in action.check(context, fields).values())
    told = ""
    try:
        shown(await action.run(context, Press(name, value, context.actor, fields)))
    except (ProviderError, StoreError) as error:
        told = str(error)
    assert "\n" not in told
