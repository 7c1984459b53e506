"""The poller: asks one account one question when it is due, and hands in the reading."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heapify, heappop, heappush
from time import monotonic, perf_counter

import structlog

from bot.alerts.kinds import Kind, worth_asking
from bot.alerts.model import Blind, Observed, Reading
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts
from bot.readings.intake import Intake
from bot.readings.vendor_events import PushedEvent
from bot.settings import Settings
from bot.store import Store, StoreError
from providers.capabilities import Provider
from providers.errors import ErrorKind, ProviderError

PollKey = tuple[str, Kind]  # an account's name, and what it is asked

LATE_MARGIN = timedelta(seconds=30)  # beyond its due time before a poll counts as late
ANSWER_TIMEOUT_SECONDS = 120.0  # seconds
POLL_NOW_INTERVAL = timedelta(seconds=5)  # at the most, however often it is wanted
LEARN_INTERVAL = timedelta(seconds=10)  # how often the store is asked what is due, beside our own polls
BUSY_PAUSE = timedelta(seconds=0.5)  # until the next check whether a poll that is due still runs
MAX_POLLS_AT_ONCE = 50  # polls that are taken together
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger(__name__)


class Poller:
    """Polls what is due: each question once over all replicas, and never twice at a time from here."""

    def __init__(
        self,
        *,
        settings: Callable[[], Settings],
        accounts: Callable[[], Accounts],
        store: Store,
        intake: Intake,
        metrics: Metrics,
        clock: Callable[[], datetime],
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._store = store
        self._intake = intake
        self._metrics = metrics
        self._clock = clock
        self._steady = steady
        self._configured = settings()  # what `_polls` are by
        self._polls = self._polls_of(self._configured)
        self._first = set(self._polls)
        self._due: dict[PollKey, datetime] = {}  # as far as we know; the store decides
        self._calendar: list[tuple[datetime, PollKey]] = []  # a heap; what `_due` does not say is over
        self._learned_at = _LONG_AGO
        self._running: dict[PollKey, asyncio.Task[None]] = {}
        self._asked_at: dict[PollKey, datetime] = {}
        self._wanted_at: dict[PollKey, datetime] = {}  # when to ask though it is not due
        self._stood_since: dict[PollKey, tuple[datetime | None, float]] = {}  # a due time, and when it was seen first
        self._blind: set[PollKey] = set()  # told in the log, once when lost and once when back

    def polls(self) -> Mapping[PollKey, timedelta]:
        """Returns every poll of the configuration, with its interval."""
        self._follow()
        return self._polls

    def _polls_of(self, settings: Settings) -> Mapping[PollKey, timedelta]:
        opened = self._accounts().opened
        return {
            (account.name, kind): interval
            for account in settings.accounts.values()
            for kind, interval in account.poll.items()
            if interval is not None and account.name in opened
        }

    def _follow(self) -> None:
        """Takes over another configuration where one has come in; what is new in it is asked at once."""
        settings = self._settings()
        if settings is self._configured:
            return
        before = set(self._polls)
        self._configured, self._polls = settings, self._polls_of(settings)
        self._first |= self._polls.keys() - before
        self._learned_at = _LONG_AGO

    async def sweep(self) -> None:
        """Starts every poll that is due; the first sweep starts all.

        Raises `StoreError`; what was not started stays due.
        """
        self._follow()
        now = self._clock()
        if not timedelta() <= now - self._learned_at < LEARN_INTERVAL:
            await self._learn()
        self._first &= self._polls.keys()
        first = [key for key in self._polls if key in self._first] if self._first else []
        wanted = [key for key, at in self._wanted_at.items() if at <= now and key in self._polls]
        due = list(dict.fromkeys((*first, *wanted, *self._over(now))))
        try:
            for start in range(0, len(due), MAX_POLLS_AT_ONCE):
                await asyncio.gather(
                    *(self._take(key, key in wanted) for key in due[start : start + MAX_POLLS_AT_ONCE])
                )
        except StoreError:
            self._learned_at = _LONG_AGO  # what was not taken is still due
            raise

    async def _learn(self) -> None:
        """Loads from the store what is due, whichever replica polled last."""
        dues, now = await self._store.next_polls(self._polls), self._clock()
        # What lies further ahead than an interval was written by a clock that ran ahead.
        self._due = {
            key: due if (due := dues.get(key, now)) <= now + interval else now for key, interval in self._polls.items()
        }
        self._calendar = [(due, key) for key, due in self._due.items()]
        heapify(self._calendar)
        self._learned_at = now

    def _over(self, now: datetime) -> Iterator[PollKey]:
        """Yields what is due off the calendar, the longest due first."""
        while self._calendar and self._calendar[0][0] <= now:
            due, key = heappop(self._calendar)
            if self._due.get(key) == due:
                del self._due[key]
                yield key

    def _plan(self, key: PollKey, due: datetime) -> None:
        self._due[key] = due
        heappush(self._calendar, (due, key))

    async def _take(self, key: PollKey, wanted: bool) -> None:
        """Starts a poll if it falls to us.

        A first poll is owed at every start, whoever polled last; so is a wanted one.
        """
        now, interval = self._clock(), self.polls().get(key)
        if interval is None:
            return  # another configuration has come in between
        if key in self._running:
            self._plan(key, now + BUSY_PAUSE)
            return
        taken = await self._store.poll_due(*key, interval, now)
        if taken or wanted or key in self._first:
            self._first.discard(key)
            self._wanted_at.pop(key, None)
            self._asked_at[key] = now
            self._start(key)
        self._plan(key, now + interval)

    def poll_now(self, account: str, *kinds: Kind) -> None:
        """Has these kinds polled before they are due: at the next sweep, or five seconds after their last poll."""
        now = self._clock()
        for key in ((account, kind) for kind in kinds):
            last = self._asked_at.get(key)
            self._wanted_at.setdefault(key, now if last is None else max(now, last + POLL_NOW_INTERVAL))

    async def hear(self, pushed: PushedEvent) -> None:
        """Receives a pushed event, and has polled what may have changed with it."""
        self.poll_now(pushed.account, *worth_asking(pushed.event))

    async def late(self) -> str | None:
        """Returns a sentence that names the polls that were not asked when they were due; None when all were.

        Raises `StoreError`.
        """
        waiting, late = await self._overdue()
        if waiting:
            return f"not asked yet: {_listed(waiting)}"
        return f"not asked when due: {_listed(late)}" if late else None

    async def overdue(self) -> set[PollKey]:
        """Returns the polls that were not asked when they were due, the first ones included. Raises `StoreError`."""
        waiting, late = await self._overdue()
        return waiting | late

    async def _overdue(self) -> tuple[set[PollKey], set[PollKey]]:
        polls = self.polls()
        now, dues = self._clock(), await self._store.next_polls(polls)
        waiting = {key for key in self._first & polls.keys() if dues.get(key) is None}
        late = {key for key in polls if key not in self._running and now - dues.get(key, now) > LATE_MARGIN}
        return waiting, late | self._standing(dues)

    def _standing(self, dues: Mapping[PollKey, datetime]) -> set[PollKey]:
        """The polls whose due time has not moved for longer than it may, whatever the wall clock says meanwhile."""
        now, standing = self._steady(), set()
        before, self._stood_since = self._stood_since, {}
        for key, interval in self._polls.items():
            due = dues.get(key)
            known = before.get(key)
            since = known[1] if known is not None and known[0] == due and key not in self._running else now
            self._stood_since[key] = due, since
            if now - since > (interval + LATE_MARGIN).total_seconds():
                standing.add(key)
        return standing

    async def drain(self, grace: float) -> None:
        """Waits for the polls that are under way, at most `grace` seconds, then cancels them."""
        running = set(self._running.values())
        if running:
            _, left = await asyncio.wait(running, timeout=grace)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _start(self, key: PollKey) -> None:
        task = asyncio.create_task(self.poll(*key), name=f"poll {key[0]} {key[1]}")
        self._running[key] = task
        task.add_done_callback(lambda done: self._finished(key, done))

    def _finished(self, key: PollKey, task: asyncio.Task[None]) -> None:
        self._running.pop(key, None)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StoreError):
            log.warning("reading not kept, the store is away", account=key[0], kind=key[1], error=str(error))
        elif error is not None:
            log.error("poll failed", account=key[0], kind=key[1], exc_info=error)

    async def poll(self, account: str, kind: Kind) -> None:
        """Asks one account one question, and hands in the reading, blind where it failed. Raises `StoreError`."""
        provider = self._accounts().opened[account].provider
        started = perf_counter()
        reading: Reading
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_SECONDS):
                value = await question(provider, kind, self._clock())
            reading = Observed(value, self._clock())
            self._metrics.last_observed.labels(account, kind).set(reading.at.timestamp())
        except ProviderError as error:
            reading = Blind(error.user_text, error.kind, self._clock())
        except TimeoutError:  # an adapter without a deadline of its own must not hang for good, unseen
            told = f"{account} did not tell its {kind} within {ANSWER_TIMEOUT_SECONDS:g} s."
            reading = Blind(told, ErrorKind.UNAVAILABLE, self._clock())
        except Exception as error:  # an adapter's own mistake blinds its account, not the poller
            log.exception("adapter failed", account=account, kind=kind)
            reading = Blind(
                f"The adapter of {account} failed with {type(error).__name__}; the log has more.",
                ErrorKind.GARBLED,
                self._clock(),
            )
        self._log(account, kind, reading)
        self._metrics.poll_seconds.labels(account, kind).observe(perf_counter() - started)
        self._metrics.polls.labels(account, kind, "ok" if isinstance(reading, Observed) else reading.kind).inc()
        await self._intake.accept(account, kind, reading)

    def _log(self, account: str, kind: Kind, reading: Reading) -> None:
        key = (account, kind)
        if isinstance(reading, Blind) and key not in self._blind:
            self._blind.add(key)
            log.warning("account went blind", account=account, kind=kind, why=reading.kind, error=reading.error)
        elif isinstance(reading, Observed) and key in self._blind:
            self._blind.discard(key)
            log.info("account is seen again", account=account, kind=kind)


def _listed(polls: Iterable[PollKey]) -> str:
    return ", ".join(sorted(f"{account} {kind}" for account, kind in polls))


async def question(provider: Provider, kind: Kind, now: datetime) -> object:
    """Asks an adapter the question of this kind, and returns its value.

    Raises `ProviderError`, UNSUPPORTED where it cannot answer.
    """
    wanted = kind.question_for(provider)
    if wanted is None:
        raise ProviderError(ErrorKind.UNSUPPORTED, f"This account cannot tell its {kind}.")
    return await wanted.ask(provider, now)
