"""Operations that were requested and must happen at most once: calls to place, answers to share, first times, quotas.

A step here is never repeated: where the answer is lost, the thing counts as taken and nothing is done twice. Times to
live are compared with our clock; the server's own only sweep up.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from bot.store.codec import dump, micros, millis, moment, parse
from bot.store.connection import Connection, Script, key

DONE_RETENTION = timedelta(days=2)
EXPIRED = "expired"  # the outcome of what nobody took in time
UNDONE_RETENTION = timedelta(days=30)
TTL_MARGIN = timedelta(hours=1)  # what the server keeps longer than our clock asks for

TAKE = Script("""
local had = redis.call('HMGET', KEYS[1], 'state', 'expires', 'user', 'payload')
if had[1] ~= 'pending' then return false end
if tonumber(had[2]) <= tonumber(ARGV[3]) then return false end
if had[3] ~= '' and had[3] ~= ARGV[2] then return false end
redis.call('HSET', KEYS[1], 'state', 'in_flight', 'user', ARGV[2], 'owner', ARGV[4], 'taken', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return had[4]
""")

PUT_PENDING = Script("""
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'pending', 'payload', ARGV[1], 'user', ARGV[2], 'expires', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
""")

SETTLE_PENDING = Script("""
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('HGET', KEYS[1], 'state') ~= 'in_flight' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'done', 'outcome', ARGV[2], 'status', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")

EXPIRE_PENDING = Script("""
local had = redis.call('HMGET', KEYS[1], 'state', 'expires')
if had[1] ~= 'pending' then return 0 end
if ARGV[4] == '0' and tonumber(had[2]) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'state', 'done', 'outcome', ARGV[2], 'status', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")

INTERRUPTED = Script("""
local found = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1])) do
  local owner = redis.call('HGET', ARGV[3] .. id, 'owner')
  if not owner then
    redis.call('ZREM', KEYS[1], id)
  elseif owner ~= ARGV[2] and redis.call('EXISTS', ARGV[4] .. owner) == 0 then
    table.insert(found, id)
  end
