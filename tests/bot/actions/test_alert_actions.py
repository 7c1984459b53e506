"""Buttons of an alert: the message tells what changed, the presser only why nothing did."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.actions import actions
from bot.alerts.kinds import Kind
from bot.alerts.model import Phase
from bot.alerts.policy import Policy
from bot.cards import Button
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.watches.registry import watches
from providers.model import NumberStatus

OURS = "12025550110"


@pytest.fixture
async def incident(office):
    """One open alert."""
    watch = watches()["number_spam"]
    rule = Rule(Policy("spam-number", "sales", "number_spam", "C9"), watch, watch.keys())
    office.engine = Engine(office.store, [rule], office.clock)
    office.world.flag(OURS)
    await look(office)
    [(_, _, opened)] = await office.engine.open_incidents()
    return opened


async def look(office):
    await office.watch(Kind.NUMBERS)
    await office.engine.observe("sales", Kind.NUMBERS)


async def now_of(office):
    [(_, _, incident)] = await office.engine.open_incidents()
    return incident


async def press(office, action, value, user="UMAX"):
    return await office.press(Button(action, "Press", value), user=user)


async def test_it_acknowledges_in_silence_and_says_who_was_first(office, incident):
    first = await press(office, "acknowledge", incident.id)
    assert first.answer.card is None
    assert (await now_of(office)).acknowledged_by == "UMAX"
    second = await press(office, "acknowledge", incident.id, user="UOTHER")
    assert second.verdict == "Already acknowledged by @UMAX at 12:00."
    assert (await now_of(office)).acknowledged_by == "UMAX"


async def test_it_takes_an_acknowledgement_back(office, incident):
    await press(office, "acknowledge", incident.id)
    assert (await press(office, "unacknowledge", incident.id)).answer.card is None
    assert (await now_of(office)).phase is Phase.FIRING
    assert "nothing to take back" in (await press(office, "unacknowledge", incident.id)).verdict


@pytest.mark.parametrize(
    ("choice", "hours"), [("30m", 0.5), ("2h", 2), ("tomorrow", 18)]
)  # noon UTC is 14:00 in Kyiv, so 08:00 there is 18 hours away
async def test_it_snoozes_until_then(office, incident, choice, hours):
    office.settings = replace(office.settings, timezone=ZoneInfo("Europe/Kyiv"))
    assert (await press(office, "snooze", f"{incident.id} {choice}")).answer.card is None
    snoozed = await now_of(office)
    assert snoozed.phase is Phase.SNOOZED
    assert snoozed.snoozed_until == office.clock() + timedelta(hours=hours)


async def test_it_snoozes_until_it_gets_worse_and_says_so_to_who_comes_second(office, incident):
    assert (await press(office, "snooze", f"{incident.id} worse")).answer.card is None
    snoozed = await now_of(office)
    assert (snoozed.phase, snoozed.snoozed_by, snoozed.snoozed_until) == (Phase.SNOOZED, "UMAX", None)
    second = await press(office, "snooze", f"{incident.id} worse", user="UOTHER")
    assert second.verdict == "Already snoozed until it gets worse."
    assert (await now_of(office)).snoozed_by == "UMAX"


async def test_it_says_until_when_it_is_snoozed_already(office, incident):
    await press(office, "snooze", f"{incident.id} 2h")
    assert (await press(office, "snooze", f"{incident.id} 2h")).verdict == "Already snoozed until 14:00."


@pytest.mark.parametrize("choice", ["", "3h", "WORSE"])
async def test_it_snoozes_nothing_for_a_choice_that_it_does_not_know(office, incident, choice):
    assert "older version" in (await press(office, "snooze", f"{incident.id} {choice}")).verdict
    assert (await now_of(office)).phase is Phase.FIRING


async def test_it_snoozes_until_tomorrow_also_just_after_midnight(office, incident):
    office.clock.advance(timedelta(hours=12, minutes=5))
    await press(office, "snooze", f"{incident.id} tomorrow")
    assert (await now_of(office)).snoozed_until.isoformat() == "2026-11-23T08:00:00+00:00"


async def test_it_says_that_the_alert_is_over(office, incident):
    office.world.flag(OURS, NumberStatus.ACTIVE)
    await look(office)
    assert "resolved already" in (await press(office, "acknowledge", incident.id)).verdict
    assert "resolved already" in (await press(office, "snooze", f"{incident.id} 2h")).verdict


async def test_it_says_that_it_does_not_know_the_alert(office):
    for action, value in (("acknowledge", "gone"), ("snooze", "gone 2h")):
        assert "not watched any more" in (await press(office, action, value)).verdict


@pytest.mark.parametrize("action", ["snooze", "mark_number", "turn", "confirm", "cancel"])
async def test_it_is_polite_to_buttons_that_it_cannot_read(office, action):
    shown = await press(office, action, "what is this")
    assert shown.verdict.endswith(".")
    assert office.vendor.asked == []


def test_it_finds_every_action_by_walking():
    wanted = {
        "acknowledge",
        "unacknowledge",
        "snooze",
        "mark_number",
        "confirm",
        "cancel",
        "call_form",
    }
    assert wanted <= set(actions())
    assert {a.name for a in actions().values() if a.check is not None} == {"call_form", "mark_form", "silence_form"}
