"""IEXPBX's wire format: requests, rows, tables of states. No I/O, and no time but what is given."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from providers.model import (
    ActiveCall,
    Agent,
    AgentState,
    CallRecord,
    CallState,
    Direction,
    Disposition,
    Queue,
    Rows,
    User,
)
from providers.sdk.exchange import AUDIO_BYTES, DATA_BYTES, Request
from providers.sdk.lenient import UnfitError, key_of, maybe, naive_time_of, span_of, text_of
from providers.sdk.vendor_clock import instant, walls

TITLE = "IEXPBX"
ZONE = ZoneInfo("Europe/Istanbul")  # of the vendor's clock, unless the account names another
FALLBACK = "cp1254"  # of what is neither UTF-8 nor declared: the vendor is Turkish
PATH = "api/old/get"

_ACTIONS = {
    "IEX-1": "activecalls",
    "IEX-2": "hangupcall",
    "IEX-3": "cdr",
    "IEX-4": "users",
    "IEX-5": "queues",
    "IEX-6": "callnumber",
    "IEX-7": "callivr",
    "IEX-8": "callback",
    "IEX-9": "record",
    "IEX-10": "phonedirectory",
}
_WRITES = frozenset({"IEX-2", "IEX-6", "IEX-7", "IEX-8"})
_MISSING = {"IEX-9": "has no recording of this call (404)."}

_REGISTERED = {
    "ok": AgentState.AVAILABLE,
    "lagged": AgentState.AVAILABLE,
    "unreachable": AgentState.OFFLINE,
    "unknown": AgentState.OFFLINE,  # Asterisk's word for a phone that is not registered
    "": AgentState.OFFLINE,
}  # "Unmonitored" and everything else tells nothing
_STATES = {
    "talking": CallState.TALKING,
    "konusuyor": CallState.TALKING,
    "gorusuyor": CallState.TALKING,
    "up": CallState.TALKING,
    "answered": CallState.TALKING,
    "connected": CallState.TALKING,
    "ring": CallState.RINGING,
    "ringing": CallState.RINGING,
    "caliyor": CallState.RINGING,
    "dialing": CallState.DIALING,
    "dialling": CallState.DIALING,
    "calling": CallState.DIALING,
    "araniyor": CallState.DIALING,
    "hold": CallState.HELD,
    "onhold": CallState.HELD,
    "held": CallState.HELD,
}
_DIRECTIONS = {
    "incoming": Direction.INBOUND,
    "inbound": Direction.INBOUND,
    "outcoming": Direction.OUTBOUND,
    "outgoing": Direction.OUTBOUND,
    "outbound": Direction.OUTBOUND,
    "internal": Direction.INTERNAL,
    "local": Direction.INTERNAL,
}
_DISPOSITIONS = {
    "answered": Disposition.ANSWERED,
    "answer": Disposition.ANSWERED,
    "anser": Disposition.ANSWERED,
    "noanswer": Disposition.NO_ANSWER,
    "busy": Disposition.BUSY,
    "failed": Disposition.FAILED,
    "chanunavail": Disposition.FAILED,
    "invalidargs": Disposition.FAILED,
    "torture": Disposition.FAILED,
    "cancel": Disposition.CANCELED,
    "canceled": Disposition.CANCELED,
    "cancelled": Disposition.CANCELED,
    "dontcall": Disposition.CANCELED,
    "congestion": Disposition.CONGESTION,
}
_RANKS = (
    CallState.TALKING,
    CallState.HELD,
    CallState.RINGING,
    CallState.DIALING,
    CallState.QUEUED,
    CallState.UNKNOWN,
)  # which of an extension's calls says what it does
_MAX_EXTENSION_DIGITS = 6  # digits; whatever is longer is a telephone number
_SAME_TAIL_DIGITS = 9  # digits by which a number with and without its country code is known for the same
_QUEUE = re.compile(r"queue\s*+\(\s*+([^()]{1,60}?)\s*\)", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d{1,4})[.:\s])?(\d{1,2}):(\d{2}):(\d{2})(?:[.,]\d{1,9})?", re.ASCII)
_CALENDARS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S")


def request(operation: str, login: tuple[str, str], fields: Sequence[tuple[str, str]]) -> Request:
    """Returns the request of one operation: a GET, also where it changes something, with everything in its query."""
    username, password = login
    return Request(
        operation=operation,
        path=PATH,
        method="GET",
        query=(("username", username), ("password", password), ("action", _ACTIONS[operation]), *fields),
        write=operation in _WRITES,
        max_bytes=AUDIO_BYTES if operation == "IEX-9" else DATA_BYTES,
        missing=_MISSING.get(operation, ""),
    )


def minutes(since: datetime, until: datetime, zone: tzinfo) -> tuple[str, str]:
    """Returns a period as IEX-3 wants it, ``ddMMyyyyHHmm`` on the vendor's clock; seconds are dropped."""
    start, end = walls(since, until, zone)
    return start.strftime("%d%m%Y%H%M"), end.strftime("%d%m%Y%H%M")


