"""Reads XML as vendors write it: no `?` in the prolog, doubled `<`, split entities. Never accepts what was cut off.

Expat alone reads it, which is enough because every known attack on it needs a DTD or size: whatever declares one
(DOCTYPE, ENTITY …) is refused before the parser sees it and once more by the parser's own events, expat by itself
fetches nothing, the text is decoded by us, and depth, number of elements and bytes are capped.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from providers.sdk.exchange import DATA_BYTES
from providers.sdk.lenient_json import Damage, UnreadableError

MAX_LEVELS = 64
MOST_ELEMENTS = 200_000
_GZIP = b"\x1f\x8b"

_DECLARES = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)\b", re.IGNORECASE)
_WEB_PAGE = re.compile(
    r"<(!doctype\s+html|html|head|body|br|b|div|p|h\d|center|font|table|pre|script)\b", re.IGNORECASE
)
_PROLOG_INSIDE = re.compile(
    r"(<html\b[^>]{0,300}>\s*(?:<body\b[^>]{0,300}>\s*)?)<\?xml\b[^>]{0,300}>\s*", re.IGNORECASE
)
_PROLOG = re.compile(r"<\?xml\b[^>]{0,300}>\s*", re.IGNORECASE)
_MAX_LEAD_CHARACTERS = 200  # characters of other words before the XML begins
_MAX_PLAIN_CHARACTERS = 1000  # characters; words that are longer are no message
_PHP_NOISE = re.compile(r"(php )?(fatal error|parse error|warning|notice|deprecated)\s*:", re.IGNORECASE)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DOUBLED = re.compile(r"(?<!<)<{2,}+(?=[A-Za-z_/])")  # each run is tried once: quadratic otherwise
_SPLIT_ENTITY = re.compile(r"&[ \t]+(quot|lt|gt|amp|apos);", re.IGNORECASE)
_BARE_AND = re.compile(r"&(?!(?:#\d{1,7}|#x[0-9A-Fa-f]{1,6}|quot|lt|gt|amp|apos);)")
_NOISE = re.compile(r"[\s.+…\x00]*")
_ENDED_EARLY = {
    expat.errors.codes[getattr(expat.errors, f"XML_ERROR_{name}")]
    for name in ("NO_ELEMENTS", "UNCLOSED_TOKEN", "PARTIAL_CHAR", "UNCLOSED_CDATA_SECTION")
}
_JUNK_AFTER = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]
_WRAPPERS = {"html", "body"}


@dataclass(frozen=True, slots=True)
class Element:
    """One element; names are compared without case and without a namespace's prefix.

    `text` is what stands between its own tags, children left out. Children are always asked for as lists: one
    and many look alike in XML.
    """

    name: str
    text: str = field(default="", repr=False)
    children: tuple["Element", ...] = field(default=(), repr=False)
    attributes: Mapping[str, str] = field(default_factory=dict, repr=False)

    def all(self, *path: str) -> list["Element"]:
        """Returns every element at this path below; each step takes all children of the name."""
        found = [self]
        for step in path:
            found = [child for element in found for child in element.children if child.name == step]
        return found

    def first(self, *path: str) -> "Element | None":
        """Returns the first element at this path; None where there is none."""
        return next(iter(self.all(*path)), None)

    def said(self, *path: str) -> str | None:
        """Returns the words of the first element at this path; None where there is none, ``""`` where it is empty."""
        found = self.first(*path)
        return None if found is None else found.text

    def walk(self) -> Iterator["Element"]:
        """Yields this element and all below it, in the order of the text."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


@dataclass(frozen=True, slots=True)
class Xml:
    """The root element, and whether its text had to be repaired."""

    root: Element
    repaired: bool


def unpacked(content: bytes, most: int = DATA_BYTES) -> bytes:
    """Returns the body, also where it is a gzip file that no header names; raises `UnreadableError`."""
    if not content.startswith(_GZIP):
        return content
    stream = zlib.decompressobj(wbits=31)
    try:
        found = stream.decompress(content, most + 1)
    except zlib.error:
        raise UnreadableError(Damage.OTHER) from None
    if len(found) > most:
        raise UnreadableError(Damage.OTHER)
    if not stream.eof:
        raise UnreadableError(Damage.CUT_OFF)
    return found


