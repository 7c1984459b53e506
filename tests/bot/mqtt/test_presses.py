"""Commands carried out: through the engine, the workflow and the pause of calls, as a press in Slack is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Phase
from bot.alerts.policy import Policy
from bot.dialog.context import Actor
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.mqtt.commands import AlertCommand, CallsCommand, MarkCommand
from bot.mqtt.presses import ACTOR, MAX_COMMANDS, MqttAccess, Presses
from bot.operations.mark_number import MARK_NUMBER
from bot.settings import MqttAllowed, Permission
from bot.store import StoreUnavailable
from bot.watches.registry import watches
from providers.model import NumberStatus
from tests.bot.mqtt.conftest import mqtt

OURS = "12025550110"
ACKNOWLEDGE = AlertCommand("sales", "spam-number", "acknowledge")


class Hand:
    """Somebody who writes to the broker; `allow` is what may be done from there."""

    def __init__(self, office, allow=MqttAllowed):
        self.office = office
        office.settings = replace(office.settings, mqtt=mqtt(allow=frozenset(allow)))
        self.access = MqttAccess(lambda: office.settings)
        self.presses = Presses(self.context, lambda: office.settings)

    def context(self):
        return replace(self.office.context(), actor=Actor(ACTOR, ""), access=self.access)

    async def write(self, command):
        await self.presses.press(command)

    async def incident(self):
        [(_, _, incident)] = await self.office.engine.open_incidents()
        return incident


@pytest.fixture
async def flagged(office):
    """One open alert on a caller ID."""
    watch = watches()["number_spam"]
    rule = Rule(Policy("spam-number", "sales", "number_spam", "C9"), watch, watch.keys())
    office.engine = Engine(office.store, [rule], office.clock)
    office.world.flag(OURS)
    await office.watch(Kind.NUMBERS)
    await office.engine.observe("sales", Kind.NUMBERS)
    return office


async def test_it_acknowledges_and_takes_that_back(flagged):
    hand = Hand(flagged)
    await hand.write(ACKNOWLEDGE)
    assert ((await hand.incident()).phase, (await hand.incident()).acknowledged_by) == (Phase.ACKNOWLEDGED, "mqtt")
    await hand.write(ACKNOWLEDGE)
    await hand.write(replace(ACKNOWLEDGE, verb="unacknowledge"))
    assert (await hand.incident()).phase is Phase.FIRING
    assert await flagged.audit() == [
        ("mqtt", "unacknowledge", "done"),
        ("mqtt", "acknowledge", "it was so already"),
        ("mqtt", "acknowledge", "done"),
    ]


async def test_it_snoozes_for_so_long(flagged):
    hand = Hand(flagged)
    await hand.write(AlertCommand("sales", "spam-number", "snooze", timedelta(minutes=45)))
    snoozed = await hand.incident()
    assert (snoozed.phase, snoozed.snoozed_by) == (Phase.SNOOZED, "mqtt")
    assert snoozed.snoozed_until == flagged.clock() + timedelta(minutes=45)


async def test_a_number_is_marked_and_read_back(flagged):
    hand = Hand(flagged)
    await hand.write(MarkCommand("sales", OURS, NumberStatus.ACTIVE))
    assert [(c.number, c.status) for c in flagged.world.status_changes] == [(OURS, NumberStatus.ACTIVE)]
    latest = await flagged.store.latest_reading("sales", Kind.NUMBERS)
    (row,) = [row for row in latest.observed.value if row.number.endswith(OURS)]
    assert row.status is NumberStatus.ACTIVE, "what was read back is a reading like any other"
    assert [accepted.kind for accepted in flagged.heard] == [Kind.NUMBERS]
    ((user, operation, outcome), *_) = await flagged.audit()
    assert (user, operation) == ("mqtt", MARK_NUMBER.name)
    assert outcome.startswith("done: active")


async def test_calls_are_paused_and_resumed(flagged):
    hand = Hand(flagged)
    await hand.write(CallsCommand(paused=True))
    paused = await flagged.store.calls_paused()
    assert paused is not None
    assert paused[0] == "mqtt"
    await hand.write(CallsCommand(paused=False))
    assert await flagged.store.calls_paused() is None
    assert [entry[:2] for entry in await flagged.audit()] == [("mqtt", "resume calls"), ("mqtt", "pause calls")]


@pytest.mark.parametrize(
    "command",
    [
        ACKNOWLEDGE,
        replace(ACKNOWLEDGE, verb="unacknowledge"),
        AlertCommand("sales", "spam-number", "snooze", timedelta(minutes=5)),
        MarkCommand("sales", OURS, NumberStatus.ACTIVE),
        CallsCommand(paused=True),
    ],
)
async def test_what_is_not_allowed_is_refused_written_down_and_not_done(flagged, command):
    hand = Hand(flagged, set(MqttAllowed) - {command.needs})
    await hand.write(command)
    assert await flagged.audit() == [("mqtt", command.verb, "refused: mqtt.allow")]
    assert (await hand.incident()).phase is Phase.FIRING
    assert flagged.world.status_changes == []
    assert await flagged.store.calls_paused() is None


async def test_what_nobody_can_have_by_mqtt_is_refused_whatever_is_allowed(office):
    access, nobody = Hand(office).access, Actor(ACTOR, "")
    may = {permission for permission in Permission if await access.may(nobody, permission)}
    assert may == {Permission.MARK_NUMBERS, Permission.ADMIN}
    for permission in (Permission.CALL, Permission.HANGUP, Permission.RECORDINGS):
        assert await access.refusal(nobody, permission) is not None


async def test_where_nothing_is_open_nothing_is_done(flagged):
    hand = Hand(flagged)
    await hand.write(AlertCommand("sales", "never-heard-of", "acknowledge"))
    await hand.write(AlertCommand("elsewhere", "spam-number", "acknowledge"))
    assert await flagged.audit() == []
    assert (await hand.incident()).phase is Phase.FIRING


async def test_a_flood_is_left_out_and_a_minute_later_heard_again(flagged):
    hand = Hand(flagged, ())
    for _ in range(MAX_COMMANDS + 20):
        await hand.write(ACKNOWLEDGE)
    assert len(await flagged.store.audit_log(1000)) == MAX_COMMANDS
    flagged.clock.advance(timedelta(minutes=1))
    await hand.write(ACKNOWLEDGE)
    assert len(await flagged.store.audit_log(1000)) == MAX_COMMANDS + 1


@pytest.mark.parametrize("mistake", [StoreUnavailable("Away."), RuntimeError("ours")])
async def test_one_that_fails_ends_nothing(flagged, monkeypatch, mistake):
    hand = Hand(flagged)

    async def fails(*_):
        raise mistake

    with monkeypatch.context() as patched:
        patched.setattr(flagged.engine, "apply", fails)
        await hand.write(ACKNOWLEDGE)
    await hand.write(ACKNOWLEDGE)
    assert (await hand.incident()).acknowledged_by == "mqtt"
