"""The poller: asks one account one question when it is due, and hands the reading to the engine."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from time import perf_counter

import structlog

from bot.alerts.model import Blind, Kind, Observed, Reading
from bot.engine.engine import Engine
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.settings import Settings
from bot.store import Store, StoreError
from providers.capabilities import (
    Provider,
    SupportsAgents,
    SupportsBalance,
    SupportsCalls,
    SupportsNumbers,
    SupportsQueueCalls,
    SupportsQueues,
)
from providers.errors import ErrorKind, ProviderError
from providers.model import Queue, QueueCall, Rows

Turn = tuple[str, Kind]

LATE = timedelta(seconds=30)  # beyond its due time before a poll counts as late
ANSWER_WITHIN = 120.0  # seconds
NUDGE_EVERY = timedelta(seconds=5)
LEARN_EVERY = timedelta(seconds=10)  # how often the store is asked what is due, beside our own turns
BUSY = timedelta(seconds=0.5)  # until it is looked again whether a poll that is due still runs
AT_ONCE = 50  # turns that are taken together
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
RECENT = timedelta(minutes=15)  # how far back the calls of one poll reach
LONGEST_CALL = timedelta(hours=2)  # a call that ended lately may have begun so long before

log = structlog.get_logger(__name__)


class Poller:
    """Polls what is due, each question once over all replicas and never twice at a time from here."""

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        store: Store,
        engine: Engine,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._store = store
        self._engine = engine
        self._metrics = metrics
        self._clock = clock
        self._configured = settings()  # what `_turns` are by
        self._turns = self._turns_of(self._configured)
        self._first = set(self._turns)
        self._due: dict[Turn, datetime] = {}  # as far as we know; the store decides
        self._calendar: list[tuple[datetime, Turn]] = []  # a heap; what `_due` does not say is over
        self._learned_at = _LONG_AGO
        self._running: dict[Turn, asyncio.Task[None]] = {}
        self._asked_at: dict[Turn, datetime] = {}
        self._nudged: dict[Turn, datetime] = {}  # when to look because something was pushed
        self._blind: set[Turn] = set()  # told in the log, once when lost and once when back

    def turns(self) -> Mapping[Turn, timedelta]:
        """Every poll of the configuration, with its interval."""
        self._follow()
        return self._turns

    def _turns_of(self, settings: Settings) -> Mapping[Turn, timedelta]:
        opened = self._accounts().opened
        return {
            (account.name, kind): interval
            for account in settings.accounts.values()
            for kind, interval in account.poll.items()
            if interval is not None and account.name in opened
        }

    def _follow(self) -> None:
        """Where another configuration has come in, poll by it; what is new in it is asked at once."""
        settings = self._settings()
        if settings is self._configured:
            return
        before = set(self._turns)
        self._configured, self._turns = settings, self._turns_of(settings)
        self._first |= self._turns.keys() - before
        self._learned_at = _LONG_AGO

    async def sweep(self) -> None:
        """Start every poll that is due. The first sweep asks everything."""
        self._follow()
        now = self._clock()
        if not timedelta() <= now - self._learned_at < LEARN_EVERY:
            await self._learn()
        self._first &= self._turns.keys()
        first = [turn for turn in self._turns if turn in self._first] if self._first else []
        nudged = [turn for turn, at in self._nudged.items() if at <= now and turn in self._turns]
        due = list(dict.fromkeys((*first, *nudged, *self._over(now))))
        try:
            for start in range(0, len(due), AT_ONCE):
                await asyncio.gather(*(self._take(turn, turn in nudged) for turn in due[start : start + AT_ONCE]))
        except StoreError:
            self._learned_at = _LONG_AGO  # what was not taken is still due
            raise

    async def _learn(self) -> None:
        """Ask the store what is due, by whoever it was taken last."""
        dues, now = await self._store.next_polls(self._turns), self._clock()
        # What lies further ahead than an interval was written by a clock that ran ahead.
        self._due = {
            turn: due if (due := dues.get(turn, now)) <= now + interval else now
            for turn, interval in self._turns.items()
        }
        self._calendar = [(due, turn) for turn, due in self._due.items()]
        heapify(self._calendar)
        self._learned_at = now

    def _over(self, now: datetime) -> Iterator[Turn]:
        """Takes what is due off the calendar, the longest due first."""
        while self._calendar and self._calendar[0][0] <= now:
            due, turn = heappop(self._calendar)
            if self._due.get(turn) == due:
                del self._due[turn]
                yield turn

    def _plan(self, turn: Turn, due: datetime) -> None:
        self._due[turn] = due
        heappush(self._calendar, (due, turn))

    async def _take(self, turn: Turn, nudged: bool) -> None:
        """Ask, if the turn is ours. A first look is owed at every start, whoever looked last; so is a nudge's."""
        now, interval = self._clock(), self.turns().get(turn)
        if interval is None:
            return  # another configuration has come in between
        if turn in self._running:
            self._plan(turn, now + BUSY)
            return
        taken = await self._store.poll_due(*turn, interval, now)
        if taken or nudged or turn in self._first:
            self._first.discard(turn)
            self._nudged.pop(turn, None)
            self._asked_at[turn] = now
            self._start(turn)
        self._plan(turn, now + interval)

    def nudge(self, account: str, *kinds: Kind) -> None:
        """Something was pushed: look now, or as soon as the last look is `NUDGE_EVERY` ago."""
        now = self._clock()
        for turn in ((account, kind) for kind in kinds):
            last = self._asked_at.get(turn)
            self._nudged.setdefault(turn, now if last is None else max(now, last + NUDGE_EVERY))

    async def late(self) -> str | None:
        """Which polls were not asked when they were due, as a sentence; None when all were."""
        waiting, late = await self._overdue()
        if waiting:
            return f"not asked yet: {_listed(waiting)}"
        return f"not asked when due: {_listed(late)}" if late else None

    async def overdue(self) -> set[Turn]:
        """The polls that were not asked when they were due, the first ones included."""
        waiting, late = await self._overdue()
        return waiting | late

    async def _overdue(self) -> tuple[set[Turn], set[Turn]]:
        turns = self.turns()
        now, dues = self._clock(), await self._store.next_polls(turns)
        waiting = {turn for turn in self._first & turns.keys() if dues.get(turn) is None}
        late = {turn for turn in turns if turn not in self._running and now - dues.get(turn, now) > LATE}
        return waiting, late

    async def drain(self, grace: float) -> None:
        """Wait for the polls that are under way, at most `grace` seconds, then cancel them."""
        running = set(self._running.values())
        if running:
            _, left = await asyncio.wait(running, timeout=grace)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _start(self, turn: Turn) -> None:
        task = asyncio.create_task(self.poll(*turn), name=f"poll {turn[0]} {turn[1]}")
        self._running[turn] = task
        task.add_done_callback(lambda done: self._finished(turn, done))

    def _finished(self, turn: Turn, task: asyncio.Task[None]) -> None:
        self._running.pop(turn, None)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StoreError):
            log.warning("reading not kept, the store is away", account=turn[0], kind=turn[1], error=str(error))
        elif error is not None:
            log.error("poll failed", account=turn[0], kind=turn[1], exc_info=error)

    async def poll(self, account: str, kind: Kind) -> None:
        """Ask one account one question, keep the reading, and have it judged."""
        provider = self._accounts().opened[account].provider
        started = perf_counter()
        reading: Reading
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                value = await question(provider, kind, self._clock())
            reading = Observed(value, self._clock())
            self._metrics.last_observed.labels(account, kind).set(reading.at.timestamp())
        except ProviderError as error:
            reading = Blind(error.user_text, error.kind, self._clock())
        except TimeoutError:  # an adapter without a deadline of its own must not hang for good, unseen
            told = f"{account} did not tell its {kind} within {ANSWER_WITHIN:g} s."
            reading = Blind(told, ErrorKind.UNAVAILABLE, self._clock())
        except Exception as error:  # an adapter's own mistake blinds its account, not the poller
            log.exception("adapter failed", account=account, kind=kind)
            reading = Blind(
                f"The adapter of {account} failed with {type(error).__name__}; the log has more.",
                ErrorKind.GARBLED,
                self._clock(),
            )
        self._tell(account, kind, reading)
        self._metrics.poll_seconds.labels(account, kind).observe(perf_counter() - started)
        self._metrics.polls.labels(account, kind, "ok" if isinstance(reading, Observed) else reading.kind).inc()
        await self._store.record(account, kind, reading, keep=self._settings().history)
        await self._engine.observe(account, kind)

    def _tell(self, account: str, kind: Kind, reading: Reading) -> None:
        turn = (account, kind)
        if isinstance(reading, Blind) and turn not in self._blind:
            self._blind.add(turn)
            log.warning("account went blind", account=account, kind=kind, why=reading.kind, error=reading.error)
        elif isinstance(reading, Observed) and turn in self._blind:
            self._blind.discard(turn)
            log.info("account is seen again", account=account, kind=kind)


