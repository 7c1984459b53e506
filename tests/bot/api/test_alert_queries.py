"""What is told of alerts and incidents: open, not open, and not known are three answers; what ended is kept a day."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import Acknowledge, Blind, Observed, Severity, Snooze
from bot.alerts.policy import Policy
from bot.api import alert_queries
from bot.engine.evaluation import POLL_GRACE, Rule
from bot.settings import Alert
from bot.watches import WatchKeys
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money
from tests.bot.api.test_openapi import as_documented

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EVERY = 5 * MINUTE


class Bench:
    """An office with the alerts `low` on a balance and `down` on the account, judged on what is given by hand."""

    def __init__(self, office):
        self.office, self.clock = office, office.clock
        keys, found = {"low": BalanceKeys(below=Decimal(50)), "down": WatchKeys()}, []
        for name, watch in (("low", "balance"), ("down", "account_down")):
            found.append(
                Rule(
                    Policy(name, "sales", watch, "#voip-alerts"),
                    watches()[watch],
                    keys[name],
                    polled=frozenset({Kind.BALANCE}),
                    every={Kind.BALANCE: EVERY},
                )
            )
        office.engine.replace(found)
        made = tuple(Alert(rule.policy.alert, rule.watch.name, ("sales",), "#x", rule.keys) for rule in found)
        office.settings = replace(office.settings, alerts=made)

    async def sees(self, amount):
        await self.reads(Observed(Balance(Money(Decimal(amount), "USD")), self.clock()))

    async def fails(self):
        await self.reads(Blind("It did not answer.", ErrorKind.UNAVAILABLE, self.clock()))

    async def reads(self, reading):
        await self.office.store.record("sales", Kind.BALANCE, reading, keep=timedelta(days=30))
        await self.office.engine.observe("sales", Kind.BALANCE)

    async def alerts(self):
        """The alerts by name, once they were seen to be as documented."""
        answer = await alert_queries.alerts(self.office.context())
        as_documented("alerts", answer)
        return {one.alert: one for one in answer.alerts}

    async def incidents(self, since=None):
        answer = await alert_queries.incidents(self.office.context(), since)
        as_documented("incidents", answer)
        return answer

    async def press(self, make):
        [(_, _, incident)] = await self.office.engine.open_incidents()
        await self.office.engine.apply(incident.id, make)


@pytest.fixture
def bench(office):
    return Bench(office)


async def test_an_alert_that_was_never_evaluated_is_not_known(bench):
    found = await bench.alerts()
    assert {(one.open, one.as_of, one.blind_since) for one in found.values()} == {(None, None, None)}
    told = await alert_queries.open_alerts(bench.office.context())
    assert (told.open_alerts, [one.alert for one in told.cannot_tell]) == ((), ["low", "down"])


async def test_an_alert_is_open_from_its_raise_to_its_end(bench):
    await bench.sees(90)
    low = (await bench.alerts())["low"]
    assert (low.open, low.as_of, low.incidents) == (False, bench.clock(), ())
    bench.clock.advance(MINUTE)
    await bench.sees(20)
    low = (await bench.alerts())["low"]
    assert (low.open, low.as_of, len(low.incidents)) == (True, bench.clock(), 1)
    told = await alert_queries.open_alerts(bench.office.context())
    assert (told.open_alerts, told.cannot_tell) == ((low,), ())
    bench.clock.advance(MINUTE)
    await bench.sees(90)
    assert (await bench.alerts())["low"].open is False


async def test_while_it_is_blind_what_was_raised_stays_open_and_the_rest_is_not_known(bench):
    await bench.sees(90)
    bench.clock.advance(MINUTE)
    began = bench.clock()
    await bench.fails()
    found = await bench.alerts()
    assert (found["low"].open, found["low"].as_of, found["low"].blind_since) == (None, None, began)
    assert (found["down"].open, found["down"].as_of) == (False, bench.clock()), "it looks at the polls themselves"
    bench.clock.advance(MINUTE)
    await bench.fails()
    assert (await bench.alerts())["down"].open is True
    await bench.sees(20)
    bench.clock.advance(MINUTE)
    await bench.fails()
    low = (await bench.alerts())["low"]
    assert (low.open, low.as_of, low.blind_since) == (True, None, bench.clock())
    told = await alert_queries.open_alerts(bench.office.context())
    assert ([one.alert for one in told.open_alerts], told.cannot_tell) == (["low"], ())


async def test_a_poll_that_is_overdue_says_nothing_of_now(bench):
    await bench.sees(90)
    due = bench.clock() + EVERY
    bench.clock.advance(EVERY + POLL_GRACE + timedelta(seconds=1))
    found = await bench.alerts()
    assert {(one.open, one.as_of, one.blind_since) for one in found.values()} == {(None, None, due)}


async def test_an_alert_whose_evaluation_fails_is_not_known(bench, monkeypatch):
    await bench.sees(90)
    monkeypatch.setattr(bench.office.engine, "failing", lambda: {("low", "sales"): "ValueError"})
    found = await bench.alerts()
    assert (found["low"].open, found["down"].open) == (None, False)


async def test_an_incident_is_told_with_who_has_it_until_a_day_after_its_end(bench):
    await bench.sees(20)
    opened = bench.clock()
    (one,) = (await bench.incidents()).incidents
    assert (one.state, one.opened_at, one.resolved_at, one.as_of) == ("firing", opened, None, opened)
    assert (one.summary, one.subjects_total) == ("low on sales (warning) is firing.", 1)
    await bench.press(Acknowledge("UMAX", bench.clock()))
    until = bench.clock() + 30 * MINUTE
    await bench.press(Snooze("UEVE", until, bench.clock()))
    (one,) = (await bench.incidents()).incidents
    assert (one.state, one.acknowledged_by, one.snoozed_by, one.snoozed_until) == ("snoozed", "UMAX", "UEVE", until)
    bench.clock.advance(10 * MINUTE)
    await bench.sees(90)
    ended = bench.clock()
    (one,) = (await bench.incidents()).incidents
    assert (one.state, one.resolved_at, one.duration_seconds, one.as_of) == ("resolved", ended, 600, ended)
    assert one.summary == "low on sales (warning) was resolved after 10 min."
    assert (await bench.incidents(since=ended)).incidents == (one,)
    assert (await bench.incidents(since=ended + timedelta(seconds=1))).incidents == ()
    bench.clock.advance(DAY)
    assert (await bench.incidents()).incidents == (one,), "exactly a day ago is within it"
    bench.clock.advance(timedelta(seconds=1))
    assert (await bench.incidents()).incidents == ()


async def test_it_says_where_it_does_not_reach_as_far_back_as_was_asked(bench):
    assert (await bench.incidents()).complete is True
    assert (await bench.incidents(since=bench.clock() - DAY)).complete is True
    assert (await bench.incidents(since=bench.clock() - DAY - timedelta(seconds=1))).complete is False


async def test_an_alert_that_is_configured_no_longer_keeps_its_incident(bench):
    await bench.sees(20)
    bench.office.engine.replace([])
    bench.office.settings = replace(bench.office.settings, alerts=())
    assert await bench.alerts() == {}
    (one,) = (await bench.incidents()).incidents
    assert (one.alert, one.state, one.as_of, one.severity) == ("low", "firing", None, Severity.WARNING)


async def test_why_tells_each_clause_and_what_holds_it_back(bench):
    alert = bench.office.settings.alerts[0]

    async def why():
        (told,) = (await alert_queries.why_alert(bench.office.context(), alert)).why_alert
        return told

    told = await why()
    assert (told.state, told.open, told.as_of, told.vendor_clauses) == ("not looked at yet", None, None, ())
    await bench.sees(20)
    told = await why()
    assert (told.state, told.open, told.as_of) == ("firing", True, bench.clock())
    assert [clause.holds for clause in told.vendor_clauses] == [True]
    assert told.vendor_state.startswith("Firing since 12:00 UTC, because “")
    bench.clock.advance(MINUTE)
    await bench.fails()
    told = await why()
    assert (told.state, told.open, told.blind_since) == ("firing", True, bench.clock())
    assert any("stays as it is until it is seen again" in note for note in told.vendor_notes)


async def test_an_alert_that_no_account_can_feed_has_no_why(bench):
    bench.office.engine.replace([])
    assert (await alert_queries.why_alert(bench.office.context(), bench.office.settings.alerts[0])).why_alert == ()
