"""The outbox: what waits to be delivered. Whoever delivers holds the incident's lease; a late one is refused."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.store.alert_states import ENDED_RETENTION, due_keys, message_key, row_key
from bot.store.codec import MICROSECOND, micros, millis, moment
from bot.store.connection import Connection, Script, key
from bot.store.leases import CLOCK_SKEW, fence
from bot.store.outbox_rows import ALL_INDICES, DELIVERED, SLACK, Delivered, OutboxRow, restored

FIELDS = "'body', 'urgent', 'created', 'due', 'rev', 'doubt', 'attempts'"

# What is due later than any wait allows, or was written or put off later than now, was so by a clock that ran ahead: it
# binds nobody, and is due now. No doubt is longer than a request can take, whichever clock wrote it.
DUE = Script(
    """
local now, farthest, doubtful, skew = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
for i = 1, #KEYS do
  local ahead = redis.call('ZREVRANGEBYSCORE', KEYS[i], '+inf', string.format('%.0f', now + skew), 'LIMIT', 0, 100)
  for _, id in ipairs(ahead) do
    local row = redis.call('HMGET', ARGV[3] .. id, 'created', 'due', 'doubt', 'put_off')
    if row[1] then
      local created, due, doubt = row[1], row[2], row[3]
      local written = math.max(tonumber(created), tonumber(row[4] or '0'))
      if written > now + skew or tonumber(due) > now + farthest then due = ARGV[1] end
      if tonumber(created) > now + skew then created = ARGV[1] end
      if doubt ~= '' and tonumber(doubt) > now + doubtful then doubt = string.format('%.0f', now + doubtful) end
      if due ~= row[2] or doubt ~= row[3] then
        redis.call('HSET', ARGV[3] .. id, 'created', created, 'due', due, 'doubt', doubt)
        redis.call('ZADD', KEYS[i], doubt ~= '' and tonumber(doubt) > tonumber(due) and doubt or due, id)
      end
    end
  end
end
local rows, left, but = {}, tonumber(ARGV[2]), {}
for i = 7, #ARGV do but[ARGV[i]] = true end
for i = #KEYS, 1, -1 do
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[i], '-inf', ARGV[1], 'LIMIT', 0, left + #ARGV - 6)) do
    if left <= 0 then break end
    if not but[id] then
      table.insert(rows, redis.call('HMGET', ARGV[3] .. id, FIELDS))
      left = left - 1
    end
  end
end
return rows
""".replace("FIELDS", FIELDS)
)
MAX_POSTPONEMENT = timedelta(hours=2)  # the longest that a row is put off
MAX_POSTPONEMENT_BY_OUTLET = {SLACK: timedelta(minutes=15)}
MAX_DOUBT = timedelta(seconds=20)  # the longest that a request may be under way

FIRST = Script(
    """
for _, name in ipairs(KEYS) do
  local row = redis.call('HMGET', name, FIELDS)
  if row[1] then return row end
end
return false
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

# KEYS of the three below: fence, row, the outbox' indices, then what is the step's own. ARGV: token, id, …
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
local indices = INDICES
local message, home = KEYS[3 + indices], KEYS[4 + indices]
if ARGV[6] ~= '' then put_message(message, home, ARGV[5], ARGV[6], ARGV[7]) end
local rev = redis.call('HGET', KEYS[2], 'rev')
if not rev then return 1 end
if rev == ARGV[3] then
  redis.call('DEL', KEYS[2])
  for n = 0, indices - 1 do redis.call('ZREM', KEYS[3 + n], ARGV[2]) end
else
  redis.call('HSET', KEYS[2], 'due', ARGV[4], 'doubt', '', 'attempts', 0)
  index(ARGV[2], KEYS[2])
end
return 1
""".replace("INDICES", str(len(ALL_INDICES)))
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

# What was merged into the row meanwhile has its own due time, which is left as it is.
POSTPONE = Script(
    FENCED
    + INDEX
    + """
local rev = redis.call('HGET', KEYS[2], 'rev')
if not rev then return 1 end
if rev == ARGV[3] then redis.call('HSET', KEYS[2], 'due', ARGV[4], 'put_off', ARGV[7]) end
if ARGV[5] ~= 'keep' then redis.call('HSET', KEYS[2], 'doubt', ARGV[5]) end
redis.call('HINCRBY', KEYS[2], 'attempts', ARGV[6])
index(ARGV[2], KEYS[2])
return 1
"""
)

# A server that is another one, or was started anew, may have lost what it had acknowledged last: whatever waits may
# have been sent, so that it is searched for first; and no revision comes back.
MET = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1])
local rev = tonumber(redis.call('GET', KEYS[2]) or '0')
if rev > 0 then
  local t = redis.call('TIME')
  redis.call('SET', KEYS[2], string.format('%.0f', math.max(rev, t[1] * 1000 + math.floor(t[2] / 1000))))
end
for i = 3, #KEYS do
  for _, id in ipairs(redis.call('ZRANGE', KEYS[i], 0, -1)) do
    if redis.call('HGET', ARGV[2] .. id, 'doubt') == '' then redis.call('HSET', ARGV[2] .. id, 'doubt', '0') end
  end
end
return 1
""")

