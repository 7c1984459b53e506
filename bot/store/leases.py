"""Leases with fencing tokens, the rate limit of a conversation, and the turns to poll.

A lease runs by the server's clock alone, so that replicas whose clocks differ agree. A token only ever grows: whoever
writes with an older one is refused.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.alerts.kinds import Kind
from bot.store.codec import MICROSECOND, micros, millis, moment
from bot.store.connection import Connection, Script, key

CLOCK_SKEW = timedelta(seconds=30)  # further ahead than that is no other replica's clock
FENCE_RETENTION = timedelta(days=2)  # the clock keeps tokens growing where the last one was forgotten

LEASE = Script("""
local owner = redis.call('HGET', KEYS[1], 'owner')
local token
if owner == ARGV[1] then
  token = redis.call('HGET', KEYS[1], 'token')
elseif owner then
  return false
else
  local t = redis.call('TIME')
  local last = tonumber(redis.call('GET', KEYS[2]) or '0')
  token = string.format('%.0f', math.max(last + 1, t[1] * 1000 + math.floor(t[2] / 1000)))
  redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'token', token)
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], token, 'PX', ARGV[3])
return token
""")

RENEW = Script("""
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
""")

RELEASE = Script("""
if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
""")

# A slot further away than one step, or a hold that was told later than now, is of a clock that ran ahead: it binds
# nobody.
PACE = Script("""
local now, every, skew = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local free = tonumber(redis.call('HGET', KEYS[1], 'free') or '0')
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or '0')
local told = tonumber(redis.call('HGET', KEYS[1], 'told') or '0')
if free > now + every then free = now end
if told > now + skew then held = 0 end
local slot = math.max(free, held)
if slot > now then return string.format('%.0f', slot) end
redis.call('HSET', KEYS[1], 'free', string.format('%.0f', now + every))
redis.call('HDEL', KEYS[1], 'held', 'told')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return ARGV[1]
""")

HOLD = Script("""
local held = tonumber(redis.call('HGET', KEYS[1], 'held') or '0')
local told = tonumber(redis.call('HGET', KEYS[1], 'told') or '0')
if tonumber(ARGV[1]) > held or told > tonumber(ARGV[2]) + tonumber(ARGV[4]) then
  redis.call('HSET', KEYS[1], 'held', ARGV[1], 'told', ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")

# Computed from the last turn, not from a stored next one: a shorter interval counts at once. A turn that lies
# further ahead than an interval was taken by a clock that ran ahead.
POLL_DUE = Script("""
local now, every = tonumber(ARGV[2]), tonumber(ARGV[3])
local last = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%d+) ')
if last and math.abs(now - tonumber(last)) < every then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
""")


def fence(name: str) -> str:
    """Returns the key that holds the last token of a lease."""
    return key("fence", name)


class Leases(Connection):
    """Stores leases and turns, shared by all replicas."""

    async def lease(self, name: str, owner: str, ttl: timedelta) -> int | None:
        """Returns the fencing token, the same one for the owner who has the lease already.

        None while another has it.
        """
        token = await self.run(
            LEASE, [key("lease", name), fence(name)], owner, millis(ttl), millis(max(FENCE_RETENTION, 2 * ttl))
        )
        return None if token is None else int(token)

    async def renew(self, name: str, owner: str, ttl: timedelta) -> bool:
        """Holds the lease for `ttl` from now on; returns False where it is lost."""
        keys = [key("lease", name), fence(name)]
        return bool(await self.run(RENEW, keys, owner, millis(ttl), millis(max(FENCE_RETENTION, 2 * ttl))))

    async def release(self, name: str, owner: str) -> None:
        """Gives the lease back; does nothing where it is another's."""
        await self.run(RELEASE, [key("lease", name)], owner)

    async def lease_holder(self, name: str) -> str | None:
        """Returns who has the lease now; None where nobody has."""
        found = await self.ask("HGET", key("lease", name), "owner")
        return None if found is None else found.decode()

    async def reserve_slot(self, channel: str, now: datetime, every: timedelta = timedelta(seconds=1)) -> datetime:
        """Returns when this place's next slot is; it is taken where that is `now`."""
        args = (micros(now), every // MICROSECOND, millis(timedelta(days=1)), CLOCK_SKEW // MICROSECOND)
        slot = await self.run(PACE, [key("pace", channel)], *args)
        found = micros(now) if slot is None else int(slot)
        return now if found == micros(now) else moment(found)

    async def hold(self, channel: str, until: datetime, now: datetime) -> None:
        """Gives no slot of this place before `until`, to any replica: Slack said when to come back."""
        args = (micros(until), micros(now), millis(timedelta(days=1)), CLOCK_SKEW // MICROSECOND)
        await self.run(HOLD, [key("pace", channel)], *args)

    async def poll_due(self, account: str, kind: Kind, interval: timedelta, now: datetime) -> bool:
        """Takes the turn to poll; returns True at most once per interval, over all replicas."""
        every = interval // MICROSECOND
        return bool(await self.run(POLL_DUE, [key("polls")], f"{account} {kind}", micros(now), every))

    async def next_polls(
        self, intervals: Mapping[tuple[str, Kind], timedelta] | None = None
    ) -> dict[tuple[str, Kind], datetime]:
        """Returns when each poll is due, those that were never taken left out.

        With `intervals` it is computed from these instead of those at which the last turns were taken.
        """
        found = await self.ask("HGETALL", key("polls"))
        dues: dict[tuple[str, Kind], datetime] = {}
        for field, value in found.items():
            account, _, kind = field.decode().partition(" ")
            last, _, every = value.decode().partition(" ")
            interval = (intervals or {}).get((account, Kind(kind)), int(every) * MICROSECOND)
            dues[account, Kind(kind)] = moment(last) + interval
        return dues
