"""The engine when an alert keeps its name and becomes something else."""

from datetime import timedelta
from decimal import Decimal

from bot.alerts.model import Blind, Kind, Observed, Policy
from bot.engine import Engine
from bot.judging import Rule
from bot.watches.account_down import AccountDownKeys
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money

HOUR = timedelta(hours=1)
BALANCE = Rule(Policy("trouble", "sales", "balance", "#a"), watches()["balance"], BalanceKeys(below=Decimal(50)))
DOWN = Rule(Policy("trouble", "sales", "account_down", "#a"), watches()["account_down"], AccountDownKeys())


async def fail(store, engine, clock):
    for _ in range(2):
        blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, clock())
        await store.record("sales", Kind.NUMBERS, blind, keep=HOUR)
        await engine.observe("sales", Kind.NUMBERS)


async def test_it_ends_what_another_watch_of_the_same_alert_had_raised(one_store, clock):
    engine = Engine(one_store, [BALANCE], clock)
    low = Observed(Balance(Money(Decimal(1), "USD")), clock())
    await one_store.record("sales", Kind.BALANCE, low, keep=HOUR)
    await engine.observe("sales", Kind.BALANCE)
    ((_, _, first),) = await engine.open_incidents()
    engine.replace([DOWN])
    await engine.close_unwatched()
    clock.advance(timedelta(seconds=5))
    await fail(one_store, engine, clock)
    ((_, ledger, second),) = await engine.open_incidents()
    assert (ledger.watch, second.id != first.id) == ("account_down", True)
    told = {row.notice.incident: await engine.bulletin(row) for row in await one_store.due_rows(clock())}
    assert "balance of sales was low" in told[first.id].card.verdict
    assert "no longer watched" in told[first.id].card.verdict
    assert "cannot be read" in told[second.id].card.verdict


async def test_it_keeps_the_message_when_only_the_keys_change(one_store, clock):
    engine = Engine(one_store, [BALANCE], clock)
    low = Observed(Balance(Money(Decimal(1), "USD")), clock())
    await one_store.record("sales", Kind.BALANCE, low, keep=HOUR)
    await engine.observe("sales", Kind.BALANCE)
    ((_, _, before),) = await engine.open_incidents()
    engine.replace([Rule(BALANCE.policy, BALANCE.watch, BalanceKeys(below=Decimal(40)))])
    await engine.tick(clock.advance(timedelta(seconds=1)))
    ((_, _, after),) = await engine.open_incidents()
    assert after.id == before.id
