"""How many requests a client made lately, over all replicas."""

from datetime import datetime, timedelta
from uuid import uuid4

from bot.store.codec import MICROSECOND, micros, millis, moment
from bot.store.connection import Connection, Script, key

# What lies ahead of now was noted by a clock that ran ahead: it counts for nothing.
TAKE = Script("""
local now, span = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - span))
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%.0f', now + span), '+inf')
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
  return redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return false
""")


class RequestLimits(Connection):
    """Stores when each client asked, for as long as that counts."""

    async def take_request(self, client: str, limit: int, span: timedelta) -> datetime | None:
        """Counts a request and returns None; when the next one passes, where there were `limit` within `span`."""
        args = (micros(self._clock()), span // MICROSECOND, limit, uuid4().hex, millis(span))
        oldest = await self.run(TAKE, [key("requests", client)], *args)
        return None if oldest is None else moment(int(float(oldest))) + span