def _listed(turns: Iterable[Turn]) -> str:
    return ", ".join(sorted(f"{account} {kind}" for account, kind in turns))


async def question(provider: Provider, kind: Kind, now: datetime) -> object:
    """What a poll of this kind asks. Raises `ProviderError`."""
    match kind, provider:
        case Kind.BALANCE, SupportsBalance():
            return await provider.balance()
        case Kind.NUMBERS, SupportsNumbers():
            return await provider.numbers()
        case Kind.AGENTS, SupportsAgents():
            return await provider.agents()
        case Kind.QUEUES, SupportsQueues():
            return await provider.queues()
        case Kind.QUEUES, SupportsQueueCalls():
            return afterwards(await provider.queue_calls(now - RECENT - LONGEST_CALL), now)
        case Kind.CALLS, SupportsCalls():
            return await provider.calls(now - RECENT, now)
    raise ProviderError(ErrorKind.UNSUPPORTED, f"This account cannot tell its {kind}.")


def afterwards(calls: Rows[QueueCall], now: datetime) -> Rows[Queue]:
    """The queues of a vendor that tells finished calls only: each with the longest wait that ended lately."""
    waited: dict[str, timedelta] = {}
    for call in calls:
        ended = call.started_at + call.waited + (call.talk or timedelta())
        lately = call.waited if ended >= now - RECENT else timedelta()
        waited[call.queue] = max(waited.get(call.queue, timedelta()), lately)
    return Rows(tuple(Queue(name, name, waited=longest) for name, longest in sorted(waited.items())), calls.unreadable)
