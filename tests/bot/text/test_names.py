"""Names as people paste them, and as vendors write them."""

from hypothesis import given
from hypothesis import strategies as st

from bot.text.names import fitting, folded


def test_a_name_fits_however_it_was_composed_or_padded():
    names = ["Jose\u0301 ", "\u200bSales\xa0Team"]
    assert fitting("\u202aJOS\xc9\u202c", names) == names[:1]
    assert fitting("sales team", names) == names[1:]
    assert fitting("sales", names) == names[1:]


@given(st.text(max_size=30))
def test_what_is_folded_stays_as_it_is(name):
    once = folded(name)
    assert folded(once) == once
    assert once == once.strip()
