"""Hundreds of numbers that must never be dialled, on every account, in every way to dial: no vendor is asked anything."""

import json
from pathlib import Path

import pytest
from hostile_town import EVERYTHING, PLACES

from bot.actions import actions
from bot.commands import commands
from bot.demo.slack.town import GENERAL, MANAGER
from bot.dialog.context import Actor, Press
from bot.dialog.request import Request

FILE = Path(__file__).parents[1] / "bot" / "operations" / "hostile_numbers.json"
NUMBERS = [number for numbers in json.loads(FILE.read_text(encoding="ascii")).values() for number in numbers]
ONE_WORD = [number for number in NUMBERS if number.split() == [number]]  # elsewhere a blank begins the next word
# As tests/bot/operations has it: Ukraine and Poland, two patterns blocked.
CALLS = {"region": "UA", "countries": ["UA", "PL"], "blocked": ["+38067777777*", "+48500600700"]}
OTHER_WAYS = [
    "/pbx ivr {} menu=7 Hello on branch",
    "/pbx mask {} +380671234567 on branch",
    "/pbx mask +380671234567 {} on branch",
    "/pbx callflow set 234 noanswer forward number {} on wholesale",
]


class Anybody:
    async def may(self, _actor, _permission):
        return True

    async def refusal(self, _actor, _permission, **_deed):
        return None


def test_there_are_at_least_two_hundred():
    assert len(set(NUMBERS)) >= 200
    assert EVERYTHING


@pytest.mark.parametrize("account", sorted(PLACES))
async def test_no_hostile_number_makes_a_request_at_any_vendor(town, account):
    await town.open(calls=CALLS)
    context = town.service._context(Actor(MANAGER, GENERAL, "T1"), Anybody())
    lines = [f"/call {number} as 1101 on {account}" for number in NUMBERS]
    if account in {"branch", "wholesale"}:
        lines += [way.format(number) for way in OTHER_WAYS if way.endswith(account) for number in ONE_WORD]
    for line in lines:
        name, _, words = line[1:].partition(" ")
        answer = await commands()[name].run(context, Request(words))
        assert answer.card is None or not answer.card.controls, line
        assert answer.file is None
    check = actions()["call_form"].check
    assert [n for n in NUMBERS if n.strip() and not check(context, {"number": n})] == []
    for number in NUMBERS[::10]:
        press = Press("call_form", json.dumps({"account": account}), context.actor, {"number": number})
        answer = await actions()["call_form"].run(context, press)
        assert answer.card is None or not answer.card.controls, number
    assert {name: asked for name, asked in town.asked.items() if asked} == {}
