"""What differs between two readings, and the whole again. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from bot.store.codec import pack, unpack
from bot.store.deltas import diff, patch

scalar = st.none() | st.integers(0, 3) | st.sampled_from(["", "a", "b"])
row = st.fixed_dictionaries(
    {"id": st.sampled_from("abcde")}, optional={"x": scalar, "y": scalar, "z": st.lists(scalar, max_size=2)}
)


@st.composite
def tables(draw):
    rows = draw(st.lists(row, max_size=6))
    tree = draw(st.fixed_dictionaries({}, optional={"unreadable": st.integers(1, 3)}))
    return {**tree, "items": rows} if rows else tree


@given(tables(), tables())
def test_it_makes_the_newer_of_the_older_whatever_changed(old, new):
    delta = unpack(pack(diff(old, new, "id")))
    assert patch(old, delta) == new


@given(st.dictionaries(st.sampled_from("abc"), scalar), st.dictionaries(st.sampled_from("abc"), scalar))
def test_it_does_so_for_what_has_no_rows(old, new):
    assert patch(old, unpack(pack(diff(old, new, None)))) == new


@given(tables())
def test_it_finds_nothing_where_nothing_changed(tree):
    assert diff(tree, tree, "id") == {}


def test_it_tells_only_the_fields_that_changed():
    old = {"items": [{"id": "a", "x": 1, "y": 1}, {"id": "b"}]}
    new = {"items": [{"id": "a", "x": 2}, {"id": "b"}]}
    assert diff(old, new, "id") == {"c": [[0, {"x": 2}, ["y"]]]}


def test_it_tells_who_left_by_the_runs_that_stayed():
    old = {"items": [{"id": str(n)} for n in range(50)]}
    new = {"items": [{"id": str(n)} for n in range(50) if n != 20] + [{"id": "new"}]}
    assert diff(old, new, "id") == {"o": [[0, 20], [21, 50], {"id": "new"}]}


def test_it_keeps_the_rows_that_did_not_change_as_they_are():
    old = {"items": [{"id": "a"}, {"id": "b"}]}
    new = patch(old, {"c": [[0, {"x": 1}]]})
    assert new["items"][1] is old["items"][1]
    assert old == {"items": [{"id": "a"}, {"id": "b"}]}, "the older one is not touched"
