"""Voicenter's wire format: requests, parsers, the table of statuses. No I/O, and no time but what is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median_low
from typing import Any

from providers.model import (
    ActiveCall,
    Agent,
    AgentState,
    CallState,
    Direction,
    Queue,
    QueuedCall,
    User,
)
from providers.sdk.exchange import Request
from providers.sdk.lenient import decimal_of, first, int_of, key_of, list_in, maybe, span_of, text_of

TITLE = "Voicenter"
FALLBACK = "cp1255"  # of text that is no UTF-8 and declares nothing
EXTENSIONS, QUEUES = "VC-1", "VC-2"
CLICK2CALL = "VC-click2call"  # of no number: the vendor's public pages describe it, the document does not

_PAGES = {EXTENSIONS: "GetExtensionsCalls", QUEUES: "GetQueuesCallers", CLICK2CALL: "click2call.aspx"}
_TELLS_WHY = frozenset({400, 500})  # with these, too, the body's own ERR is looked at first

LOGIN, LOGOUT = 1, 2  # 2 is also what an extension shows at which nobody is
_STATUSES: Mapping[int, tuple[AgentState, str]] = {
    LOGIN: (AgentState.AVAILABLE, "Login"),
    LOGOUT: (AgentState.LOGGED_OUT, "Logout"),
    3: (AgentState.NOT_READY, "Lunch"),
    5: (AgentState.NOT_READY, "Administrative"),
    7: (AgentState.NOT_READY, "Private"),
    9: (AgentState.NOT_READY, "Other"),
    11: (AgentState.NOT_READY, "Training"),
    12: (AgentState.NOT_READY, "Team meeting"),
    13: (AgentState.NOT_READY, "Brief"),
}
_CALLS: Mapping[str, tuple[CallState, AgentState]] = {
    "talking": (CallState.TALKING, AgentState.ON_CALL),
    "hold": (CallState.HELD, AgentState.ON_HOLD),
    "ringing": (CallState.RINGING, AgentState.RINGING),
    "dialing": (CallState.DIALING, AgentState.DIALING),
}
_WEIGHTIEST = list(_CALLS)  # of several calls at one extension, the first of these is what the agent does
_DIRECTIONS = {"incoming": Direction.INBOUND, "outgoing": Direction.OUTBOUND, "clickcall": Direction.OUTBOUND}
_MAX_EPOCH_SECONDS = 10**11  # an epoch above this counts them
_LONGEST_WAIT = timedelta(days=1)  # nobody holds the line for longer: the figure is wrong


def request(
    operation: str,
    code: str,
    fields: Mapping[str, str],
    *,
    get: bool,
    write: bool = False,
    seconds: float | None = None,
) -> Request:
    """Returns the request of one operation: POST of JSON, or GET with everything in the query."""
    values = {"code": code, **fields}
    return Request(
        operation=operation,
        path=_PAGES[operation],
        method="GET" if get else "POST",
        query=tuple(values.items()) if get else (),
        json=None if get else values,
        write=write,
        seconds=seconds,
        returns=frozenset() if write else _TELLS_WHY,
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The meaning of a non-zero ERR."""

    code: int
    words: str


def refusal(value: object) -> Refusal | None:
    """Returns the envelope's ERR, which counts for more than the HTTP status; None where it is 0 or missing.

    Raises `UnfitError` for one that is no number.
    """
    if not isinstance(value, Mapping):
        return None
    err = first(value, "ERR", "Err", "err")
    code = 0 if err is None and not any(name in value for name in ("ERR", "Err", "err")) else int_of(err)
    return Refusal(code, maybe(text_of, first(value, "DESC", "Desc", "desc")) or "") if code else None


@dataclass(frozen=True, slots=True)
class Extension:
    """A row of VC-1. `status` None: it cannot be read. `calls` None: whether there is one is not known."""

    sip: str
    owner: str
    representative: str
    owner_id: str | None
    online_id: str | None
    status: int | None
    calls: tuple[Mapping[str, Any], ...] | None


def extension(row: Mapping[str, Any]) -> Extension:
    """Returns a row of VC-1. Its key is `username`, the SIP code."""
    return Extension(
        sip=key_of(row.get("username")),
        owner=maybe(text_of, row.get("name")) or "",
        representative=maybe(text_of, row.get("representative")) or "",
        owner_id=_id(row.get("userID")),
        online_id=_id(row.get("onlineUserID")),
        status=maybe(int_of, row.get("onlineUserStatus")),
        calls=_calls(row.get("calls")),
    )


def _id(value: object) -> str | None:
    found = maybe(key_of, value)
    return None if found == "0" else found


def _calls(value: object) -> tuple[Mapping[str, Any], ...] | None:
    """Returns the calls of an extension; one that cannot be read is still a call."""
    if value is None:
        return None
    if isinstance(value, Mapping) and any(name in value for name in ("ivrid", "callstatus")):
        value = [value]
    try:
        found = list_in(value)
    except ValueError:
        return None
    return tuple(call if isinstance(call, Mapping) else {} for call in found)


def agent(seat: Extension, ahead: timedelta) -> Agent:
    """Returns who is at an extension. A call says more than the status. `ahead`: the vendor's clock before ours."""
    call = _weightiest(seat.calls or ())
    state, word = _STATUSES.get(seat.status or 0, (AgentState.UNKNOWN, "" if seat.status is None else str(seat.status)))
    reason, since = word if state is AgentState.NOT_READY else None, None
    if call is not None:
        word, reason = maybe(text_of, call.get("callstatus")) or "", None
        state = _CALLS.get(_letters(word), (CallState.UNKNOWN, AgentState.UNKNOWN))[1]
        since = _epoch(call.get("callAnswered")) or _epoch(call.get("callStarted"))
    at_phone = seat.status not in {None, LOGOUT} or seat.online_id is not None
    return Agent(
        extension=seat.sip,
        state=state,
        raw_state=word,
        name=(seat.representative if at_phone else seat.owner) or seat.owner or seat.representative or None,
        user_id=(seat.online_id if at_phone else None) or seat.owner_id,
        reason=reason,
        since=since - ahead if since is not None else None,
        peer=_peer(seat, call),
        login=seat.status != LOGOUT if seat.status in _STATUSES else None,
    )


