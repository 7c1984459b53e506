from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.model import Rows
from providers.sdk import lenient
from providers.sdk.lenient import RefusalError, ShapeError, UnfitError

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KYIV = ZoneInfo("Europe/Kyiv")


@pytest.mark.parametrize("read", [lenient.decimal_of, lenient.money_of, lenient.int_of, lenient.span_of, lenient.text_of,
                                  lenient.key_of, lenient.naive_time_of, lambda v: lenient.time_of(v, KYIV)])  # fmt: skip
def test_it_reads_any_value_or_says_that_it_is_unfit(read):
    said = []

    @given(anything)
    def check(value):
        try:
            read(value)
        except UnfitError as error:
            said.append(str(error))

    check()
    assert said
    assert max(map(len, said)) <= 40


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (Decimal("111.74"), "111.74"),
        ("111.74", "111.74"),
        ("111,74", "111.74"),
        ("-5", "-5"),
        (-349282, "-349282"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234.56", "1234.56"),
        ("1.234,56", "1234.56"),
        ("1,234.56", "1234.56"),
        ("-1,234,567.8", "-1234567.8"),
        ("0,123", "0.123"),
        ("-0.00", "-0.00"),
        ("0.000001", "0.000001"),
    ],
)
def test_it_reads_money(value, amount):
    assert str(lenient.money_of(value)) == amount


@pytest.mark.parametrize(
    "value",
    [True, False, None, "", "—", "n/a", "NaN", "Infinity", float("nan"), float("inf"), Decimal("NaN"), Decimal("1e400"),
     "1,234", "1,2,3", "1.2.3", "12 34", "0x10", "1e5", "١٢٣", [], {}, 1.5, "1,234,5", "12,345.678,9", 10**16],
)  # fmt: skip
def test_it_refuses_what_is_no_money(value):
    with pytest.raises(UnfitError):
        lenient.money_of(value)


def test_it_reads_whole_numbers_only():
    assert [lenient.int_of(v) for v in ("20", 20, Decimal("20.0"), "-3")] == [20, 20, 20, -3]
    for value in ("20.5", True, None, ""):
        with pytest.raises(UnfitError):
            lenient.int_of(value)


def test_it_reads_lengths_of_time():
    assert lenient.span_of("20") == timedelta(seconds=20)
    assert lenient.span_of(Decimal("0.5")) == timedelta(milliseconds=500)
    for value in (-1, "1e9", 10**12, None, True):
        with pytest.raises(UnfitError):
            lenient.span_of(value)


def test_it_reads_keys_that_can_be_keys():
    assert lenient.key_of(1111) == "1111"
    for value in ("", " ", None, True, "x" * 101, [1]):
        with pytest.raises(UnfitError):
            lenient.key_of(value)


@pytest.mark.parametrize("value", ["0000-00-00 00:00:00", "", "null", None, "0", 0])
def test_it_knows_a_time_that_is_none(value):
    assert lenient.time_of(value, KYIV) is None


def test_it_reads_a_time_in_its_zone():
    assert lenient.time_of("2024-04-26 11:50:28", KYIV) == datetime(2024, 4, 26, 11, 50, 28, tzinfo=KYIV)
    for value in ("2024-13-01 00:00:00", "yesterday", "0001-01-01 00:00:00", "9999-12-31 23:59:59", True):
        with pytest.raises(UnfitError):
            lenient.time_of(value, KYIV)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (False, "false"),
        ("0", "0"),
        (0, "0"),
        ({"error": "Invalid key"}, "Invalid key"),
        ({"error": 1, "result": "Server unavailable"}, "Server unavailable"),
        ({"error": True}, "error"),
        ({"Error": {"message": "no"}, "code": 3}, "no"),
        ({"errors": ["first", "second"]}, "first"),
        ({"status": "error", "message": "Bad number"}, "Bad number"),
        ({"status": "FAILED"}, "error"),
        ({"status": False, "msg": "No money"}, "No money"),
        ({"success": False, "message": "Nope"}, "Nope"),
        ({"success": "0"}, "error"),
        ({"result": "error"}, "error"),
    ],
)
def test_it_hears_a_no(value, words):
    assert lenient.refusal_in(value) == words


@pytest.mark.parametrize(
    "value",
    [True, 1, "1", "ok", None, [], {}, {"status": "success"}, {"error": None}, {"error": 0}, {"error": "", "id": 1},
     {"error": False}, {"success": True}, {"success": "1"}, {"message": "Call started"}, {"result": "ok"}],
)  # fmt: skip
def test_it_hears_no_no_where_none_was_said(value):
    assert lenient.refusal_in(value) is None


@given(anything)
def test_it_finds_a_list_a_no_or_another_shape_in_anything(value):
    try:
        found = lenient.list_in(value)
    except (RefusalError, ShapeError):
        return
    assert isinstance(found, list)
    try:
        lenient.rows_of(found, lambda row: lenient.key_of(row.get("id")))
    except (RefusalError, ShapeError):
        return


def test_it_takes_php_lists_in_every_form():
    row = {"id": "7"}
    assert lenient.list_in([]) == []
    assert lenient.list_in({}) == []
    assert lenient.list_in({"1": row, "2": row}) == [row, row]
    assert lenient.list_in({"status": "success", "data": [row]}) == [row]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (False, "false"),
        ("0", "0"),
        ("Invalid key", "Invalid key"),
        ({"message": "No such user"}, "No such user"),
    ],
)
def test_it_never_takes_a_no_for_an_empty_list(value, words):
    with pytest.raises(RefusalError, match=words):
        lenient.list_in(value)


@pytest.mark.parametrize("value", [True, 5, "", {"id": "7"}, {"balance": 5}])
def test_it_refuses_other_shapes(value):
    with pytest.raises(ShapeError):
        lenient.list_in(value)


def test_it_counts_the_rows_that_it_cannot_read():
    rows = lenient.rows_of([{"id": "7"}, None, {"id": ""}, "x", {"id": 8}], lambda row: lenient.key_of(row.get("id")))
    assert rows == Rows(("7", "8"), unreadable=3)


def test_it_refuses_a_list_of_which_nothing_can_be_read():
    def read(row):
        return lenient.key_of(row.get("id"))

    with pytest.raises(ShapeError):
        lenient.rows_of([{"name": "x"}, None], read)
    with pytest.raises(RefusalError, match="Invalid key"):
        lenient.rows_of([{"error": "Invalid key"}], read)
    assert lenient.rows_of([], read) == Rows()
