"""The engine on a real store: what is recorded is judged, committed once, and told as it is now."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.alerts.kinds import Kind
from bot.alerts.model import (
    Acknowledge,
    Blind,
    Escalation,
    MessageRef,
    NotificationKind,
    Observed,
    Phase,
    Severity,
    Snooze,
)
from bot.alerts.policy import Policy
from bot.engine.engine import Engine
from bot.engine.evaluation import Rule
from bot.notify.contexts import NotificationContexts
from bot.store import Delivered
from bot.watches import Watch, WatchInput, WatchKeys
from bot.watches.account_down import AccountDownKeys
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
K = NotificationKind


def rule(alert="low", account="sales", *, below=50, every=5 * MINUTE, **policy):
    return Rule(
        Policy(alert, account, "balance", "#alerts", **policy),
        watches()["balance"],
        BalanceKeys(below=Decimal(below)),
        every={Kind.BALANCE: every},
    )


class House:
    """An engine with its store, fed by hand."""

    def __init__(self, store, clock, *rules):
        self.store, self.clock = store, clock
        self.engine = Engine(store, rules, clock)
        self.contexts = NotificationContexts(store, self.engine, clock)

    async def sees(self, amount, account="sales", kind=Kind.BALANCE):
        value = Balance(Money(Decimal(amount), "USD"))
        await self.store.record(account, kind, Observed(value, self.clock()), keep=HOUR)
        await self.engine.observe(account, kind)

    async def fails(self, account="sales", kind=Kind.BALANCE):
        blind = Blind("It did not answer.", ErrorKind.UNAVAILABLE, self.clock())
        await self.store.record(account, kind, blind, keep=HOUR)
        await self.engine.observe(account, kind)

    async def tick(self, span=timedelta()):
        await self.engine.tick(self.clock.advance(span))

    async def rows(self):
        return await self.store.due_rows("slack", self.clock())

    async def told(self):
        """What waits to be told, and has something to say."""
        return [row.notice.kind for row in await self.rows() if await self.contexts.message(row)]

    async def settle(self):
        """Deliver all that is waiting."""
        kinds = []
        for row in await self.rows():
            if await self.contexts.message(row):
                kinds.append(row.notice.kind)
            token = await self.store.lease(f"deliver:{row.notice.incident}", self.store.owner, MINUTE)
            sent = Delivered(MessageRef("C1", "1.1", "https://slack.example/1"), free_edit=True, edited_at=None)
            name = {K.CARD: row.notice.incident, K.ESCALATION_COPY: f"{row.notice.incident}:escalation"}
            under = name.get(row.notice.kind)
            await self.store.settle(row, token, sent if under else None, under=under)
        return kinds

    async def incidents(self):
        return [incident for _, _, incident in await self.engine.open_incidents()]


@pytest.fixture
def house(one_store, clock):
    return lambda *rules: House(one_store, clock, *rules)


async def test_it_commits_the_incident_and_its_message_together(house):
    h = house(rule())
    await h.sees(49)
    (incident,) = await h.incidents()
    (row,) = await h.rows()
    assert (row.notice.kind, row.notice.incident) == (K.CARD, incident.id)
    assert (row.alert, row.account, row.channel, row.severity) == ("low", "sales", "#alerts", Severity.WARNING)
    message = await h.contexts.message(row)
    assert message.metadata["event_payload"]["incident"] == incident.id
    assert message.metadata["event_payload"]["state"] == "firing"


async def test_it_writes_nothing_when_nothing_changed(house):
    h = house(rule())
    await h.sees(100)
    _, version = await h.store.alert_state("low", "sales")
    await h.sees(99)
    assert await h.store.alert_states() == []
    assert (await h.store.alert_state("low", "sales"))[1] == version
    await h.sees(49)
    _, version = await h.store.alert_state("low", "sales")
    await h.sees(49)
    assert (await h.store.alert_state("low", "sales"))[1] == version


async def test_it_raises_on_the_tick_when_for_is_over_and_loads_only_what_is_due(house):
    h = house(rule(hold=2 * MINUTE), rule("other"))
    await h.tick()
    await h.sees(49)
    await h.settle()
    await h.tick(MINUTE)
    assert await h.told() == []
    await h.tick(MINUTE)
    assert await h.told() == [K.CARD]


async def test_it_goes_on_after_a_restart_as_if_nothing_had_been(house, one_store, clock):
    h = house(rule(hold=2 * MINUTE))
    await h.sees(49)
    clock.advance(MINUTE)
    again = House(one_store, clock, rule(hold=2 * MINUTE))
    await again.tick(MINUTE)
    assert await again.told() == [K.CARD]


async def test_it_raises_nothing_on_a_look_from_before_a_long_stop(house):
    h = house(rule(hold=2 * MINUTE))
    await h.sees(49)
    await h.tick(8 * HOUR)
    assert await h.incidents() == []
    await h.sees(49)
    assert len(await h.incidents()) == 1


async def test_it_neither_raises_nor_resolves_while_blind_and_says_so(house):
    h = house(rule())
    await h.sees(49)
    await h.settle()
    await h.fails()
    (row,) = await h.rows()
    assert "Not seen since" in str((await h.contexts.message(row)).card)
    assert len(await h.incidents()) == 1
    await h.sees(100)
    (row,) = await h.rows()
    assert "Not seen since" not in str((await h.contexts.message(row)).card)
    assert await h.incidents() == []


async def test_it_judges_seeing_itself_though_blind(house):
    down = Rule(Policy("down", "sales", "account_down", "#alerts"), watches()["account_down"], AccountDownKeys())
    h = house(down)
    await h.fails()
    assert await h.incidents() == []
    await h.fails()
    assert len(await h.incidents()) == 1


async def test_it_does_not_take_a_kind_that_is_polled_no_longer_for_a_failure(house):
    watch = watches()["account_down"]
    h = house(Rule(Policy("down", "sales", "account_down", "#a"), watch, AccountDownKeys()))
    await h.fails(kind=Kind.NUMBERS)
    await h.fails(kind=Kind.NUMBERS)
    await h.sees(100)
    assert len(await h.incidents()) == 1
    polled = frozenset({Kind.BALANCE})
    h.engine.replace([Rule(Policy("down", "sales", "account_down", "#a"), watch, AccountDownKeys(), polled=polled)])
    await h.tick()
    assert await h.incidents() == []


async def test_it_raises_once_however_many_replicas_judge_at_the_same_time(house):
    h = house(rule())
    await h.store.record("sales", Kind.BALANCE, Observed(Balance(Money(Decimal(1))), h.clock()), keep=HOUR)
    replicas = [Engine(h.store, [rule()], h.clock) for _ in range(8)]
    await asyncio.gather(*(replica.observe("sales", Kind.BALANCE) for replica in replicas))
    assert len(await h.incidents()) == 1
    assert len(await h.rows()) == 1


async def test_it_takes_one_of_fifty_presses(house):
    h = house(rule())
    await h.sees(49)
    (incident,) = await h.incidents()
    presses = (h.engine.apply(incident.id, Acknowledge(f"U{n}", h.clock())) for n in range(50))
    results = await asyncio.gather(*presses)
    (winner,) = [r.incident.acknowledged_by for r in results if r.changed]
    assert {r.incident.acknowledged_by for r in results} == {winner}
    (row,) = await h.rows()
    message = await h.contexts.message(row)
    assert message.metadata["event_payload"]["state"] == "acknowledged"


async def test_it_says_that_an_incident_is_not_known(house):
    applied = await house(rule()).engine.apply("nobody", Acknowledge("U1", house(rule()).clock()))
    assert (applied.changed, applied.incident) == (False, None)


async def test_it_tells_a_late_reminder_once(house):
    """While Slack is away reminders pile up: only the last has something to say."""
    h = house(rule(repeat=(10 * MINUTE,), every=24 * HOUR))
    await h.sees(49)
    for _ in range(5):
        await h.tick(10 * MINUTE)
    assert len(await h.rows()) == 6
    assert await h.told() == [K.CARD, K.REMINDER]


async def test_it_does_not_remind_of_what_was_acknowledged_or_resolved_meanwhile(house):
    h = house(rule(repeat=(10 * MINUTE,), every=24 * HOUR))
    await h.sees(49)
    await h.tick(10 * MINUTE)
    (incident,) = await h.incidents()
    await h.engine.apply(incident.id, Acknowledge("U1", h.clock()))
    assert await h.told() == [K.CARD]


async def test_it_tells_what_was_resolved_meanwhile_once(house):
    h = house(rule(mention=("!here",)))
    await h.sees(49)
    await h.sees(100)
    (row,) = await h.rows()
    message = await h.contexts.message(row)
    assert message.metadata["event_payload"]["state"] == "resolved"
    assert message.mention == ()


async def test_it_links_to_the_last_message_of_what_comes_back(house):
    h = house(rule())
    await h.sees(49)
    await h.settle()
    await h.sees(100)
    await h.settle()
    h.clock.advance(HOUR)
    await h.sees(49)
    (row,) = await h.rows()
    assert "https://slack.example/1" in str((await h.contexts.message(row)).card)


async def test_it_escalates_into_its_channel_with_a_link_and_ends_it_there(house):
    h = house(rule(escalate=Escalation(15 * MINUTE, "#managers", ("S1",)), every=24 * HOUR))
    await h.sees(49)
    await h.settle()
    await h.tick(15 * MINUTE)
    rows = {row.notice.kind: row for row in await h.rows()}
    assert set(rows) == {K.ESCALATION, K.ESCALATION_COPY}
    copy = await h.contexts.message(rows[K.ESCALATION_COPY])
    assert (copy.channel, copy.mention, copy.metadata) == ("#managers", ("S1",), None)
    assert "https://slack.example/1" in str(copy.card)
    await h.settle()
    (incident,) = await h.incidents()
    await h.engine.apply(incident.id, Acknowledge("U7", h.clock()))
    rows = {row.notice.kind: row for row in await h.rows()}
    end = await h.contexts.message(rows[K.ESCALATION_END])
    assert rows[K.ESCALATION_END].channel == "#managers"
    assert "U7" in str(end.card)
    assert end.mention == ()


async def test_it_spares_the_managers_what_was_acknowledged_before_they_were_told(house):
    h = house(rule(escalate=Escalation(15 * MINUTE, "#managers"), every=24 * HOUR))
    await h.sees(49)
    await h.settle()
    await h.tick(15 * MINUTE)
    (incident,) = await h.incidents()
    await h.engine.apply(incident.id, Acknowledge("U7", h.clock()))
    assert K.ESCALATION_COPY not in await h.told()
    await h.settle()
    await h.settle()
    assert await h.rows() == []


async def test_it_finds_a_copy_whose_fate_is_not_known_though_it_is_acknowledged(house):
    h = house(rule(escalate=Escalation(15 * MINUTE, "#managers"), every=24 * HOUR))
    await h.sees(49)
    await h.settle()
    await h.tick(15 * MINUTE)
    (copy,) = [row for row in await h.rows() if row.notice.kind is K.ESCALATION_COPY]
    token = await h.store.lease(f"deliver:{copy.notice.incident}", h.store.owner, MINUTE)
    await h.store.doubt(copy, token, h.clock() + timedelta(seconds=1))
    (incident,) = await h.incidents()
    await h.engine.apply(incident.id, Acknowledge("U7", h.clock()))
    h.clock.advance(timedelta(seconds=2))
    message = await h.contexts.message(await h.store.row(copy.id))
    assert message is not None
    assert message.mention == ()


async def test_it_tells_that_a_snooze_is_over(house):
    h = house(rule(every=24 * HOUR))
    await h.sees(49)
    (incident,) = await h.incidents()
    await h.engine.apply(incident.id, Snooze("U1", h.clock() + HOUR, h.clock()))
    await h.settle()
    await h.tick(30 * MINUTE)
    assert await h.told() == []
    await h.tick(30 * MINUTE)
    assert sorted(await h.told()) == sorted([K.CARD, K.WAKE])


async def test_it_closes_what_is_watched_no_longer_with_these_words(house):
    h = house(rule(), rule("other"))
    await h.sees(49)
    await h.settle()
    h.engine.replace([rule("other")])
    await h.engine.close_unwatched()
    assert [i.open for i in await h.incidents()] == [True]
    (row,) = await h.rows()
    message = await h.contexts.message(row)
    assert (row.channel, message.metadata["event_payload"]["state"]) == ("#alerts", "resolved")
    assert "no longer watched" in message.card.verdict
    await h.engine.close_unwatched()
    assert len(await h.rows()) == 1


async def test_it_forgets_what_was_closed_a_day_later(house):
    h = house(rule())
    await h.sees(49)
    h.engine.replace([])
    await h.engine.close_unwatched()
    await h.tick()
    await h.settle()
    assert await h.store.alert_states()
    await h.tick(25 * HOUR)
    assert await h.store.alert_states() == []
    assert await h.store.due_alert_states(h.clock() + 999 * HOUR) == []


async def test_it_remembers_what_has_not_been_told_yet_however_long_slack_is_away(house):
    h = house(rule())
    await h.sees(49)
    h.engine.replace([])
    await h.engine.close_unwatched()
    await h.tick(25 * HOUR)
    (row,) = await h.rows()
    assert "no longer watched" in (await h.contexts.message(row)).card.verdict
    await h.settle()
    await h.tick(HOUR)
    assert await h.store.alert_states() == []


async def test_it_judges_by_another_configuration_at_once(house):
    h = house(rule(below=10))
    await h.sees(49)
    h.engine.replace([rule(below=50)])
    await h.tick()
    assert len(await h.incidents()) == 1
    h.engine.replace([rule(below=40)])
    await h.tick()
    assert await h.incidents() == []


async def test_it_does_not_lose_or_repeat_an_alert_over_a_reload(house):
    h = house(rule())
    await h.sees(49)
    await h.settle()
    before = await h.incidents()
    h.engine.replace([rule(), rule("new", account="other")])
    await h.engine.close_unwatched()
    await h.tick()
    assert await h.incidents() == before
    assert await h.rows() == []


async def test_it_judges_the_others_when_one_rule_fails(house):
    def broken(watch_input: WatchInput, keys: WatchKeys):
        raise RuntimeError("a bug")

    balance = watches()["balance"]
    bad = Watch("bad", (Kind.BALANCE,), balance.needs, WatchKeys, broken, balance.describe)
    h = house(Rule(Policy("bad", "sales", "bad", "#a"), bad, WatchKeys()), rule())
    await h.sees(49)
    assert len(await h.incidents()) == 1
    await h.tick()


async def test_it_lists_the_open_ones_worst_first(house):
    h = house(rule(), rule("bad", account="other", severity=Severity.CRITICAL))
    await h.sees(49)
    await h.sees(49, account="other")
    found = await h.engine.open_incidents()
    assert [(r.policy.alert, alert_state.account, i.phase) for r, alert_state, i in found] == [
        ("bad", "other", Phase.FIRING),
        ("low", "sales", Phase.FIRING),
    ]


async def test_it_says_at_once_that_there_is_something_to_tell_but_only_once_it_is_committed(one_store, clock):
    waiting = []

    def told():
        waiting.append(asyncio.ensure_future(one_store.due_rows("slack", clock())))

    house = House(one_store, clock)
    house.engine = Engine(one_store, [rule()], clock, told=told)
    await house.sees(90)
    assert waiting == []
    await house.sees(5)
    assert [row.notice.kind for row in await waiting[0]] == [K.CARD]
    await house.sees(5)
    assert len(waiting) == 1
