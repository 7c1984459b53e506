"""XML is mended where no doubt is left, and never where some of it is missing."""

import gzip
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.sdk.lenient_json import Damage, UnreadableError
from providers.sdk.lenient_xml import MAX_LEVELS, MOST_ELEMENTS, Element, read_xml, unpacked

WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=20)
LEAVES = st.builds(Element, st.sampled_from(["a", "b", "page", "call_id"]), WORDS)
TREES = st.recursive(
    LEAVES, lambda inner: st.builds(lambda children: Element("page", "", tuple(children)), st.lists(inner, max_size=4))
)


def written(element: Element) -> str:
    return f"<{element.name}>{escape(element.text)}{''.join(map(written, element.children))}</{element.name}>"


@given(TREES)
def test_it_reads_what_was_written(tree):
    found = read_xml('<?xml version="1.0"?>\n' + written(tree))
    assert (found.root, found.repaired) == (tree, False)


@given(TREES, st.data())
def test_it_never_takes_a_part_for_the_whole(tree, data):
    text = written(tree)
    end = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(UnreadableError):
        read_xml(text[:end])


@given(st.text(max_size=200))
def test_it_reads_or_refuses_whatever_comes(text):
    try:
        root = read_xml(text).root
    except UnreadableError:
        return
    assert root.name


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ('<?xml version="1.0" encoding="utf-8">\n<a>1</a>', "a", "1"),
        ("<<a>1</a>", "a", "1"),
        ("<a>1<</a>", "a", "1"),
        ("<a>& quot;101& quot; & lt;101& gt; </a>", "a", '"101" <101> '),
        ("<a>Tom & Jerry&Co &amp; all</a>", "a", "Tom & Jerry&Co & all"),
        ("<a>x&nbsp;y</a>", "a", "x&nbsp;y"),
        ("<a>1\x00\x0b</a>", "a", "1"),
        ("<a>1</a> .....\n+++", "a", "1"),
        ("Balance:<?xml version='1.0'?><page>1</page>", "page", "1"),
    ],
)
def test_it_mends_and_says_so(text, name, words):
    found = read_xml(text)
    assert (found.root.name, found.root.text, found.repaired) == (name, words, True)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("\ufeff <a>1</a>\x00\n", "a", "1"),
        ("<html><page>1</page></html>", "page", "1"),
        ("<HTML><head/><BODY><Page>1</Page></BODY></HTML>", "page", "1"),
        ("<x:Page xmlns:x='urn:x'>1</x:Page>", "page", "1"),
        ("<a><![CDATA[<<b> & c]]></a>", "a", "<<b> & c"),
        ("<a>&#1054;&#x43A;</a>", "a", "Ок"),
    ],
)
def test_it_needs_no_repair_for_what_is_merely_odd(text, name, words):
    found = read_xml(text)
    assert (found.root.name, found.root.text, found.repaired) == (name, words, False)


@pytest.mark.parametrize(
    ("text", "damage"),
    [
        ("", Damage.EMPTY),
        ("\ufeff \x00\n", Damage.EMPTY),
        ('<?xml version="1.0"?>', Damage.CUT_OFF),
        ("<a>", Damage.CUT_OFF),
        ("<a><b>1</b>", Damage.CUT_OFF),
        ("<a><![CDATA[x", Damage.CUT_OFF),
        ("<a><!-- x", Damage.CUT_OFF),
        ("<!DOCTYPE html><html><body>hi</body></html>", Damage.HTML),
        ("<html><h1>hi</h1></html>", Damage.HTML),
        ("<html><body><p>a<p>b</body></html>", Damage.HTML),
        ("<html><page/><page/></html>", Damage.HTML),
        ("<br />\n<b>Warning</b>", Damage.HTML),
        ("<!DOCTYPE a><a/>", Damage.OTHER),
        ("<!doctype a SYSTEM 'http://x.example/'><a/>", Damage.OTHER),
        ("<a><!ENTITY b 'c'></a>", Damage.OTHER),
        ("<!-- x --><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Damage.OTHER),
        ("<a></b>", Damage.OTHER),
        ("<a/><b/>", Damage.OTHER),
        ("<a b=1/>", Damage.OTHER),
        ("<a>" * (MAX_LEVELS + 1) + "</a>" * (MAX_LEVELS + 1), Damage.TOO_DEEP),
        ("<a>" + "<b/>" * MOST_ELEMENTS + "</a>", Damage.TOO_MUCH),
        ("Feature disabled", Damage.PLAIN),
        ("-349282.18", Damage.PLAIN),
        ("1 < 2", Damage.PLAIN),
        ("PHP Fatal error: x", Damage.OTHER),
        ("x" * 1001, Damage.OTHER),
        ("\ufffd\x01\x02", Damage.OTHER),
    ],
)
def test_it_refuses_and_says_why(text, damage):
    with pytest.raises(UnreadableError) as caught:
        read_xml(text)
    assert caught.value.damage is damage


def test_the_deepest_that_it_reads():
    assert read_xml("<a>" * MAX_LEVELS + "</a>" * MAX_LEVELS).root.name == "a"


def test_one_child_and_many_are_lists_alike():
    one, many = read_xml("<p><c>1</c></p>").root, read_xml("<p><c>1</c>..<C>2</C><d/></p>").root
    assert [c.text for c in one.all("c")] == ["1"]
    assert [c.text for c in many.all("c")] == ["1", "2"]
    assert (many.said("c"), many.said("d"), many.said("e")) == ("1", "", None)
    assert many.first("c", "x") is None
    assert [e.name for e in many.walk()] == ["p", "c", "c", "d"]


def test_a_path_goes_through_all_of_a_name():
    root = read_xml("<p><l><c a='1'>1</c></l><l><c>2</c></l></p>").root
    assert [c.text for c in root.all("l", "c")] == ["1", "2"]
    assert root.all("l", "c")[0].attributes == {"a": "1"}
    assert root.all() == [root]


def test_what_is_inside_shows_in_no_repr():
    assert "s3cret" not in repr(read_xml("<a p='s3cret'><password>s3cret</password></a>"))


def test_it_unpacks_what_no_header_said_was_packed():
    assert unpacked(b"<a/>") == b"<a/>"
    assert unpacked(gzip.compress(b"<a/>")) == b"<a/>"
    for packed, damage in [
        (gzip.compress(b"<a/>" * 99)[:-3], Damage.CUT_OFF),
        (b"\x1f\x8b\x99 and so on", Damage.OTHER),
        (gzip.compress(b" " * 6_000_000), Damage.OTHER),
    ]:
        with pytest.raises(UnreadableError) as caught:
            unpacked(packed)
        assert caught.value.damage is damage
