"""The state of each alert on each account. One commit writes state and outbox rows together.

Nothing here evaluates: the engine reads an alert state with its version, steps it, and commits if nobody was faster.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.alerts.model import AlertState
from bot.store.alert_state_codec import decoded, encoded
from bot.store.codec import micros, millis
from bot.store.connection import Connection, Script, key
from bot.store.outbox_rows import ALL_INDICES, INDICES, OutboxRow, stored

ENDED_RETENTION = timedelta(days=40)  # a resolved incident's message and home are known for so long

# KEYS: states, versions, due, incidents, last revision, last version, the outbox' indices, then a row each.
# ARGV: pair, version, body ("" forgets), due, open and resolved incidents (a line each), garbage, the
# prefixes of homes and messages, then eight values a row. Neither a version nor a revision ever comes back.
COMMIT = Script(
    """
local pair, have = ARGV[1], redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if have ~= ARGV[2] then return 0 end
local garbage, home, message = ARGV[7], ARGV[8], ARGV[9]

if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], pair)
  redis.call('HDEL', KEYS[2], pair)
else
  local t, last = redis.call('TIME'), tonumber(redis.call('GET', KEYS[6]) or '0')
  local version = string.format('%.0f', math.max(last + 1, t[1] * 1000 + math.floor(t[2] / 1000)))
  redis.call('SET', KEYS[6], version)
  redis.call('HSET', KEYS[1], pair, ARGV[3])
  redis.call('HSET', KEYS[2], pair, version)
end
if ARGV[4] == '' then redis.call('ZREM', KEYS[3], pair) else redis.call('ZADD', KEYS[3], ARGV[4], pair) end

local open = {}
for id in string.gmatch(ARGV[5], '[^\\n]+') do
  open[id] = true
  redis.call('SET', home .. id, pair)
  redis.call('PERSIST', message .. id)
end
local function over(id)
  if redis.call('EXISTS', home .. id) == 1 then
    if redis.call('PTTL', home .. id) == -1 then redis.call('PEXPIRE', home .. id, garbage) end
  else
    redis.call('SET', home .. id, pair, 'PX', garbage)
  end
  if redis.call('PTTL', message .. id) == -1 then redis.call('PEXPIRE', message .. id, garbage) end
end
for id in string.gmatch(ARGV[6], '[^\\n]+') do over(id) end
for id in string.gmatch(redis.call('HGET', KEYS[4], pair) or '', '[^\\n]+') do
  if not open[id] then over(id) end
end
if ARGV[5] == '' then redis.call('HDEL', KEYS[4], pair) else redis.call('HSET', KEYS[4], pair, ARGV[5]) end

local indices = INDICES
for i = 7 + indices, #KEYS do
  local a = 9 + (i - 7 - indices) * 8
  local id, body, rank, urgent, created, due, doubt, attempts = unpack(ARGV, a + 1, a + 8)
  local rev = redis.call('INCR', KEYS[5])
  if redis.call('EXISTS', KEYS[i]) == 1 then
    local was = redis.call('HMGET', KEYS[i], 'due', 'doubt', 'urgent')
    if tonumber(was[1]) < tonumber(due) then due = was[1] end
    if was[3] == '1' then urgent = '1' end
    doubt = was[2]
    redis.call('HSET', KEYS[i], 'rev', rev, 'body', body, 'rank', rank, 'urgent', urgent, 'due', due)
  else
    redis.call('HSET', KEYS[i], 'body', body, 'rank', rank, 'urgent', urgent, 'created', created, 'due', due,
               'rev', rev, 'doubt', doubt, 'attempts', attempts)
  end
  for n = 0, indices - 1 do redis.call('ZREM', KEYS[7 + n], id) end
  local score = due
  if doubt ~= '' and tonumber(doubt) > tonumber(due) then score = doubt end
  redis.call('ZADD', KEYS[7 + tonumber(rank)], score, id)
end
return 1
""".replace("INDICES", str(len(ALL_INDICES)))
)

READ_STATE = Script("""
return {redis.call('HGET', KEYS[1], ARGV[1]), redis.call('HGET', KEYS[2], ARGV[1])}
""")


def due_keys(outlet: str | None = None) -> list[str]:
    """Returns the keys of the indices of due rows: an outlet's, or all."""
    return [key("outbox", "due", name) for name in (ALL_INDICES if outlet is None else INDICES[outlet])]


def row_key(row_id: str) -> str:
    """Returns the key of one row of the outbox."""
    return key("outbox", "row", row_id)


def message_key(name: str) -> tuple[str, str]:
    """Returns the key of an incident's messages, and the field of the one called ``incident:what``."""
    incident, _, what = name.partition(":")
    return key("message", incident), what or "card"


class AlertStates(Connection):
    """Stores the states of alerts."""

    async def alert_state(self, alert: str, account: str) -> tuple[AlertState, int]:
        """Returns the state and its version; an empty state and 0 where there is none."""
        keys = [key("ledgers"), key("ledgers", "versions")]
        body, version = await self.run(READ_STATE, keys, _pair(alert, account))
        if body is None:
            return AlertState(alert, account), 0
        return self.decoded(key("ledger", _pair(alert, account)), body, decoded), int(version)

    async def alert_states(self) -> list[AlertState]:
        """Returns all states, by alert and account."""
        found = await self.ask("HGETALL", key("ledgers"))
        return [decoded(found[pair]) for pair in sorted(found)]

    async def due_alert_states(self, now: datetime) -> list[tuple[str, str]]:
        """Returns (alert, account) of the states to be evaluated without a new reading, the longest due first."""
        found = await self.ask("ZRANGEBYSCORE", key("ledgers", "due"), "-inf", micros(now))
        return [_unpair(pair) for pair in found]

    async def commit(self, alert_state: AlertState, version: int, rows: Sequence[OutboxRow]) -> bool:
        """Writes the state and its outbox rows in one step.

        Returns False, and writes nothing, where somebody was faster. A row whose id is waiting already is merged into
        it: the newer words, the earlier due time, urgent if either was. A state that is empty is deleted.
        """
        incidents = alert_state.incidents.values()
        empty = alert_state == AlertState(alert_state.alert, alert_state.account)
        done = await self.run(
            COMMIT,
            [
                key("ledgers"),
                key("ledgers", "versions"),
                key("ledgers", "due"),
                key("ledgers", "incidents"),
                key("outbox", "rev"),
                key("ledgers", "last"),
                *due_keys(),
                *(row_key(row.id) for row in rows),
            ],
            _pair(alert_state.alert, alert_state.account),
            version,
            b"" if empty else encoded(alert_state),
            "" if alert_state.due is None else micros(alert_state.due),
            "\n".join(i.id for i in incidents if i.open),
            "\n".join(i.id for i in incidents if not i.open),
            millis(ENDED_RETENTION),
            key("home", ""),
            key("message", ""),
            *(value for row in rows for value in stored(row)),
        )
        return bool(done)

    async def incident_home(self, incident_id: str) -> tuple[str, str] | None:
        """Returns (alert, account) of an incident, for 40 days after its end; None where it is not known."""
        found = await self.ask("GET", key("home", incident_id))
        return None if found is None else _unpair(found)


def _pair(alert: str, account: str) -> str:
    return f"{alert}/{account}"


def _unpair(pair: bytes) -> tuple[str, str]:
    alert, _, account = pair.decode().partition("/")
    return alert, account
