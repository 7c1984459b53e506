"""Encodes neutral values as MoMVOIP's rows, for the sandbox. No I/O, and never imported by the adapter."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

from providers.events import AgentAnswered, CallEnded, Event, LeadAnswered
from providers.model import Agent, AgentState, CallRecord, Disposition, User

LONG_CALL = timedelta(seconds=180)

_STATES = {
    AgentState.ON_CALL: "Up",
    AgentState.ON_HOLD: "Up",
    AgentState.RINGING: "Ring",
    AgentState.DIALING: "Ring",
    AgentState.LOGGED_OUT: "offline",
    AgentState.OFFLINE: "offline",
}  # everybody else is "online": MoMVOIP knows no pause
_DISPOSITIONS = {
    Disposition.ANSWERED: "ANSWERED",
    Disposition.NO_ANSWER: "NO ANSWER",
    Disposition.BUSY: "BUSY",
    Disposition.CANCELED: "CANCEL",
}  # every other call has "FAILED"
_NOT_COUNTED = ("spy_calls", "spy_duration", "prompt_calls", "prompt_duration", "echo_calls", "echo_duration")


def stamp(at: datetime | None, zone: tzinfo) -> str:
    """Returns a time on the vendor's clock; "" for None."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def status(agent: Agent, last_call: datetime | None, now: datetime) -> dict[str, Any]:
    """Returns a row of MOM-2. The call time is that of the call under way, else since the last one."""
    since = agent.since if agent.peer else last_call or agent.since
    return {
        "exten": agent.extension,
        "user_login": agent.name,
        "status": _STATES.get(agent.state, "online"),
        "las_call_time": _whole(now - since if since else None),
        "lead": agent.peer,
        "group": agent.group,
    }


def cdr(call: CallRecord, zone: tzinfo) -> dict[str, Any]:
    """Returns a row of MOM-8 and MOM-14; durations are strings."""
    return {
        "call_id": call.call_id,
        "stage": call.agent,
        "src": call.caller,
        "dst": call.callee,
        "start": stamp(call.started_at, zone),
        "duration": str(_whole(call.duration)),
        "billsec": str(_whole(call.talk)),
        "disposition": _DISPOSITIONS.get(call.disposition, "FAILED"),
    }


def stat(agent: Agent, calls: Sequence[CallRecord]) -> dict[str, Any]:
    """Returns a row of MOM-11."""
    answered = [call for call in calls if call.talk]
    long = [call for call in answered if call.talk and call.talk > LONG_CALL]
    duration, talk = sum(_whole(call.duration) for call in calls), sum(_whole(call.talk) for call in calls)
    return {
        "user_login": agent.name,
        "group_name": agent.group,
        "calls": len(calls),
        "answer": len(answered),
        "unique_numbers": len({call.callee for call in calls}),
        "duration": duration,
        "billsec": talk,
        "talk_percent": round(100 * talk / duration, 2) if duration else 0,
        "jackpot": len(long),
        "unique_jackpot": len({call.callee for call in long}),
        **dict.fromkeys(_NOT_COUNTED, 0),
        "cost": round(float(sum(call.cost.amount for call in calls if call.cost)), 2),
        "voip_exten": agent.extension,
    }


def pushed(event: Event, users: Sequence[User], zone: tzinfo) -> dict[str, Any]:
    """Returns the body of MOM-9a, b or c, without the key."""
    match event:
        case CallEnded(call):
            end = call.started_at + (call.duration or timedelta()) if call.started_at else None
            extra = {"group_name": call.group, "end": stamp(end, zone)}
            return {"event": "call_end", **cdr(call, zone), **extra}
        case LeadAnswered():
            return {
                "event": "dialer_lead_answer",
                "lead_name": event.name,
                "lead_phone": event.lead,
                "start": stamp(event.at, zone),
                "company_id": event.campaign or "1",
                "list_id": "1",
            }
        case AgentAnswered():
            user = next((user for user in users if user.extension == event.extension), None)
            return {
                "event": "dialer_agent_answer",
                "user_id": user.user_id if user else "",
                "user_exten": event.extension,
                "user_login": event.agent,
                "group_id": user.group_id if user else "",
                "company_id": "1",
                "list_id": "1",
                "lead_name": "",
                "lead_phone": event.lead,
                "start": stamp(event.at, zone),
            }
        case _:
            raise TypeError(f"MoMVOIP pushes no {type(event).__name__}")


def _whole(span: timedelta | None) -> int:
    return int(span.total_seconds()) if span else 0
