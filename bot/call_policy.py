"""The call policy: may this number be called? Rules in a fixed order; in doubt it is refused. No I/O.

The library knows types and countries, yet not every dear range: the list of countries is the real protection.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import phonenumbers
from phonenumbers import PhoneNumberType

from bot.text.names import listed
from bot.text.phone_numbers import NotANumberError, Number, country_name, digits, is_country, plain, read, same
from providers.model import NumberStatus, PhoneNumber

NO_COUNTRIES = (
    "No number may be called yet: the configuration has neither calls.region nor calls.countries. "
    "An administrator sets them."
)
NO_EMERGENCY = "The bot never dials emergency services (rule: emergency numbers). Use a phone."
# Every emergency number of every country that the library knows: whoever travels types the one of home.
_EMERGENCY = (
    "000 001 002 003 01 011 019 02 022 03 033 050 060 065 066 068 080 085 088 100 101 102 103 104 105 "
    "106 107 108 110 111 112 113 114 115 116 117 118 119 120 122 123 124 125 127 128 129 13 130 131 "
    "132 133 14 140 144 15 150 151 152 153 154 155 156 157 158 159 16 160 166 17 170 171 172 175 177 "
    "18 180 188 19 190 191 192 193 194 195 197 198 199 211 311 333 355 511 555 666 819 888 90 901 902 "
    "903 91 911 912 913 917 919 92 922 93 933 939 94 955 977 988 990 991 992 993 994 995 996 997 998 "
    "999 "
)
EMERGENCY = frozenset(_EMERGENCY.split())
_KNOWN = ("112", "911", "999", "000", "110", "119", "101", "102", "103")
_ANYWHERE = frozenset({"112", "911", "999"})
_MAX_SHORT_NUMBER_DIGITS = 8  # digits; beyond that a switch no longer takes it for a short number
_MIN_NUMBER_DIGITS = 7  # digits, country code included; what is shorter is a service, not a person
_SATELLITE = frozenset({870, 881, 882, 883})
_SHARED_CODES = frozenset({878, 979, 888, 800, 808})  # country codes that belong to services, not to countries
_NEVER = {
    PhoneNumberType.PREMIUM_RATE: "a premium-rate number",
    PhoneNumberType.SHARED_COST: "a shared-cost number",
    PhoneNumberType.PERSONAL_NUMBER: "a personal (follow-me) number, which is charged at premium rates",
    PhoneNumberType.PAGER: "a pager",
    PhoneNumberType.VOICEMAIL: "a voicemail access number",
}
_NANP_PREMIUM = re.compile(r"\+1(900|\d{3}976)\d+")  # the library knows 1-900 alone


class CallRules(Protocol):
    """The rules are the part of the configuration's `calls` that the policy reads."""

    @property
    def region(self) -> str | None:
        """Returns the ISO country by which a number without + is read; None: such a number is refused."""

    @property
    def countries(self) -> Sequence[str]:
        """Returns the ISO countries that may be called; none: the region alone."""

    @property
    def blocked(self) -> Sequence[str]:
        """Returns the blocked numbers, or prefixes that end in ``*``."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """The number may be called."""

    number: Number


@dataclass(frozen=True, slots=True)
class Refused:
    """The number may not be called. `sentence` names the rule, and the key where there is one.

    It holds no customer's number. `malformed`: it is no number at all, so the usage helps.
    """

    rule: str
    sentence: str
    malformed: bool = False


def evaluate_call(text: str, rules: CallRules, home: str | None = None) -> Allowed | Refused:
    """Returns whether the rules allow a number as it was typed.

    `home` reads one without + where that is not `rules.region`.
    """
    home = home or rules.region
    allowed = countries(rules)
    if not allowed:
        emergency = _sounds_emergency(digits(text), ()) and len(digits(text)) <= _MIN_NUMBER_DIGITS
        return Refused("countries", f"{NO_COUNTRIES} {NO_EMERGENCY}" if emergency else NO_COUNTRIES)
    try:
        compact = plain(text)
    except NotANumberError as why:
        return Refused("number", str(why), malformed=True)
    if _sounds_emergency(compact, (*allowed, home) if home else allowed):
        return Refused("emergency", NO_EMERGENCY)
    if len(digits(compact)) < _MIN_NUMBER_DIGITS:
        return Refused(
            "short codes",
            "Short numbers are services or extensions, and are never dialled here (rule: short numbers).",
        )
    try:
        number = read(text, home)
    except NotANumberError as why:
        return Refused("number", str(why), malformed=True)
    return _evaluated(number, compact, rules, allowed)


def countries(rules: CallRules) -> tuple[str, ...]:
    """Returns the ISO codes that may be called; () where neither `calls.countries` nor `calls.region` is set."""
    named = tuple(rules.countries) or ((rules.region,) if rules.region else ())
    return tuple(code.upper() for code in named if is_country(code.upper()))


def _evaluated(number: Number, compact: str, rules: CallRules, allowed: tuple[str, ...]) -> Allowed | Refused:
    national = number.e164.removeprefix(f"+{number.code}")
    if national in EMERGENCY or (not number.valid and _touches_emergency(compact, national)):
        return Refused("emergency", NO_EMERGENCY)
    if number.code in _SATELLITE:
        return Refused(
            "satellite",
            "That is a satellite or global-network number, and those are never dialled (rule: satellite).",
        )
    if number.code in _SHARED_CODES:
        return Refused(
            "services",
            "That is an international service, not a country's number: never dialled (rule: service codes).",
        )
    never = _NEVER.get(number.type)
    if never is None and _NANP_PREMIUM.fullmatch(number.e164):
        never = _NEVER[PhoneNumberType.PREMIUM_RATE]
    if never is not None:
        return Refused("type", f"That is {never}, and those are never dialled (rule: premium and shared cost).")
    if number.country not in allowed:
        return _abroad(number, allowed)
    if not number.valid or number.type == PhoneNumberType.UNKNOWN:
        return _invalid(number)
    barred = next((pattern for pattern in rules.blocked if blocks(pattern, number)), None)
    if barred is not None:
        return Refused("blocked", f"That number is blocked by {barred!r} in the configuration (rule: calls.blocked).")
    return Allowed(number)


def _abroad(number: Number, allowed: Iterable[str]) -> Refused:
    if not number.country:
        return _invalid(number)
    only = listed(country_name(code) for code in allowed)
    where = country_name(number.country)
    return Refused(
        "countries", f"That number belongs to {where}, and only {only} may be called (rule: calls.countries)."
    )


def _invalid(number: Number) -> Refused:
    own = phonenumbers.region_code_for_country_code(number.code)
    where = f" under the country code of {country_name(own)}" if own not in {"001", "ZZ"} else ""
    return Refused(
        "invalid",
        f"No such number exists{where} (rule: valid numbers). Check the digits and the country code.",
        malformed=True,
    )


def blocks(pattern: str, number: Number) -> bool:
    """Returns whether an entry of `calls.blocked` is this number, or a prefix of it where it ends in ``*``."""
    bare, called = digits(pattern), digits(number.e164)
    return called.startswith(bare) if pattern.rstrip().endswith("*") else called == bare


def caller_refusal(caller: str, ours: Iterable[PhoneNumber], account: str, region: str | None = None) -> str | None:
    """Returns why this caller ID may not be shown: it must be one of ours and active. None: it may."""
    found = [n for n in ours if same(n.number, caller, region)]
    if not found:
        return f"That caller ID is not one of {account}, and only our own may be shown (rule: caller ID)."
    states = {n.status for n in found}
    if states != {NumberStatus.ACTIVE}:
        words = listed(sorted({n.raw_status or n.status.value for n in found}))
        return f"{account} lists {caller} as {words}: only an active one may be shown (rule: caller ID)."
    return None


def cap_refusal(placed: int, limit: int) -> str | None:
    """Returns why no more calls may be placed today; None while there is room."""
    if placed < limit:
        return None
    return f"You have placed {placed} of your {limit} calls today (rule: calls.per_user_per_day)."


def may_be_extension(text: str, longest: int) -> bool:
    """Returns whether a word may be an extension of an account whose extensions have so many digits at most."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) <= longest


