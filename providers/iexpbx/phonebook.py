"""IEX-10's phone book: names and numbers out of XML whose tags no document shows. No I/O.

`providers.sdk.lenient_xml` reads it: no DTD, no entity but XML's own five, at most 64 deep, of capped size.
"""

import re
from collections.abc import Iterator, Sequence

from providers.model import VendorTable
from providers.sdk.lenient import ShapeError
from providers.sdk.lenient_xml import Element
from providers.sdk.text import clean

Pair = tuple[str, str]

_NUMBER = re.compile(r"\+?(?=(?:\D*\d){2})[\dXx*#() ./-]{2,30}")  # some are shown with X for their last digits
_IS_NUMBER = re.compile(r"phone|tel|number|numara|mobile|cell|gsm|fax|office|home|work", re.IGNORECASE)
_IS_NAME = re.compile(r"name|isim|^ad$|soyad|title|company|label", re.IGNORECASE)
_IS_NEITHER = re.compile(
    r"^(id|.*_id|index|ring.*|group.*|default.*|photo.*|line|account.*|url|email|type)$", re.IGNORECASE
)
_MAX_NAME_CHARACTERS = 80  # characters of a name
_WEB_PAGE = re.compile(r"[\s\ufeff]*(<\?xml[^>]{0,300}>\s*)?<(!doctype\s+)?html\b", re.IGNORECASE)
_PROLOG = re.compile(r"(?<!\s)\s*<\?xml[^>]{0,300}>\s*")


def contacts_in(root: Element) -> list[Pair]:
    """Returns every (name, number) in the order of the book; one with several numbers stands several times.

    An entry is the smallest element that holds a name and a number, each in an element or in an attribute of its own.
    Raises `ShapeError` where there is text, and no entry in it.
    """
    found = list(dict.fromkeys(_entries(root)))
    if not found and any(clean(value) for _, value in _leaves(root)):
        raise ShapeError
    return found


def _entries(element: Element) -> list[Pair]:
    inside = [pair for child in element.children for pair in _entries(child)]
    return inside or list(_paired(element))


def _paired(element: Element) -> Iterator[Pair]:
    """Yields names and numbers as they follow each other.

    Names before a number belong to it, and to those right after.
    """
    names: list[str] = []
    spent = False
    for tag, value in _leaves(element):
        text = clean(value, limit=_MAX_NAME_CHARACTERS)
        if not text or _IS_NEITHER.search(tag):
            continue
        if _is_number(tag, text):
            if names:
                yield " ".join(names), text
                spent = True
        else:
            names, spent = ([] if spent else names) + [text], False


def _is_number(tag: str, text: str) -> bool:
    """Returns whether it is a number: a name of digits is one only where its tag says so."""
    return bool(_NUMBER.fullmatch(text)) and (not _IS_NAME.search(tag) or bool(_IS_NUMBER.search(tag)))


def _leaves(element: Element) -> Iterator[Pair]:
    """Yields (tag or attribute, text) of everything below that has no children of its own."""
    for inner in element.walk():
        yield from inner.attributes.items()
        if not inner.children:
            yield inner.name, inner.text


def is_web_page(text: str) -> bool:
    """Returns whether this is HTML: nothing is read out of that, however it is built."""
    return bool(_WEB_PAGE.match(text))


def vendor_table(pairs: Sequence[Pair], words: Sequence[str]) -> VendorTable:
    """Returns the book, or those in whose name or number every word is found."""
    wanted = [word.casefold() for word in words]
    rows = tuple(pair for pair in pairs if all(word in " ".join(pair).casefold() for word in wanted))
    notes = (f"{len(rows)} of {len(pairs)} entries fit.",) if wanted else ()
    return VendorTable(("Name", "Number"), rows, notes, customers=frozenset({1}))


def as_file(text: str) -> bytes:
    """Returns the book as the vendor wrote it, in UTF-8 and saying so."""
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + _PROLOG.sub("", text.lstrip("\ufeff"), count=1)).encode()
