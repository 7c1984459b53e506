"""VoIPcloud's wire format: requests, parsers of v1's and v2's rows. No I/O, and no time but what is given."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Literal

from providers.model import CallRecord, Direction, Disposition, QueueCall
from providers.sdk.exchange import Request
from providers.sdk.lenient import UnfitError, decimal_of, first, key_of, maybe, span_of, text_of
from providers.sdk.vendor_clock import instant

TITLE = "VoIPcloud"
ZONE = UTC  # of times that come without one, unless the account names another

Version = Literal["v1", "v2"]
CallBody = Literal["form", "multipart", "json"]

_PATHS = {
    "VPC-1": "get-user-calls",
    "VPC-2": "get-queue-calls",
    "VPC-3": "get-ringgroup-calls",
    "VPC-4": "call-to-number",
    "VPC-5": "get-system-status",
}
# The vendor's own codes, which come with words of its own: those are read before they are told.
_TOLD = frozenset({400, 402, 404})

_ENDINGS = {
    "answered": Disposition.ANSWERED,
    "completed": Disposition.ANSWERED,
    "missed": Disposition.NO_ANSWER,
    "noanswer": Disposition.NO_ANSWER,
    "busy": Disposition.BUSY,
    "failed": Disposition.FAILED,
    "abandoned": Disposition.ABANDONED,
    "timedout": Disposition.TIMED_OUT,
    "timeout": Disposition.TIMED_OUT,
    "voicemail": Disposition.VOICEMAIL,
}
_NOTHING = {"", "null", "none", "nil", "undefined"}
_MAX_EXTENSION_DIGITS = 6  # digits; whatever is longer is a telephone number
_SUFFIX_DIGITS = 7  # digits that two ways to write one number share at least
_MAX_EPOCH_SECONDS = Decimal(10) ** 11
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII | re.IGNORECASE
)


def request(operation: str, version: Version, token: str, query: Mapping[str, str] | None = None) -> Request:
    """Returns the request of a question: GET, the key in the header `token`."""
    return Request(
        operation=operation,
        path=_path(operation, version),
        method="GET",
        query=tuple((query or {}).items()),
        headers=_headers(token),
        returns=_TOLD,
    )


def call_request(version: Version, token: str, fields: Mapping[str, str], body: CallBody) -> Request:
    """Returns the request of VPC-4, the one write."""
    return Request(
        operation="VPC-4",
        path=_path("VPC-4", version),
        form=fields if body == "form" else None,
        json=dict(fields) if body == "json" else None,
        multipart=fields if body == "multipart" else None,
        headers=_headers(token),
        write=True,
        returns=_TOLD,
    )


def _path(operation: str, version: Version) -> str:
    return f"api/integration/{version}/{_PATHS[operation]}"


def _headers(token: str) -> dict[str, str]:
    return {"token": token, "Accept": "application/json"}


def days(since: datetime, until: datetime | None, now: datetime) -> dict[str, str]:
    """Returns `from_date` and `to_date` of a period, a day wider on both sides: nobody says in which zone they are.

    A period that reaches yesterday has no end: a day to come might be refused.
    """
    day = timedelta(days=1)
    asked = {"from_date": _day(since.astimezone(UTC).date() - day)}
    if until is not None and (last := until.astimezone(UTC).date() + day) < now.astimezone(UTC).date():
        asked["to_date"] = _day(last)
    return asked


def _day(day: date) -> str:
    return day.strftime("%Y-%m-%d")


def number(text: str) -> str:
    """Returns a telephone number as it is sent, a plus kept; ``""`` where it is none."""
    bare = re.sub(r"[\s().-]", "", text)
    return bare if re.fullmatch(r"\+?\d{2,20}", bare, re.ASCII) else ""


def user_number(extension: str) -> str:
    """Returns an agent's extension as it is sent; ``""`` where it is none."""
    return extension.strip() if re.fullmatch(r"\s*\+?\d{1,20}\s*", extension, re.ASCII) else ""


