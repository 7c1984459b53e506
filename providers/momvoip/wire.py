"""MoMVOIP's wire format: requests, parsers, tables of statuses. No I/O, and no time but what is given."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from providers.model import (
    Agent,
    AgentState,
    AgentStats,
    Balance,
    CallRecord,
    Direction,
    Disposition,
    Group,
    Money,
    NumberStatus,
    PhoneNumber,
    User,
)
from providers.sdk.exchange import AUDIO_BYTES, DATA_BYTES, Request
from providers.sdk.lenient import (
    first,
    int_of,
    key_of,
    maybe,
    money_of,
    naive_time_of,
    span_of,
    text_of,
)
from providers.sdk.vendor_clock import instant, walls

TITLE = "MoMVOIP"
ZONE = ZoneInfo("Europe/Kyiv")  # of the vendor's clock, unless the account names another
AGENT_CALLS_PAGE_ROWS = 10  # rows of MOM-8
CALLS_PAGE_ROWS = 100  # rows of MOM-14
STATS_SPACING = timedelta(seconds=30)  # MOM-11: "30 sec timeout after request"

_LOC = {
    "MOM-1": "voip_api_call",
    "MOM-2": "voip_api_get_status",
    "MOM-3": "voip_api_get_status_exten",
    "MOM-4": "voip_api_get_numbers",
    "MOM-5": "voip_api_number_set_active",
    "MOM-6": "voip_api_number_set_spam",
    "MOM-7": "voip_api_get_balance",
    "MOM-8": "voip_api_get_call_history",
    "MOM-10": "voip_api_get_audio_record",
    "MOM-11": "voip_api_get_call_stat",
    "MOM-12": "voip_api_get_users",
    "MOM-13": "voip_api_get_groups",
    "MOM-14": "voip_api_get_call_history_filter",
}
_WRITES = {"MOM-1", "MOM-5", "MOM-6"}
_MISSING = {"MOM-10": "has no recording of this call (404)."}

_STATES = {
    "up": AgentState.ON_CALL,  # Asterisk's word for a channel that is talking
    "busy": AgentState.ON_CALL,
    "ring": AgentState.RINGING,
    "ringing": AgentState.RINGING,
    "online": AgentState.AVAILABLE,
    "offline": AgentState.OFFLINE,
}
_NUMBERS = {
    "active": NumberStatus.ACTIVE,
    "disabled": NumberStatus.DISABLED,
    "spam": NumberStatus.SPAM,
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
    "cancel": Disposition.CANCELED,
    "canceled": Disposition.CANCELED,
    "cancelled": Disposition.CANCELED,
    "dontcall": Disposition.CANCELED,
    "congestion": Disposition.CONGESTION,
    "abandoned": Disposition.ABANDONED,
    "timeout": Disposition.TIMED_OUT,
    "voicemail": Disposition.VOICEMAIL,
}
_EXTRA = ("talk_percent", "spy_calls", "spy_duration", "prompt_calls", "prompt_duration", "echo_calls",
          "echo_duration")  # fmt: skip
_MAX_EXTENSION_DIGITS = 6  # digits; whatever is longer is a telephone number
_UNIQUEID = re.compile(r"(\d{9,10})(\.\d+)?", re.ASCII)


def request(operation: str, api_key: str, fields: Mapping[str, str], seconds: float | None = None) -> Request:
    """Returns the request of one operation: POST, `?loc=`, the key in the form."""
    return Request(
        operation=operation,
        path=f"?loc={_LOC[operation]}",
        form={"apikey": api_key, **fields},
        write=operation in _WRITES,
        max_bytes=AUDIO_BYTES if operation == "MOM-10" else DATA_BYTES,
        spacing=STATS_SPACING if operation == "MOM-11" else None,
        seconds=seconds,
        missing=_MISSING.get(operation, ""),
    )


def stamps(since: datetime, until: datetime, zone: tzinfo) -> tuple[str, str]:
    """Returns `sdate` and `edate` as the vendor's filters want them, on the vendor's clock."""
    start, end = walls(since, until, zone)
    return start.strftime("%Y-%m-%d %H:%M:%S"), end.strftime("%Y-%m-%d %H:%M:%S")


def digits(number: str) -> str:
    """Returns a telephone number as the document's samples write one: digits alone; ``""`` where it is none."""
    bare = re.sub(r"[\s().-]", "", number).removeprefix("+")
    return bare if re.fullmatch(r"\d{2,20}", bare, re.ASCII) else ""


def _letters(word: str) -> str:
    return "".join(c for c in word.casefold() if c.isalpha())


def agent(row: Mapping[str, Any], observed_at: datetime) -> Agent:
    """Returns *AgentStatus* of MOM-2 and MOM-3."""
    raw = maybe(text_of, row.get("status")) or ""
    idle = maybe(span_of, first(row, "las_call_time", "last_call_time"))
    return Agent(
        extension=key_of(row.get("exten")),
        state=_STATES.get(_letters(raw), AgentState.UNKNOWN),
        raw_state=raw,
        name=maybe(text_of, row.get("user_login")) or None,
        group=maybe(text_of, row.get("group")) or None,
        since=observed_at - idle if idle is not None else None,
        since_means="last_call",
        peer=_peer(row),
    )


