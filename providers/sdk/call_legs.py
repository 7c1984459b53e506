"""The legs of a call, put together: a call that rings several people is several rows at a vendor. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from providers.model import CallRecord, Disposition, QueueCall

T = TypeVar("T")

_NEXT = timedelta(seconds=2)  # an overflow rings the next one at once; who dials anew takes longer


@dataclass(frozen=True, slots=True)
class CallLeg(Generic[T]):
    """A row of the vendor's. `call_id` None: it names no call. `taken` None: how it ended is not known."""

    row: T
    call_id: Hashable | None
    caller: str
    start: datetime | None
    lasted: timedelta | None
    taken: bool | None


def leg_of(call: CallRecord) -> CallLeg[CallRecord]:
    """Returns a finished call as a leg."""
    call_id = None if call.made_id else call.call_id
    return CallLeg(call, call_id, call.caller, call.started_at, call.duration, taken(call.disposition))


def taken(disposition: Disposition) -> bool | None:
    """Returns whether somebody took it; None where that is not known."""
    return None if disposition is Disposition.UNKNOWN else disposition is Disposition.ANSWERED


def one_call_each(legs: Iterable[CallLeg[T]]) -> list[list[CallLeg[T]]]:
    """Returns the calls: legs of one id are one call, in the order in which they came.

    A leg without an id joins the call of the same caller in whose span it falls, or that it follows at once.
    """
    calls: dict[Hashable, list[CallLeg[T]]] = defaultdict(list)
    nameless: list[CallLeg[T]] = []
    for leg in legs:
        if leg.call_id is not None:
            calls[leg.call_id].append(leg)
        else:
            nameless.append(leg)
    by_caller: dict[str, list[list[CallLeg[T]]]] = defaultdict(list)
    for call in calls.values():
        for caller in {_number(leg.caller) for leg in call}:
            by_caller[caller].append(call)
    found = list(calls.values())
    nameless.sort(key=lambda leg: leg.start.timestamp() if leg.start else 0.0)
    for leg in nameless:
        caller = _number(leg.caller)
        known = [call for call in reversed(by_caller[caller]) if _within(leg, call)] if caller else []
        if known:
            known[0].append(leg)
        else:
            found.append([leg])
            by_caller[caller].append(found[-1])
    return found


def untaken(legs: Iterable[CallLeg[T]]) -> list[list[CallLeg[T]]]:
    """Returns the calls that nobody took. One with a leg whose end is not known is not among them."""
    return [call for call in one_call_each(legs) if all(leg.taken is False for leg in call)]


def one_row_each(calls: Iterable[QueueCall]) -> list[QueueCall]:
    """Returns one row for each call in each queue: who took it, else the one that waited longest."""
    found: dict[tuple[str, str], QueueCall] = {}
    for call in calls:
        known = found.setdefault((call.queue, call.call_id), call)
        if _weight(call) > _weight(known):
            found[call.queue, call.call_id] = call
    return list(found.values())


def _weight(call: QueueCall) -> tuple[bool, timedelta]:
    return call.disposition is Disposition.ANSWERED, call.waited


def _number(caller: str) -> str:
    """What a caller is known by; ``""`` for one who withholds it."""
    return "".join(c for c in caller if c.isdigit())


def _within(leg: CallLeg[T], call: list[CallLeg[T]]) -> bool:
    if leg.start is None:
        return False
    end = leg.start + (leg.lasted or timedelta())
    return any(
        other.start is not None
        and leg.start <= other.start + (other.lasted or timedelta()) + _NEXT
        and other.start <= end + _NEXT
        for other in call
    )
