"""Whatever a vendor answers, its adapter makes a value of it or a sentence, and nothing else."""

from functools import cache

import pytest
from hostile_asks import ASKS, PUSHED
from hostile_fuzz import Reader, bent, unfit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

KINDS = ["", "application/json", "text/html; charset=windows-1251", "text/xml; charset=utf-16", "audio/x-wav"]


@cache
def reader(slug: str) -> Reader:
    return Reader(slug)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("slug", sorted(ASKS))
def test_every_reader_makes_a_value_or_a_sentence_of_anything(slug, data):
    ask = data.draw(st.sampled_from(ASKS[slug]))
    body = data.draw(bent(reader(slug).tape[ask.id.partition(" ")[0]][0]))
    outcome = reader(slug).read(ask, body, data.draw(st.sampled_from(KINDS)))
    assert unfit(outcome) == "", body


def test_the_tape_has_every_operation():
    for slug, asks in ASKS.items():
        assert {ask.id.partition(" ")[0] for ask in asks} - PUSHED <= set(reader(slug).tape), slug