def is_emergency(extension: str, region: str | None) -> bool:
    """Returns whether a short number reaches an emergency service there, or from any mobile."""
    if extension in _ANYWHERE:
        return True
    return region is not None and phonenumbers.connects_to_emergency_number(extension, region)


def _sounds_emergency(compact: str, regions: Iterable[str]) -> bool:
    """Returns whether a switch could take it for an emergency call, however it is dressed."""
    bare = digits(compact)
    forms = {bare, bare.lstrip("0"), *(bare.removeprefix(out) for out in ("00", "011", "810"))}
    forms |= {form[1:] for form in forms if form[:1] in {"0", "8", "9"}}  # an outside line
    codes = [str(phonenumbers.country_code_for_region(region)) for region in regions]
    if compact.startswith(("+", "00", "011")):
        codes += [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
    national = {form[len(code) :] for form in forms for code in codes if form.startswith(code)}
    forms |= national | {form.lstrip("0") for form in national}
    if forms & EMERGENCY:
        return True
    if compact.startswith("+"):
        return False
    return any(phonenumbers.connects_to_emergency_number(compact, region) for region in regions)


def _touches_emergency(compact: str, national: str) -> bool:
    """Returns whether a number that does not exist is an emergency number with something before or after it."""
    bare = digits(compact)
    return len(bare) <= _MAX_SHORT_NUMBER_DIGITS and (bare.endswith(_KNOWN) or national.startswith(_KNOWN))
