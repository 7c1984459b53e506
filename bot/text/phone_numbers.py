"""Phone numbers as people type them: read and named. It decides nothing about who may be called."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

MAX_NUMBER_CHARACTERS = 40  # characters that a typed number may have
MAX_SEARCHED_CHARACTERS = 4_000  # of a text in which numbers are looked for
MAX_TRIES = 200  # of what may be a number there
_ALLOWED = re.compile(r"\(?\+?[0-9 ().\u00a0\u202f\u2009\u2010-\u2013-]*")
_NO_DIGITS = re.compile("[^0-9]+")
_LINKED = re.compile(r"<tel:([^<|>]*)(\|[^<>]*)?>", re.IGNORECASE)  # as Slack makes a link of a number
_SIGNS = {"\u2212": "-", "\uff0b": "+", "\t": " "}  # a minus, a wide plus, a tab
_DISPUTED = frozenset({"Europe/Simferopol"})  # listed under two countries
_NAMES = {"GB": "United Kingdom", "US": "United States", "KR": "South Korea", "KP": "North Korea"}
_TYPES = {
    PhoneNumberType.FIXED_LINE: "fixed line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed line or mobile",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium rate",
    PhoneNumberType.SHARED_COST: "shared cost",
    PhoneNumberType.VOIP: "internet phone",
    PhoneNumberType.PERSONAL_NUMBER: "personal number",
    PhoneNumberType.PAGER: "pager",
    PhoneNumberType.UAN: "company number",
    PhoneNumberType.VOICEMAIL: "voicemail",
}


class NotANumberError(ValueError):
    """What was typed cannot be read as a phone number; `str()` is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that was read. `country` is the ISO code, "" where it belongs to none; `valid`: it exists.

    `type` is a `phonenumbers.PhoneNumberType`.
    """

    e164: str
    country: str
    type: int
    valid: bool
    code: int  # the country code

    @property
    def kind(self) -> str:
        """Returns the type in words; "" where it is not known."""
        return _TYPES.get(self.type, "")

    @property
    def international(self) -> str:
        """Returns the number as people read it: ``+380 44 123 4567``."""
        return phonenumbers.format_number(phonenumbers.parse(self.e164), PhoneNumberFormat.INTERNATIONAL)


def digits(text: str) -> str:
    """Returns the ASCII digits alone."""
    return _NO_DIGITS.sub("", text)


def same(one: str, other: str, region: str | None = None) -> bool:
    """Returns whether two ways to write a number of ours mean the same: compared in digits, with or without +.

    With a `region`, also where one is written as it is dialled at home.
    """
    if not digits(one) or digits(one) == digits(other):
        return bool(digits(one))
    return region is not None and _abroad(one, region) == _abroad(other, region) != ""


def _abroad(text: str, region: str) -> str:
    """Returns the valid number in its international form; "" where it is none."""
    try:
        number = read(text, region)
    except NotANumberError:
        return ""
    return number.e164 if number.valid else ""


def tidied(text: str) -> str:
    """Returns what was pasted as a phone number without invisible marks and ``tel:``, every dash as a hyphen."""
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    linked = _LINKED.fullmatch(visible.strip())
    bare = (linked[1] if linked else visible).strip()
    bare = bare[4:] if bare[:4].casefold() == "tel:" else bare
    return "".join("-" if unicodedata.category(c) == "Pd" else _SIGNS.get(c, c) for c in bare).strip(" ")


def plain(text: str) -> str:
    """Returns digits, with at most a leading +, out of what was pasted, spaces, brackets, hyphens and dots.

    Raises `NotANumberError`.
    """
    typed = tidied(text)
    if len(typed) > MAX_NUMBER_CHARACTERS:
        raise NotANumberError("That is too long for a phone number.")
    if any(c.isalpha() for c in typed):
        raise NotANumberError(
            "A phone number has no letters: write its digits, with + and the country code where it is abroad."
        )
    if re.search(r"[*#]", typed):
        raise NotANumberError("Service codes with * or # are never dialled from here.")
    if not _ALLOWED.fullmatch(typed):
        raise NotANumberError(
            "A phone number has digits, spaces, brackets and hyphens, and may begin with +: nothing else."
        )
    compact = ("+" if typed.lstrip("(").startswith("+") else "") + digits(typed)
    if not compact.strip("+"):
        raise NotANumberError("There is no number in that.")
    return compact


def read(text: str, region: str | None) -> Number:
    """Returns the number that was typed; `region` reads one without +. Raises `NotANumberError`.

    One that begins with the region's own country code is read as international, where that number exists.
    """
    compact = plain(text)
    if compact.startswith("+0"):
        raise NotANumberError("After + comes the country code, and none begins with 0.")
    if not compact.startswith("+") and region is None:
        raise NotANumberError(
            "Write the number with + and its country code: calls.region, by which one without + is read, is not set."
        )
    own = phonenumbers.country_code_for_region(region) if region else 0
    attempts: list[tuple[str, str | None]] = [(compact, region)]
    if not compact.startswith("+"):
        if own and compact.startswith(str(own)):
            attempts.insert(0, ("+" + compact, None))
        if compact.startswith("00"):
            attempts.append(("+" + compact[2:], None))
    found = [number for number in (_parsed(*attempt) for attempt in attempts) if number is not None]
    if not found:
        raise NotANumberError("That is not a phone number: it is too short or too long, or no country has its code.")
    return next((number for number in found if number.valid), found[0])


def _parsed(text: str, region: str | None) -> Number | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    return _number(parsed)


def _number(parsed: PhoneNumber) -> Number:
    country = phonenumbers.region_code_for_number(parsed) or ""
    return Number(
        e164=phonenumbers.format_number(parsed, PhoneNumberFormat.E164),
        country="" if country in {"001", "ZZ"} else country,
        type=phonenumbers.number_type(parsed),
        valid=phonenumbers.is_valid_number(parsed),
        code=parsed.country_code or 0,
    )


def numbers_in(text: str, region: str | None) -> list[str]:
    """Returns the phone numbers that stand in a text, as they are written there, each once, in their order.

    Those without + are read as at home in `region`; a long text is read in part.
    """
    unlinked = _LINKED.sub(r" \1 ", text[:MAX_SEARCHED_CHARACTERS])
    found = phonenumbers.PhoneNumberMatcher(unlinked, region or "ZZ", max_tries=MAX_TRIES)
    seen: dict[str, str] = {}
    for match in found:
        seen.setdefault(phonenumbers.format_number(match.number, PhoneNumberFormat.E164), match.raw_string)
    return list(seen.values())


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    return {code: name for code, name in _table("iso3166.tab", 0, 1) if len(code) == 2}


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for code, zone in _table("zone.tab", 0, 2):
        if zone not in _DISPUTED:
            zones[code] = (*zones.get(code, ()), zone)
    return zones


def _table(name: str, first: int, second: int) -> list[tuple[str, str]]:
    """Returns two columns of a table that comes with the time-zone data."""
    text = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return [(columns[first], columns[second]) for columns in lines if len(columns) > second]


def country_name(code: str) -> str:
    """Returns ``Ukraine (UA)``; "no single country" for ""."""
    if not code:
        return "no single country"
    name = _NAMES.get(code) or _countries().get(code)
    return f"{name} ({code})" if name else code


def is_country(code: str) -> bool:
    """Returns whether the numbering plan knows this ISO code."""
    return phonenumbers.country_code_for_region(code) != 0


def country_of(zone: str) -> str | None:
    """Returns the country of a time zone, by its ISO code; None where it is no single country's, as UTC."""
    return next((code for code, zones in _zones().items() if zone in zones), None)


def local_time(country: str, now: datetime) -> datetime | None:
    """Returns the time at a country's phones, without a zone; None where its zones do not agree, or are not known."""
    times = {now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for zone in _zones().get(country, ())}
    return times.pop() if len(times) == 1 else None
