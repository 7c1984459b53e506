"""The simulated call centre: people at seats, callers in queues, calls that begin and end.

Every event is drawn when the one before it happens and lies on one timeline, so that only the order of events matters,
never how far one run of the timeline went. Sends nothing and never asks the time.
"""

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random

from providers.model import Agent, AgentState, CallRecord, Direction, Disposition, Money
from providers.sdk.simulation.people import AT_HOME, PEOPLE, QUEUES, TEAMS, customer

MAX_FINISHED_CALLS = 20_000  # finished calls
PER_MINUTE = Decimal("0.024")  # what a minute of talk costs
_HOW_DIALLED_CALLS_END = {
    Disposition.ANSWERED: 46,
    Disposition.NO_ANSWER: 34,
    Disposition.BUSY: 10,
    Disposition.CANCELED: 6,
    Disposition.FAILED: 4,
}
_BREAKS = ("Lunch", "Brief", "Training")


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that is under way. `extension` is None while nobody of ours is on it."""

    call_id: str
    direction: Direction
    caller: str
    callee: str
    began_at: datetime
    extension: str | None = None
    queue: str | None = None
    answered_at: datetime | None = None
    caller_id: str | None = None


@dataclass(slots=True)
class Seat:
    """One agent's place. What an earlier `turn` has planned is void."""

    agent: Agent
    chance: Random
    turn: int = 0
    call: LiveCall | None = None
    last_call: datetime | None = None


@dataclass(slots=True)
class Line:
    """One queue. While `held`, nobody takes from it."""

    ref: str
    name: str
    group: str
    chance: Random
    waiting: list[LiveCall] = field(default_factory=list)
    held: bool = False


