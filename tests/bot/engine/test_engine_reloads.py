"""The engine when an alert keeps its name and becomes something else."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Escalation, Observed
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.notify.contexts import NotificationContexts
from bot.watches.account_down import AccountDownKeys
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
UTC = ZoneInfo("UTC")
TODAY = date(2026, 11, 21)  # by the clock of these tests
HOLIDAY = parse_hours("daily 00:00-24:00", UTC, {TODAY}.__contains__)
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
    ((_, alert_state, second),) = await engine.open_incidents()
    assert (alert_state.watch, second.id != first.id) == ("account_down", True)
    contexts = NotificationContexts(one_store, engine, clock)
    told = {row.notice.incident: await contexts.message(row) for row in await one_store.due_rows("slack", clock())}
    assert "balance of sales was low" in str(told[first.id].card.verdict)
    assert "no longer watched" in str(told[first.id].card.verdict)
    assert "cannot be read" in str(told[second.id].card.verdict)


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


async def settled(store):
    """Everything that waits has been told."""
    while rows := await store.due_rows("slack", store._clock()):
        for row in rows:
            token = await store.lease(row.lease, store.owner, HOUR)
            assert await store.settle(row, token)
            await store.release(row.lease, store.owner)


def changed(**policy):
    return replace(BALANCE, policy=replace(BALANCE.policy, **policy))


@pytest.mark.parametrize(
    "policy",
    [
        {"calendar": HOLIDAY},
        {"calendar": parse_hours("mon-fri 09:00-18:00", UTC)},
        {"outlets": ("webhook",)},
        {"channel": "#b"},
        {"mention": ("!here",)},
        {"hold": HOUR},
        {"repeat": (HOUR,)},
        {"escalate": Escalation(HOUR, "#managers")},
    ],
    ids=lambda policy: next(iter(policy)),
)
async def test_what_is_open_is_neither_lost_nor_told_again_when_the_policy_changes(one_store, clock, policy):
    engine = Engine(one_store, [BALANCE], clock)
    low = Observed(Balance(Money(Decimal(1), "USD")), clock())
    await one_store.record("sales", Kind.BALANCE, low, keep=HOUR)
    await engine.observe("sales", Kind.BALANCE)
    ((_, _, before),) = await engine.open_incidents()
    await settled(one_store)
    for rule in (changed(**policy), BALANCE):  # there, and back
        engine.replace([rule])
        await engine.close_unwatched()
        await engine.tick(clock.advance(SECOND))
        ((_, _, after),) = await engine.open_incidents()
        assert (after.id, after.phase, after.opened_at) == (before.id, before.phase, before.opened_at)
        assert await one_store.due_rows("slack", clock()) == []
        assert await one_store.due_rows("webhook", clock()) == []


async def test_what_a_holiday_holds_back_is_raised_once_when_it_is_taken_out(one_store, clock):
    engine = Engine(one_store, [changed(calendar=HOLIDAY)], clock)
    low = Observed(Balance(Money(Decimal(1), "USD")), clock())
    await one_store.record("sales", Kind.BALANCE, low, keep=HOUR)
    await engine.observe("sales", Kind.BALANCE)
    assert await engine.open_incidents() == []
    engine.replace([BALANCE])
    for _ in range(3):
        await engine.tick(clock.advance(SECOND))
    ((_, _, raised),) = await engine.open_incidents()
    assert [row.notice.incident for row in await one_store.due_rows("slack", clock())] == [raised.id]
