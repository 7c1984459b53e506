"""`/pbx alerts` and `why`: what is open, which clause or hour raised it or held it back; a real store and engine."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import Blind, MessageRef, Observed, Severity
from bot.alerts.policy import Policy
from bot.cards import Button, Tone, When
from bot.engine.evaluation import Rule
from bot.settings import Alert
from bot.store import Delivered, StoreUnavailable
from bot.watches import Clause
from bot.watches.balance import BalanceKeys
from bot.watches.registry import watches
from providers.errors import ErrorKind
from providers.model import Balance, Money

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ADMIN = "UADMIN"
WEEK = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))
DOWN = watches()["account_down"]


def clauses(watch_input, keys):
    """What the balance watch says of itself, in words that these tests know."""
    amount = watch_input.latest_readings[Kind.BALANCE].observed.value.money.amount
    return (Clause(watch_input.account, f"{amount} against {keys.below}", amount < keys.below),)


WATCH = replace(watches()["balance"], clauses=clauses, sample=lambda value, keys: f"{value.money.amount} left")


class Bench:
    """An office whose alert `low` is judged on balances given by hand."""

    def __init__(self, office):
        self.office, self.clock = office, office.clock

    def alert(self, *accounts, name="low", watch=WATCH, **policy):
        """Configure it, for the engine and for the commands."""
        rules = [
            Rule(
                Policy(name, account, "balance", "#voip-alerts", **policy),
                watch,
                BalanceKeys(below=Decimal(50)),
                polled=frozenset({Kind.BALANCE}),
                every={Kind.BALANCE: 5 * MINUTE},
            )
            for account in accounts
        ]
        known = self.office.settings.alerts
        self.office.engine.replace([*self.office.engine._rules.values(), *rules])
        made = Alert(name, "balance", accounts, "#voip-alerts", BalanceKeys(below=Decimal(50)))
        self.office.settings = replace(self.office.settings, alerts=(*known, made))

    async def sees(self, amount, account="sales"):
        await self.reads(Observed(Balance(Money(Decimal(amount), "USD")), self.clock()), account)

    async def fails(self, account="sales"):
        await self.reads(Blind("It did not answer.", ErrorKind.UNAVAILABLE, self.clock()), account)

    async def reads(self, reading, account):
        await self.office.store.poll_due(account, Kind.BALANCE, 5 * MINUTE, self.clock())
        await self.office.store.record(account, Kind.BALANCE, reading, keep=timedelta(days=30))
        await self.office.engine.observe(account, Kind.BALANCE)

    async def tick(self, span):
        await self.office.engine.tick(self.clock.advance(span))

    async def why(self, name="low", **over):
        return await self.office.type(f"/pbx alerts why {name}", **over)


@pytest.fixture
def bench(office):
    return Bench(office)


async def test_it_says_that_nothing_was_looked_at_yet(bench):
    bench.alert("sales")
    shown = await bench.why()
    assert shown.verdict == "low on sales: not looked at yet: no answer about balance has come in."
    assert "Never evaluated." in shown.text


async def test_it_quotes_the_clause_that_keeps_it_clear_with_the_samples_and_the_evaluations(bench, clock):
    bench.alert("sales")
    for amount in (90, 90, 80, 70, 70):
        await bench.sees(amount)
        clock.advance(5 * MINUTE)
    clock.advance(-3 * MINUTE)
    shown = await bench.why()
    assert shown.verdict == "low on sales: clear, because “70 against 50”."
    assert "Last evaluation 12:20 (2 min ago), the next at 12:25." in shown.lines
    assert "does not hold · 70 against 50" in shown.lines
    at = shown.lines.index("sales · what was seen")
    assert shown.lines[at + 1 : at + 4] == ["12:15 to 12:20 · 70 left", "12:10 · 80 left", "12:00 to 12:05 · 90 left"]


async def test_it_shows_the_last_five_samples_that_differ_also_of_the_week(bench, clock):
    bench.alert("sales")
    for amount in (96, 95, 94, 93, 92, 91):
        await bench.sees(amount)
        clock.advance(20 * HOUR)
    for _ in range(20):
        await bench.sees(91)
        clock.advance(5 * MINUTE)
    shown = await bench.why()
    seen = [line.rpartition(" · ")[2] for line in shown.lines if line.endswith(" left")]
    assert seen == ["91 left", "92 left", "93 left", "94 left", "95 left"]


async def test_it_says_since_when_it_fires_and_who_has_it(bench, clock):
    bench.alert("sales")
    await bench.sees(40)
    clock.advance(10 * MINUTE)
    await bench.sees(39)
    assert (await bench.why()).verdict == "low on sales: firing since 12:00, because “39 against 50”."
    [(_, _, incident)] = await bench.office.engine.open_incidents()
    await bench.office.press(Button("acknowledge", "Acknowledge", incident.id))
    shown = await bench.why()
    assert shown.verdict.startswith("low on sales: acknowledged by @UMAX at 12:10, firing since 12:00, because")
    await bench.office.press(Button("snooze", "Snooze", f"{incident.id} 30m"), user="UOTHER")
    assert "snoozed by @UOTHER until 12:40, firing since 12:00" in (await bench.why()).verdict


async def test_it_links_to_the_message(bench):
    bench.alert("sales")
    await bench.sees(40)
    [(_, _, incident)] = await bench.office.engine.open_incidents()
    sent = Delivered(MessageRef("C1", "1.1", "https://slack.example/1"), free_edit=True, edited_at=None)
    await bench.office.store.put_message(incident.id, sent)
    assert "Its message" in (await bench.why()).lines


async def test_it_says_when_what_is_pending_will_be_raised(bench, clock):
    bench.alert("sales", hold=5 * MINUTE)
    await bench.sees(40)
    clock.advance(2 * MINUTE)
    words = "pending since 12:00, raised at 12:05 if it still holds (for 5 min), because “40 against 50”."
    assert (await bench.why()).verdict == f"low on sales: {words}"
    before = await bench.office.store.alert_states()
    await bench.why()
    assert await bench.office.store.alert_states() == before


async def test_it_tells_what_the_next_look_will_make_of_it_and_leaves_that_to_the_next_look(bench, clock):
    bench.alert("sales", hold=5 * MINUTE)
    await bench.sees(40)
    clock.advance(5 * MINUTE)
    assert (await bench.why()).verdict.startswith("low on sales: firing since 12:05")
    assert await bench.office.engine.open_incidents() == []
    assert await bench.office.store.outbox_size() == 0


async def test_it_names_the_hours_that_hold_it_back(bench):
    bench.alert("sales", calendar=WEEK)
    await bench.sees(40)
    shown = await bench.why()
    held = "pending since 12:00, held back outside its hours until 09:00, and raised then if it still holds"
    assert held in shown.verdict
    assert "Outside its hours until 09:00." in shown.lines
    monday = next(part for part in shown.card.verdict if isinstance(part, When) and part.style == "day")
    assert monday.at.isoformat() == "2026-11-23T09:00:00+00:00"


async def test_it_names_the_hours_also_while_it_is_clear(bench):
    bench.alert("sales", calendar=WEEK)
    await bench.sees(70)
    shown = await bench.why()
    assert "clear, because" in shown.verdict
    assert "Outside its hours until 09:00." in shown.lines


async def test_it_names_who_silenced_it_until_when_and_why(bench, clock):
    bench.alert("sales")
    await bench.office.type("/pbx silence sales 2h the carrier is at work", user=ADMIN)
    await bench.sees(40)
    clock.advance(MINUTE)
    shown = await bench.why()
    assert "pending since 12:00, silenced until 14:00, and raised then if it still holds" in shown.verdict
    assert "sales is silenced by @UADMIN until 14:00: the carrier is at work" in shown.lines


async def test_it_says_that_it_is_kept_open_and_until_when(bench, clock):
    bench.alert("sales", keep=10 * MINUTE)
    await bench.sees(40)
    clock.advance(5 * MINUTE)
    await bench.sees(70)
    clock.advance(MINUTE)
    kept = "firing since 12:00, kept open: clear since 12:05, and resolved at 12:15 if it stays so (keep 10 min)."
    assert (await bench.why()).verdict == f"low on sales: {kept}"


async def test_it_says_that_it_is_kept_open_because_it_comes_and_goes(bench, clock):
    bench.alert("sales")
    for _ in range(6):
        await bench.sees(40)
        clock.advance(MINUTE)
        await bench.sees(70)
        clock.advance(MINUTE)
    shown = await bench.why()
    assert "kept open: clear since 12:11, and resolved at 12:26 if it stays so (it comes and goes)" in shown.verdict


async def test_it_says_since_when_it_is_blind_and_the_error(bench, clock):
    bench.alert("sales")
    await bench.fails()
    clock.advance(MINUTE)
    shown = await bench.why()
    assert shown.verdict.startswith(
        "low on sales: blind since 12:00 (It did not answer.): nothing is raised or resolved"
    )
    assert "12:00 · not seen: It did not answer." in shown.lines
    assert not any("clauses" in line for line in shown.lines)


async def test_it_says_that_what_is_open_or_pending_is_not_seen(bench, clock):
    bench.alert("sales")
    bench.alert("sales", name="slow", hold=HOUR)
    await bench.sees(40)
    clock.advance(5 * MINUTE)
    await bench.fails()
    fires = await bench.why()
    assert fires.verdict == "low on sales: firing since 12:00."
    assert "Not seen since 12:05 (It did not answer.): it stays as it is until it is seen again." in fires.lines
    assert "pending since 12:00, blind since 12:05 (It did not answer.)" in (await bench.why("slow")).verdict


async def test_it_says_that_the_account_is_down_and_that_another_alert_tells_it(bench, clock):
    down = Rule(Policy("pbx-down", "sales", "account_down", "#voip-alerts"), DOWN, DOWN.keys())
    bench.office.engine.replace([down])
    bench.alert("sales", hold=HOUR)
    await bench.sees(40)
    for _ in range(2):
        clock.advance(5 * MINUTE)
        await bench.fails()
    shown = await bench.why()
    assert "sales is down, which another alert tells: nothing more is said of what is not seen." in shown.lines


async def test_it_says_that_the_last_look_is_too_old(bench, clock):
    bench.alert("sales", hold=MINUTE)
    await bench.sees(40)
    clock.advance(HOUR)
    shown = await bench.why()
    assert "raised at the next look if it still holds" in shown.verdict
    assert "The last look is too old to be judged anew: the next poll is waited for." in shown.lines
    assert "Last evaluation 12:00 (1 h ago), the next at once." in shown.lines


async def test_it_says_that_it_could_not_be_judged(bench):
    def broken(_watch_input, _keys):
        raise KeyError("amount")

    bench.alert("sales", watch=replace(WATCH, evaluate=broken))
    await bench.sees(40)
    assert "not judged, because of a mistake of ours (KeyError)" in (await bench.why()).verdict


async def test_it_leaves_out_what_a_watch_does_not_tell(bench):
    bench.alert("sales", watch=replace(WATCH, clauses=None, sample=None))
    await bench.sees(70)
    shown = await bench.why()
    assert shown.verdict == "low on sales: clear: its rule does not hold."
    assert [line for line in shown.lines if "now" in line or "seen" in line] == [
        "Last evaluation 12:00 (just now), the next at 12:05."
    ]


async def test_it_takes_each_account_for_itself_the_worst_first(bench):
    bench.alert("branch", "sales")
    await bench.sees(70, "branch")
    await bench.sees(40, "sales")
    shown = await bench.why()
    assert shown.verdict == "low: firing on sales; clear on branch."
    assert shown.lines.index("sales") < shown.lines.index("branch")
    assert "Firing since 12:00, because “40 against 50”." in shown.lines
    assert "Clear, because “70 against 50”." in shown.lines


async def test_it_shows_ten_clauses_those_of_what_is_affected_first(bench):
    def many(watch_input, _keys):
        plain = [Clause(f"{n}", f"Agent ({n}) is there.", holds=False) for n in range(20)]
        half = (Clause("99", "not signed in", holds=True), Clause("99", "was there today", holds=False))
        return (*plain, *half, Clause("98", "no answer", holds=None), Clause("", "7 more do not hold", holds=False))

    bench.alert("sales", watch=replace(WATCH, clauses=many))
    await bench.sees(70)
    shown = await bench.why()
    at = shown.lines.index("sales · the clauses now")
    assert shown.lines[at + 1 : at + 3] == ["holds · 99: not signed in", "does not hold · 99: was there today"]
    assert shown.lines[at + 11] == "and 13 more; 7 more do not hold"
    assert shown.verdict == "low on sales: clear, because “99: was there today” and “Agent (0) is there” and so on."


async def test_it_counts_what_holds(bench):
    def many(watch_input, _keys):
        return tuple(Clause(watch_input.account, f"figure {n} is above 5", holds=True) for n in range(4))

    bench.alert("sales", watch=replace(WATCH, clauses=many))
    await bench.sees(40)
    assert "because “figure 0 is above 5” and “figure 1 is above 5” and 2 more." in (await bench.why()).verdict


async def test_it_finds_the_alert_by_its_name_or_its_beginning(bench):
    bench.alert("sales", name="low")
    bench.alert("sales", name="low-credit")
    bench.alert("sales", name="spare")
    await bench.sees(70)
    assert (await bench.why("LOW")).verdict.startswith("low on sales")
    assert (await bench.why("Low-C")).verdict.startswith("low-credit on sales")
    assert (await bench.why("s")).verdict.startswith("spare on sales")
    several = await bench.why("lo")
    assert "Several alerts begin with" in several.verdict
    assert {"low", "low-credit"} <= set(several.lines)
    assert "Did you mean “spare”?" in (await bench.why("spar-e")).verdict
    assert "Alerts: low, low-credit and spare." in (await bench.why("qqq")).verdict
    assert "Which alert?" in (await bench.why("")).verdict


async def test_it_says_that_an_alert_watches_nothing(bench):
    bench.alert(name="idle")
    assert (await bench.why("idle")).verdict == "idle watches nothing: no account can feed it."


async def test_it_offers_a_test_to_administrators_alone_and_can_be_shared(bench):
    bench.alert("sales")
    await bench.sees(70)
    assert (await bench.why()).labels() == []
    shown = await bench.why(user=ADMIN)
    assert shown.labels() == ["Send a test"]
    assert shown.answer.share


async def test_it_says_that_the_store_is_away(bench, monkeypatch):
    async def away(*_args, **_kwargs):
        raise StoreUnavailable("The store does not answer.")

    bench.alert("sales")
    for name in ("alert_state", "alert_states", "silences", "latest_readings"):
        monkeypatch.setattr(bench.office.store, name, away)
    for words in ("alerts why low", "alerts"):
        shown = await bench.office.type(f"/pbx {words}")
        assert "alerts are paused, and nothing can be said of them now" in shown.verdict


async def listed(bench):
    return await bench.office.type("/pbx alerts")


async def test_the_list_says_that_nothing_is_open(bench):
    bench.alert("sales")
    await bench.sees(70)
    shown = await listed(bench)
    assert shown.verdict == "No alert is open; 1 alert configured."
    assert shown.card.tone is Tone.GOOD


async def test_the_list_has_the_worst_first_with_who_holds_it_since_when_and_a_link(bench, clock):
    bench.alert("sales", name="calm", severity=Severity.INFO)
    bench.alert("sales", name="bad", severity=Severity.CRITICAL)
    await bench.sees(40)
    clock.advance(2 * MINUTE)
    incidents = {alert_state.alert: incident for _, alert_state, incident in await bench.office.engine.open_incidents()}
    sent = Delivered(MessageRef("C1", "1.1", "https://slack.example/1"), free_edit=True, edited_at=None)
    await bench.office.store.put_message(incidents["bad"].id, sent)
    await bench.office.press(Button("acknowledge", "Acknowledge", incidents["bad"].id))
    await bench.office.press(Button("snooze", "Snooze", f"{incidents['calm'].id} 2h"), user="UOTHER")
    shown = await listed(bench)
    assert shown.verdict == "2 alerts are open; 2 alerts configured."
    assert shown.card.tone is Tone.CRITICAL
    assert shown.lines == [
        "Worst first",
        "bad · sales · critical · since 12:00 (2 min) · acknowledged by @UMAX at 12:02 · message",
        "calm · sales · info · since 12:00 (2 min) · snoozed by @UOTHER until 14:02",
    ]


async def test_the_list_says_what_is_pending_and_when_it_is_raised(bench, clock):
    bench.alert("sales", name="slow", hold=5 * MINUTE)
    bench.alert("sales", name="shut", calendar=WEEK)
    await bench.sees(40)
    clock.advance(MINUTE)
    shown = await listed(bench)
    assert shown.verdict == "No alert is open, 2 are pending; 2 alerts configured."
    assert shown.lines[0] == "Pending"
    assert shown.lines[1].startswith("shut · sales · pending since 12:00, held back outside its hours until 09:00")
    assert shown.lines[2].startswith(
        "slow · sales · pending since 12:00, raised at 12:05 if it still holds (for 5 min)"
    )


async def test_the_list_names_the_silences_that_hide_something(bench):
    bench.alert("sales")
    for target in ("sales", "low"):
        await bench.office.type(f"/pbx silence {target} 2h at work", user=ADMIN)
    await bench.sees(70)
    assert "Silenced" not in (await listed(bench)).lines
    await bench.sees(40)
    shown = await listed(bench)
    at = shown.lines.index("Silenced")
    assert shown.lines[at + 1 :] == ["low until 14:00 by @UADMIN: at work", "sales until 14:00 by @UADMIN: at work"]
