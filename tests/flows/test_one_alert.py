"""One alert, door to door, in both of Slack's modes: raised, acknowledged, resolved, one message all the way."""

from typing import Any

import pytest

CHANNEL = "#voip-alerts"


def state(message: Any) -> str:
    return str(message.metadata["event_payload"]["state"])


async def test_it_tells_a_low_balance_once_and_edits_it_to_the_end(house: Any) -> None:
    slack, world = house.slack, house.world
    world.set_balance(38.2)
    alert = await slack.message(CHANNEL, "Balance of sales is low")
    payload = alert.metadata["event_payload"]
    assert alert.metadata["event_type"] == "ringwatch_alert"
    assert (payload["alert"], payload["account"], payload["subjects"]) == ("low-balance", "sales", "sales")
    assert payload["state"] == "firing"

    pressed = await slack.press("ivan", alert, "Acknowledge")
    assert pressed.acked
    await slack.until(lambda: state(alert) == "acknowledged", what="the acknowledgement")
    assert "acknowledged" in alert.words.lower()
    assert "Ivan" in alert.words or "U0MANAGER01" in alert.words

    world.top_up(200)
    await slack.until(lambda: state(alert) == "resolved", what="the end")
    assert "Resolved after" in alert.words
    assert not alert.buttons
    assert len(slack.messages(CHANNEL)) == 1
    assert slack.journal.count("chat.postMessage") == 1


async def test_it_marks_a_flagged_number_active_from_the_alert_and_resolves_it(house: Any) -> None:
    slack, world = house.slack, house.world
    world.flag("12025550110")
    alert = await slack.message(CHANNEL, "12025550110")
    assert alert.metadata["event_payload"]["subjects"] == "12025550110"
    pressed = await slack.press("daria", alert, "Mark as active")
    assert pressed.asked is not None  # it asks before it does
    await slack.until(lambda: state(alert) == "resolved", what="the end")
    assert [(c.number, c.status.value) for c in world.status_changes] == [("12025550110", "active")]
    told = await slack.ephemeral("daria", CHANNEL, "active")
    assert "MoMVOIP" in told.words
    assert len(slack.messages(CHANNEL)) == 1


async def test_it_tells_of_agents_who_drop_together_in_one_message(house: Any) -> None:
    slack, world = house.slack, house.world
    world.bring_back()
    await slack.until(lambda: house.services[0].store is not None)
    await seen_agents(house)
    gone = [a.extension for a in world.agents if a.state.signed_in][:12]
    world.drop_agents(gone)
    alert = await slack.message(CHANNEL, "agents")
    assert set(alert.metadata["event_payload"]["subjects"].split("; ")) == set(gone)
    assert "PBX" in alert.words
    world.bring_back(gone)
    await slack.until(lambda: state(alert) == "resolved", what="the end")
    assert len(slack.messages(CHANNEL)) == 1


@pytest.mark.long
async def test_it_tells_once_that_an_account_cannot_be_read_and_holds_the_rest(house: Any) -> None:
    slack, world = house.slack, house.world
    world.flag("12025550110")
    spam = await slack.message(CHANNEL, "12025550110")
    house.sandbox.faults["*"] = "http_502_html"
    down = await slack.message(CHANNEL, "Cannot be seen:")
    assert down.metadata["event_payload"]["alert"] == "pbx-down"
    await slack.edited(spam, "Not seen since")
    assert state(spam) == "firing"
    house.sandbox.faults.clear()
    await slack.until(lambda: state(down) == "resolved", what="the end of the outage")
    await slack.until(lambda: "Not seen since" not in spam.words, what="sight")
    assert state(spam) == "firing"


async def seen_agents(house: Any) -> None:
    """Wait until a poll has seen the agents there."""
    before = house.vendor_requests("MOM-2")
    await house.until(lambda: house.vendor_requests("MOM-2") >= before + 2, "two looks at the agents")
