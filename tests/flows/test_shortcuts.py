"""Shortcuts, door to door: a number out of any message, or the empty form; both end in a direct message."""

from typing import Any


def field(form: Any) -> dict[str, Any]:
    return next(block["element"] for block in form.body["blocks"] if block["type"] == "input")


async def test_the_number_of_a_message_opens_the_form_and_the_preview_is_a_direct_message(house: Any) -> None:
    said = house.slack.say("daria", "#general", "Customer rang from +1 (202) 555-0188, again +44 20 7946 0958.")
    done = await house.slack.shortcut("ivan", "call_number", said)
    form = await done.modal()
    assert field(form)["initial_value"] == "+1 (202) 555-0188"
    assert "+44 20 7946 0958" in form.words
    sent = await house.slack.submit("ivan", form, {"Number": "+1 (202) 555-0188"})
    assert sent.ok
    preview = await house.slack.message("ivan", "Ready to call")
    assert preview.buttons == ["Call now", "Cancel"]
    await house.slack.press("ivan", preview, "Call now")
    await house.slack.edited(preview, "Accepted by MoMVOIP")
    assert [c.destination for c in house.world.placed_calls] == ["12025550188"]
    assert not house.slack.ephemerals("ivan", "#general")


async def test_it_works_in_a_thread_and_where_there_is_no_number_it_opens_empty_with_a_hint(house: Any) -> None:
    root = house.slack.say("daria", "#general", "Who can ring them back?")
    form = await (await house.slack.shortcut("ivan", "call_number", root)).modal()
    assert "initial_value" not in field(form)
    assert "No phone number was found" in form.words
    reply = house.slack.say("daria", "#general", "It is 2025550188", root.ts)
    form = await (await house.slack.shortcut("ivan", "call_number", reply)).modal()
    assert field(form)["initial_value"] == "2025550188"


async def test_the_global_one_opens_it_empty_and_wrong_numbers_are_refused_in_it(house: Any) -> None:
    form = await (await house.slack.shortcut("ivan", "call_someone")).modal()
    refused = await house.slack.submit("ivan", form, {"Number": "911"})
    assert refused.errors
    assert (await house.slack.submit("ivan", form, {"Number": "+12025550188"})).ok
    await house.slack.message("ivan", "Ready to call")
    assert not house.world.placed_calls


async def test_guests_get_no_form(house: Any) -> None:
    done = await house.slack.shortcut("greg", "call_someone")
    assert done.acked
    assert "not allowed" in (await house.slack.message("greg", "not allowed")).words
    assert house.slack.modal("greg") is None
