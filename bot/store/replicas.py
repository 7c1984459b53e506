"""Which replicas live, and a word from one to all of them. It orders nothing: each acts when it next looks."""

from datetime import timedelta
from uuid import uuid4

from bot.store.codec import millis
from bot.store.connection import Connection, Script, key

KEPT = timedelta(hours=1)  # a word and its answers

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
    """All processes on this store."""

    async def take_over(self) -> None:
        """End every lease and heartbeat of others: for who knows that nobody else can be on this store."""
        await self.run(TAKE_OVER, [key("replicas")], key("lease", "*"), key("alive", "*"))

    async def alive(self, owner: str, ttl: timedelta) -> None:
        """This replica lives; it says so again before `ttl` is over."""
        await self.run(ALIVE, [key("alive", owner), key("replicas")], owner, millis(ttl), key("alive", ""))

    async def leave(self, owner: str) -> None:
        """This replica ends: nobody is to wait until its word has run out."""
        await self.run(LEAVE, [key("alive", owner), key("replicas")], owner)

    async def replicas(self) -> set[str]:
        """Who has said so lately."""
        found = await self.run(REPLICAS, [key("replicas")], key("alive", ""))
        return {owner.decode() for owner in found}

    async def call_all(self, topic: str) -> str:
        """Say a word to every replica, this one too; its id, under which they answer."""
        word = uuid4().hex
        await self.ask("SET", key("word", topic), word, "PX", millis(KEPT))
        return word

    async def called(self, topic: str) -> str | None:
        """The id of the last word; a replica acts on one that it has not seen. None where there was none."""
        found = await self.ask("GET", key("word", topic))
        return None if found is None else found.decode()

    async def answer(self, word: str, owner: str, text: str) -> None:
        """What this replica has to say to it."""
        await self.run(ANSWER, [key("answers", word)], owner, text, millis(KEPT))

    async def answers(self, word: str) -> dict[str, str]:
        """What was answered so far, by replica."""
        found = await self.ask("HGETALL", key("answers", word))
        return {owner.decode(): text.decode() for owner, text in found.items()}
