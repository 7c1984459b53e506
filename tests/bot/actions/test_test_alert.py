"""**Send a test**: for administrators, written down, committed as a test of the alert."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.alerts.policy import Policy
from bot.cards import Button
from bot.engine.evaluation import Rule
from bot.settings import Alert
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches

ADMIN = "UADMIN"


@pytest.fixture
def low(office):
    """One alert, configured and judged."""
    watch, keys = watches()["balance"], BalanceKeys(below=Decimal(50))
    office.engine.replace([Rule(Policy("low", "sales", "balance", "#voip-alerts"), watch, keys)])
    configured = (Alert("low", "balance", ("sales",), "#voip-alerts", keys), Alert("idle", "balance", (), "#x", keys))
    office.settings = replace(office.settings, alerts=configured)
    return office


async def press(office, value, user=ADMIN):
    return await office.press(Button("test_alert", "Send a test", value), user=user)


async def opened(office):
    return [incident for _, _, incident in await office.engine.open_incidents()]


async def test_it_commits_a_test_and_says_where_it_goes(low):
    shown = await press(low, "low")
    assert shown.verdict == "A test of low is on its way to #voip-alerts."
    (incident,) = await opened(low)
    assert incident.test
    (row,) = await low.store.due_rows("slack", low.clock())
    assert row.notice.incident == incident.id
    assert await low.audit() == [(ADMIN, "test alert", "sent")]


async def test_it_is_for_administrators_alone_and_a_refusal_is_written_down(low):
    shown = await press(low, "low", user="UMAX")
    assert "not allowed" in shown.verdict
    assert await opened(low) == []
    assert await low.audit() == [("UMAX", "test alert", "refused")]


@pytest.mark.parametrize(
    ("name", "words"),
    [("gone", "There is no alert gone any more"), ("", "There is no alert"), ("idle", "idle watches nothing")],
)
async def test_it_sends_nothing_where_there_is_nothing_to_test(low, name, words):
    assert words in (await press(low, name)).verdict
    assert await opened(low) == []


async def test_words_offer_the_same_button_with_its_question(low):
    shown = await low.type("/pbx alerts test LO", user=ADMIN)
    assert shown.verdict == "A test of low goes to #voip-alerts, as it would be told in earnest."
    assert await opened(low) == []
    button = shown.button("Send a test")
    assert "marked TEST" in button.confirm.text
    assert "on its way" in (await low.press(button, user=ADMIN)).verdict
    assert "not allowed" in (await low.type("/pbx alerts test low")).verdict
    assert "no alert" in (await low.type("/pbx alerts test nothing", user=ADMIN)).verdict


async def test_it_is_listed_as_a_test_and_named_by_why(low):
    await press(low, "low")
    listed = await low.type("/pbx alerts")
    assert any(line.startswith("low · a test · sales · warning · since 12:00") for line in listed.lines)
    why = await low.type("/pbx alerts why low")
    assert "not looked at yet" in why.verdict
    assert "A test of it stands since 12:00." in why.lines


async def test_it_links_a_channel_that_is_given_by_its_id(low):
    alert = replace(low.settings.alerts[0], channel="C0123456789")
    low.settings = replace(low.settings, alerts=(alert,))
    shown = await press(low, "low")
    assert any(getattr(part, "channel_id", "") == "C0123456789" for part in shown.card.verdict)
