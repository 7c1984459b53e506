"""Encodes neutral values as VoIPcloud's rows, in the fields of v1 or v2, for the sandbox. No I/O."""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from providers.model import Agent, CallRecord, Direction, Disposition
from providers.sdk.simulation.call_centre import LiveCall

_STATUSES = {Disposition.ABANDONED: "abandoned", Disposition.TIMED_OUT: "timedout"}  # else "answered"


def stamp(at: datetime | None, zone: tzinfo, version: str) -> str | None:
    """Returns ISO 8601: v1 with the zone of the PBX, v2 in UTC with milliseconds; None for None."""
    if at is None:
        return None
    if version == "v2":
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return at.astimezone(zone).isoformat(timespec="seconds")


def user_call(call: CallRecord, zone: tzinfo, version: str) -> dict[str, Any]:
    """Returns a row of VPC-1."""
    inbound = call.direction is Direction.INBOUND
    begun = stamp(call.started_at, zone, version)
    lengths = {"call_duration": _whole(call.duration), "conversation_duration": _whole(call.talk)}
    if version == "v2":
        how = "answered" if call.talk else "missed"
        return {
            "unique_call_id": call.call_id,
            "type": f"user_{'inbound' if inbound else 'outbound'}_{how}",
            "caller_id": call.caller,
            "caller_name": None,
            "dest_number": call.callee,
            "user_name": call.agent,
            "user_number": call.extension,
            "call_start_at": begun,
            "connected_at": stamp(_answered(call), zone, version),
            **lengths,
        }
    return {
        "from_number": call.caller,
        "to_number": call.callee,
        "user_name": call.agent or "",
        "is_inbound": int(inbound),
        "call_start_at": begun,
        "call_finished_at": stamp(_over(call), zone, version),
        **lengths,
    }


def going_on(call: LiveCall, agent: Agent | None, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """Returns a row of VPC-1 for a call that is not over: v1 alone lists it."""
    return {
        "from_number": call.caller,
        "to_number": call.callee,
        "user_name": agent.name if agent else "",
        "is_inbound": int(call.direction is Direction.INBOUND),
        "call_start_at": stamp(call.began_at, zone, "v1"),
        "call_duration": _whole(now - call.began_at),
        "call_finished_at": None,
        "conversation_duration": _whole(now - call.answered_at) if call.answered_at else 0,
    }


def line_call(call: CallRecord, field: str, name: str, zone: tzinfo, version: str) -> dict[str, Any]:
    """Returns a row of VPC-2 or VPC-3; `field` is where the queue's or ring group's name stands."""
    row: dict[str, Any] = {field: name, "callerid": call.caller}
    begun, status = stamp(call.started_at, zone, version), _STATUSES.get(call.disposition, "answered")
    answered = stamp(_answered(call), zone, version)
    if version == "v2":
        return {
            "unique_call_id": None,
            **row,
            "dest_number": call.callee,
            "user_name": call.agent,
            "user_number": call.extension,
            "call_start_at": begun,
            "connected_at": answered,
            "call_duration": _whole(call.duration),
            "conversation_duration": _whole(call.talk),
            "status": status,
        }
    return {
        **row,
        "inbound_number": call.callee,
        "call_start_at": begun,
        "call_answered_at": answered,
        "call_finished_at": stamp(_over(call), zone, version),
        "answered_by_user_name": call.agent or "",
        "status": status,
    }


def _over(call: CallRecord) -> datetime | None:
    return call.started_at + (call.duration or timedelta()) if call.started_at else None


def _answered(call: CallRecord) -> datetime | None:
    over = _over(call)
    return over - call.talk if over and call.talk else None


def _whole(span: timedelta | None) -> int:
    return int(span.total_seconds()) if span else 0