class CallCentre:
    """A call centre at work.

    `own_numbers` returns which caller IDs may be shown; `charge` is called with each call's cost.
    """

    def __init__(
        self,
        seed: int,
        start: datetime,
        currency: str,
        own_numbers: Callable[[], list[str]],
        charge: Callable[[Decimal], None],
    ) -> None:
        self.now = start
        self.finished: deque[CallRecord] = deque(maxlen=MAX_FINISHED_CALLS)
        self.seats: dict[str, Seat] = {}
        self.lines: dict[str, Line] = {}
        self._currency = currency
        self._own_numbers = own_numbers
        self._charge = charge
        self._timeline: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._planned = 0
        self._begun = 0
        for place, name in enumerate(PEOPLE):
            extension = str(1101 + place)
            agent = Agent(
                extension=extension,
                state=AgentState.OFFLINE,
                raw_state=AgentState.OFFLINE.value,
                name=name,
                group=TEAMS[place % len(TEAMS)][1],
                user_id=str(234 + place),
                since=start,
                peer="",
            )
            chance = Random(f"{seed}/{extension}")  # noqa: S311 - a simulation must repeat
            self.seats[extension] = Seat(agent, chance)
        for ref, name, group in QUEUES:
            chance = Random(f"{seed}/{ref}")  # noqa: S311 - a simulation must repeat
            self.lines[ref] = Line(ref, name, group, chance)
        self._open(start)

    def _open(self, at: datetime) -> None:
        for extension, seat in self.seats.items():
            if extension not in AT_HOME:
                self.sit_down(seat, at)
        for line in self.lines.values():
            self._plan(at + _seconds(line.chance.uniform(5, 90)), partial(self._ring_in, line))

    # the timeline

    def run(self, until: datetime) -> None:
        """Lets everything happen that is due by then."""
        while self._timeline and self._timeline[0][0] <= until:
            at, _, happen = heapq.heappop(self._timeline)
            self.now = at
            happen(at)
        self.now = max(self.now, until)

    def _plan(self, at: datetime, happen: Callable[[datetime], None]) -> None:
        self._planned += 1
        heapq.heappush(self._timeline, (at, self._planned, happen))

    def _plan_for(self, seat: Seat, at: datetime, happen: Callable[[Seat, datetime], None]) -> None:
        self._plan(at, partial(_unless_void, seat, seat.turn, happen))

    # agents

    def sit_down(self, seat: Seat, at: datetime) -> None:
        """Makes the agent free: takes who waits, else dials somebody after a while."""
        seat.turn += 1
        _become(seat, AgentState.AVAILABLE, at)
        for line in self.lines.values():
            if line.group == seat.agent.group and line.waiting and not line.held:
                self._take(line, line.waiting[0], seat, at)
                return
        self._plan_for(seat, at + _seconds(8 + seat.chance.expovariate(1 / 90)), self._go_on)

    def leave(self, seat: Seat, at: datetime) -> None:
        """Makes the agent go at once; a call that was under way is over."""
        seat.turn += 1
        if seat.call:
            self._finish(seat, at, Disposition.ANSWERED if seat.call.answered_at else Disposition.FAILED)
        _become(seat, AgentState.OFFLINE, at)

    def dial(self, seat: Seat, at: datetime, number: str, caller_id: str | None = None) -> str:
        """Has the agent call this number; returns the call's id."""
        how = seat.chance.choices(list(_HOW_DIALLED_CALLS_END), list(_HOW_DIALLED_CALLS_END.values()))[0]
        shown = caller_id or seat.chance.choice(self._own_numbers() or [""])
        extension = seat.agent.extension
        call = LiveCall(self._call_id(at), Direction.OUTBOUND, extension, number, at, extension, caller_id=shown)
        self._connect(seat, call, at, ring=seat.chance.uniform(6, 28), how=how)
        return call.call_id

    def hang_up(self, call_id: str, at: datetime) -> bool:
        """Ends this call, wherever it is; returns False where it is not up."""
        for seat in self.seats.values():
            if seat.call and seat.call.call_id == call_id:
                seat.turn += 1
                self._hang_up(seat, at, Disposition.ANSWERED if seat.call.answered_at else Disposition.CANCELED)
                return True
        for line in self.lines.values():
            for call in [call for call in line.waiting if call.call_id == call_id]:
                self._give_up(line, call, at)
                return True
        return False

    def _go_on(self, seat: Seat, at: datetime) -> None:
        if seat.chance.random() < 0.03:
            _become(seat, AgentState.NOT_READY, at, reason=seat.chance.choice(_BREAKS))
            self._plan_for(seat, at + _seconds(seat.chance.uniform(300, 900)), self.sit_down)
        else:
            self.dial(seat, at, customer(seat.chance))

    # queues

    def join(self, line: Line, at: datetime, patience: float) -> None:
        """Lets a caller come: to a free agent at once, else to wait for at most `patience` seconds."""
        call = LiveCall(
            self._call_id(at),
            Direction.INBOUND,
            customer(line.chance),
            line.chance.choice(self._own_numbers() or [""]),
            at,
            queue=line.ref,
        )
        seat = None if line.held else self._longest_free(line)
        if seat:
            self._take(line, call, seat, at)
            return
        line.waiting.append(call)
        self._plan(at + _seconds(patience), partial(self._give_up, line, call))

    def release(self, line: Line, at: datetime) -> None:
        """Lets agents take from this queue again."""
        line.held = False
        while line.waiting and (seat := self._longest_free(line)):
            self._take(line, line.waiting[0], seat, at)

    def free(self, line: Line) -> list[Seat]:
        """Returns the agents of this queue who are free, the one who has been so longest first."""
        seats = (d for d in self.seats.values() if d.agent.group == line.group)
        free = [d for d in seats if d.agent.state is AgentState.AVAILABLE]
        return sorted(free, key=lambda d: (d.agent.since or self.now, d.agent.extension))

    def _longest_free(self, line: Line) -> Seat | None:
        return next(iter(self.free(line)), None)

    def _ring_in(self, line: Line, at: datetime) -> None:
        self.join(line, at, line.chance.uniform(40, 240))
        self._plan(at + _seconds(5 + line.chance.expovariate(1 / 100)), partial(self._ring_in, line))

    def _take(self, line: Line, call: LiveCall, seat: Seat, at: datetime) -> None:
        if call in line.waiting:
            line.waiting.remove(call)
        call = replace(call, extension=seat.agent.extension)
        self._connect(seat, call, at, ring=line.chance.uniform(2, 8), how=Disposition.ANSWERED)

    def _give_up(self, line: Line, call: LiveCall, at: datetime) -> None:
        if call in line.waiting:
            line.waiting.remove(call)
            self._record(call, at, Disposition.ABANDONED, None)

    # calls

    def _call_id(self, at: datetime) -> str:
        self._begun += 1
        return f"{int(at.timestamp())}.{self._begun}"

    def _connect(self, seat: Seat, call: LiveCall, at: datetime, *, ring: float, how: Disposition) -> None:
        outbound = call.direction is Direction.OUTBOUND
        state, peer = (AgentState.DIALING, call.callee) if outbound else (AgentState.RINGING, call.caller)
        seat.turn += 1
        seat.call = call
        _become(seat, state, at, peer=peer)
        over = at + _seconds(ring)
        if how is Disposition.ANSWERED:
            self._plan_for(seat, over, _answer)
            over += _seconds(min(8 + seat.chance.lognormvariate(4.1, 0.9), 1500))
        self._plan_for(seat, over, partial(self._hang_up, how=how))

    def _hang_up(self, seat: Seat, at: datetime, how: Disposition) -> None:
        self._finish(seat, at, how)
        _become(seat, AgentState.WRAP_UP, at)
        self._plan_for(seat, at + _seconds(seat.chance.uniform(3, 25)), self.sit_down)

    def _finish(self, seat: Seat, at: datetime, how: Disposition) -> None:
        if seat.call:
            self._record(seat.call, at, how, seat.agent)
        seat.call, seat.last_call = None, at

    def _record(self, call: LiveCall, at: datetime, how: Disposition, agent: Agent | None) -> None:
        talk = at - call.answered_at if call.answered_at else timedelta()
        cost = (PER_MINUTE * int(talk.total_seconds()) / 60).quantize(Decimal("0.0001"))
        self._charge(cost)
        self.finished.append(
            CallRecord(
                call_id=call.call_id,
                started_at=call.began_at,
                direction=call.direction,
                caller=call.caller,
                callee=call.callee,
                disposition=how,
                raw_disposition=how.value,
                duration=at - call.began_at,
                talk=talk,
                wait=(call.answered_at or at) - call.began_at if call.queue else None,
                extension=call.extension,
                agent=agent.name if agent else None,
                group=agent.group if agent else None,
                queue=call.queue,
                recorded=call.answered_at is not None,
                cost=Money(cost, self._currency),
            )
        )


def _seconds(count: float) -> timedelta:
    """Returns whole seconds, at least one: vendors report no fractions."""
    return timedelta(seconds=max(1, round(count)))


def _unless_void(seat: Seat, turn: int, happen: Callable[[Seat, datetime], None], at: datetime) -> None:
    if seat.turn == turn:
        happen(seat, at)


def _become(seat: Seat, state: AgentState, at: datetime, peer: str = "", reason: str | None = None) -> None:
    seat.agent = replace(seat.agent, state=state, raw_state=state.value, since=at, peer=peer, reason=reason)


def _answer(seat: Seat, at: datetime) -> None:
    if seat.call:
        seat.call = replace(seat.call, answered_at=at)
        _become(seat, AgentState.ON_CALL, at, peer=seat.agent.peer or "")
