"""Escapes words for Slack: the one gate where `&`, `<`, `>` and Slack's own marks lose their meaning.

Whatever is not made by `mention` or by a typed part of a card can wake nobody and format nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, tzinfo

import phonenumbers

from bot.cards import Channel, Customer, Figure, Line, Link, Part, Person, Quoted, Text, UserGroup, When
from providers.masking import concealed

MAX_WORDS_CHARS = 600  # characters of one run of words, before escaping
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Slack has no way to escape these: look-alikes that mean nothing.
_MARKS = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
# An emoji's code: `:ok:`, `:+1:`; `12:30:45` is none. A word joiner behind the colon is not seen, and ends it.
_EMOJI = re.compile(r":(?=(?:100|1234|[+-]1|[0-9_+'-]*[^\W\d_][\w+'-]*):)")
_NO_EMOJI = ":\u2060"
_SPACE = re.compile(r"\s+")
_ID = re.compile(r"[A-Z0-9]{2,30}")
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHOUTS = {"!here": "<!here>", "!channel": "<!channel>", "!everyone": "<!everyone>"}


@dataclass(frozen=True, slots=True)
class Eyes:
    """The reader: `public` masks customers' numbers; `region` reads a number without + (None: none does).

    `zone` is for those to whom Slack does not show a moment in their own: a lock screen, a log. `plain`: nothing
    renders marks there.
    """

    public: bool = True
    region: str | None = None
    zone: tzinfo = UTC
    plain: bool = False


def clean(words: str) -> str:
    """Returns one line of printable words: controls, lone surrogates and direction marks gone, white space single."""
    kept = (c for c in _SPACE.sub(" ", words) if c not in _BIDI and unicodedata.category(c) not in {"Cc", "Cs"})
    return "".join(kept)


def cut(words: str, limit: int) -> str:
    """Returns at most `limit` characters, the last one … where something is missing."""
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def plain(words: str, limit: int) -> str:
    """Returns words for Slack's plain_text: no mentions there, yet angle brackets are taken away as well."""
    return cut(clean(words).replace("<", "‹").replace(">", "›").strip(), limit)


def uncoded(words: str) -> str:
    """Returns words whose emoji codes Slack shows as they are; it reads such codes in plain_text too."""
    return _EMOJI.sub(_NO_EMOJI, words)


def escape(words: str, limit: int = MAX_WORDS_CHARS) -> str:
    """Returns words for mrkdwn, in which they are shown as they are."""
    unmarked = _EDGE_UNDERSCORE.sub("ˍ", cut(clean(words), limit).translate(_MARKS))
    return "".join(_ENTITIES.get(c, c) for c in uncoded(unmarked))


def masked(number: str, region: str | None = None) -> str:
    """Returns a customer's number with its middle hidden: the country code and the last digits stay."""
    shown = full(number, region)
    digits = [i for i, c in enumerate(shown) if c.isalnum()]
    if not any(c.isdigit() for c in shown):
        return shown  # "anonymous": a word, not a number
    head = 0
    if shown.startswith("+"):
        head = min(3, len(shown[1:].split(" ")[0]))
    tail = 3 if len(digits) - head >= 8 else 2
    hidden = set(digits[min(head, max(0, len(digits) - tail - 4)) : max(0, len(digits) - tail)])
    return "".join("•" if i in hidden else c for i, c in enumerate(shown))


def full(number: str, region: str | None = None) -> str:
    """Returns a number as people read it: international where it can be parsed, else as the vendor wrote it.

    Vendors write numbers without their +: what has no leading 0 and exists abroad so is that number, not one at home.
    """
    raw = clean(number).strip()
    compact = re.sub(r"[\s().-]", "", raw)
    attempts: list[tuple[str, str | None]] = [] if compact.startswith(("0", "+")) else [("+" + compact, None)]
    if region or compact.startswith("+"):
        attempts.append((compact, region))
    if compact.startswith("00"):
        attempts.append(("+" + compact[2:], None))
    if re.fullmatch(r"\+?\d{7,15}", compact):
        for text, home in attempts:
            try:
                parsed = phonenumbers.parse(text, home)
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(parsed):
                return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return raw