def same_number(one: str, other: str) -> bool:
    """Returns whether two ways to write a number may mean the same one: national, international, with or without +."""
    a, b = (re.sub(r"\D", "", text) for text in (one, other))
    if a == b:
        return bool(a)
    short, long = sorted((a.lstrip("0"), b.lstrip("0")), key=len)
    return len(short) >= _SUFFIX_DIGITS and long.endswith(short)


def call(row: Mapping[str, Any], zone: tzinfo) -> CallRecord | None:
    """Returns a row of VPC-1; None for a call that is still going on."""
    started = _started(row, zone)
    if "call_finished_at" in row and _nothing(row["call_finished_at"]):
        return None
    kind = _text(row.get("type"))
    caller, callee = _caller(row), _text(first(row, "to_number", "dest_number", "inbound_number"))
    direction = _direction(row.get("is_inbound"), kind)
    ours = caller if direction is Direction.OUTBOUND else callee
    extension = _text(row.get("user_number")) or (ours if is_extension(ours) else "")
    talk = _span(row.get("conversation_duration"))
    disposition = _disposition(kind, talk, connected=_maybe_instant(row.get("connected_at"), zone, started) is not None)
    agent = _text(row.get("user_name"))
    return CallRecord(
        call_id=_call_id(row, "user", started, caller, callee, agent),
        started_at=started,
        direction=direction,
        caller=caller,
        callee=callee,
        disposition=disposition,
        raw_disposition=kind or f"conversation_duration {_text(row.get('conversation_duration')) or 'not told'}",
        duration=_span(row.get("call_duration")),
        talk=talk,
        extension=extension or None,
        agent=agent or None,
        made_id=not _text(row.get("unique_call_id")),
    )


def queue_call(row: Mapping[str, Any], zone: tzinfo) -> QueueCall | None:
    """Returns a row of VPC-2 or VPC-3; None for a call that still waits."""
    started = _started(row, zone)
    raw = _text(first(row, "status", "type"))
    answered = _maybe_instant(_first_present(row, "call_answered_at", "connected_at"), zone, started)
    finished = _maybe_instant(row.get("call_finished_at"), zone, answered or started)
    if answered is None and "call_finished_at" in row and _nothing(row["call_finished_at"]) and not raw:
        return None
    lasted, talk = _span(row.get("call_duration")), _span(row.get("conversation_duration"))
    if finished is None and lasted is not None:
        finished = started + lasted
    over = answered
    if over is None and finished is not None:
        over = finished - (talk or timedelta())
    if over is None:
        raise UnfitError(row.get("call_finished_at"))
    if talk is None and answered is not None and finished is not None:
        talk = max(finished - answered, timedelta())
    queue = key_of(_text(_first_present(row, "queue_name", "ring_group_name", "ringgroup_name")))
    caller = _caller(row)
    called = _text(first(row, "inbound_number", "dest_number", "to_number"))
    return QueueCall(
        call_id=_call_id(row, queue, started, caller, called),
        queue=queue,
        caller=caller,
        started_at=started,
        waited=max(over - started, timedelta()),
        disposition=_ending(raw) or (Disposition.ANSWERED if answered else Disposition.UNKNOWN),
        raw_disposition=raw or ("call_answered_at" if answered else ""),
        talk=talk,
        agent=_text(_first_present(row, "answered_by_user_name", "user_name")) or None,
        made_id=not _text(row.get("unique_call_id")),
    )


def is_extension(party: str) -> bool:
    """Returns whether this is one of us rather than a telephone number."""
    return party.isascii() and party.isdigit() and len(party) <= _MAX_EXTENSION_DIGITS


