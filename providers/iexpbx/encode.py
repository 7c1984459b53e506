"""Encodes neutral values as IEXPBX's rows, for the sandbox. No I/O, and never imported by the adapter."""

from datetime import datetime, timedelta, tzinfo
from typing import Any

from providers.events import CallEnded, CallStarted, Event, KeysPressed
from providers.model import Agent, AgentState, CallRecord, Direction, Disposition, Queue
from providers.sdk.simulation.call_centre import LiveCall

_GONE = frozenset({AgentState.OFFLINE, AgentState.LOGGED_OUT})
_DIRECTIONS = {Direction.INBOUND: "incoming", Direction.OUTBOUND: "outcoming"}
_RESULTS = {
    Disposition.ANSWERED: "ANSWERED",
    Disposition.BUSY: "BUSY",
    Disposition.FAILED: "FAILED",
    Disposition.CANCELED: "CANCEL",
}  # every other call has "NO ANSWER": callers who gave up among them
_PUSHED = {
    Disposition.ANSWERED: "ANSER",  # as the document spells it
    Disposition.BUSY: "BUSY",
    Disposition.CANCELED: "CANCEL",
    Disposition.FAILED: "CONGESTION",
}


def channel(call: LiveCall) -> str:
    """Returns the name under which a call is listed and hung up."""
    epoch, _, begun = call.call_id.partition(".")
    place = call.extension or "trunk-sip-Trunk110"
    return f"SIP/{place}-{int(epoch) % 0xFFFF:04x}{int(begun or 0):04x}"


def live(call: LiveCall, now: datetime) -> dict[str, Any]:
    """Returns a row of IEX-1. A queue's call is listed as such while it waits and while it is talked on."""
    waits = call.extension is None
    queued = call.queue and (waits or call.answered_at)
    if call.direction is Direction.OUTBOUND:
        src, dst = call.extension or "", call.callee
    else:
        src, dst = call.caller, call.extension or call.queue or call.callee
    return {
        "channel": channel(call),
        "duration": _clock(now - call.began_at),
        "calltype": f"Queue({call.queue})" if queued else _DIRECTIONS.get(call.direction, "internal").capitalize(),
        "callinfo": "Talking" if call.answered_at else "Waiting" if waits else "Ringing",
        "src": src,
        "dst": dst,
    }


def cdr(call: CallRecord, zone: tzinfo) -> dict[str, Any]:
    """Returns a row of IEX-3: a Turkish calendar and a decimal comma."""
    dst = call.callee if call.direction is Direction.OUTBOUND else call.extension or call.queue or call.callee
    seconds = (call.duration or timedelta()).total_seconds()
    return {
        "id": call.call_id,
        "calldate": call.started_at.astimezone(zone).strftime("%d.%m.%Y %H:%M:%S") if call.started_at else "",
        "calltype": _DIRECTIONS.get(call.direction, "internal"),
        "src": call.caller,
        "dst": dst,
        "duration": f"{seconds:.4f}".rstrip("0").rstrip(".").replace(".", ","),
        "disposition": _RESULTS.get(call.disposition, "NO ANSWER"),
        "queue": call.queue or "",
        "record": bool(call.recorded),
    }


def extension(agent: Agent) -> dict[str, Any]:
    """Returns a row of IEX-4: how Asterisk reaches the phone, by a delay made of its number."""
    delay = 70 + int(agent.extension) * 7 % 60
    return {
        "username": agent.extension,
        "name": agent.name,
        "regstatus": "UNREACHABLE" if agent.state in _GONE else f"OK ({delay} ms)",
    }


def queue(queue: Queue) -> dict[str, Any]:
    """Returns a row of IEX-5."""
    return {"queuenumber": queue.ref, "name": queue.name, "internal": ",".join(queue.members or ())}


def pushed(event: Event) -> str:
    """Returns the query of IEX-11, IEX-12 or IEX-13, the lost ``=`` of the vendor's own template included."""
    match event:
        case CallStarted():
            return f"caller={event.caller}&called={event.callee}&chan={event.call_id}"
        case CallEnded(call):
            seconds = int((call.duration or timedelta()).total_seconds())
            status = _PUSHED.get(call.disposition, "NOANSWER")
            return f"chan={call.call_id}&callstatus{status}&callduration={seconds}"
        case KeysPressed():
            return f"tuslama={event.keys}&id={event.reference}"
        case _:
            raise TypeError(f"IEXPBX pushes no {type(event).__name__}")


def _clock(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