def _peer(seat: Extension, call: Mapping[str, Any] | None) -> str | None:
    if call is not None:
        return maybe(text_of, call.get("callerphone"))
    return "" if seat.calls is not None else None


def _weightiest(calls: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    def weight(call: Mapping[str, Any]) -> int:
        word = _letters(maybe(text_of, call.get("callstatus")) or "")
        return _WEIGHTIEST.index(word) if word in _CALLS else len(_WEIGHTIEST)

    return min(calls, key=weight, default=None)


def call_id(call: Mapping[str, Any]) -> str | None:
    """Returns the id of a call, `ivrid`; None where it has none."""
    return maybe(key_of, call.get("ivrid"))


def active_call(seat: Extension, call: Mapping[str, Any], now: datetime) -> ActiveCall:
    """Returns a call of VC-1; `now` is by the vendor's clock."""
    word = maybe(text_of, call.get("callstatus")) or ""
    direction = _DIRECTIONS.get(_letters(maybe(text_of, call.get("direction")) or ""), Direction.UNKNOWN)
    other, dialled = (maybe(text_of, call.get(name)) or "" for name in ("callerphone", "did"))
    outbound = direction is Direction.OUTBOUND
    started = _epoch(call.get("callStarted"))
    return ActiveCall(
        call_id=key_of(call.get("ivrid")),
        state=_CALLS.get(_letters(word), (CallState.UNKNOWN, AgentState.UNKNOWN))[0],
        raw_state=word,
        direction=direction,
        caller=seat.sip if outbound else other,
        callee=other if outbound else dialled or seat.sip,
        lasted=max(now - started, timedelta()) if started is not None else None,
        extension=seat.sip,
        recorded=_recorded(call.get("recording")),
    )


def _recorded(value: object) -> bool | None:
    """Returns whether the call is being recorded now; the document's table says a list, its sample shows an object."""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, Mapping) or not maybe(text_of, first(value, "Filename", "filename", "FileName")):
        return None
    muted = maybe(int_of, first(value, "IsMuted", "isMuted", "ismuted"))
    return None if muted not in {0, 1} else muted == 0


def user(seat: Extension) -> User:
    """Returns the user to whom an extension belongs."""
    return User(user_id=key_of(seat.owner_id), login=seat.owner, extension=seat.sip)


def server_now(rows: Sequence[Any]) -> datetime | None:
    """Returns the vendor's clock by VC-2: whenever a caller joined, and how long that is ago.

    None where nobody waits.
    """
    callers = [c for row in rows if isinstance(row, Mapping) for c in _rows(row.get("Callers")) or ()]
    told = [(_epoch(c.get("JoinTime")), _wait(c.get("Duration"))) for c in callers if isinstance(c, Mapping)]
    clocks = [joined + waited for joined, waited in told if joined is not None and waited is not None]
    return median_low(clocks) if clocks else None


def queue(row: Mapping[str, Any], now: datetime) -> Queue:
    """Returns a row of VC-2. Which agents serve a queue is not reported. `now` is by the vendor's clock."""
    ref = key_of(row.get("ID"))
    callers = _rows(row.get("Callers"))
    return Queue(
        ref=ref,
        name=maybe(text_of, row.get("Name")) or ref,
        waiting=None if callers is None else _waiting(callers, now),
    )


def _rows(value: object) -> list[Any] | None:
    """Returns the callers; None where they are not reported."""
    try:
        return None if value is None else list_in(value)
    except ValueError:
        return None


def _waiting(callers: Sequence[Any], now: datetime) -> tuple[QueuedCall, ...]:
    """Returns who waits, the longest first. A caller whose wait cannot be read is a caller still: about no time."""
    found: dict[str, QueuedCall] = {}
    for place, row in enumerate(callers):
        caller = row if isinstance(row, Mapping) else {}
        waited, joined = _wait(caller.get("Duration")), _epoch(caller.get("JoinTime"))
        approx = waited is None
        if waited is None and joined is not None and timedelta() <= now - joined <= _LONGEST_WAIT:
            waited = now - joined
        call = maybe(key_of, caller.get("CallID")) or f"caller {place + 1}"
        number = maybe(text_of, caller.get("Phone")) or ""
        found[call] = QueuedCall(call, number, waited or timedelta(), approx)
    return tuple(sorted(found.values(), key=lambda one: -one.waiting))


def _wait(value: object) -> timedelta | None:
    span = maybe(span_of, value)
    return span if span is not None and span <= _LONGEST_WAIT else None


def _epoch(value: object) -> datetime | None:
    """Returns an epoch in seconds or milliseconds; None for 0 and for what is no time of these decades."""
    number = maybe(decimal_of, value)
    if number is None:
        return None
    seconds = int(number / 1000 if number > _MAX_EPOCH_SECONDS else number)
    return datetime.fromtimestamp(seconds, UTC) if 946_684_800 <= seconds <= 4_102_444_800 else None


def digits(number: str) -> str:
    """Returns a telephone number as Click2Call wants it: E.164 without the plus; ``""`` where it is none."""
    bare = "".join(c for c in number if c not in " ().-").removeprefix("+")
    return bare if bare.isascii() and bare.isdigit() and 2 <= len(bare) <= 20 else ""


def _letters(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalpha())
