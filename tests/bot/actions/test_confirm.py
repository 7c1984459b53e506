"""Buttons that do something at a vendor: what is too old to be read does nothing, and says so."""

from datetime import timedelta

import pytest

from bot.cards import Button

PLACE = "voip_api_call"
OLD_CALL = {
    "deed": "call", "account": "sales", "title": "MoMVOIP", "number": "+380671234567", "extension": "1101",
    "agent_name": "Olena Kovalenko", "agent_id": "234", "group": None, "caller": None, "channel": "C1",
}  # fmt: skip


@pytest.mark.parametrize("value", ["", "nothing", "[1, 2]", '["sales"]', "{}"])
async def test_a_hang_up_button_that_cannot_be_read_does_nothing(office, value):
    shown = await office.press(Button("hang_up", "Hang up", value), user="UADMIN")
    assert "nothing was done" in shown.verdict


@pytest.mark.parametrize("name", ["confirm", "call_now", "confirm_deed", "confirm_mark"])
async def test_a_confirm_button_without_its_offer_does_nothing(office, name):
    shown = await office.press(Button(name, "Confirm", "gone"), user="UADMIN")
    assert "nothing was done" in shown.verdict
    assert shown.answer.replace


async def test_an_offer_of_the_version_before_is_good_for_its_ten_minutes_and_one_click(office):
    await office.store.put_pending("t", OLD_CALL, timedelta(minutes=10), user="UMAX")
    for _ in range(2):
        await office.press(Button("call_now", "Call now", "t"))
    assert office.vendor.of(PLACE) == [{"user_id": "234", "number": "380671234567"}]


@pytest.mark.parametrize(
    "payload", [{}, {"deed": "paint"}, {**OLD_CALL, "deed": "mask"}, {**OLD_CALL, "speed": 2}, {"deed": ["call"]}]
)
async def test_an_offer_that_is_not_understood_is_over(office, payload):
    await office.store.put_pending("t", payload, timedelta(minutes=10), user="UMAX")
    shown = await office.press(Button("confirm", "Call now", "t"))
    assert shown.verdict == "This is over, and nothing was done: ask again."
    assert office.vendor.asked == []
