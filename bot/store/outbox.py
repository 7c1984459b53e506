"""What is to be told, until it is. Whoever delivers holds the incident's lease; a late one is refused."""

from datetime import datetime

from bot.store.codec import micros, millis
from bot.store.connection import Connection, Script, key
from bot.store.leases import fence
from bot.store.ledgers import GARBAGE, due_keys, message_key, row_key
from bot.store.rows import DELIVERED, RANKS, Delivered, OutboxRow, restored

FIELDS = "'body', 'urgent', 'created', 'due', 'rev', 'doubt', 'attempts'"

DUE = Script(
    """
local rows, left = {}, tonumber(ARGV[2])
for i = #KEYS, 1, -1 do
  if left <= 0 then break end
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', ARGV[1], 'LIMIT', 0, left)) do
    table.insert(rows, redis.call('HMGET', ARGV[3] .. id, FIELDS))
    left = left - 1
  end
end
return rows
""".replace("FIELDS", FIELDS)
)

ROW_FIELDS = tuple(FIELDS.replace("'", "").split(", "))

# A message lives as long as its incident's home; where that is open, without end.
PUT_MESSAGE = """
local function put_message(message, home, what, text, garbage)
  redis.call('HSET', message, what, text)
  local left = redis.call('PTTL', home)
  if left == -1 then
    redis.call('PERSIST', message)
  else
    redis.call('PEXPIRE', message, left > 0 and left or garbage)
  end
end
"""

PUT = Script(PUT_MESSAGE + "put_message(KEYS[1], KEYS[2], ARGV[1], ARGV[2], ARGV[3])\nreturn 1")

# KEYS of the three below: fence, row, the outbox by rank, then what is the step's own. ARGV: token, id, …
FENCED = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
INDEX = """
local function index(id, row)
  local was = redis.call('HMGET', row, 'due', 'doubt', 'rank')
  local score = was[1]
  if was[2] ~= '' and tonumber(was[2]) > tonumber(score) then score = was[2] end
  redis.call('ZADD', KEYS[3 + tonumber(was[3])], score, id)
end
"""

SETTLE = Script(
    FENCED
    + INDEX
    + PUT_MESSAGE
    + """
local ranks = RANKS
local message, home = KEYS[3 + ranks], KEYS[4 + ranks]
if ARGV[6] ~= '' then put_message(message, home, ARGV[5], ARGV[6], ARGV[7]) end
local rev = redis.call('HGET', KEYS[2], 'rev')
if not rev then return 1 end
if rev == ARGV[3] then
  redis.call('DEL', KEYS[2])
  for r = 0, ranks - 1 do redis.call('ZREM', KEYS[3 + r], ARGV[2]) end
else
  redis.call('HSET', KEYS[2], 'due', ARGV[4], 'doubt', '', 'attempts', 0)
  index(ARGV[2], KEYS[2])
end
return 1
""".replace("RANKS", str(len(RANKS)))
)

DOUBT = Script(
    FENCED
    + INDEX
    + """
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
redis.call('HSET', KEYS[2], 'doubt', ARGV[3])
index(ARGV[2], KEYS[2])
return 1
"""
)

# What melted into the row meanwhile has its own due time, which is left as it is.
POSTPONE = Script(
    FENCED
    + INDEX
    + """
local rev = redis.call('HGET', KEYS[2], 'rev')
if not rev then return 1 end
if rev == ARGV[3] then redis.call('HSET', KEYS[2], 'due', ARGV[4]) end
if ARGV[5] ~= 'keep' then redis.call('HSET', KEYS[2], 'doubt', ARGV[5]) end
redis.call('HINCRBY', KEYS[2], 'attempts', ARGV[6])
index(ARGV[2], KEYS[2])
return 1
"""
)

SIZE = Script("""
local n = 0
for _, k in ipairs(KEYS) do n = n + redis.call('ZCARD', k) end
return n
""")


class Keep:
    """Leave it as it is."""


KEEP = Keep()


class Outbox(Connection):
    """What waits to be delivered, and where the delivered messages are."""

    async def due_rows(self, now: datetime, limit: int = 100) -> list[OutboxRow]:
        """What may be sent now, critical first, then oldest; nothing that is in doubt until later."""
        found = await self.run(DUE, due_keys(), micros(now), limit, row_key(""))
        rows = [restored(fields) for fields in found]
        return sorted(rows, key=lambda row: (-row.severity.rank, row.created_at, row.id))

    async def row(self, row_id: str) -> OutboxRow | None:
        """The row as it is now; None once it is settled."""
        found = await self.ask("HMGET", row_key(row_id), *ROW_FIELDS)
        return None if found[0] is None else restored(found)

    async def doubt(self, row: OutboxRow, token: int, until: datetime) -> bool:
        """Before a request leaves whose fate may stay unknown. False: fenced, or there is nothing to send."""
        return bool(await self.run(DOUBT, _keys(row), token, row.id, micros(until)))

    async def settle(
        self, row: OutboxRow, token: int, delivered: Delivered | None = None, *, under: str | None = None
    ) -> bool:
        """It was told, or is moot; False: fenced. Kept for another send where more melted into it meanwhile.

        In the same step `delivered` is noted as the incident's message, or as the one called `under`.
        """
        incident = row.notice.incident
        message, what = message_key(under or incident)
        done = await self.run(
            SETTLE,
            [*_keys(row), message, key("home", (under or incident).partition(":")[0])],
            token,
            row.id,
            row.rev,
            micros(self._clock()),
            what,
            b"" if delivered is None else DELIVERED.encode(delivered),
            millis(GARBAGE),
        )
        return bool(done)

    async def postpone(
        self,
        row: OutboxRow,
        token: int,
        until: datetime,
        *,
        doubt: datetime | Keep | None = KEEP,
        failed: bool = True,
    ) -> bool:
        """Not now; False: fenced. `doubt` None: certainly nothing was sent. `failed` counts as a try."""
        if isinstance(doubt, Keep):
            left: str | int = "keep"
        else:
            left = "" if doubt is None else micros(doubt)
        args = (token, row.id, row.rev, micros(until), left, int(failed))
        return bool(await self.run(POSTPONE, _keys(row), *args))

    async def outbox_size(self) -> int:
        """How many rows wait."""
        return int(await self.run(SIZE, due_keys()))

    async def message(self, name: str) -> Delivered | None:
        """Where an incident's message is, or the one called ``incident:what``; None where it is not known."""
        found = await self.ask("HGET", *message_key(name))
        return None if found is None else DELIVERED.decode(found)

    async def put_message(self, name: str, delivered: Delivered) -> None:
        """Note where a message is. That of a resolved incident is known for 40 days."""
        message, what = message_key(name)
        home = key("home", name.partition(":")[0])
        await self.run(PUT, [message, home], what, DELIVERED.encode(delivered), millis(GARBAGE))


def _keys(row: OutboxRow) -> list[str]:
    return [fence(f"deliver:{row.notice.incident}"), row_key(row.id), *due_keys()]
