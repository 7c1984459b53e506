"""The replicas that live, and commands from one to all of them: each carries one out when it next checks."""

from datetime import timedelta
from uuid import uuid4

from bot.store.codec import millis
from bot.store.connection import Connection, Script, key

RETENTION = timedelta(hours=1)  # a broadcast command and its answers

# At the first word of a replica those that ended without one are swept up.
ALIVE = Script("""
redis.call('SET', KEYS[1], '1', 'PX', ARGV[2])
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 1 end
for _, owner in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if redis.call('EXISTS', ARGV[3] .. owner) == 0 then redis.call('SREM', KEYS[2], owner) end
end
return 1
""")

REPLICAS = Script("""
local here = {}
for _, owner in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  if redis.call('EXISTS', ARGV[1] .. owner) == 1 then
    table.insert(here, owner)
  else
    redis.call('SREM', KEYS[1], owner)
  end
end
return here
""")

LEAVE = Script("""
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[1])
return 1
""")

ANSWER = Script("""
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")

TAKE_OVER = Script("""
for _, pattern in ipairs({ARGV[1], ARGV[2]}) do
  for _, name in ipairs(redis.call('KEYS', pattern)) do redis.call('DEL', name) end
end
return 1
""")


class Replicas(Connection):
    """Stores which processes use this store."""

    async def take_over(self) -> None:
        """Ends every lease and heartbeat of others: for who knows that nobody else can be on this store."""
        await self.run(TAKE_OVER, [key("replicas")], key("lease", "*"), key("alive", "*"))

    async def alive(self, owner: str, ttl: timedelta) -> None:
        """Notes that this replica lives; it says so again before `ttl` is over."""
        await self.run(ALIVE, [key("alive", owner), key("replicas")], owner, millis(ttl), key("alive", ""))

    async def leave(self, owner: str) -> None:
        """Notes that this replica ends, so that nobody waits until its heartbeat has run out."""
        await self.run(LEAVE, [key("alive", owner), key("replicas")], owner)

    async def replicas(self) -> set[str]:
        """Returns the replicas that reported themselves lately."""
        found = await self.run(REPLICAS, [key("replicas")], key("alive", ""))
        return {owner.decode() for owner in found}

    async def broadcast(self, command: str) -> str:
        """Has every replica, this one too, carry out a command; returns its id, under which they answer."""
        command_id = uuid4().hex
        await self.ask("SET", key("word", command), command_id, "PX", millis(RETENTION))
        return command_id

    async def last_broadcast(self, command: str) -> str | None:
        """Returns the id of the last such command; None where there was none.

        Each replica carries out what it has not seen.
        """
        found = await self.ask("GET", key("word", command))
        return None if found is None else found.decode()

    async def answer(self, command_id: str, owner: str, text: str) -> None:
        """Notes this replica's result of a command."""
        await self.run(ANSWER, [key("answers", command_id)], owner, text, millis(RETENTION))

    async def answers(self, command_id: str) -> dict[str, str]:
        """Returns the results so far, by replica."""
        found = await self.ask("HGETALL", key("answers", command_id))
        return {owner.decode(): text.decode() for owner, text in found.items()}
