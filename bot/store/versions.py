"""Whether anything has changed: the versions of readings and alert states, without what they say."""

from collections.abc import Iterable

from bot.alerts.kinds import Kind
from bot.store.connection import Connection, Script, key
from bot.store.readings import latest_key

VERSIONS = Script("""
local found = {
  redis.call('GET', KEYS[1]) or '', #redis.call('HGETALL', KEYS[2]), redis.call('GET', KEYS[3]) and 'paused' or ''
}
for i = 4, #KEYS do table.insert(found, redis.call('HGET', KEYS[i], 'v') or '') end
return table.concat(found, ' ')
""")


class Versions(Connection):
    """Reads what becomes another one with every reading and every commit."""

    async def versions(self, accounts: Iterable[str]) -> bytes:
        """Returns a mark that changes once a reading of these accounts, or the state of any alert, has changed.

        It also changes when calls are paused or resumed.
        """
        own = [key("ledgers", "last"), key("ledgers", "versions"), key("calls", "paused")]
        latest = [latest_key(account, kind) for account in accounts for kind in Kind]
        found: bytes = await self.run(VERSIONS, [*own, *latest])
        return found
