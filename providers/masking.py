"""The one masker of customers' numbers in foreign words: errors, notes, ids, log lines. Never raises."""

import re
from collections.abc import Iterator

_MAX_NUMBER_CHARACTERS = 40  # characters of one number that are shown
_MIN_RUN_DIGITS = 7  # digits in a row that may be somebody's number
_MIN_GROUPED_DIGITS = 9  # in groups; with + or a zero before them `_MIN_RUN_DIGITS` will do
_GAP = r"(?:%20|[^\S\n]|[().\-/\u2010-\u2015\u2212\u2060\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad])"
# What is made of digits and is nobody's number: moments, days, addresses, measures, Slack's and Asterisk's ids, hashes.
_HARMLESS = (
    r"(?<![\d.-])\d{4}-[01]\d-[0-3]\d(?![\d-])(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?",
    r"(?<![\d.])[0-3]?\d[./][01]?\d[./](?:19|20)\d\d(?![ ./-]?\d)",
    r"(?<![\d.])[0-3]?\d[./][01]?\d[./](?:19|20)\d\d[ T]\d\d:\d\d(?::\d\d)?(?!\d)",
    r"(?<![\w.+(])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\w.-]|\s*\d)",
    r"(?<![\w.])1\d{9}\.\d{1,6}(?![\w.])",
    r"(?i:\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)",
    r"(?<![\w+(])[1-9]\d{0,8}(?:\.\d+)? ?(?:ms|s|seconds|bytes|[kMG]?B)\b",
    r"\b[A-Z]0(?=[0-9]*[A-Z])[A-Z0-9]{7,9}\b",
    r"(?i:\b(?=[0-9]*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b)",
)
_RUN = re.compile(rf"(?P<harmless>{'|'.join(_HARMLESS)})|\+?\(?\d(?:{_GAP}{{0,4}}\d)*")


def masked(text: str) -> str:
    """Returns a customer's number for the books: the country code and the last three digits; all else is hidden."""
    shown = "".join(c for c in text if c.isprintable())[:_MAX_NUMBER_CHARACTERS]
    places = [i for i, c in enumerate(shown) if c.isdigit()]
    head = 3 if shown.startswith("+") and len(places) > 8 else 0
    tail = 3 if len(places) - head >= 6 else min(2, len(places) // 2)
    hidden = set(places[head : len(places) - tail])
    return "".join("•" if i in hidden else c for i, c in enumerate(shown))


def concealed(text: str) -> str:
    """Returns somebody else's words with every number in them masked that may be a customer's, in any spelling."""
    if sum(map(str.isdigit, text)) < _MIN_RUN_DIGITS:  # nearly always, and much the faster
        return text
    return "".join(masked(piece) if number else piece for piece, number in pieces(text))


def pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Returns the text in pieces, in order; True with those that may be a customer's number."""
    after = 0
    for found in _RUN.finditer(text):
        if found["harmless"] is None and _may_be_a_number(found[0]):
            if found.start() > after:
                yield text[after : found.start()], False
            yield found[0], True
            after = found.end()
    if after < len(text):
        yield text[after:], False


def _may_be_a_number(run: str) -> bool:
    digits = sum(c.isdigit() for c in run.replace("%20", ""))
    together = max(map(len, re.findall(r"\d+", run)))
    led = run.lstrip("(").startswith(("+", "0"))
    return together >= _MIN_RUN_DIGITS or digits >= _MIN_GROUPED_DIGITS or (led and digits >= _MIN_RUN_DIGITS)