def number(text: str, international: str = "bare") -> str:
    """Returns a telephone number as it is sent; ``""`` where it is none.

    Blanks, brackets, dots and hyphens are dropped.
    """
    bare = re.sub(r"[ \xa0().-]", "", text)
    if not re.fullmatch(r"\+?\d{2,20}", bare, re.ASCII):
        return ""
    if bare.startswith("+"):
        return {"plus": "+", "00": "00"}.get(international, "") + bare[1:]
    return bare


def extension(text: str) -> str:
    """Returns an extension as it is sent; ``""`` where it is none."""
    bare = text.strip()
    return bare if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_.-]{0,39}", bare, re.ASCII) else ""


def channel(text: str) -> str:
    """Returns a channel's name as IEX-1 lists it; ``""`` for what is none, an extension or a number say."""
    bare = text.strip()
    technology, slash, rest = bare.partition("/")
    fits = slash and technology.isascii() and technology.isalnum() and rest and len(bare) <= 100
    return bare if fits and bare.isprintable() and not any(c.isspace() for c in bare) else ""


def words_of(text: str) -> str:
    """Returns the letters alone, small and without marks: how this vendor's words are compared."""
    flat = unicodedata.normalize("NFKD", text.replace("ı", "i").casefold())
    return "".join(c for c in flat if c.isalpha())


def clock_span(value: object) -> timedelta:
    """Returns a length as IEX-1 writes it, ``HH:MM:SS``; also .NET's ``1.02:03:04`` with days, and seconds."""
    text = text_of(value)
    found = _CLOCK.fullmatch(text)
    if not found:
        return comma_span(value)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if minutes > 59 or seconds > 59:
        raise UnfitError(value)
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def comma_span(value: object) -> timedelta:
    """Returns a length as IEX-3 writes it.

    Seconds with a decimal comma, also before three digits (``28,382`` is 28.382 s).
    """
    if isinstance(value, str):
        text = value.strip()
        if ":" in text:
            if not _CLOCK.fullmatch(text):
                raise UnfitError(value)
            return clock_span(text)
        if text.count(",") == 1:
            whole, _, fraction = text.partition(",")
            return span_of(f"{whole.replace('.', '')}.{fraction}")
    return span_of(value)


def time(value: object, zone: tzinfo) -> datetime | None:
    """Returns the UTC instant of a vendor's time: ``dd.MM.yyyy HH:mm:ss``, also with one-digit days or a `T`."""
    text = re.sub(r"(?<=\d)T(?=\d)", " ", text_of(value))
    for pattern in _CALENDARS:
        try:
            naive = naive_time_of(text, pattern)
        except UnfitError:
            continue
        return instant(naive, zone) if naive else None
    raise UnfitError(value)


def is_extension(party: str) -> bool:
    """Returns whether a party is one of ours, by its length."""
    return party.isascii() and party.isdigit() and len(party) <= _MAX_EXTENSION_DIGITS


def same_party(told: str, wanted: str) -> bool:
    """Returns whether two ways to write a number mean the same: all digits, or the last nine of two long ones."""
    one, other = ("".join(c for c in text if c.isdigit()) for text in (told, wanted))
    if min(len(one), len(other)) >= _SAME_TAIL_DIGITS:
        return one[-_SAME_TAIL_DIGITS:] == other[-_SAME_TAIL_DIGITS:]
    return bool(one) and one == other


def call_state(raw: str, queue: str | None, talking: frozenset[str]) -> CallState:
    """Returns the state of a live call.

    One that came by a queue and does not talk waits there, whatever else it is called.
    """
    word = words_of(raw)
    state = CallState.TALKING if word in talking else _STATES.get(word, CallState.UNKNOWN)
    return CallState.QUEUED if queue and state is not CallState.TALKING else state


def active_call(row: Mapping[str, Any], talking: frozenset[str] = frozenset()) -> ActiveCall:
    """Returns a row of IEX-1. `talking`: further words for a call that is being talked on, as `words_of` gives them."""
    raw = maybe(text_of, row.get("callinfo")) or ""
    kind = maybe(text_of, row.get("calltype")) or ""
    caller, callee = text_of(row.get("src")), text_of(row.get("dst"))
    found = _QUEUE.search(kind)
    queue = found[1] if found else None
    direction = Direction.INBOUND if queue else _DIRECTIONS.get(words_of(kind), Direction.UNKNOWN)
    return ActiveCall(
        call_id=key_of(row.get("channel")),
        state=call_state(raw, queue, talking),
        raw_state=raw or kind,
        direction=direction,
        caller=caller,
        callee=callee,
        lasted=maybe(clock_span, row.get("duration")),
        extension=_ours(direction, caller, callee, queue),
        queue=queue,
    )