def parts(line: Line) -> Iterator[Part]:
    """Yields the parts of a line, also of one that is a single part."""
    if isinstance(line, tuple):
        yield from line
    else:
        yield line


def mrkdwn(line: Line, eyes: Eyes, *, limit: int, bold: bool = False, marks: bool = True) -> str:
    """Returns a line as mrkdwn, at most `limit` characters. `bold`: all of it; `marks` False: for a lock screen."""
    room = limit - (2 if bold and marks else 0)
    out = ""
    for part in parts(line):
        piece = _rendered(part, eyes, marks=marks and not bold)
        if len(out) + len(piece) > room - 1:
            out += _shortened(part, room - 1 - len(out))
            break
        if piece.startswith("*") and out and (out[-1].isalnum() or out[-1] == "_"):
            piece = " " + piece if len(out) + len(piece) < room - 1 else "…"
        out += piece
    out = out.strip()
    return f"*{out}*" if bold and marks and out else out


def mention(who: str) -> str:
    """Returns what wakes: ``!here``, a user id or a user-group id; "" for anything else."""
    name = who.strip().lstrip("@")
    if name in _SHOUTS:
        return _SHOUTS[name]
    if name in {"here", "channel", "everyone"}:
        return _SHOUTS[f"!{name}"]
    if not _ID.fullmatch(name):
        return ""
    if name[0] == "S":
        return f"<!subteam^{name}>"
    return f"<@{name}>" if name[0] in "UW" else ""


def _rendered(part: Part, eyes: Eyes, *, marks: bool) -> str:
    match part:
        case str():
            return escape(part)
        case Figure(words):
            return escape(words)
        case Text(words, bold):
            return _bold(escape(words)) if bold and marks else escape(words)
        case Customer(number, region):
            shown = (masked if eyes.public else full)(number, region or eyes.region)
            return escape(shown, 60)
        case Quoted(words):
            return escape(concealed(words) if eyes.public else words)
        case When():
            return stated(part, eyes.zone) if eyes.plain else moment(part, eyes.zone)
        case Person(user_id) | UserGroup(user_id):
            return mention(user_id) or escape(user_id, 40)
        case Channel(channel_id):
            return f"<#{channel_id}>" if _ID.fullmatch(channel_id) else escape(channel_id, 90)
        case Link(url, words):
            return _link(url, words)


def _shortened(part: Part, room: int) -> str:
    """Returns as much of the words as has room once escaped, with a … at the end."""
    words = part.words if isinstance(part, Text) else part
    if isinstance(words, str):
        for length in (300, 150, 75, 40, 20):
            piece = escape(words[:length] + "…", length)
            if len(piece) <= room:
                return piece
    return "…"


def _bold(words: str) -> str:
    inner = words.strip()
    if not inner:
        return words
    before, after = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    return f"{before}*{inner}*{after}"


def moment(when: When, zone: tzinfo = UTC) -> str:
    """Returns a moment that Slack shows in the reader's zone; in `zone`, which is named, where it cannot."""
    shape = "{date_short} {time}" if when.style == "day" else "{time}"
    return f"<!date^{int(when.at.timestamp())}^{shape}|{stated(when, zone)}>"


def stated(when: When, zone: tzinfo = UTC) -> str:
    """Returns the same in plain words: a lock screen renders no marks."""
    at = when.at.astimezone(zone)
    return f"{at:%a} {at.day} {at:%b %H:%M %Z}" if when.style == "day" else f"{at:%H:%M %Z}"


def _link(url: str, words: str) -> str:
    if not re.match(r"(https?|slack)://", url) or len(url) > 1500:
        return escape(words)
    safe = "".join({"<": "%3C", ">": "%3E", "|": "%7C", "&": "&amp;", '"': "%22"}.get(c, c) for c in clean(url))
    return f"<{safe.replace(' ', '%20')}|{escape(words).replace('|', '¦') or 'link'}>"
