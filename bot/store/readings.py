"""The latest reading of each kind, and a bounded history out of which readings come whole again.

The history is a stream (account, kind). An entry is a letter and what belongs to it: F a whole value, D what changed, =
nothing changed, N a count alone, B blind and why, b blind as before. Within an hour there is always one from which the
next can be decoded, so that the old end may be cut off. No lists of finished calls.
"""

from collections.abc import Sequence, Sized
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, LatestReading, Observed, Reading
from bot.store.codec import dump, micros, millis, moment, pack, parse, unpack
from bot.store.connection import Connection, Script, key
from bot.store.deltas import diff
from bot.store.errors import StoreUnavailable
from bot.store.reading_values import SHAPES, Unfolding, steadied
from providers.errors import ErrorKind
from providers.sdk.offload import MAX_INLINE_ROWS, in_thread

WHOLE_INTERVAL = timedelta(hours=1)
CLOCK_SETBACK = timedelta(hours=2)  # how far our clock may be set back without losing the order
PAGE_ENTRIES = 500  # entries read at once; between pages others get their turn
MAX_TRIES = 20

# KEYS: latest reading, history. ARGV: version, id, entry, at, oldest to keep, time to live, number of fields, fields
# with their values, fields to drop. An id may not go back: where the clock did, the time stands beside it. No
# version comes back, not even on a server that has lost some.
RECORD = Script("""
if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
local done = redis.pcall('XADD', KEYS[2], ARGV[2], 'r', ARGV[3])
if type(done) == 'table' and done.err then
  local last
  local info = redis.call('XINFO', 'STREAM', KEYS[2])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then last = info[i + 1] end
  end
  local ms, seq = string.match(last, '(%d+)-(%d+)')
  redis.call('XADD', KEYS[2], ms .. '-' .. string.format('%.0f', seq + 1), 'r', ARGV[3], 't', ARGV[4])
end
redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[6])
local n = tonumber(ARGV[7])
for i = 8, 6 + 2 * n, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
for i = 8 + 2 * n, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
local t = redis.call('TIME')
local version = math.max(ARGV[1] + 1, t[1] * 1000 + math.floor(t[2] / 1000))
redis.call('HSET', KEYS[1], 'v', string.format('%.0f', version))
return 1
""")


LATEST_READINGS = Script("""
local found = {}
for i = 1, #KEYS do found[i] = redis.call('HGETALL', KEYS[i]) end
return found
""")


@dataclass(frozen=True, slots=True)
class _Known:
    """A latest reading as it is stored.

    `tree` is its value's; `whole_at`, `told_at`: when F and B were last written.
    """

    version: int = 0
    latest_reading: LatestReading = field(default_factory=LatestReading)
    tree: Any = None
    whole_at: datetime | None = None
    told_at: datetime | None = None