def instant_of(value: object, zone: tzinfo, not_before: datetime | None = None) -> datetime | None:
    """Returns the UTC instant of an ISO 8601 time, or an epoch; one that names no zone is in `zone`.

    None for null, also as a string. `not_before`: as for `instant`.
    """
    if _nothing(value):
        return None
    if isinstance(value, int | Decimal) or (isinstance(value, str) and value.strip().isdecimal()):
        return _epoch(value)
    found = _ISO.fullmatch(text_of(value))
    if not found:
        raise UnfitError(value)
    day, minutes, seconds, fraction, offset = found.groups()
    exact = f"{day}T{minutes}{seconds or ':00'}.{(fraction or '0').ljust(6, '0')[:6]}"
    try:
        at = datetime.fromisoformat(exact + (offset or "").upper())
    except ValueError:
        raise UnfitError(value) from None
    return _plausible(at.astimezone(UTC) if at.tzinfo else instant(at, zone, not_before=not_before), value)


def _epoch(value: object) -> datetime | None:
    seconds = decimal_of(value)
    if not seconds:
        return None
    try:
        return _plausible(
            datetime.fromtimestamp(float(seconds / (1000 if seconds > _MAX_EPOCH_SECONDS else 1)), UTC), value
        )
    except (OverflowError, OSError, ValueError):
        raise UnfitError(value) from None


def _plausible(at: datetime, value: object) -> datetime:
    if not 1990 <= at.year <= 2100:
        raise UnfitError(value)
    return at


def _started(row: Mapping[str, Any], zone: tzinfo) -> datetime:
    """Returns when it began. Every list is cut by it, so a row without it cannot be placed."""
    started = instant_of(row.get("call_start_at"), zone)
    if started is None:
        raise UnfitError(row.get("call_start_at"))
    return started


def _maybe_instant(value: object, zone: tzinfo, not_before: datetime) -> datetime | None:
    return maybe(lambda told: instant_of(told, zone, not_before), value)


def _nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and value.strip().casefold() in _NOTHING)


def _first_present(row: Mapping[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if name in row and not _nothing(row[name])), None)


def _text(value: object) -> str:
    return "" if _nothing(value) else maybe(text_of, value) or ""


def _span(value: object) -> timedelta | None:
    return None if _nothing(value) else maybe(span_of, value)


def _caller(row: Mapping[str, Any]) -> str:
    return _text(first(row, "from_number", "callerid", "caller_id"))


def _direction(is_inbound: object, kind: str) -> Direction:
    told = _text(str(is_inbound)) if isinstance(is_inbound, bool) else _text(is_inbound)
    word = {"1": "in", "true": "in", "0": "out", "false": "out"}.get(told.casefold(), "")
    kind = kind.casefold()
    if "internal" in kind:
        return Direction.INTERNAL
    if word == "in" or (not word and "inbound" in kind):
        return Direction.INBOUND
    return Direction.OUTBOUND if word == "out" or "outbound" in kind else Direction.UNKNOWN


def _disposition(kind: str, talk: timedelta | None, *, connected: bool) -> Disposition:
    """Returns how it ended. Who was talked to was reached, whatever the word; who was not, was not: v1 says no more."""
    if talk or connected:
        return Disposition.ANSWERED
    told = _ending(kind)
    if told:
        return told
    return Disposition.UNKNOWN if talk is None else Disposition.NO_ANSWER


def _ending(raw: str) -> Disposition | None:
    """Returns the ending by the last word: ``user_inbound_missed`` is as ``missed``; ``timed_out`` is one word."""
    letters = "".join(c for c in raw.casefold() if c.isalpha())
    return next((end for word, end in _ENDINGS.items() if letters.endswith(word)), None)


def _call_id(row: Mapping[str, Any], *parts: object) -> str:
    """Returns the vendor's id, else what tells one call from another, hashed: it is shown, and numbers are not."""
    told = _text(row.get("unique_call_id"))
    if told:
        return key_of(told)
    known = "\x1f".join(part.astimezone(UTC).isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return f"vpc-{hashlib.sha256(known.encode()).hexdigest()[:16]}"
