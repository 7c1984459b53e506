"""The one way in: a reading is recorded, then heard by everybody in order, whatever becomes of one of them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from structlog.testing import capture_logs

from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, Observed
from bot.app.wiring import intake as wired
from bot.engine.engine import Engine
from bot.readings.intake import AcceptedReading, Intake
from bot.store import StoreError, StoreUnavailable
from providers.errors import ErrorKind
from providers.model import Agent, AgentState, Balance, Money, Rows

SECOND = timedelta(seconds=1)


def balance(clock, amount=90):
    return Observed(Balance(Money(Decimal(amount), "USD")), clock())


async def test_everybody_hears_in_the_order_in_which_they_subscribed(intake, hearers, order, clock):
    reading = balance(clock)
    await intake.accept("sales", Kind.BALANCE, reading)
    assert order == ["first", "second", "third"]
    assert [hearer.heard for hearer in hearers] == [[AcceptedReading("sales", Kind.BALANCE, reading)]] * 3


async def test_a_reading_is_in_the_store_before_anybody_hears_of_it(intake, one_store, clock):
    found = []

    async def look(accepted):
        found.append((await one_store.latest_reading(accepted.account, accepted.kind)).observed)

    intake.subscribers.subscribe("look", look)
    reading = balance(clock)
    await intake.accept("sales", Kind.BALANCE, reading)
    assert found == [reading]


async def test_a_blind_reading_is_heard_too(intake, hearers, clock):
    reading = Blind("It did not answer.", ErrorKind.UNAVAILABLE, clock())
    await intake.accept("sales", Kind.BALANCE, reading)
    assert [accepted.reading for accepted in hearers[0].heard] == [reading]


async def test_what_only_trembled_is_heard_as_it_was_recorded(intake, hearers, clock):
    agent = Agent("1101", AgentState.ON_CALL, "INUSE", since=clock())
    await intake.accept("sales", Kind.AGENTS, Observed(Rows((agent,)), clock()))
    clock.advance(SECOND)
    trembling = replace(agent, since=clock())
    await intake.accept("sales", Kind.AGENTS, Observed(Rows((trembling,)), clock()))
    assert [accepted.reading for accepted in hearers[0].heard][1] == Observed(Rows((agent,)), clock())


async def test_one_that_fails_keeps_no_other_from_hearing(intake, hearers, order, clock):
    hearers[0].trouble = ZeroDivisionError()
    await intake.accept("sales", Kind.BALANCE, balance(clock))
    assert order == ["first", "second", "third"]


async def test_a_failure_is_logged_once_a_kind_and_again_when_all_was_well_in_between(intake, hearers, clock):
    async def failures(trouble, account="sales"):
        hearers[1].trouble = trouble
        with capture_logs() as logs:
            await intake.accept(account, Kind.BALANCE, balance(clock))
        assert all(entry["log_level"] == "error" and entry["exc_info"] for entry in logs)
        return [(entry["subscriber"], entry["about"]) for entry in logs]

    assert await failures(ZeroDivisionError()) == [("second", "sales balance")]
    assert await failures(ZeroDivisionError()) == []
    assert await failures(ZeroDivisionError(), "other") == []
    assert await failures(KeyError()) == [("second", "sales balance")]
    assert await failures(None) == []
    assert await failures(ZeroDivisionError()) == []  # on the other account it has never gone well since
    assert await failures(None) + await failures(None, "other") == []
    assert await failures(ZeroDivisionError(), "other") == [("second", "other balance")]


async def test_of_a_reading_that_was_not_kept_nobody_hears(intake, one_store, order, clock, monkeypatch):
    async def away(*_args, **_more):
        raise StoreUnavailable("The store does not answer.")

    monkeypatch.setattr(one_store, "run", away)
    with pytest.raises(StoreUnavailable):
        await intake.accept("sales", Kind.BALANCE, balance(clock))
    assert order == []


async def test_one_that_misses_the_store_keeps_no_other_from_hearing_but_it_is_raised(intake, hearers, order, clock):
    hearers[0].trouble = StoreError("It is away.")
    hearers[1].trouble = ZeroDivisionError()
    with capture_logs() as logs, pytest.raises(StoreError, match="It is away"):
        await intake.accept("sales", Kind.BALANCE, balance(clock))
    assert order == ["first", "second", "third"]
    assert [entry["subscriber"] for entry in logs] == ["second"]


async def test_history_is_kept_as_long_as_the_configuration_of_the_moment_says(one_store, settings, clock, monkeypatch):
    kept, configured = [], [settings]
    intake = Intake(one_store, lambda: configured[-1])
    real = one_store.record

    async def noted(account, kind, reading, *, keep):
        kept.append(keep)
        return await real(account, kind, reading, keep=keep)

    monkeypatch.setattr(one_store, "record", noted)
    await intake.accept("sales", Kind.BALANCE, balance(clock))
    configured.append(replace(settings, history=timedelta(days=3)))
    await intake.accept("sales", Kind.BALANCE, balance(clock))
    assert kept == [settings.history, timedelta(days=3)]


async def test_alerting_hears_first(one_store, settings, hearers, order, clock):
    class Alerting(Engine):
        async def observe(self, account, kind):
            order.append(f"alerting {account} {kind}")

    made = wired(one_store, lambda: settings, Alerting(one_store, [], clock))
    made.subscribers.subscribe("first", hearers[0])
    await made.accept("sales", Kind.BALANCE, balance(clock))
    assert order == ["alerting sales balance", "first"]
