"""The executions of workflow steps: each is kept from when it began until its workflow has heard what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.store.codec import Codec, micros, millis
from bot.store.connection import Connection, Script, key
from bot.store.leases import fence

OPEN_RETENTION = timedelta(days=7)
DONE_RETENTION = timedelta(days=2)  # a delivery that comes again is known for so long


@dataclass(frozen=True, slots=True)
class StepExecution:
    """One execution of a step. `token` is the offer that a person is asked about, "": none yet; `asked`: it was sent.

    Decided is one that has `outputs` or an `error`; `done`: its workflow has heard it.
    """

    id: str
    step: str
    inputs: Mapping[str, str]
    begun_at: datetime
    team: str = ""
    token: str = ""
    asked: bool = False
    outputs: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    error: str = ""
    attempts: int = 0
    done: bool = False

    @property
    def decided(self) -> bool:
        """Returns whether it is known what the workflow is told."""
        return bool(self.outputs or self.error)

    @property
    def lease(self) -> str:
        """Returns the name of the lease under which it is worked on."""
        return f"step:{self.id}"


EXECUTION: Codec[StepExecution] = Codec(StepExecution)

BEGIN = Script("""
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
""")

# ARGV[5] is the fencing token; ARGV[6] '1': there is nothing more to do.
PUT = Script("""
if redis.call('GET', KEYS[3]) ~= ARGV[5] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
if ARGV[6] == '1' then redis.call('ZREM', KEYS[2], ARGV[1]) else redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1]) end
return 1
""")

FORGET = Script("""
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
""")


class StepExecutions(Connection):
    """Stores executions, by Slack's id of each."""

    async def begin_step(self, execution: StepExecution) -> bool:
        """Keeps an execution that is new; returns False, and keeps nothing, for one that is known."""
        now = self._clock()
        args = (execution.id, EXECUTION.encode(execution), micros(now), millis(OPEN_RETENTION))
        return bool(await self.run(BEGIN, [key("step", execution.id), key("steps")], *args))

    async def step_execution(self, execution_id: str) -> StepExecution | None:
        """Returns the execution as it stands; None where it is not known any more."""
        found = await self.ask("GET", key("step", execution_id))
        if found is None:
            await self.run(FORGET, [key("step", execution_id), key("steps")], execution_id)
            return None
        return EXECUTION.decode(found)

    async def put_step(self, execution: StepExecution, due: datetime, token: int) -> bool:
        """Keeps an execution as it stands now, to be looked at when it is due; returns False where it is fenced."""
        keys = [key("step", execution.id), key("steps"), fence(execution.lease)]
        keep = DONE_RETENTION if execution.done else OPEN_RETENTION
        kept = replace(execution, inputs={}) if execution.done else execution
        args = (execution.id, EXECUTION.encode(kept), micros(due), millis(keep), token, int(execution.done))
        return bool(await self.run(PUT, keys, *args))

    async def due_steps(self, now: datetime, limit: int) -> list[str]:
        """Returns the ids of executions that are to be looked at, the longest due first."""
        found = await self.ask("ZRANGEBYSCORE", key("steps"), "-inf", micros(now), "LIMIT", 0, limit)
        return [one.decode() for one in found]
