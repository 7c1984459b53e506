"""How often an account may be asked, over all replicas and restarts. Never sends and never sleeps.

While the store does not answer, each process decides by its own memory: people still get their answers.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.store.codec import MICROSECOND, micros, millis, moment
from bot.store.connection import Connection, Script, key
from bot.store.errors import StoreError
from providers.sdk.throttle import (
    LONGEST_COOLDOWN,
    LocalThrottle,
    RateLimit,
    asking,
    budget_error,
    cooldown,
    cooling_error,
    spacing_error,
)

RETENTION = timedelta(days=2)  # the server sweeps up what is older
MAX_COOLDOWN_MICROSECONDS = LONGEST_COOLDOWN // MICROSECOND

# A time that lies further ahead than what it is compared with was written by a clock that ran ahead: it binds
# nobody. Answers what refuses (cool, space, budget or nothing), until when, and the status that cooled us
# down or, when admitted, the refusals so far.
ADMIT = Script("""
local now, operation, spacing = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local share, per, longest = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local state = redis.call('HMGET', KEYS[1], 'until', 'status', 'op:' .. operation, 'refusals')
local cool = tonumber(state[1] or '0')
if cool > now and cool <= now + longest then return {'cool', state[1], state[2]} end
local last = tonumber(state[3] or '0')
if spacing > 0 and math.abs(now - last) < spacing then
  return {'space', string.format('%.0f', last + spacing), ''}
end
if per > 0 then
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - per))
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '(' .. string.format('%.0f', now + per), '+inf')
  local used = redis.call('ZCARD', KEYS[2])
  if used >= share then
    local oldest = redis.call('ZRANGE', KEYS[2], used - share, used - share, 'WITHSCORES')
    return {'budget', string.format('%.0f', tonumber(oldest[2]) + per), ''}
  end
  redis.call('ZADD', KEYS[2], ARGV[1], redis.call('HINCRBY', KEYS[1], 'count', 1))
  redis.call('PEXPIRE', KEYS[2], ARGV[7])
end
if spacing > 0 then redis.call('HSET', KEYS[1], 'op:' .. operation, ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[7])
return {'', '', state[4] or '0'}
""")

# Refusals of requests that were under way together count once. The waits by count are computed by the caller.
REFUSED = Script("""
local now, longest = tonumber(ARGV[1]), tonumber(ARGV[2])
local state = redis.call('HMGET', KEYS[1], 'until', 'refusals')
local cool, refusals = tonumber(state[1] or '0'), tonumber(state[2] or '0')
local going_on = cool > now and cool <= now + longest
if not going_on or refusals == 0 then refusals = refusals + 1 end
local waits = #ARGV - 4
local till = now + tonumber(ARGV[4 + math.min(refusals, waits)])
if going_on then till = math.max(till, cool) end
till = string.format('%.0f', till)
redis.call('HSET', KEYS[1], 'until', till, 'status', ARGV[3], 'refusals', refusals)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return till
""")

LEFT = Script("""
local now, per = tonumber(ARGV[1]), tonumber(ARGV[2])
local first, last = string.format('%.0f', now - per), string.format('%.0f', now + per)
return redis.call('ZCOUNT', KEYS[1], '(' .. first, last)
""")


class StoreThrottle:
    """A `Throttle` that all replicas share. `title` is what people call the account's vendor."""

    def __init__(
        self,
        store: Connection,
        account: str,
        title: str,
        limit: RateLimit | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._title = title
        self._limit = limit
        self._clock = clock
        self._state, self._budget = key("throttle", account), key("throttle", account, "budget")
        self._alone = LocalThrottle(clock, title, limit)  # while the store is away
        self._refused = True  # whether there may be a doubling to end, as of the last admission

    async def admit(self, operation: str, *, spacing: timedelta | None = None) -> None:
        """Counts one request.

        Raises `ProviderError` RATE_LIMITED with `retry_at` where it may not leave, and counts nothing.
        """
        now, limit = self._clock(), self._limit
        try:
            why, until, status = await self._store.run(
                ADMIT,
                [self._state, self._budget],
                micros(now),
                operation,
                (spacing or timedelta()) // MICROSECOND,
                limit.share(asking.get()) if limit else 0,
                limit.per // MICROSECOND if limit else 0,
                MAX_COOLDOWN_MICROSECONDS,
                millis(max(RETENTION, limit.per if limit else RETENTION)),
            )
        except StoreError:
            await self._alone.admit(operation, spacing=spacing)
            return
        if not why:
            self._refused = int(status) > 0
            return
        till = moment(until)
        if why == b"cool":
            raise cooling_error(self._title, operation, int(status), till)
        if why == b"space" or limit is None:
            raise spacing_error(self._title, operation, spacing or timedelta(), till)
        raise budget_error(self._title, operation, limit, till)

    async def refused(self, status: int, retry_after: timedelta | None) -> datetime:
        """Cools the account down in every replica, after the vendor answered 401, 403 or 429; returns until when."""
        now = self._clock()
        self._refused = True
        alone = await self._alone.refused(status, retry_after)
        waits = [cooldown(n, retry_after) // MICROSECOND for n in range(1, 8)]
        try:
            until = await self._store.run(
                REFUSED, [self._state], micros(now), MAX_COOLDOWN_MICROSECONDS, status, millis(RETENTION), *waits
            )
        except StoreError:
            return alone
        return moment(until)

    async def answered(self) -> None:
        """Notes a good answer: the next cool-down begins at its shortest again."""
        await self._alone.answered()
        if not self._refused:
            return  # there is nothing to end, so no step for each good answer
        try:
            await self._store.ask("HDEL", self._state, "refusals")
        except StoreError:
            return
        self._refused = False

    async def cooling(self) -> datetime | None:
        """Returns until when the account is left alone; None while it may be asked. Raises `StoreError`."""
        found = await self._store.ask("HGET", self._state, "until")
        now = self._clock()
        until = None if found is None else moment(found)
        return until if until and now < until <= now + LONGEST_COOLDOWN else None

    async def left(self) -> int | None:
        """Returns how many requests of the window are left, people's share included; None without a limit.

        Raises `StoreError`.
        """
        if self._limit is None:
            return None
        args = (micros(self._clock()), self._limit.per // MICROSECOND)
        used = int(await self._store.run(LEFT, [self._budget], *args))
        return max(0, self._limit.count - used)
