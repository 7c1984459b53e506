"""How a line reads as a bare text, where nobody's own zone can be known."""

from datetime import timedelta

from bot.cards import Customer, Person, Text
from bot.dialog.phrases import in_words, moment
from tests.clocks import NOON


def test_a_time_that_is_near_is_a_time_and_one_that_is_not_has_its_day():
    line = (Text("since "), moment(NOON, NOON), " until ", moment(NOON + timedelta(hours=18), NOON))
    assert in_words(line) == "since 12:00 UTC until 2026-11-22 06:00 UTC"


def test_a_customer_is_masked_and_a_person_is_not():
    assert in_words((Customer("+14155550143"), " by ", Person("UMAX"))) == "+141•••••143 by UMAX"
