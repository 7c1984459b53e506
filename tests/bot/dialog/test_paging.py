"""A page of a list is asked for as such: it stands beside the words, never in them."""

import json

from hypothesis import given
from hypothesis import strategies as st

from bot.cards import Button
from bot.dialog.paging import Paging
from bot.dialog.request import Request
from providers.model import NumberStatus, PhoneNumber, Rows

MARK = "\u2063"  # what versions before this one put between the words and the page


@given(st.text(max_size=30), st.integers(min_value=0, max_value=10**9))
def test_it_asks_the_same_words_for_another_page(words, page):
    button = Paging("spam", Request(words)).to("More", page)
    assert Paging.of(button.value) == Paging("spam", Request(words, page))


def test_it_does_not_read_a_page_from_anything():
    for value in ("", "[]", "{}", '["spam","x",-1]', '["spam","x","1"]', '["spam","x",true]', "null", '[1,"x",1]'):
        assert Paging.of(value) is None


async def numbers(office, monkeypatch, many):
    rows = Rows(tuple(PhoneNumber(f"+1202555{n:04}", NumberStatus.ACTIVE, "active") for n in range(many)))

    async def listed():
        return rows

    monkeypatch.setattr(office.opened["sales"].provider, "numbers", listed)


async def test_it_turns_the_pages_of_a_list_and_loses_none(office, monkeypatch):
    await numbers(office, monkeypatch, 90)
    shown, seen = await office.type("/spam on sales"), []
    for _ in range(3):
        seen += [line.split(" · ")[0] for line in shown.lines if line.startswith("+1202") and " · " not in line]
        if "More" in shown.labels():
            shown = await office.press(shown.button("More"))
    assert seen == [f"+1202555{n:04}" for n in range(90)]


async def test_a_button_of_the_version_before_still_leads_there(office, monkeypatch):
    await numbers(office, monkeypatch, 90)
    shown = await office.press(Button("turn", "More", json.dumps(["spam", "sales", 40])))
    assert "Caller IDs 41–80 of 90" in shown.lines


async def test_nobody_types_a_page(office, monkeypatch):
    await numbers(office, monkeypatch, 90)
    shown = await office.type(f"/spam sales {MARK}40")
    assert "more than one word" in shown.verdict
    of_old = await office.press(Button("turn", "More", json.dumps(["spam", f"sales {MARK}40", 40])))
    assert "more than one word" in of_old.verdict
    assert "Usage: /spam" in of_old.text