class Readings(Connection):
    """Stores the readings of the polls."""

    async def latest_reading(self, account: str, kind: Kind) -> LatestReading:
        """Returns all that is known of one kind; an empty one where it was never asked."""
        return (await self._known(account, kind)).latest_reading

    async def latest_readings(self, account: str) -> dict[Kind, LatestReading]:
        """Returns every kind of an account that was ever asked."""
        found = await self.run(LATEST_READINGS, [latest_key(account, kind) for kind in Kind])
        known = {kind: self._read(account, kind, fields) for kind, fields in zip(Kind, found, strict=True)}
        return {kind: one.latest_reading for kind, one in known.items() if one.version}

    async def record(self, account: str, kind: Kind, reading: Reading, *, keep: timedelta) -> LatestReading:
        """Records one reading, and returns what is known now. What is older than `keep` leaves the history."""
        for _ in range(MAX_TRIES):
            known = await self._known(account, kind)
            if isinstance(reading, Observed):
                before = known.latest_reading.observed.value if known.latest_reading.observed else None
                reading = replace(reading, value=steadied(kind, before, reading.value))
            latest_reading = known.latest_reading.after(reading)
            entry, fields, dropped = await _entry_beside(kind, known, latest_reading, reading)
            at = micros(reading.at)
            oldest = max(0, micros(reading.at - keep - WHOLE_INTERVAL) // 1000)
            flat = [part for pair in fields.items() for part in pair]
            done = await self.run(
                RECORD,
                [latest_key(account, kind), _history_key(account, kind)],
                known.version,
                f"{at // 1000}-{at % 1000}",
                entry,
                at,
                oldest,
                millis(keep + timedelta(days=7)),
                len(fields),
                *flat,
                *dropped,
            )
            if done:
                return latest_reading
        raise StoreUnavailable(f"The {kind} of {account} could not be kept: too many replicas wrote at once.")

    async def history(self, account: str, kind: Kind, since: datetime, until: datetime | None = None) -> list[Reading]:
        """Returns every reading from `since` to `until`, both included, oldest first and whole."""
        name = _history_key(account, kind)
        start = f"{max(0, micros(since - WHOLE_INTERVAL) // 1000)}"
        end = "+" if until is None else f"{micros(until + CLOCK_SETBACK) // 1000}"
        told = _HistoryWriter(kind)
        readings: list[Reading] = []
        while True:
            page = await self.ask("XRANGE", name, start, end, "COUNT", PAGE_ENTRIES)
            for entry_id, fields in page:
                reading = told.read(entry_id, fields)
                if reading is not None and reading.at >= since and (until is None or reading.at <= until):
                    readings.append(reading)
            if len(page) < PAGE_ENTRIES:
                break
            start = "(" + page[-1][0].decode()
        readings.sort(key=lambda reading: reading.at)
        return readings

    async def _known(self, account: str, kind: Kind) -> _Known:
        (found,) = await self.run(LATEST_READINGS, [latest_key(account, kind)])
        return self._read(account, kind, found)

    def _read(self, account: str, kind: Kind, found: Sequence[bytes]) -> _Known:
        if not found:
            return _Known()
        fields = {name.decode(): value for name, value in zip(found[::2], found[1::2], strict=True)}
        observed = blind = tree = None
        if "at" in fields:
            tree, value = self.decoded(latest_key(account, kind), fields["value"], lambda blob: _value(kind, blob))
            observed = Observed(value, moment(fields["at"]))
        if "blind" in fields:
            error, why = parse(fields["blind"])
            blind = Blind(error, ErrorKind(why), moment(fields["blind_at"]))
        latest_reading = LatestReading(
            observed, blind, int(fields.get("failures", 0)), _time(fields.get("blind_since"))
        )
        return _Known(
            int(fields["v"]), latest_reading, tree, _time(fields.get("whole_at")), _time(fields.get("told_at"))
        )


class _HistoryWriter:
    """Decodes readings out of a run of entries."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._values = Unfolding(kind)
        self._count: int | None = None
        self._blind: tuple[str, ErrorKind] | None = None

    def read(self, entry_id: bytes, fields: dict[bytes, bytes]) -> Reading | None:
        """Returns the reading; None while the whole one that it refers to was not seen yet."""
        entry = fields[b"r"]
        letter, body = entry[:1], entry[1:]
        if b"t" in fields:
            at = moment(fields[b"t"])
        else:
            ms, _, rest = entry_id.partition(b"-")
            at = moment(int(ms) * 1000 + int(rest))
        if letter in b"Bb":
            if letter == b"B":
                error, why = parse(body)
                self._blind = (error, ErrorKind(why))
            return None if self._blind is None else Blind(*self._blind, at)
        if letter == b"N":
            self._count = int(body)
        if self._kind.definition.count is not None:
            return None if self._count is None else Observed(self._count, at)
        if letter == b"F":
            self._values.whole(unpack(body))
        elif not self._values.known:
            return None
        elif letter == b"D":
            self._values.change(unpack(body))
        return Observed(self._values.value, at)


async def _entry_beside(
    kind: Kind, known: _Known, latest_reading: LatestReading, reading: Reading
) -> tuple[bytes, dict[str, bytes | int], list[str]]:
    """As `_entry`, of many rows beside the event loop."""
    rows = reading.value if isinstance(reading, Observed) and isinstance(reading.value, Sized) else ()
    return await in_thread(lambda _rows: _entry(kind, known, latest_reading, reading), rows, MAX_INLINE_ROWS)


def _entry(
    kind: Kind, known: _Known, latest_reading: LatestReading, reading: Reading
) -> tuple[bytes, dict[str, bytes | int], list[str]]:
    """Returns the entry for the history, and which fields of the latest reading are set and dropped."""
    at = micros(reading.at)
    if isinstance(reading, Blind):
        told = dump([reading.error, str(reading.kind)])
        was = known.latest_reading.blind
        fields: dict[str, bytes | int] = {"blind_at": at, "failures": latest_reading.failures, "blind": told}
        fields["blind_since"] = micros(latest_reading.blind_since or reading.at)
        same = was is not None and (was.error, was.kind) == (reading.error, reading.kind)
        if same and _fresh(known.told_at, reading.at):
            return b"b", fields, []
        return b"B" + told, fields | {"told_at": at}, []
    tree = SHAPES[kind].whole.tree(reading.value)
    dropped = ["blind", "blind_at", "failures", "blind_since"] if known.latest_reading.blind else []
    if known.tree == tree and _fresh(known.whole_at, reading.at):
        return b"=", {"at": at}, dropped
    whole = pack(tree)
    fields = {"at": at, "value": whole}
    count = kind.definition.count
    if count is not None:
        return b"N%d" % count(reading.value), fields | {"whole_at": at}, dropped
    if known.tree is not None and _fresh(known.whole_at, reading.at):
        delta = pack(diff(known.tree, tree, kind.definition.row_key))
        if len(delta) < len(whole):
            return b"D" + delta, fields, dropped
    return b"F" + whole, fields | {"whole_at": at}, dropped


def _value(kind: Kind, blob: bytes) -> tuple[Any, Any]:
    """Returns a value as a tree, and decoded."""
    tree = unpack(blob)
    return tree, SHAPES[kind].whole.value(tree)


def _fresh(last: datetime | None, now: datetime) -> bool:
    return last is not None and last <= now < last + WHOLE_INTERVAL


def _time(text: bytes | None) -> datetime | None:
    return None if text is None else moment(text)


def latest_key(account: str, kind: Kind) -> str:
    """Returns the key of the latest reading of a kind."""
    return key("sight", account, str(kind))


def _history_key(account: str, kind: Kind) -> str:
    return key("history", account, str(kind))