def read_xml(text: str) -> Xml:
    """Returns the one element in `text`; raises `UnreadableError`.

    Strict XML first, its prolog aside. Else doubled `<`, split entities and bare `&` are mended. Dots and plus signs
    after the root, a few words before it, and an `<html>` around it are ignored. What ends before its root is closed,
    declares a DTD, or is deeper than 64, is refused.
    """
    text = text.lstrip("\ufeff \t\r\n\x00").rstrip(" \t\r\n\x00")
    if not text:
        raise UnreadableError(Damage.EMPTY)
    body, mended = _begun(text)
    if _DECLARES.search(body):
        raise UnreadableError(Damage.HTML if _WEB_PAGE.match(body) else Damage.OTHER)
    try:
        root, junk = _parsed(body)
        mended = mended or junk
    except expat.ExpatError as strict:
        root, mended = _mended(body, strict), True
    return Xml(_unwrapped(root), mended)


def _begun(text: str) -> tuple[str, bool]:
    """Returns the text from where its XML begins, and whether anything but a right prolog was left out."""
    mended = False
    if not text.startswith("<"):
        at = text.find("<", 0, _MAX_LEAD_CHARACTERS)
        if at < 0 or not re.match(r"<(\?xml\b|page\b|action\b|status\b|error\b)", text[at:], re.IGNORECASE):
            raise UnreadableError(_wordy(text))
        text, mended = text[at:], True
    at = 0  # the text is cut once: a hundred thousand prologs are as many copies otherwise
    while prolog := _PROLOG.match(text, at):
        at, mended = prolog.end(), mended or not prolog[0].rstrip().endswith("?>")
    text = text[at:]
    if inner := _PROLOG_INSIDE.match(text):
        text, mended = inner[1] + text[inner.end() :], True
    if not text:
        raise UnreadableError(Damage.CUT_OFF)
    return text, mended


def _wordy(text: str) -> Damage:
    printable = sum(c.isprintable() or c.isspace() for c in text[:_MAX_PLAIN_CHARACTERS])
    garbage = printable < min(len(text), _MAX_PLAIN_CHARACTERS) * 0.95 or "\ufffd" in text
    return Damage.OTHER if garbage or len(text) > _MAX_PLAIN_CHARACTERS or _PHP_NOISE.match(text) else Damage.PLAIN


def _mended(body: str, strict: expat.ExpatError) -> Element:
    mended = _DOUBLED.sub("<", _FORBIDDEN.sub("", body))
    mended = _BARE_AND.sub("&amp;", _SPLIT_ENTITY.sub(lambda found: f"&{found[1].lower()};", mended))
    try:
        return _parsed(mended)[0]
    except expat.ExpatError as error:
        if _WEB_PAGE.match(body):
            raise UnreadableError(Damage.HTML) from None
        raise UnreadableError(Damage.CUT_OFF if error.code in _ENDED_EARLY else Damage.OTHER) from strict


def _unwrapped(root: Element) -> Element:
    """Returns what an `<html>` was put around; one that holds no data is a web page."""
    while root.name in _WRAPPERS:
        inner = [child for child in root.children if child.name != "head"]
        if len(inner) != 1 or (_WEB_PAGE.match(f"<{inner[0].name}>") and inner[0].name not in _WRAPPERS):
            raise UnreadableError(Damage.HTML)
        root = inner[0]
    return root


def _parsed(body: str) -> tuple[Element, bool]:
    """Returns the root, and whether noise came after it."""
    builder = _Builder()
    data = body.encode("utf-8", "replace")
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.words
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        rest = data[parser.ErrorByteIndex :].decode("utf-8", "replace") if error.code == _JUNK_AFTER else "?"
        if builder.root is None or not _NOISE.fullmatch(rest):
            raise
        return builder.root, True
    if builder.root is None:
        raise UnreadableError(Damage.CUT_OFF)
    return builder.root, False


def _refuse(*_declared: object) -> None:
    raise UnreadableError(Damage.OTHER)


class _Builder:
    """Makes elements of the parser's events."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[str, Mapping[str, str], list[str], list[Element]]] = []
        self._seen = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen += 1
        if len(self._open) >= MAX_LEVELS:
            raise UnreadableError(Damage.TOO_DEEP)
        if self._seen > MOST_ELEMENTS:
            raise UnreadableError(Damage.TOO_MUCH)
        self._open.append((_local(name), {_local(key): value for key, value in attributes.items()}, [], []))

    def words(self, text: str) -> None:
        self._open[-1][2].append(text)

    def end(self, _name: str) -> None:
        name, attributes, words, children = self._open.pop()
        element = Element(name, "".join(words), tuple(children), attributes)
        if self._open:
            self._open[-1][3].append(element)
        else:
            self.root = element


def _local(name: str) -> str:
    return name.rpartition(":")[2].casefold()
