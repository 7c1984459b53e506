"""When a poll is asked: by whom it was asked last, over replicas, reloads, pushes and clocks that were wrong."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.observability.metrics import Metrics
from bot.readings.accounts import Accounts, OpenAccount
from bot.readings.intake import Intake
from bot.readings.poller import BUSY_PAUSE, LATE_MARGIN, LEARN_INTERVAL, POLL_NOW_INTERVAL, Poller
from bot.settings import Account, Settings, Slack
from bot.store import Store, StoreError
from providers.errors import ErrorKind, ProviderError
from providers.model import Balance, Money
from providers.momvoip import VENDOR
from tests.deadlines import PATIENCE

MINUTE = timedelta(minutes=1)
JUST_BEFORE = timedelta(milliseconds=1)


@dataclass
class Vendor:
    """Notes how often it was asked."""

    asked: int = 0
    stuck: asyncio.Event | None = None
    trouble: ProviderError | None = None

    async def balance(self):
        self.asked += 1
        if self.stuck is not None:
            await self.stuck.wait()
        if self.trouble is not None:
            raise self.trouble
        return Balance(Money(Decimal(90), "USD"))


def configured(every=MINUTE, names=("sales",)):
    accounts = {
        name: Account(name, "momvoip", VENDOR.settings.model_validate({"api_key": "k"}), poll={Kind.BALANCE: every})
        for name in names
    }
    return replace(Settings(slack=Slack(bot_token=SecretStr("xoxb-1"), channel="#c")), accounts=accounts)


def opened(settings, vendor):
    return Accounts({n: OpenAccount(n, "MoMVOIP", vendor, a, VENDOR) for n, a in settings.accounts.items()}, {})


@dataclass
class Replica:
    """A poller of its own on a store that others may use as well."""

    store: Store
    clock: Callable[[], datetime]
    settings: Settings = field(default_factory=configured)
    vendor: Vendor = field(default_factory=Vendor)
    steady: Callable[[], float] = monotonic

    def __post_init__(self):
        self.intake = Intake(self.store, lambda: self.settings)
        self.poller = Poller(
            settings=lambda: self.settings,
            accounts=lambda: opened(self.settings, self.vendor),
            store=self.store,
            intake=self.intake,
            metrics=Metrics(),
            clock=self.clock,
            steady=self.steady,
        )

    async def sweep(self):
        """One look at what is due, until it is answered; how often the vendor was asked for it."""
        before = self.vendor.asked
        await self.poller.sweep()
        await self.poller.drain(PATIENCE)
        return self.vendor.asked - before


@pytest.fixture
def replica(one_store, clock):
    return Replica(one_store, clock)


async def test_it_asks_at_the_start_and_then_when_it_is_due_and_not_before(replica, clock):
    assert await replica.sweep() == 1
    clock.advance(MINUTE - JUST_BEFORE)
    assert await replica.sweep() == 0
    clock.advance(JUST_BEFORE)
    assert await replica.sweep() == 1
    assert await replica.sweep() == 0


async def test_it_asks_every_account_of_many(one_store, clock):
    names = [f"a{n}" for n in range(120)]
    many = Replica(one_store, clock, configured(names=names))
    assert [await many.sweep(), await many.sweep()] == [120, 0]
    clock.advance(MINUTE)
    assert await many.sweep() == 120


async def test_two_replicas_ask_once_between_them(one_store, clock):
    one, two = Replica(one_store, clock), Replica(one_store, clock)
    assert (await one.sweep(), await two.sweep()) == (1, 1)  # each owes itself a first look
    for _ in range(5):
        clock.advance(MINUTE)
        assert await one.sweep() + await two.sweep() == 1


async def test_a_replica_that_is_gone_leaves_no_turn_out(one_store, clock):
    one, two = Replica(one_store, clock), Replica(one_store, clock)
    await one.sweep()
    await two.sweep()
    clock.advance(MINUTE)
    assert (await two.sweep(), await one.sweep()) == (1, 0)  # and now two dies
    clock.advance(MINUTE)
    assert await one.sweep() == 1


async def test_it_hears_within_seconds_that_another_replica_took_a_turn_earlier(one_store, clock):
    one, two = Replica(one_store, clock), Replica(one_store, clock, configured(MINUTE / 3))
    await one.sweep()
    clock.advance(MINUTE / 2)
    await two.sweep()  # its file is newer
    clock.advance(MINUTE / 2)
    assert await one.sweep() == 0
    clock.advance(MINUTE / 2)
    assert await one.sweep() == 1


async def test_a_shorter_interval_counts_at_once(replica, clock):
    await replica.sweep()
    shorter = configured(timedelta(seconds=20))
    replica.settings = shorter
    clock.advance(timedelta(seconds=20))
    assert await replica.sweep() == 1


async def test_what_a_reload_took_out_is_not_asked_and_what_it_brought_is_at_once(replica, clock):
    await replica.sweep()
    other = configured(names=("office",))
    replica.settings = other
    assert await replica.sweep() == 1
    clock.advance(MINUTE)
    assert await replica.sweep() == 1
    assert set(await replica.store.next_polls()) == {("sales", Kind.BALANCE), ("office", Kind.BALANCE)}


async def test_a_push_is_looked_into_at_once_but_not_all_the_time(replica, clock):
    await replica.sweep()
    replica.poller.poll_now("sales", Kind.BALANCE)
    assert await replica.sweep() == 0
    clock.advance(POLL_NOW_INTERVAL)
    assert await replica.sweep() == 1
    clock.advance(MINUTE - POLL_NOW_INTERVAL)
    assert await replica.sweep() + await replica.sweep() == 1  # the push did not take its turn


async def test_a_poll_that_still_runs_is_not_asked_beside_itself_and_anew_when_it_is_through(replica, clock):
    replica.vendor.stuck = asyncio.Event()
    await replica.poller.sweep()
    await asyncio.sleep(0)
    clock.advance(MINUTE)
    await replica.poller.sweep()
    await asyncio.sleep(0)
    assert replica.vendor.asked == 1
    replica.vendor.stuck.set()
    await replica.poller.drain(PATIENCE)
    clock.advance(BUSY_PAUSE)
    assert await replica.sweep() == 1


async def test_a_clock_that_ran_ahead_binds_nobody(replica, clock):
    clock.advance(timedelta(hours=1))
    await replica.sweep()
    clock.advance(-timedelta(hours=1))
    assert await replica.sweep() == 1


async def test_what_could_not_be_taken_while_the_store_was_away_is_asked_once_it_is_back(replica, clock, monkeypatch):
    await replica.sweep()
    clock.advance(MINUTE)

    async def away(*_):
        raise StoreError("It is away.")

    with monkeypatch.context() as broken:
        broken.setattr(replica.store, "poll_due", away)
        with pytest.raises(StoreError):
            await replica.sweep()
    assert await replica.sweep() == 1


async def test_it_asks_the_store_what_is_due_but_now_and_then(replica, clock, monkeypatch):
    asked = 0
    real = Store.next_polls

    async def counted(store, *given):
        nonlocal asked
        asked += 1
        return await real(store, *given)

    monkeypatch.setattr(Store, "next_polls", counted)
    for _ in range(10):
        await replica.sweep()
        clock.advance(LEARN_INTERVAL / 10)
    assert asked == 1


async def test_it_hands_in_what_it_saw_and_that_it_could_not_look(replica, clock):
    heard = []

    async def hear(accepted):
        heard.append((accepted.account, accepted.kind, type(accepted.reading), accepted.reading.at))

    replica.intake.subscribers.subscribe("test", hear)
    await replica.sweep()
    replica.vendor.trouble = ProviderError(ErrorKind.UNAVAILABLE, "It did not answer.")
    seen_at = clock()
    clock.advance(MINUTE)
    await replica.sweep()
    assert heard == [("sales", Kind.BALANCE, Observed, seen_at), ("sales", Kind.BALANCE, Blind, clock())]


async def test_a_reading_that_was_not_kept_is_logged_and_the_next_is_taken(replica, clock, monkeypatch):
    async def away(*_args, **_more):
        raise StoreError("It is away.")

    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(replica.store, "record", away)
        assert await replica.sweep() == 1
        await asyncio.sleep(0)  # for what is called when the poll is done
    assert [entry["event"] for entry in logs] == ["reading not kept, the store is away"]
    clock.advance(MINUTE)
    assert await replica.sweep() == 1
    assert (await replica.store.latest_reading("sales", Kind.BALANCE)).observed.at == clock()


@pytest.mark.parametrize("set_by", [-timedelta(hours=1), -timedelta(weeks=2), timedelta()], ids=str)
async def test_a_poll_that_is_not_asked_is_late_though_the_clock_was_set_back(one_store, clock, set_by):
    seconds = 0.0
    polling = Replica(one_store, clock, steady=lambda: seconds)
    await polling.sweep()
    assert await polling.poller.late() is None
    clock.advance(set_by)
    for _ in range(3):  # it goes on
        clock.advance(MINUTE)
        seconds += 60
        await polling.sweep()
        assert await polling.poller.late() is None
    clock.advance(MINUTE + LATE_MARGIN + JUST_BEFORE)  # and now nobody sweeps
    seconds += (MINUTE + LATE_MARGIN + JUST_BEFORE).total_seconds()
    clock.advance(set_by)
    assert await polling.poller.late() == "not asked when due: sales balance"
    await polling.sweep()
    assert await polling.poller.late() is None