SIZE = Script("""
local n = 0
for _, k in ipairs(KEYS) do n = n + redis.call('ZCARD', k) end
return n
""")

OLDEST = Script("""
local oldest = false
for _, index in ipairs(KEYS) do
  for _, id in ipairs(redis.call('ZRANGE', index, 0, ARGV[2])) do
    local created = redis.call('HGET', ARGV[1] .. id, 'created')
    if created and (not oldest or tonumber(created) < tonumber(oldest)) then oldest = created end
  end
end
return oldest
""")
MAX_INDEX_ROWS = 1000  # rows of an index, the longest due first


class Keep:
    """A doubt is left as it is."""


KEEP = Keep()


class Outbox(Connection):
    """Stores rows that wait to be delivered, and where the delivered messages are."""

    async def _met(self, run_id: str) -> None:
        await self._eval(MET, [key("server"), key("outbox", "rev"), *due_keys(SLACK)], (run_id, row_key("")))

    async def due_rows(
        self, outlet: str, now: datetime, limit: int = 100, *, but: Collection[str] = ()
    ) -> list[OutboxRow]:
        """Returns what may be sent by an outlet now, critical first, then oldest; nothing that is in doubt until later.

        Of more than `limit` those of the highest index and the longest due; the ids in `but` are left out and take no
        room.
        """
        spans = (MAX_POSTPONEMENT_BY_OUTLET.get(outlet, MAX_POSTPONEMENT), MAX_DOUBT, CLOCK_SKEW)
        waits = (span // MICROSECOND for span in spans)
        found = await self.run(DUE, due_keys(outlet), micros(now), limit, row_key(""), *waits, *but)
        rows = [restored(fields) for fields in found]
        return sorted(rows, key=lambda row: (-row.severity.rank, row.created_at, row.id))

    async def first(self, row_ids: Sequence[str]) -> OutboxRow | None:
        """Returns the first of these rows that waits, due or not; None where all are settled."""
        found = await self.run(FIRST, [row_key(row_id) for row_id in row_ids])
        return None if found is None else restored(found)

    async def row(self, row_id: str) -> OutboxRow | None:
        """Returns the row as it is now; None once it is settled."""
        found = await self.ask("HMGET", row_key(row_id), *ROW_FIELDS)
        return None if found[0] is None else restored(found)

    async def doubt(self, row: OutboxRow, token: int, until: datetime) -> bool:
        """Marks the row as in doubt until then, before a request leaves; returns False where it is fenced or gone."""
        return bool(await self.run(DOUBT, _keys(row), token, row.id, micros(until)))

    async def settle(
        self, row: OutboxRow, token: int, delivered: Delivered | None = None, *, under: str | None = None
    ) -> bool:
        """Removes the row, delivered or obsolete; returns False where it is fenced.

        It is kept for another send where more was merged into it meanwhile. In the same step `delivered` is noted as
        the incident's message, or as the one called `under`.
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
            millis(ENDED_RETENTION),
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
        """Puts the row off; returns False where it is fenced. `doubt` None: certainly nothing was sent.

        `failed` counts as a try.
        """
        if isinstance(doubt, Keep):
            left: str | int = "keep"
        else:
            left = "" if doubt is None else micros(doubt)
        args = (token, row.id, row.rev, micros(until), left, int(failed), micros(self._clock()))
        return bool(await self.run(POSTPONE, _keys(row), *args))

    async def outbox_size(self, outlet: str | None = None) -> int:
        """Returns how many rows wait, for an outlet or for all."""
        return int(await self.run(SIZE, due_keys(outlet)))

    async def waits_since(self, outlet: str) -> datetime | None:
        """Returns when the oldest row for an outlet was written, however often it was put off.

        None where none waits.
        """
        found = await self.run(OLDEST, due_keys(outlet), row_key(""), MAX_INDEX_ROWS - 1)
        return None if found is None else moment(found)

    async def message(self, name: str) -> Delivered | None:
        """Returns where an incident's message is, or the one called ``incident:what``; None where it is not known."""
        found = await self.ask("HGET", *message_key(name))
        return None if found is None else DELIVERED.decode(found)

    async def put_message(self, name: str, delivered: Delivered) -> None:
        """Notes where a message is. That of a resolved incident is known for 40 days."""
        message, what = message_key(name)
        home = key("home", name.partition(":")[0])
        await self.run(PUT, [message, home], what, DELIVERED.encode(delivered), millis(ENDED_RETENTION))


def _keys(row: OutboxRow) -> list[str]:
    return [fence(row.lease), row_key(row.id), *due_keys()]
