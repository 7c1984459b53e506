"""How every operation of every vendor is asked: through its adapter, in a world where all of it is there."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

from providers.model import AgentState, CallRequest, Direction, NumberStatus
from providers.sdk.simulation.world import World
from tests.worlds import world_at

HOUR = timedelta(hours=1)
PUSHED = frozenset({"MOM-9a", "MOM-9b", "MOM-9c", "IEX-11", "IEX-12", "IEX-13"})  # asked of us, not by us


class Ask(NamedTuple):
    """One operation. `deed`: it changes the vendor's world, so it is sent at most once."""

    id: str
    ask: Callable[[Any, World], Awaitable[Any]]
    write: bool = False


def busy_world(clock: Any) -> World:
    """A world in which calls were made, recorded and missed."""
    world = world_at(clock, 7, timedelta(minutes=45))
    world.queue_pressure("620", 4)
    clock.now += HOUR
    world.advance()
    return world


def _call(world: World) -> CallRequest:
    return CallRequest(next(a for a in world.agents if a.state is AgentState.AVAILABLE), "+12025550177")


def _recorded(world: World) -> str:
    return next(c.call_id for c in world.calls if c.recorded and c.direction is Direction.OUTBOUND)


async def _hang_up(provider: Any, _world: World) -> Any:
    """The last call that is alone at its extension: some vendors end whatever is there."""
    calls = (await provider.active_calls()).items
    alone = [c for c in calls if sum(other.extension == c.extension for other in calls) == 1 and c.extension]
    return await provider.hang_up(alone[-1].call_id)


async def _process(provider: Any, _world: World) -> Any:
    missed = await provider.vendor_table("missed", [])
    return await provider.edit("missed", "process", [missed.rows[0][0]])


def _sheet(line: str) -> Callable[[Any, World], Awaitable[Any]]:
    topic, *words = line.split()
    return lambda provider, _world: provider.vendor_table(topic, words)


def _edit(line: str) -> Callable[[Any, World], Awaitable[Any]]:
    topic, verb, *words = line.split()
    return lambda provider, _world: provider.edit(topic, verb, words)


def _file(topic: str, form: str) -> Callable[[Any, World], Awaitable[Any]]:
    return lambda provider, _world: provider.document(topic, form, [])


def _mark(status: NumberStatus) -> Callable[[Any, World], Awaitable[Any]]:
    return lambda provider, world: provider.set_number_status(world.numbers[3].number, status)


def _calls(provider: Any, world: World) -> Awaitable[Any]:
    return provider.calls(world.now - HOUR, world.now)


def _place(provider: Any, world: World) -> Awaitable[Any]:
    return provider.place_call(_call(world))


def _recording(provider: Any, world: World) -> Awaitable[Any]:
    return provider.recording(_recorded(world))


ASKS: dict[str, list[Ask]] = {
    "momvoip": [
        Ask("MOM-1", _place, write=True),
        Ask("MOM-2", lambda p, _: p.agents()),
        Ask("MOM-3", lambda p, _: p.agent("1101")),
        Ask("MOM-4", lambda p, _: p.numbers()),
        Ask("MOM-5", _mark(NumberStatus.ACTIVE), write=True),
        Ask("MOM-6", _mark(NumberStatus.SPAM), write=True),
        Ask("MOM-7", lambda p, _: p.balance()),
        Ask("MOM-8", lambda p, _: p.agent_calls("1101")),
        Ask("MOM-10", _recording),
        Ask("MOM-11", lambda p, w: p.agent_stats(w.now - HOUR, w.now)),
        Ask("MOM-12", lambda p, _: p.users()),
        Ask("MOM-13", lambda p, _: p.groups()),
        Ask("MOM-14", _calls),
    ],
    "voicenter": [
        Ask("VC-1", lambda p, _: p.agents()),
        Ask("VC-2", lambda p, _: p.queues()),
        Ask("VC-click2call", _place, write=True),
        Ask("VC-click2call terminate", _hang_up, write=True),
    ],
    "mor": [
        Ask("MOR-1", lambda p, _: p.status()),
        Ask("MOR-2", lambda p, _: p.balance()),
        Ask("MOR-3", lambda p, _: p.balance()),
        Ask("MOR-4", _sheet("details signed")),
        Ask("MOR-5", _sheet("details")),
        Ask("MOR-6", _edit("details set city Kyiv"), write=True),
        Ask("MOR-7", _sheet("devices")),
        Ask("MOR-8", _sheet("callflow 234")),
        Ask("MOR-9", _sheet("callflow 234 noanswer")),
        Ask("MOR-10a", _edit("callflow set 234 call none"), write=True),
        Ask("MOR-10b", _edit("callflow set 234 noanswer forward device 235"), write=True),
        Ask("MOR-10c", _edit("callflow set 234 busy forward number 442079460177"), write=True),
        Ask("MOR-10d", _edit("callflow set 234 failed voicemail"), write=True),
        Ask("MOR-10e", _edit("callflow set 234 before_call fax 900"), write=True),
        Ask("MOR-11", _sheet("rates")),
        Ask("MOR-12", _sheet("rates destinations 1")),
        Ask("MOR-13", _file("rates", "pdf")),
        Ask("MOR-14", _file("rates", "csv")),
        Ask("MOR-15", _edit("rates currency eur"), write=True),
        Ask("MOR-16", _sheet("payments")),
        Ask("MOR-17", _sheet("invoices")),
        Ask("MOR-18", _sheet("subscriptions")),
        Ask("MOR-19", _sheet("stats calls")),
        Ask("MOR-20", _calls),
        Ask("MOR-21", _file("calls", "pdf")),
        Ask("MOR-22", _file("calls", "csv")),
        Ask("MOR-23", _sheet("stats new")),
        Ask("MOR-24", _sheet("missed")),
        Ask("MOR-25", _sheet("missed today")),
        Ask("MOR-26", _process, write=True),
        Ask("MOR-27", _sheet("stats")),
        Ask("MOR-28", _sheet("stats today")),
        Ask("MOR-29", _sheet("callerids")),
        Ask("MOR-30", _edit("callerids add 235 12025550111 Support"), write=True),
        Ask("MOR-31", _sheet("contacts")),
        Ask("MOR-32", _edit("contacts add 442079460103 Yard"), write=True),
        Ask("MOR-33", _edit("contacts delete 1"), write=True),
        Ask("MOR-34", _sheet("faxes")),
        Ask("MOR-35", _sheet("faxes today")),
        Ask("MOR-36", _place, write=True),
    ],
    "voipcloud": [
        Ask("VPC-1", _calls),
        Ask("VPC-2", lambda p, w: p.queue_calls(w.now - HOUR)),
        Ask("VPC-3", _sheet("ringgroups")),
        Ask("VPC-4", _place, write=True),
        Ask("VPC-5", lambda p, _: p.status()),
    ],
    "iexpbx": [
        Ask("IEX-1", lambda p, _: p.active_calls()),
        Ask("IEX-2", _hang_up, write=True),
        Ask("IEX-3", _calls),
        Ask("IEX-4", lambda p, _: p.agents()),
        Ask("IEX-5", lambda p, _: p.queues()),
        Ask("IEX-6", _place, write=True),
        Ask(
            "IEX-7",
            lambda p, _: p.ivr_call("+12025550177", ["menu=7", "Your", "order", "is", "ready"]),
            write=True,
        ),
        Ask("IEX-8", lambda p, _: p.masked_call("+12025550177", "+12025550178"), write=True),
        Ask("IEX-9", _recording),
        Ask("IEX-10", _sheet("contacts")),
    ],
}
