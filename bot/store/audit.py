"""The audit: operations and refusals with their outcomes, the newest ten thousand of about 400 days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from bot.store.codec import Codec, micros
from bot.store.connection import Connection, Script, key

RECORDS_RETENTION = timedelta(days=400)
MOST_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One operation or refusal. `user` and `channel` are Slack ids; `target` is what it was done to, masked."""

    at: datetime
    user: str
    operation: Annotated[str, Field(alias="deed")]  # as it was first written, so old records are read
    account: str
    target: str
    outcome: str
    channel: str = ""


RECORD: Codec[AuditRecord] = Codec(AuditRecord)

# An id may not go back: where the clock did, the next free one is taken.
APPEND = Script("""
local id = redis.pcall('XADD', KEYS[1], ARGV[1], 'r', ARGV[2])
if type(id) == 'table' and id.err then
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then id = info[i + 1] end
  end
  local ms, seq = string.match(id, '(%d+)-(%d+)')
  redis.call('XADD', KEYS[1], ms .. '-' .. string.format('%.0f', seq + 1), 'r', ARGV[2])
end
redis.call('XTRIM', KEYS[1], 'MINID', '~', ARGV[3])
redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[4])
return 1
""")


class Audit(Connection):
    """Stores what was done and refused, written once and never changed."""

    async def audit(self, record: AuditRecord) -> None:
        """Appends the record; the oldest go once there are too many or they are too old."""
        at = micros(record.at)
        oldest = micros(record.at - RECORDS_RETENTION) // 1000
        entry = RECORD.encode(record)
        await self.run(APPEND, [key("audit")], f"{at // 1000}-{at % 1000}", entry, max(0, oldest), MOST_RECORDS)

    async def audit_log(self, limit: int = 50) -> list[AuditRecord]:
        """Returns at most `limit` records, the newest first."""
        found = await self.ask("XREVRANGE", key("audit"), "+", "-", "COUNT", limit)
        return [RECORD.decode(fields[b"r"]) for _, fields in found]