def _ours(direction: Direction, caller: str, callee: str, queue: str | None) -> str | None:
    """Returns whose extension it is; the number of the queue itself is nobody's."""
    parties = (caller, callee) if direction in {Direction.OUTBOUND, Direction.INTERNAL} else (callee, caller)
    return next((party for party in parties if is_extension(party) and party != queue), None)


def extension_row(row: Mapping[str, Any]) -> Agent:
    """Returns a row of IEX-4, without its calls: whether the phone is registered, not whether anybody is ready."""
    raw = maybe(text_of, row.get("regstatus")) or ""
    word = words_of(raw.partition("(")[0])
    told = isinstance(row.get("regstatus"), str)
    return Agent(
        extension=key_of(row.get("username")),
        state=_REGISTERED.get(word, AgentState.UNKNOWN) if told else AgentState.UNKNOWN,
        raw_state=raw,
        name=maybe(text_of, row.get("name")) or None,
        label={"ok": "registered", "lagged": "registered, slow to answer"}.get(word),
    )


def user_row(row: Mapping[str, Any]) -> User:
    """Reads a row of IEX-4 as who has an extension: its name stands for a login, which IEXPBX does not tell."""
    extension = key_of(row.get("username"))
    return User(extension, maybe(text_of, row.get("name")) or extension, extension)


def with_calls(agents: Iterable[Agent], calls: Rows[ActiveCall], observed_at: datetime) -> Iterator[Agent]:
    """Yields the extensions with what IEX-1 adds: a call that is up outranks the registration.

    Nobody's peer is shown while a row of the calls could not be read: it may have been this agent's.
    """
    shown: dict[str, ActiveCall] = {}  # of an extension's calls the one that says what it does
    for call in calls:
        for party in (call.caller, call.callee):
            known = shown.get(party)
            if known is None or _RANKS.index(call.state) < _RANKS.index(known.state):
                shown[party] = call
    for agent in agents:
        found = shown.get(agent.extension)
        if found is None:
            yield replace(agent, peer=None if calls.unreadable else "")
        else:
            yield _on(agent, found, observed_at)


def _on(agent: Agent, call: ActiveCall, observed_at: datetime) -> Agent:
    calling = call.caller == agent.extension
    talking = call.state is CallState.TALKING
    return replace(
        agent,
        state=_busy(call, calling=calling),
        raw_state=call.raw_state,
        label=None,
        since=observed_at - call.lasted if talking and call.lasted is not None else None,
        peer=call.callee if calling else call.caller,
    )


def _busy(call: ActiveCall, *, calling: bool) -> AgentState:
    if call.state in {CallState.RINGING, CallState.DIALING, CallState.QUEUED}:
        return AgentState.DIALING if calling else AgentState.RINGING
    return {CallState.TALKING: AgentState.ON_CALL, CallState.HELD: AgentState.ON_HOLD}.get(
        call.state, AgentState.UNKNOWN
    )


def queue(row: Mapping[str, Any]) -> Queue:
    """Returns a row of IEX-5, which shows who works in a queue and not who waits."""
    ref = key_of(row.get("queuenumber"))
    inside = row.get("internal")
    members = inside if isinstance(inside, list) else maybe(lambda v: text_of(v, 10_000).split(","), inside) or []
    return Queue(
        ref=ref,
        name=maybe(text_of, row.get("name")) or ref,
        members=tuple(word for member in members if (word := maybe(text_of, member) or "")),
    )


def record(row: Mapping[str, Any], zone: tzinfo) -> CallRecord:
    """Returns a row of IEX-3. Its `duration` is the whole call: how long was talked is not reported."""
    raw = maybe(text_of, row.get("disposition")) or ""
    direction = _DIRECTIONS.get(words_of(maybe(text_of, row.get("calltype")) or ""), Direction.UNKNOWN)
    caller, callee = text_of(row.get("src")), text_of(row.get("dst"))
    queue_number = maybe(text_of, row.get("queue")) or None
    return CallRecord(
        call_id=key_of(row.get("id")),
        started_at=maybe(lambda value: time(value, zone), row.get("calldate")),
        direction=direction,
        caller=caller,
        callee=callee,
        disposition=disposition(raw),
        raw_disposition=raw,
        duration=maybe(comma_span, row.get("duration")),
        extension=_ours(direction, caller, callee, queue_number),
        queue=queue_number,
        recorded=_yes(row.get("record")),
    )


def disposition(raw: str) -> Disposition:
    """Returns how a call ended, in ours; IEX-12's ``ANSER`` too."""
    return _DISPOSITIONS.get(words_of(raw), Disposition.UNKNOWN)


def _yes(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(
        (maybe(text_of, value) or "").casefold()
    )


def userfield(row: Mapping[str, Any], zone: tzinfo) -> tuple[CallRecord, str]:
    """Returns a row of IEX-3 asked with ``uf=yes``, and the custom data that an announcement call was given."""
    return record(row, zone), maybe(text_of, row.get("userfield")) or ""
