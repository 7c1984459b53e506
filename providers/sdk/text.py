"""Reads words from outside: bytes to text, text fit to show, secrets out of it. Never raises for what was sent."""

import codecs
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterable

HIDDEN = "•••"
MAX_QUOTED_CHARACTERS = 120  # characters of a vendor's own words that a person is shown

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_SHORT_SECRET_CHARACTERS = 4  # a secret shorter than this is looked for as a word of its own
_SURE_SECRET_CHARACTERS = 8  # one at least this long is taken out of data too: nothing is equal to it by chance


def decode(content: bytes, content_type: str = "", fallback: str = "cp1251") -> str:
    """Returns the text of an answer: BOM, strict UTF-8, the declared charset, then `fallback` with replacements."""
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    if len(content) > 1 and not len(content) % 2 and (content[0] == 0) is not (content[1] == 0):
        return content.decode("utf-16-be" if content[0] == 0 else "utf-16-le", errors="replace")
    declared = _CHARSET.search(content_type)
    for encoding in ("utf-8", *([declared[1]] if declared else []), fallback):
        try:
            return content.decode(encoding)
        except (LookupError, ValueError):  # ValueError: bytes that are none, or a codec that is no text codec
            continue
    return content.decode(fallback, errors="replace")


def clean(text: str, limit: int = 200) -> str:
    """Returns one line fit to show, at most `limit` long: no control, bidi, zero-width or surrogate characters."""
    head = text[: limit * 8 + 64]
    if head.isprintable():  # nearly always
        visible = head
    else:
        visible = "".join(" " if c.isspace() else c for c in head if c.isspace() or _shows(c))
    line = " ".join(visible.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _shows(char: str) -> bool:
    if char.isascii():
        return char.isprintable()
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs"}


def redactor(secrets: Iterable[str], *, data: bool = False, whole: bool = False) -> Callable[[str], str]:
    """Returns a function that takes these secrets out of any text, also percent-encoded, JSON- or HTML-escaped.

    With `data`, only secrets that are long enough not to be met by chance: for text that is going to be read as data,
    where a short key may well be somebody's extension. With `whole`, as words of their own alone.
    """
    patterns: list[re.Pattern[str]] = []
    for secret in sorted({s.strip() for s in secrets} - {""}, key=len, reverse=True):
        if not data or len(secret) >= _SURE_SECRET_CHARACTERS:
            before, after = (r"(?<!\w)", r"(?!\w)") if whole or len(secret) < _SHORT_SECRET_CHARACTERS else ("", "")
            rest = "".join(map(_spellings, secret[1:]))
            patterns.append(re.compile(f"{before}{_head(secret[0])}(?i:{rest}){after}"))

    def redact(text: str) -> str:
        for pattern in patterns:
            text = pattern.sub(HIDDEN, text)
        return text

    return redact


def _head(char: str) -> str:
    """Returns a pattern of a secret's first character.

    Each spelling begins with a plain sign, so that megabytes pass fast.
    """
    cases = [c for c in dict.fromkeys((char, char.lower(), char.upper())) if len(c) == 1]
    spelled = (f"{re.escape(sign)}(?i:{rest})" for c in cases for sign, rest in _forms(c))
    return f"(?:{'|'.join(dict.fromkeys(spelled))})"


def _spellings(char: str) -> str:
    """Returns a pattern of one character."""
    return f"(?:{'|'.join(dict.fromkeys(re.escape(sign) + rest for sign, rest in _forms(char)))})"


def _forms(char: str) -> list[tuple[str, str]]:
    """Returns how a character is written: itself, or escaped as in URLs, JSON or HTML.

    A sign and a pattern of the rest.
    """
    code = ord(char)
    forms = [(char, ""), ("\\", f"u{code:04x}"), ("&", rf"\#0*{code};"), ("&", rf"\#x0*{code:x};")]
    plain = ["".join(f"%{byte:02x}" for byte in char.encode("utf-8", "replace")), json.dumps(char)[1:-1]]
    plain += [html.escape(char), *{" ": ["+"], "/": ["\\/"]}.get(char, [])]
    return forms + [(spelled[0], re.escape(spelled[1:])) for spelled in plain]
