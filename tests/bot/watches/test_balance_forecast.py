"""The money will not last, or goes too fast: by the steps that are taken live, on readings of whole weeks."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bot.alerts.hours import parse_hours
from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, LatestReading, NotificationKind, Observed, Severity
from bot.alerts.policy import Policy
from bot.cards import When
from bot.engine.evaluation import EvaluationInput, Rule, step, watch_input_of
from bot.notify.incident_message import incident_message
from bot.notify.notification_context import NotificationContext
from bot.watches.balance import WATCH, BalanceKeys
from providers.model import Balance, CallRecord, Direction, Disposition, Money, Page, Rows

KYIV = ZoneInfo("Europe/Kyiv")
FRIDAY = date(2026, 11, 20)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), tzinfo=KYIV).astimezone(UTC)


def office(moment):
    """Twelve an hour from nine to six on working days."""
    there = moment.astimezone(KYIV)
    return 12 if there.weekday() < 5 and 9 <= there.hour < 18 else 0


class Account:
    """One account and one alert on it, judged at every reading as the engine does."""

    def __init__(self, *, hours=None, hold=timedelta(), keep=timedelta(), **keys):
        calendar = parse_hours(hours, KYIV) if hours else None
        self.policy = Policy("money", "sales", "balance", "#a", calendar=calendar, hold=hold, keep=keep, zone=KYIV)
        self.rule = Rule(self.policy, WATCH, BalanceKeys(**keys), currency="USD", zone=KYIV)
        self.alert_state = AlertState("money", "sales")
        self.aggregate: Any = self.rule.past.begin(KYIV)
        self.latest_readings = {}
        self.notifications = []
        self.facts = []
        self.now, self.held = None, Decimal()

    def sees(self, amount, now, credit=None, plan=None, *, judged=True):
        self.now, self.held = now, Decimal(f"{amount:.2f}")
        value = Balance(Money(self.held), credit and Money(Decimal(credit)), plan)
        reading = Observed(value, now)
        self.latest_readings[Kind.BALANCE] = LatestReading(reading)
        self.aggregate.add(reading)
        if not judged:
            return False
        self.alert_state, notifications = step(self.alert_state, self.rule, self.look)
        self.notifications += [n.kind for n in notifications]
        if self.alert_state.incidents:
            self.facts.append(self.last.members["sales"].facts)
        return self.open

    def lives(self, since, until, rate=office, held=None, *, judged=True):
        """Spend at that rate, seen every five minutes, with so much at first; when it was raised."""
        held = float(self.held) - rate(since - 5 * MINUTE) / 12 if held is None else held
        raised, now = [], since
        while now <= until:
            was = judged and self.open
            if self.sees(held, now, judged=judged) and not was:
                raised.append(now)
            held -= rate(now) / 12
            now += 5 * MINUTE
        return raised

    @property
    def judged(self):
        return WATCH.evaluate(watch_input_of(self.rule, self.alert_state, self.look), self.rule.keys)

    @property
    def look(self):
        return EvaluationInput(self.now, self.latest_readings, self.aggregate)

    @property
    def open(self):
        return any(incident.open for incident in self.alert_state.incidents.values())

    @property
    def last(self):
        return list(self.alert_state.incidents.values())[-1]

    @property
    def member(self):
        return self.last.members["sales"]

    @property
    def story(self):
        return WATCH.describe(self.last, "sales")

    @property
    def rows(self):
        return [_said(row.line) for row in self.story.rows]

    @property
    def told(self):
        notice = type("Notification", (), {"kind": NotificationKind.CARD})()
        return incident_message(notice, NotificationContext(self.last, self.policy, WATCH, self.now)).card.verdict

    @property
    def clauses(self):
        return WATCH.clauses(watch_input_of(self.rule, self.alert_state, self.look), self.rule.keys)


def _said(line):
    parts = line if isinstance(line, tuple) else (line,)
    return "".join(f"{p.at.astimezone(KYIV):%H:%M}" if isinstance(p, When) else getattr(p, "words", p) for p in parts)


def known(until=None, left=200.0, rate=office, **alert):
    """An account of which two weeks are known, until Friday 11:00 unless said otherwise; so much is left then."""
    account = Account(**alert)
    until = until or at(FRIDAY, 11)
    since = until - timedelta(days=14)
    spent = sum(rate(since + n * 5 * MINUTE) / 12 for n in range(14 * 288))
    account.lives(since, until, rate, left + spent, judged=False)
    return account


# --- keys


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({}, "say when: below, runs_out_within, spend_spike, or several"),
        ({"runs_out_within": HOUR, "clear_above": 60}, "clear_above needs below"),
        ({"spend_spike": "often"}, "an amount above 0, or on"),
        ({"spend_spike": 0}, "an amount above 0, or on"),
        ({"spend_spike": "Infinity"}, "an amount above 0, or on"),
        ({"runs_out_within": timedelta()}, "greater than 0"),
    ],
)
def test_it_refuses_keys_that_say_nothing(keys, why):
    with pytest.raises(ValidationError, match=why):
        BalanceKeys(**keys)


def test_it_takes_each_condition_alone():
    assert BalanceKeys(spend_spike="on").spend_spike == "on"
    assert BalanceKeys(spend_spike="12.5").spend_spike == Decimal("12.5")
    assert BalanceKeys(runs_out_within=6 * HOUR).below is None


# --- how long it lasts


def test_it_says_in_a_low_balance_how_long_it_lasts():
    account = known(below=50, left=39.2)
    assert account.sees(38.2, at(FRIDAY, 11, 5))
    assert account.story.headline == "Balance of sales is low: 38.20 USD, lasts until about 14:15 (13:45–15:05)"
    assert account.rows == [
        "Balance 38.20 USD · alert below 50",
        "Lasts until about 14:15 (13:45–15:05) at today's pace",
        "Pace 12/h, usual for this hour 12 · spent today 25.00 USD",
    ]
    assert account.story.todo == "Top up at least 65 USD to finish the shift (about 18:00)."
    assert account.member.severity is Severity.WARNING


def test_it_knows_the_shift_by_the_hours_of_the_alert():
    account = known(below=50, left=39.2, hours="mon-fri 09:00-16:00")
    account.sees(38.2, at(FRIDAY, 11, 5))
    assert account.story.todo == "Top up at least 35 USD to finish the shift (16:00)."
    account = known(below=100, left=91, hours="mon-fri 09:00-16:00")
    account.sees(90, at(FRIDAY, 11, 5))
    assert account.story.todo == "Top up before calls stop."


def test_it_says_when_it_knows_the_last_hour_alone():
    account = Account(below=50)
    account.lives(at(FRIDAY, 10), at(FRIDAY, 11), held=52)
    assert "based on the last 60 min only" in account.rows[1]
    account.lives(at(FRIDAY, 18), at(FRIDAY, 20))
    assert account.rows[1] == "No spending, based on the last 60 min only: not running out"


def test_it_raises_when_it_runs_out_within_that_time():
    account = known(runs_out_within=6 * HOUR, left=74)
    assert not account.sees(73, at(FRIDAY, 11, 5))
    assert account.sees(70, at(FRIDAY, 11, 20))
    assert account.story.headline.startswith("Balance of sales will not last: 70.00 USD, lasts until about 17:")
    assert account.rows[0] == "Balance 70.00 USD · alert when it lasts less than 6 h"


def test_it_counts_hours_in_which_nothing_is_spent():
    account = known(at(FRIDAY, 17, 30), runs_out_within=12 * HOUR, left=13)
    assert not account.sees(12, at(FRIDAY, 17, 35))  # five until closing time, the rest on Monday
    account = known(at(FRIDAY, 17, 30), runs_out_within=12 * HOUR, left=5)
    assert account.sees(4, at(FRIDAY, 17, 35))


def test_it_is_critical_when_it_is_gone_within_two_hours_and_where_nothing_is_left():
    account = known(runs_out_within=6 * HOUR, left=26)
    account.sees(25.5, at(FRIDAY, 11, 5))
    assert account.member.severity is Severity.WARNING
    account.sees(23, at(FRIDAY, 11, 15))
    assert account.member.severity is Severity.CRITICAL
    account.sees(0, at(FRIDAY, 13))
    assert account.story.headline == "sales has nothing left: 0.00 USD"
    assert account.story.todo == "Top up at least 75 USD now: calls may already fail."
    account.sees(-3, at(FRIDAY, 13, 15))
    assert account.story.headline == "sales is overdrawn: −3.00 USD"


def test_it_counts_the_credit_in():
    account = known(runs_out_within=6 * HOUR, left=-100)
    assert not account.sees(-101, at(FRIDAY, 11, 5), credit=500)
    assert account.sees(-102, at(FRIDAY, 11, 10), credit=150)
    assert account.story.headline == (
        "Balance of sales will not last: −102.00 USD (48.00 USD with its credit), lasts until about 15:10 (14:30–16:10)"
    )
    assert account.member.severity is Severity.WARNING


def trembling(account, left, now):
    """The balance is so, and what was seen before does not say that it rose or fell."""
    account.aggregate.last = None
    return account.sees(left, now)


def test_it_stays_until_it_lasts_a_fifth_longer():
    account = known(runs_out_within=5 * HOUR, left=60)
    assert account.sees(59, at(FRIDAY, 11, 5))
    for minute, left in enumerate((61, 63, 60.5, 65, 66, 59, 64, 69)):
        assert trembling(account, left, at(FRIDAY, 11, 6 + minute))
    assert "less than the 6 h ahead at which it clears" in account.clauses[0].words
    assert not trembling(account, 74, at(FRIDAY, 11, 20))
    assert account.last.resolved_because == "74.00 USD now, and it lasts until about 17:30"


def test_it_does_not_flap_over_a_noisy_threshold():
    dice = random.Random(4)

    def noisy(moment):
        return office(moment) * dice.uniform(0, 2)

    account = Account(runs_out_within=6 * HOUR)
    account.lives(at(date(2026, 11, 6), 0), at(FRIDAY, 9), noisy, held=1250, judged=False)
    account.held = Decimal(84)
    account.aggregate.last = None
    raised = account.lives(at(FRIDAY, 9, 5), at(FRIDAY, 15), noisy)
    assert len(raised) == 1
    assert account.open


def test_it_stays_as_it_is_while_nothing_can_be_forecast():
    account = Account(runs_out_within=6 * HOUR)
    account.lives(at(FRIDAY, 10), at(FRIDAY, 11), held=50)
    assert account.open
    account.aggregate = account.rule.past.begin(KYIV)  # the history is gone
    account.sees(38, at(FRIDAY, 11, 5))
    assert account.open
    assert account.clauses[0].holds is None


def test_it_stays_silent_where_nothing_is_spent_or_there_is_no_limit():
    account = Account(runs_out_within=6 * HOUR)
    assert not account.lives(at(FRIDAY, 10), at(FRIDAY, 12), lambda _moment: 0, held=1)
    assert account.clauses[0].words == "nothing is being spent"
    postpaid = Observed(Balance(Money(Decimal(-500), "USD"), "unlimited"), at(FRIDAY, 12, 5))
    account.latest_readings[Kind.BALANCE] = LatestReading(postpaid)
    assert account.clauses[0].words == "there is no limit"


# --- what is no pace


def test_a_rent_at_midnight_is_no_alarm():
    account = Account(runs_out_within=6 * HOUR)
    assert not account.lives(at(FRIDAY, 22), at(FRIDAY, 23, 55), lambda _moment: 0, held=200)
    midnight = at(FRIDAY + timedelta(days=1), 0)
    assert not account.sees(160, midnight)
    assert not account.lives(midnight + 5 * MINUTE, midnight + 3 * HOUR, lambda _moment: 0)
    assert account.clauses[0].words == "nothing is being spent"


def test_a_charge_is_no_alarm_where_the_days_are_known():
    account = known(runs_out_within=6 * HOUR, left=552)
    assert not account.sees(431, at(FRIDAY, 11, 5))
    assert not account.lives(at(FRIDAY, 11, 10), at(FRIDAY, 13))


def test_it_says_what_was_taken_by_a_charge():
    account = known(below=250, left=300)
    account.sees(200, at(FRIDAY, 11, 5))
    assert account.rows[2] == (
        "Pace 12/h, usual for this hour 12, apart from 100.00 USD in single charges · spent today 124.00 USD"
    )


def test_what_really_goes_fast_is_told_by_the_second_reading():
    account = known(at(FRIDAY, 3), runs_out_within=4 * HOUR, left=200)
    assert account.lives(at(FRIDAY, 3, 5), at(FRIDAY, 4), lambda _moment: 240) == [at(FRIDAY, 3, 10)]


def test_a_cent_given_back_is_no_top_up():
    account = known(runs_out_within=5 * HOUR, left=60)
    account.sees(59, at(FRIDAY, 11, 5))
    account.lives(at(FRIDAY, 11, 10), at(FRIDAY, 12, 30))
    now = at(FRIDAY, 12, 35)
    assert account.sees(float(account.held) + 0.03, now)
    assert not any("Topped up" in row for row in account.rows)
    account.sees(300, now + 5 * MINUTE)
    assert account.last.resolved_because.startswith("topped up by ")
    account = known(below=50, left=50)
    account.sees(49.99, at(FRIDAY, 11, 5))
    account.sees(50.02, at(FRIDAY, 11, 10))
    assert account.last.resolved_because == "50.02 USD now"


@pytest.mark.parametrize(("left", "seed"), [(66, 1), (74, 1), (74, 2), (78, 2)])
def test_it_raises_once_before_a_weekend(left, seed):
    dice = random.Random(seed)
    account = known(at(FRIDAY, 12), runs_out_within=6 * HOUR, left=left)
    raised = account.lives(at(FRIDAY, 12), at(FRIDAY + timedelta(days=1), 23), lambda m: office(m) * dice.uniform(0, 2))
    assert len(raised) == 1


def test_it_says_why_it_is_still_open_though_it_lasts_over_the_weekend():
    account = known(at(FRIDAY, 16, 30), runs_out_within=6 * HOUR, left=19)
    assert account.sees(17, at(FRIDAY, 16, 35))
    assert trembling(account, 17.5, at(FRIDAY, 16, 40))
    assert account.clauses[0].words == (
        "it lasts until about Mon 23 Nov 09:00, but until about 17:50 if a fifth more is spent, which is within 6 h"
    )
    assert not trembling(account, 25, at(FRIDAY, 16, 45))


def test_it_cannot_say_how_long_it_lasts_where_the_credit_is_not_told():
    account = known(runs_out_within=6 * HOUR, left=-100)
    assert not account.sees(-101, at(FRIDAY, 11, 5), plan="postpaid")
    assert account.clauses[0].words == "its credit is not told, so how long it lasts is not known"
    assert account.clauses[0].holds is None


# --- top-ups


def test_a_top_up_is_good_news():
    account = known(below=50, runs_out_within=6 * HOUR, left=56.5)
    account.sees(45, at(FRIDAY, 11, 57))
    account.sees(245, at(FRIDAY, 12, 2))
    assert account.told == (
        "Resolved after 5 min: balance of sales was low, 45.00 USD at the last; "
        "topped up by 200.00 USD at 12:02: 245.00 USD now."
    )


def test_a_top_up_that_is_not_enough_is_told_in_the_message():
    account = known(below=50, clear_above=60, left=32)
    account.sees(20, at(FRIDAY, 12))
    account.sees(40, at(FRIDAY, 12, 5))
    assert account.rows[-1] == "Topped up by 20.00 USD at 12:05, still below 50"
    account.sees(39, at(FRIDAY, 12, 10))
    account.sees(54, at(FRIDAY, 12, 15))
    assert account.rows[-1] == "Topped up by 35.00 USD at 12:15, not yet above 60"
    account.sees(74, at(FRIDAY, 12, 20))
    assert account.last.resolved_because == "topped up by 55.00 USD, the last at 12:20: 74.00 USD now"


def test_a_top_up_that_lifts_it_clears_it_at_once():
    account = known(runs_out_within=6 * HOUR, left=61)
    account.sees(60, at(FRIDAY, 11, 5))
    account.sees(65, at(FRIDAY, 11, 10))
    assert account.rows[-1] == "Topped up by 5.00 USD at 11:10, and still it lasts less than 6 h"
    assert not account.sees(78, at(FRIDAY, 11, 15))  # six hours and a half: a fifth more would be 86


def test_an_old_top_up_is_no_news():
    account = known(below=50, left=10)
    account.sees(300, at(FRIDAY, 11, 5))
    account.sees(45, at(FRIDAY, 11, 10))
    assert not any("Topped up" in row for row in account.rows)


# --- spikes


def calls(dice, agents, day):
    """What each minute of a day costs: calls begin as they do, and are charged when they end."""
    minutes = [0.0] * 1600
    for half in range(48):
        hour = half / 2
        if day.weekday() < 5:
            share = 0.15 if hour in {8.5, 18} else 0.3 if hour in {13, 13.5} else 1.0 if 9 <= hour < 18 else 0.002
        else:
            share = 0.002
        for _ in range(agents * 8):
            if dice.random() < share * 0.8:
                length = dice.expovariate(1 / 3)
                minutes[min(1599, int(half * 30 + dice.uniform(0, 30) + length))] += 0.24 * length
    return minutes


def weeks(account, dice, agents, first, days, extra=()):
    """Live through them, seen every five minutes; when it was raised."""
    raised, held = [], 100_000.0
    costs: dict[Any, Any] = {}
    for n in range(days):
        day = first + timedelta(days=n)
        for minute, cost in enumerate(calls(dice, agents, day)):
            costs[at(day, 0) + minute * MINUTE] = costs.get(at(day, 0) + minute * MINUTE, 0) + cost
    for moment in extra:
        costs[moment] += 1.5
    now, was = at(first, 0), False
    for moment in sorted(costs):
        held -= costs[moment]
        if moment - now >= 5 * MINUTE:
            now = moment
            is_open = account.sees(held, now, judged=now >= at(first, 0) + timedelta(days=14))
            raised += [now] if is_open and not was else []
            was = is_open
    return raised


@pytest.mark.parametrize(("agents", "least"), [(20, "on"), (3, 8)])
def test_it_sees_forty_calls_in_the_night_and_no_spike_in_four_normal_weeks(agents, least):
    first = date(2026, 10, 5)
    dice = random.Random(agents)
    night = at(date(2026, 11, 15), 2)  # a Sunday
    fraud = [(night + int(dice.uniform(1, 15)) * MINUTE) for _ in range(40)]
    raised = weeks(Account(spend_spike=least), dice, agents, first, 42, fraud)
    assert len(raised) <= 2
    assert any(timedelta() < moment - night <= 10 * MINUTE for moment in raised)


def test_it_is_silent_when_monday_begins():
    account = known(at(date(2026, 11, 23), 8), spend_spike="on")
    assert not account.lives(at(date(2026, 11, 23), 8), at(date(2026, 11, 23), 12))
    assert not account.alert_state.incidents


def test_it_cannot_tell_a_spike_before_five_days_are_known():
    account = Account(spend_spike="on")
    first = date(2026, 11, 9)
    account.lives(at(first, 0), at(date(2026, 11, 13), 12), held=5000, judged=False)
    assert account.clauses[0].holds is None
    assert "five days are needed" in account.clauses[0].words
    assert not account.lives(at(date(2026, 11, 13), 12, 5), at(date(2026, 11, 13), 13), lambda _moment: 500)


def test_it_tells_a_spike_and_its_end():
    account = known(left=1000, spend_spike="on")
    raised = account.lives(at(FRIDAY, 11, 5), at(FRIDAY, 11, 20), lambda _moment: 120)
    assert raised == [at(FRIDAY, 11, 5)]
    assert account.story.headline == "sales spends far more than usual: 30.00 USD in 15 minutes, 960.00 USD left"
    assert "30.00 USD in 15 minutes: up to 9.00 USD would be usual" in account.rows
    assert "campaign of yours, or somebody else" in account.story.todo
    assert account.member.level == 1
    account.lives(at(FRIDAY, 11, 25), at(FRIDAY, 11, 45))
    assert account.open  # back under the line, but not for 15 minutes yet
    assert "far more than usual, and 3.00 USD in 15 minutes now" in account.story.headline
    account.lives(at(FRIDAY, 11, 50), at(FRIDAY, 12))
    assert not account.open
    assert account.told.startswith("Resolved after")
    assert account.told.endswith("sales spent far more than usual; 3.00 USD in the last 15 minutes.")


def test_a_night_of_fraud_is_no_measure_for_the_next():
    def fraud(moment):
        return 100 if moment.astimezone(KYIV).hour == 2 else office(moment)

    account = known(at(FRIDAY, 1), spend_spike="on")
    assert len(account.lives(at(FRIDAY, 1), at(FRIDAY, 23), fraud)) == 1
    saturday = FRIDAY + timedelta(days=1)
    assert len(account.lives(at(FRIDAY, 23, 5), at(saturday, 5), fraud)) == 1


# --- what people are told of it


def test_it_does_not_tell_news_while_there_are_none():
    account = known(at(FRIDAY, 20), below=5000, left=500)
    account.lives(at(FRIDAY, 20, 5), at(FRIDAY + timedelta(days=2), 23), lambda _moment: 0)
    changes = set(account.facts)
    assert len(changes) <= 4  # a day begins; it is less than a week ahead


def test_it_counts_how_often_it_has_doubled():
    levels = []
    for left in (45, 26, 24, 12, 6, 0.1, -5):
        account = known(below=50, left=left + 1)
        account.sees(left, at(FRIDAY, 11, 5))
        levels.append(account.judged.findings[0].level)
    assert levels == [0, 0, 1, 2, 3, 7, 7]
    account = known(runs_out_within=4 * HOUR, left=24)
    account.sees(23, at(FRIDAY, 11, 5))
    assert account.judged.findings[0].level == 1


def test_it_is_one_finding_whatever_holds():
    account = known(below=50, runs_out_within=6 * HOUR, spend_spike=5, left=48)
    account.lives(at(FRIDAY, 11, 5), at(FRIDAY, 11, 20), lambda _moment: 100)
    assert len(account.alert_state.incidents) == 1
    assert account.member.facts.holds == ("low", "short", "spike")
    assert [clause.holds for clause in account.clauses] == [True, True, True]


def test_it_forgets_one_condition_when_it_is_over_while_another_holds():
    account = known(below=50, clear_above=60, runs_out_within=24 * HOUR, left=46)
    account.sees(45, at(FRIDAY, 11, 5))
    trembling(account, 61, at(FRIDAY, 11, 10))  # not low any more, but it does not last
    assert account.member.facts.holds == ("short",)
    trembling(account, 55, at(FRIDAY, 11, 15))
    assert account.member.facts.holds == ("short",)


def test_it_says_every_condition_in_words():
    account = known(below=50, clear_above=60, runs_out_within=3 * HOUR, spend_spike=5, left=43.1)
    account.sees(42.1, at(FRIDAY, 11, 5))
    assert [(c.subject, c.words, c.holds) for c in account.clauses] == [
        ("sales", "balance 42.10 USD is below 50", True),
        ("sales", "it lasts until about 14:35, which is more than 3 h ahead", False),
        ("sales", "3.00 USD spent in 15 minutes, no more than 9.00 USD", False),
    ]
    trembling(account, 55, at(FRIDAY, 11, 5))
    assert account.clauses[0].words == "balance 55.00 USD is not above 60, where it clears"
    trembling(account, 70, at(FRIDAY, 11, 10))
    assert account.clauses[0].words == "balance 70.00 USD is not below 50"
    trembling(account, 35, at(FRIDAY, 11, 15))
    assert account.clauses[1].words == "it lasts until about 14:10, which is within 3 h"
    assert WATCH.sample(Balance(Money(Decimal("42.1"), "USD")), account.rule.keys) == "42.10 USD"
    assert WATCH.sample(None, account.rule.keys) == ""


def test_it_says_how_much_talk_is_left_where_calls_have_a_price():
    def call(cost, seconds):
        return CallRecord(
            "1", None, Direction.OUTBOUND, "", "", Disposition.ANSWERED, "", talk=timedelta(seconds=seconds), cost=cost
        )

    account = known(below=150, left=112.74)
    account.sees(112.00, at(FRIDAY, 11, 4))
    assert not any("talk minutes" in row for row in account.rows)
    page = Page(Rows((call(Money(Decimal("34.84"), "USD"), 8712), call(None, 60))), 1, None)
    account.latest_readings[Kind.CALLS] = LatestReading(Observed(page, at(FRIDAY, 11, 4)))
    account.sees(111.74, at(FRIDAY, 11, 5))
    assert "≈ 465 talk minutes at 0.24/min" in account.rows
    account.latest_readings[Kind.CALLS] = LatestReading(Observed(Page(Rows(), 1, None), at(FRIDAY, 11, 6)))
    account.sees(111.74, at(FRIDAY, 11, 10))
    assert "≈ 465 talk minutes at 0.24/min" in account.rows  # as it was known last
    account.rule = replace(account.rule, currency="EUR")
    account.sees(111.74, at(FRIDAY, 11, 15))
    assert not any("talk minutes" in row for row in account.rows)  # that was in dollars


def test_it_keeps_the_reason_while_it_is_kept_open():
    account = known(below=50, keep=timedelta(minutes=10), left=46)
    account.sees(45, at(FRIDAY, 11, 5))
    for minute in (10, 15, 20):
        account.sees(245, at(FRIDAY, 11, minute))
    assert account.last.resolved_because == "topped up by 200.00 USD at 11:10: 245.00 USD now"
    account.sees(40, at(FRIDAY, 11, 25))
    assert not any("Topped up" in row for row in account.rows)


def test_it_goes_on_from_what_was_remembered_before_it_could_forecast():
    account = known(below=50, clear_above=60, left=46)
    account.sees(45, at(FRIDAY, 11, 5))
    account.alert_state = replace(account.alert_state, memory={})
    assert account.sees(55, at(FRIDAY, 11, 10))
