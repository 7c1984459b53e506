"""A neutral, seeded call centre that moves with a given clock; each sandbox shows it in a vendor's words.

It knows no vendor, sends nothing, and never asks the time but of its clock. One long step forward and many short ones
lead to the same world.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from providers.model import (
    Agent,
    AgentState,
    Balance,
    CallRecord,
    Group,
    Money,
    NumberStatus,
    PhoneNumber,
    Queue,
    QueuedCall,
    Recording,
    User,
)
from providers.sdk.simulation.audio import tone
from providers.sdk.simulation.call_centre import CallCentre, Line, LiveCall
from providers.sdk.simulation.people import AT_HOME, DISABLED_NUMBERS, OWN_NUMBERS, TEAMS

CENT = Decimal("0.01")
_READY = frozenset({AgentState.AVAILABLE, AgentState.NOT_READY, AgentState.WRAP_UP})


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A write: somebody asked for this call. `call_id` is None where the agent could not be rung."""

    at: datetime
    extension: str
    destination: str
    caller_id: str | None
    call_id: str | None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A write: somebody asked for this status."""

    at: datetime
    number: str
    status: NumberStatus


class World:
    """About twenty agents in three teams, three queues, twelve caller IDs, a prepaid balance.

    `history` is how long it has been running when it opens. `zone` is the call centre's own. Numbers are
    digits without a plus. All that it shows is as of `now`; `advance` moves it, levers and writes do so first.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        clock: Callable[[], datetime],
        history: timedelta = timedelta(hours=6),
        balance: Decimal = Decimal("186.40"),
        currency: str = "USD",
        zone: tzinfo | None = None,
    ) -> None:
        self.seed = seed
        self.clock = clock
        self.currency = currency
        self.zone: tzinfo = zone or ZoneInfo("Europe/Kyiv")
        self.groups = tuple(Group(ref, name) for ref, name in TEAMS)
        self.placed_calls: list[PlacedCall] = []
        self.status_changes: list[StatusChange] = []
        self.hung_up: list[str] = []  # calls that somebody asked to end, by id
        self.out = False  # the vendor's API does not answer
        self._statuses = {
            number: NumberStatus.DISABLED if number in DISABLED_NUMBERS else NumberStatus.ACTIVE
            for number in OWN_NUMBERS
        }
        self._held = Decimal(0)
        self._draining, self._drained_from = Decimal(0), _whole(clock())
        self._call_centre = CallCentre(seed, _whole(clock() - history), currency, self._active, self._charge)
        self.advance()
        self._held = balance

    # time

    @property
    def now(self) -> datetime:
        """Returns up to when it has been moved, in whole seconds."""
        return self._call_centre.now

    def advance(self, now: datetime | None = None) -> None:
        """Lets everything happen that is due by `now`, or by its clock; never goes back."""
        self._call_centre.run(_whole(now or self.clock()))

    # what there is

    @property
    def agents(self) -> tuple[Agent, ...]:
        """Returns everybody who has an extension, with all that can be known."""
        return tuple(seat.agent for seat in self._call_centre.seats.values())

    def agent(self, extension: str) -> Agent | None:
        """Returns who is at this extension; None where nobody is."""
        seat = self._call_centre.seats.get(extension)
        return seat.agent if seat else None

    def last_call(self, extension: str) -> datetime | None:
        """Returns when this agent's last call ended; None where there was none."""
        return self._call_centre.seats[extension].last_call

    @property
    def users(self) -> tuple[User, ...]:
        """Returns everybody who has a login: the agents."""
        groups = {group.name: group.group_id for group in self.groups}
        return tuple(
            User(agent.user_id or "", agent.name or "", agent.extension, groups.get(agent.group or ""))
            for agent in self.agents
        )

    @property
    def numbers(self) -> tuple[PhoneNumber, ...]:
        """Returns our caller IDs."""
        return tuple(PhoneNumber(number, status, status.value) for number, status in self._statuses.items())

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Returns every queue with who waits in it, the longest first."""
        return tuple(self._queue(line) for line in self._call_centre.lines.values())

    @property
    def balance(self) -> Balance:
        """Returns what is left, in whole cents."""
        left = (self._held - self._drained(self.now)).quantize(CENT)
        return Balance(Money(left, self.currency), plan="prepaid")

    @property
    def live_calls(self) -> tuple[LiveCall, ...]:
        """Returns the calls under way: those with an agent, then those that wait."""
        talking = [seat.call for seat in self._call_centre.seats.values() if seat.call]
        return (*talking, *(call for line in self._call_centre.lines.values() for call in line.waiting))

    @property
    def calls(self) -> tuple[CallRecord, ...]:
        """Returns the finished calls, the one that began last first."""
        return tuple(sorted(self._call_centre.finished, key=_begun, reverse=True))

    def calls_between(self, since: datetime, until: datetime) -> list[CallRecord]:
        """Returns the finished calls that began in the period, its ends included, the one that began last first."""
        return [call for call in self.calls if call.started_at and since <= call.started_at <= until]

    def recording(self, call_id: str) -> Recording | None:
        """Returns the sound of a finished call that was answered; None for any other."""
        recorded = any(call.call_id == call_id and call.recorded for call in self._call_centre.finished)
        return Recording(call_id, tone(call_id)) if recorded else None

    # writes, which are counted

    def place_call(self, extension: str, destination: str, caller_id: str | None = None) -> PlacedCall:
        """Has this agent call; one who talks or is not there cannot. Raises `KeyError` for nobody's extension."""
        self.advance()
        seat = self._call_centre.seats[extension]
        ready = seat.agent.state in _READY
        call_id = self._call_centre.dial(seat, self.now, destination, caller_id) if ready else None
        placed = PlacedCall(self.now, extension, destination, caller_id, call_id)
        self.placed_calls.append(placed)
        return placed

    def set_number_status(self, number: str, status: NumberStatus) -> None:
        """Marks one of our numbers; raises `KeyError` for one that is not ours."""
        self.advance()
        if number not in self._statuses:
            raise KeyError(number)
        self._statuses[number] = status
        self.status_changes.append(StatusChange(self.now, number, status))

    def hang_up(self, call_id: str) -> bool:
        """Ends a call that is up; returns False where there is none of this id."""
        self.advance()
        ended = self._call_centre.hang_up(call_id, self.now)
        if ended:
            self.hung_up.append(call_id)
        return ended

    # levers

    def drain(self, per_hour: Decimal | float) -> None:
        """Spends this much an hour beside the agents' calls, as a campaign does, until another pace is set."""
        self.advance()
        self._held -= self._drained(self.now)
        self._draining, self._drained_from = Decimal(str(per_hour)), self.now

    def top_up(self, amount: Decimal | float) -> None:
        """Adds money."""
        self.advance()
        self._held += Decimal(str(amount))

    def set_balance(self, amount: Decimal | float) -> None:
        """Sets what is left now."""
        self.advance()
        self._held = Decimal(str(amount)) + self._drained(self.now)

    def flag(self, number: str, status: NumberStatus = NumberStatus.SPAM) -> None:
        """Marks one of our numbers from outside: no write of ours. Raises `KeyError` for one that is not ours."""
        if number not in self._statuses:
            raise KeyError(number)
        self._statuses[number] = status

    def drop_agents(self, extensions: Iterable[str] | None = None) -> None:
        """Makes these agents, or all, go at once; their calls are over."""
        self.advance()
        for extension in list(self._call_centre.seats) if extensions is None else list(extensions):
            seat = self._call_centre.seats[extension]
            if seat.agent.state is not AgentState.OFFLINE:
                self._call_centre.leave(seat, self.now)

    def bring_back(self, extensions: Iterable[str] | None = None) -> None:
        """Brings these agents back; where none are named, all but those who were never in today."""
        self.advance()
        all_in = [extension for extension in self._call_centre.seats if extension not in AT_HOME]
        for extension in all_in if extensions is None else list(extensions):
            seat = self._call_centre.seats[extension]
            if seat.agent.state is AgentState.OFFLINE:
                self._call_centre.sit_down(seat, self.now)

    def queue_pressure(self, ref: str, callers: int) -> None:
        """Adds so many callers to this queue, and nobody takes them; 0 lets the agents take them."""
        self.advance()
        line = self._call_centre.lines[ref]
        if callers <= 0:
            self._call_centre.release(line, self.now)
            return
        line.held = True
        for _ in range(callers):
            self._call_centre.join(line, self.now, line.chance.uniform(1200, 2400))

    def outage(self, on: bool) -> None:
        """Switches the vendor's API off or on, while the call centre works on."""
        self.advance()
        self.out = on

    def _active(self) -> list[str]:
        return [number for number, status in self._statuses.items() if status is NumberStatus.ACTIVE]

    def _charge(self, cost: Decimal) -> None:
        self._held -= cost

    def _drained(self, now: datetime) -> Decimal:
        seconds = max(0, int((now - self._drained_from).total_seconds()))
        return self._draining * seconds / 3600

    def _queue(self, line: Line) -> Queue:
        members = (a.extension for a in self.agents if a.group == line.group)
        waiting = (QueuedCall(call.call_id, call.caller, self.now - call.began_at) for call in line.waiting)
        return Queue(line.ref, line.name, tuple(waiting), len(self._call_centre.free(line)), tuple(members))


def _whole(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _begun(call: CallRecord) -> tuple[datetime | None, int]:
    return call.started_at, int(call.call_id.rpartition(".")[2])
