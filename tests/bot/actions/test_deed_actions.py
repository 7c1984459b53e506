"""Buttons of deeds that ask first: what is too old to be read does nothing, and says so."""

import pytest

from bot.cards import Button


@pytest.mark.parametrize("value", ["", "nothing", "[1, 2]", '["sales"]', "{}"])
async def test_a_hang_up_button_that_cannot_be_read_does_nothing(office, value):
    shown = await office.press(Button("hang_up", "Hang up", value), user="UADMIN")
    assert "nothing was done" in shown.verdict


async def test_a_confirm_button_without_its_deed_does_nothing(office):
    shown = await office.press(Button("confirm_deed", "Confirm", "gone"), user="UADMIN")
    assert "nothing was done" in shown.verdict
    assert shown.answer.replace


async def test_confirm_of_one_kind_never_does_a_deed_of_another(office):
    call = await office.type("/call +380671234567")
    shown = await office.press(Button("confirm_deed", "Confirm", call.button("Call now").value))
    assert "nothing was done" in shown.verdict
    assert office.vendor.of("voip_api_make_call") == []