end
return found
""")

FIRST = Script("""
local until_ = tonumber(redis.call('GET', KEYS[1]) or '0')
if until_ > tonumber(ARGV[1]) then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
""")

TAKE_SHARE = Script("""
local had = redis.call('HMGET', KEYS[1], 'payload', 'expires')
redis.call('DEL', KEYS[1])
if not had[1] or tonumber(had[2]) <= tonumber(ARGV[1]) then return false end
return had[1]
""")

COUNT = Script("""
local n = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if n >= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
""")


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """An operation that may be done once. `user` asked or, once taken, pressed; `owner` is the replica at work.

    `taken_at` None and `owner` "": nobody took it yet; `outcome` "": none is known. `status` is the same in
    one word.
    """

    id: str
    payload: Mapping[str, Any]
    user: str
    state: Literal["pending", "in_flight", "done"]
    expires_at: datetime
    owner: str = ""
    taken_at: datetime | None = None
    outcome: str = ""
    status: str = ""


class Operations(Connection):
    """Stores what happens at most once, over all replicas."""

    async def put_pending(self, token: str, payload: Mapping[str, Any], ttl: timedelta, *, user: str = "") -> None:
        """Offers the operation for `ttl`, to `user` alone where one is named."""
        keep = millis(ttl + TTL_MARGIN)
        until = micros(self._clock() + ttl)
        await self.run(PUT_PENDING, [key("deed", token)], dump(dict(payload)), user, until, keep)

    async def take_pending(self, token: str, by: str) -> dict[str, Any] | None:
        """Returns the payload, once: from now on it is in flight here. None: over, taken, or another person's."""
        found = await self.run(
            TAKE,
            [key("deed", token), key("deeds")],
            token,
            by,
            micros(self._clock()),
            self.owner,
            millis(UNDONE_RETENTION),
        )
        return None if found is None else _payload(found)

    async def settle_operation(self, token: str, outcome: str, status: str = "") -> bool:
        """Stores the outcome of a taken operation; returns True for the first who does."""
        keys = [key("deed", token), key("deeds")]
        return bool(await self.run(SETTLE_PENDING, keys, token, outcome, millis(DONE_RETENTION), status))

    async def expire_pending(self, token: str, *, at_once: bool = False) -> bool:
        """Closes an offer whose time is over, or whatever its time is; returns False where somebody took it."""
        args = (micros(self._clock()), EXPIRED, millis(DONE_RETENTION), int(at_once))
        return bool(await self.run(EXPIRE_PENDING, [key("deed", token)], *args))

    async def operation(self, token: str) -> PendingOperation | None:
        """Returns the operation as it stands, also when it is over; None where it is not known."""
        found = await self.ask("HGETALL", key("deed", token))
        if not found:
            return None
        fields = {name.decode(): value for name, value in found.items()}
        taken = fields.get("taken")
        return PendingOperation(
            id=token,
            payload=_payload(fields["payload"]),
            user=fields["user"].decode(),
            state=fields["state"].decode(),
            expires_at=moment(fields["expires"]),
            owner=fields.get("owner", b"").decode(),
            taken_at=None if taken is None else moment(taken),
            outcome=fields.get("outcome", b"").decode(),
            status=fields.get("status", b"").decode(),
        )

    async def interrupted_operations(self, now: datetime, older_than: timedelta) -> list[PendingOperation]:
        """Returns what a replica that no longer reports itself alive took longer ago than that; nothing of this one."""
        limit = micros(now - older_than)
        args = (limit, self.owner, key("deed", ""), key("alive", ""))
        found = await self.run(INTERRUPTED, [key("deeds")], *args)
        taken = [await self.operation(token.decode()) for token in found]
        return [one for one in taken if one is not None and one.state == "in_flight"]

    async def first_time(self, name: str, ttl: timedelta) -> bool:
        """Returns whether this was not seen within `ttl`, and notes it."""
        now = self._clock()
        args = (micros(now), micros(now + ttl), millis(ttl + TTL_MARGIN))
        return bool(await self.run(FIRST, [key("once", name)], *args))

    async def put_share(self, token: str, payload: Mapping[str, Any], ttl: timedelta) -> None:
        """Stores what was shown for `ttl`, so that it can be shared as it was."""
        keep = millis(ttl + TTL_MARGIN)
        until = micros(self._clock() + ttl)
        await self.run(PUT_PENDING, [key("share", token)], dump(dict(payload)), "", until, keep)

    async def take_share(self, token: str) -> dict[str, Any] | None:
        """Returns what was shown, once; None when it is over or was shared."""
        found = await self.run(TAKE_SHARE, [key("share", token)], micros(self._clock()))
        return None if found is None else _payload(found)

    async def count_call(self, user: str, day: date, limit: int) -> bool:
        """Counts one call of this person; returns False, and counts nothing, where the day's limit is reached."""
        keep = millis(timedelta(days=3))
        return bool(await self.run(COUNT, [key("calls", day.isoformat())], user, limit, keep))

    async def calls_today(self, user: str, day: date) -> int:
        """Returns how many calls of this person were counted on that day."""
        return int(await self.ask("HGET", key("calls", day.isoformat()), user) or 0)

    async def pause_calls(self, by: str, at: datetime) -> None:
        """Refuses calls to everybody until they are resumed; `by` is a Slack user id."""
        await self.ask("SET", key("calls", "paused"), json.dumps([by, micros(at)]))

    async def resume_calls(self) -> None:
        """Lets calls be placed again."""
        await self.ask("DEL", key("calls", "paused"))

    async def calls_paused(self) -> tuple[str, datetime] | None:
        """Returns who paused calls, and when; None while they may be placed."""
        found = await self.ask("GET", key("calls", "paused"))
        if found is None:
            return None
        by, at = parse(found)
        return by, moment(at)


def _payload(text: bytes) -> dict[str, Any]:
    payload: dict[str, Any] = parse(text)
    return payload
