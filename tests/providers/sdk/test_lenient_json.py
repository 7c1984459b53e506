import json
from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sdk.lenient_json import Damage, UnreadableError, read_json

scalars = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=12)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)
containers = st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=6), values, max_size=4)


@given(values)
def test_it_reads_what_is_json_unchanged(value):
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        found = read_json(text)
        assert found.value == value
        assert not found.repaired


@given(containers, st.booleans(), st.data())
def test_it_refuses_whatever_was_cut_off(value, ascii_only, data):
    text = json.dumps(value, ensure_ascii=ascii_only)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    with pytest.raises(UnreadableError):
        read_json(cut)


@given(st.text(alphabet='{}[]",:/*.\\\n\r\t -+eE0123456789abtrufalsn“”…\ufeff\x00', max_size=60), st.booleans())
def test_it_fails_with_its_own_error_alone(text, curly):
    with suppress(UnreadableError):
        read_json(text, curly=curly)


@given(st.text(max_size=80))
def test_it_takes_any_text(text):
    with suppress(UnreadableError):
        read_json(text)


@given(containers)
def test_it_repairs_lost_and_doubled_commas(value):
    text = json.dumps(value, ensure_ascii=True, indent=1)
    for commas in ("", ",,", ", ,\n,"):
        damaged = "\n".join(line[:-1] + commas if line.endswith(",") else line for line in text.split("\n"))
        assert read_json(damaged + " ,]}").value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('\ufeff{"a": 1}', {"a": 1}),
        ('{"a": 1, // one\n "b": "//two" /* three */}', {"a": 1, "b": "//two"}),
        ('[{"a": 1}{"b": 2}]', [{"a": 1}, {"b": 2}]),
        ("[1, , 2 ... 3 …]", [1, 2, 3]),
        ('{"a":"","\n"b":1}', {"a": "", "b": 1}),
        ('{"a":1},', {"a": 1}),
        ("[1]]", [1]),
        ('{"a":"x\ty\x01"}', {"a": "x\ty\x01"}),
        ('{"a":1, "a":2,}', {"a": 2}),
        ('["\\u00e9\\n",]', ["é\n"]),
        ('{\xa0"a": 1,}', {"a": 1}),
        ('{"a":1.50,}', {"a": Decimal("1.50")}),
        ("[true false null]", [True, False, None]),
    ],
)
def test_it_repairs(text, value):
    assert read_json(text).value == value


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("", Damage.EMPTY),
        (" \ufeff\r\n", Damage.EMPTY),
        ("<html><body>111.74</body></html>", Damage.HTML),
        ('<br />\n<b>Warning</b>: x in <b>/a.php</b>\n{"balance":1}', Damage.HTML),
        ("PHP Warning:  mysqli_connect() in /a.php on line 3", Damage.OTHER),
        ('Warning: something {"balance":1}', Damage.OTHER),
        ("Feature disabled", Damage.PLAIN),
        ("[1, 2", Damage.CUT_OFF),
        ('{"a": "b', Damage.CUT_OFF),
        ('{"a":', Damage.CUT_OFF),
        ('[{"a":1},', Damage.CUT_OFF),
        ('{"a" 1}', Damage.OTHER),
        ('{"a":,"b":1}', Damage.OTHER),
        ("[1}", Damage.OTHER),
        ('{"a":1} {"b":2}', Damage.OTHER),
        ('{"balance":1}<br>Warning', Damage.OTHER),
        ('[{"number":0441234567}]', Damage.OTHER),
        ("[1.2.3]", Damage.OTHER),
        ("[" * 100_000, Damage.TOO_DEEP),
        ("[" * 65 + "]" * 65, Damage.TOO_DEEP),
        ("[" * 65 + ",]" + "]" * 64, Damage.TOO_DEEP),
        ("\x89PNG\x00\x01\x02", Damage.OTHER),
        ("x" * 5000, Damage.OTHER),
        ('{"event":"call_end”}', Damage.CUT_OFF),
    ],
)
def test_it_says_why_it_refuses(text, damage):
    with pytest.raises(UnreadableError) as caught:
        read_json(text)
    assert caught.value.damage is damage


def test_it_reads_as_deep_as_it_says():
    value = read_json("[" * 64 + "]" * 64).value
    assert read_json("[" * 64 + "," + "]" * 64).value == value


def test_it_takes_curly_quotes_only_when_asked():
    assert read_json('{“event":"call_end”, "x":1}', curly=True).value == {"event": "call_end", "x": 1}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999999999", "9" * 100, "1" + "0" * 5000, "0." + "1" * 100])
def test_it_gives_no_field_a_number_that_is_a_bomb(number):
    for text in (f'{{"a":{number}}}', f'{{"a":{number},}}'):
        try:
            value = read_json(text).value["a"]
        except UnreadableError:
            continue
        assert isinstance(value, float)


def test_it_gives_up_on_a_repair_without_end():
    with pytest.raises(UnreadableError):
        read_json("[" + '"" ' * 1_000_000 + "]")
