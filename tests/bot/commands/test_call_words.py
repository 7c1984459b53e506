"""How `/call` is typed."""

from hypothesis import given
from hypothesis import strategies as st

from bot.dialog.parsing import WordsError
from bot.operations.call_plan import PlaceCallRequest, split
from bot.operations.call_words import read


def test_it_keeps_a_number_with_spaces_whole():
    assert read("+380 (67) 123-45-67 as Max") == PlaceCallRequest(number="+380 (67) 123-45-67", agent="Max")


def test_it_finds_our_caller_id_where_the_called_number_follows_it():
    wish = split(read("from 1 202 555 0110 067 123 45 67"), ["12025550110"])
    assert (wish.caller, wish.number) == ("1 202 555 0110", "067 123 45 67")
    assert split(read("from 1 202 555 0110 067"), ["999"]).number == ""


def test_it_goes_through_a_form_and_back():
    wish = PlaceCallRequest(number="", agent="Max Power", caller="1202", account="sales")
    assert PlaceCallRequest.of(wish.value(), "067") == PlaceCallRequest("067", "Max Power", "1202", "sales")
    assert PlaceCallRequest.of("not json", "067") == PlaceCallRequest("067")


@given(st.text(max_size=80))
def test_it_reads_anything_or_says_why_not(words):
    try:
        wish = read(words)
    except WordsError:
        return
    assert set(" ".join([wish.number, wish.agent, wish.caller, wish.account]).split()) <= set(words.split())
