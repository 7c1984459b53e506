"""The Home tab, door to door: the floor at a glance, its buttons, its pace, and who sees nothing."""

from datetime import timedelta
from typing import Any

import pytest


async def opened(house: Any, user: str = "ivan", containing: str = "") -> Any:
    house.slack.open_home(user)
    await house.slack.until(
        lambda: house.slack.home(user) is not None and containing in house.slack.home(user).words,
        what=f"a Home tab with {containing!r}",
    )
    return house.slack.home(user)


def published(house: Any) -> int:
    return sum(1 for one in house.slack.journal.entries if one.kind == "call" and one.text == "views.publish")


async def test_it_shows_open_problems_and_each_account_at_a_glance(house: Any) -> None:
    house.world.set_balance(20)
    alert = await house.slack.message("#voip-alerts", "Balance of sales is low")
    view = await opened(house, containing="Balance of sales is low")
    assert "1 problem is open." in view.words
    assert "its message" in str(view.body["blocks"])
    for words in ("sales (MoMVOIP)", "USD", "agents signed in", "caller IDs", "does not tell: queues"):
        assert words in view.words.replace("The vendor ", ""), words
    await house.slack.press("ivan", view, "Acknowledge")
    await house.slack.edited(alert, "Acknowledged by")
    await house.slack.until(lambda: "Undo acknowledge" in str(house.slack.home("ivan").body), what="the page anew")


async def test_its_buttons_open_what_the_commands_open_and_answer_by_direct_message(build: Any) -> None:
    house = await build(permissions={"admin": ["U0MANAGER01"]})
    await house.open()
    view = await opened(house, containing="sales")
    form = await (await house.slack.press("ivan", view, "Call…")).modal()
    assert (await house.slack.submit("ivan", form, {"Number": "+1 202 555 0188"})).ok
    await house.slack.message("ivan", "Ready to call")
    form = await (await house.slack.press("ivan", house.slack.home("ivan"), "Mark a number…")).modal()
    assert (await house.slack.submit("ivan", form, {"Number": "12025550112", "Status": "nonsense"})).errors
    assert (await house.slack.submit("ivan", form, {"Number": "12025550112", "Status": "spam"})).ok
    await house.slack.message("ivan", "Mark 12025550112 as spam?")
    form = await (await house.slack.press("ivan", house.slack.home("ivan"), "Silence…")).modal()
    asked = {"What": "sales", "For how long": "2h", "Why": "the carrier is at work"}
    assert (await house.slack.submit("ivan", form, asked)).ok
    await house.slack.message("ivan", "sales is silenced until")


async def test_silence_is_there_for_admins_alone(house: Any) -> None:
    view = await opened(house, containing="sales")
    assert "Silence…" not in str(view.body["blocks"])


@pytest.mark.parametrize("user", ["greg", "sam"])
async def test_guests_are_told_why_they_see_nothing(house: Any, user: str) -> None:
    view = await opened(house, user, "not allowed")
    assert "sales" not in view.words


async def test_it_is_published_again_when_something_changed_and_at_a_steady_pace(build: Any) -> None:
    house = await build()
    await house.open()
    await opened(house, containing="agents signed in")
    before = published(house)
    house.world.set_balance(20)
    await house.slack.message("#voip-alerts", "Balance of sales is low")
    assert published(house) == before, "not within thirty seconds, by itself"
    house.clock.advance(timedelta(seconds=31))
    await house.slack.until(lambda: "1 problem is open." in house.slack.home("ivan").words, what="the page anew")
    house.clock.advance(timedelta(minutes=16))
    before = published(house)
    house.world.set_balance(90)
    await house.slack.message("#voip-alerts", "Resolved after")
    house.clock.advance(timedelta(seconds=31))
    await house.slack.settle()
    assert published(house) == before, "nobody has opened it for a quarter of an hour"
    await house.slack.press("ivan", house.slack.home("ivan"), "Refresh")
    await house.slack.until(lambda: "All is quiet" in house.slack.home("ivan").words, what="the page at once")