def _peer(row: Mapping[str, Any]) -> str | None:
    lead = row.get("lead")
    return "" if lead == "" else maybe(text_of, lead)


def number(row: Mapping[str, Any]) -> PhoneNumber:
    """Returns a row of MOM-4."""
    raw = maybe(text_of, row.get("status")) or ""
    status = _NUMBERS.get(_letters(raw), NumberStatus.UNKNOWN)
    return PhoneNumber(number=key_of(row.get("number")), status=status, raw_status=raw)


def balance(row: Mapping[str, Any], currency: str | None) -> Balance:
    """Returns the balance of MOM-7, which names no currency."""
    return Balance(Money(money_of(row.get("balance")), currency))


def call(row: Mapping[str, Any], zone: tzinfo, currency: str | None) -> CallRecord:
    """Returns *CDR* of MOM-8 and MOM-14, and of the event `call_end`."""
    call_id = key_of(first(row, "call_id", "uniqueid"))
    caller, callee = text_of(row.get("src")), text_of(row.get("dst"))
    direction, extension = _direction(caller, callee)
    raw = maybe(text_of, row.get("disposition")) or ""
    cost = maybe(money_of, row.get("cost"))
    return CallRecord(
        call_id=call_id,
        started_at=started(call_id, first(row, "start", "calldate"), zone),
        direction=direction,
        caller=caller,
        callee=callee,
        disposition=_DISPOSITIONS.get(_letters(raw), Disposition.UNKNOWN),
        raw_disposition=raw,
        duration=maybe(span_of, row.get("duration")),
        talk=maybe(span_of, row.get("billsec")),
        extension=extension,
        agent=maybe(text_of, row.get("stage")) or None,
        group=maybe(text_of, row.get("group_name")) or None,
        cost=Money(cost, currency) if cost is not None else None,
    )


def started(call_id: str, start: object, zone: tzinfo) -> datetime | None:
    """Returns when a call began; None where that is not known.

    `call_id` begins with the epoch, which is absolute; `start` is on a clock whose zone nobody names. The epoch wins
    where both are at most a day apart, or where there is no `start`.
    """
    clock = maybe(naive_time_of, start)
    unique = _UNIQUEID.fullmatch(call_id)
    epoch = datetime.fromtimestamp(int(unique[1]), UTC) if unique else None
    if epoch and (clock is None or abs(epoch - clock.replace(tzinfo=UTC)) <= timedelta(days=1)):
        return epoch
    return instant(clock, zone) if clock else None


def _direction(caller: str, callee: str) -> tuple[Direction, str | None]:
    """Returns which way, and whose extension: the document calls `src` the agent's, but calls go both ways."""
    ours, theirs = _is_extension(caller), _is_extension(callee)
    if ours and theirs:
        return Direction.INTERNAL, caller
    if ours:
        return Direction.OUTBOUND, caller
    return (Direction.INBOUND, callee) if theirs else (Direction.UNKNOWN, None)


def _is_extension(party: str) -> bool:
    return party.isascii() and party.isdigit() and len(party) <= _MAX_EXTENSION_DIGITS


def stats(row: Mapping[str, Any], currency: str | None) -> AgentStats:
    """Returns a row of MOM-11; what only MoMVOIP counts is in `extra`, under its own names."""
    cost = maybe(money_of, row.get("cost"))
    extra = ((name, maybe(text_of, first(row, name, name.replace("prompt", "promt")))) for name in _EXTRA)
    return AgentStats(
        agent=key_of(row.get("user_login")),
        group=maybe(text_of, row.get("group_name")) or None,
        extension=maybe(key_of, row.get("voip_exten")),
        calls=_count(row, "calls"),
        answered=_count(row, "answer"),
        unique_numbers=_count(row, "unique_numbers"),
        duration=maybe(span_of, row.get("duration")),
        talk=maybe(span_of, row.get("billsec")),
        long_calls=_count(row, "jackpot"),
        unique_long_calls=_count(row, "unique_jackpot"),
        cost=Money(cost, currency) if cost is not None else None,
        extra=tuple((name, word) for name, word in extra if word),
    )


def _count(row: Mapping[str, Any], name: str) -> int | None:
    count = maybe(int_of, row.get(name))
    return count if count is None or count >= 0 else None


def user(row: Mapping[str, Any]) -> User:
    """Returns a row of MOM-12."""
    return User(
        user_id=key_of(row.get("id")),
        login=maybe(text_of, row.get("login")) or "",
        extension=maybe(key_of, row.get("exten")),
        group_id=maybe(key_of, row.get("group_id")),
    )


def group(row: Mapping[str, Any]) -> Group:
    """Returns a row of MOM-13."""
    return Group(group_id=key_of(row.get("id")), name=maybe(text_of, row.get("name")) or "")
