"""What people are told later because they might not be told at once: closed hours, a snooze, an acknowledgement."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.machine import press, sweep
from bot.alerts.model import (
    RISEN,
    Acknowledge,
    AlertState,
    Escalation,
    Evaluation,
    Finding,
    NotificationKind,
    Phase,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.alerts.policy import Policy

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FRIDAY = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
K = NotificationKind


class Life:
    """One alert on one account, looked at every minute, or only when it is due."""

    def __init__(self, *, every: timedelta | None = None, **policy):
        self.policy = Policy("low", "sales", "balance", "#alerts", **policy)
        self.alert_state, self.now, self.every = AlertState("low", "sales"), FRIDAY, every
        self.seen = Evaluation()
        self.told: list[tuple[datetime, NotificationKind, str]] = []

    def look(self, **severities):
        self.seen = Evaluation(tuple(Finding(name, severity=severity) for name, severity in severities.items()))
        return self.sweep()

    def sweep(self):
        self.alert_state, notifications = sweep(self.alert_state, self.seen, self.policy, self.now)
        self.told += [(self.now, n.kind, n.reason) for n in notifications]
        return [n.kind for n in notifications]

    def until(self, end):
        told = []
        while True:
            step = self.now + self.every if self.every else self.alert_state.due
            if step is None or step > end:
                break
            self.now = max(self.now, step)
            told += self.sweep()
        self.now = end
        return told

    def press(self, pressed):
        name = list(self.alert_state.incidents)[-1]
        self.alert_state, notifications = press(self.alert_state, name, pressed, self.policy)
        return [n.kind for n in notifications]

    @property
    def last(self):
        return list(self.alert_state.incidents.values())[-1]


OFFICE = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))


def test_it_tells_at_the_opening_of_a_rise_that_came_while_closed():
    life = Life(calendar=OFFICE)
    life.look(sales=None)
    life.now = FRIDAY + HOUR
    assert life.look(sales=Severity.CRITICAL) == [K.CARD]
    assert life.until(MONDAY - MINUTE) == []
    assert life.until(MONDAY) == [K.RISE]
    assert life.sweep() == []


def test_it_tells_no_rise_at_the_opening_when_a_reminder_tells_it():
    life = Life(calendar=OFFICE, repeat=(HOUR,))
    life.look(sales=None)
    life.now = FRIDAY + HOUR
    life.look(sales=Severity.CRITICAL)
    assert life.until(MONDAY) == [K.REMINDER]
    assert life.told[-1][2] == RISEN


def test_it_tells_a_rise_that_came_during_a_snooze_when_the_snooze_is_over():
    life = Life()
    life.look(sales=None)
    life.press(Snooze("U1", FRIDAY + HOUR, FRIDAY))
    assert life.look(sales=Severity.CRITICAL) == [K.CARD]
    assert life.until(FRIDAY + HOUR) == [K.CARD, K.WAKE]
    assert life.told[-1][2] == RISEN


def test_it_tells_of_no_rise_where_the_snooze_ends_as_it_began():
    life = Life()
    life.look(sales=None)
    life.press(Snooze("U1", FRIDAY + HOUR, FRIDAY))
    life.until(FRIDAY + HOUR)
    assert life.told[-1][1:] == (K.WAKE, "snooze over")


def test_it_tells_a_rise_that_came_while_closed_at_the_opening_also_to_who_has_acknowledged():
    life = Life(calendar=OFFICE)
    life.look(sales=None)
    life.press(Acknowledge("U1", life.now))
    life.now = FRIDAY + HOUR
    assert life.look(sales=Severity.CRITICAL) == [K.CARD]
    assert life.until(MONDAY - MINUTE) == []
    assert life.until(MONDAY) == [K.RISE]
    assert life.sweep() == []
    assert life.last.phase is Phase.ACKNOWLEDGED


def test_it_counts_the_highest_severity_of_the_first_look_as_told():
    life = Life()
    assert life.look(a=None, b=Severity.CRITICAL) == [K.CARD]
    assert life.sweep() == []


def test_it_tells_a_rise_that_a_later_member_brings():
    life = Life()
    life.look(a=None)
    life.now += MINUTE / 2
    assert life.look(a=None, b=Severity.CRITICAL) == [K.CARD, K.RISE]
    assert len(life.alert_state.incidents) == 1


def test_it_says_at_once_that_a_snooze_is_over_while_closed_and_wakes_at_the_opening():
    life = Life(calendar=OFFICE, escalate=Escalation(15 * MINUTE))
    life.look(sales=None)
    until = FRIDAY + 14 * HOUR + 30 * MINUTE  # Saturday, 08:00
    life.press(Snooze("U1", until, FRIDAY))
    assert life.until(until) == [K.CARD]
    assert life.last.phase is Phase.FIRING
    assert life.until(MONDAY - timedelta(seconds=1)) == []
    assert life.until(MONDAY) == [K.WAKE]
    assert life.until(MONDAY + 15 * MINUTE - timedelta(seconds=1)) == []
    assert life.until(MONDAY + 15 * MINUTE) == [K.ESCALATION]


@pytest.mark.parametrize("pressed", [Acknowledge("U2", FRIDAY + 20 * HOUR), Snooze("U2", MONDAY, FRIDAY + 20 * HOUR)])
def test_it_wakes_nobody_for_a_snooze_when_somebody_took_it_meanwhile(pressed):
    life = Life(calendar=OFFICE)
    life.look(sales=None)
    life.press(Snooze("U1", FRIDAY + HOUR, FRIDAY))
    life.until(FRIDAY + 20 * HOUR)
    life.press(pressed)
    told = life.until(MONDAY)
    assert told.count(K.WAKE) == isinstance(pressed, Snooze)  # that of the second snooze alone


def test_it_stays_acknowledged_through_a_snooze_and_is_told_once_at_its_end():
    life = Life(repeat=(MINUTE,), escalate=Escalation(MINUTE))
    life.look(sales=None)
    life.press(Acknowledge("U1", life.now))
    assert life.press(Snooze("U2", FRIDAY + HOUR, FRIDAY)) == [K.CARD]
    assert (
        life.press(Acknowledge("U3", FRIDAY + MINUTE)) == []
    )  # a late click neither takes it over nor ends the snooze
    assert life.until(FRIDAY + 3 * HOUR) == [K.CARD, K.WAKE]
    assert (life.last.phase, life.last.acknowledged_by) == (Phase.ACKNOWLEDGED, "U1")


def test_it_gives_an_acknowledgement_back_without_ending_the_snooze():
    life = Life()
    life.look(sales=None)
    life.press(Acknowledge("U1", FRIDAY))
    life.press(Snooze("U1", FRIDAY + HOUR, FRIDAY))
    assert life.press(Unacknowledge("U1", FRIDAY)) == [K.CARD]
    assert life.last.phase is Phase.SNOOZED
    assert life.until(FRIDAY + HOUR) == [K.CARD, K.WAKE]
    assert life.last.phase is Phase.FIRING


def test_it_links_to_the_last_message_also_where_somebody_else_opened_this_one():
    life = Life()
    life.look(b=None)
    first = life.last.id
    life.look()
    life.now += HOUR
    life.look(a=None)
    life.look(a=None, b=None)
    assert life.last.previous == first
    assert life.last.raises_today == 2


def test_it_does_not_link_to_itself_where_a_member_left_and_came_back():
    life = Life()
    life.look(a=None, b=None)
    life.look(a=None)
    life.look(a=None, b=None)
    assert len(life.alert_state.incidents) == 1
    assert life.last.previous is None
    assert {m.subject for m in life.last.affected} == {"a", "b"}


def test_it_joins_nothing_to_an_old_message_because_the_clock_was_set_back():
    life = Life()
    life.look(a=None)
    life.now -= HOUR
    life.look(a=None)
    life.look(a=None, b=None)
    assert len(life.alert_state.incidents) == 2


def test_it_joins_what_another_replica_raised_by_a_clock_that_is_a_little_slow():
    life = Life()
    life.look(a=None)
    life.now -= timedelta(seconds=2)
    life.look(a=None, b=None)
    assert len(life.alert_state.incidents) == 1


@pytest.mark.parametrize("hours", [None, OFFICE])
@pytest.mark.parametrize("snoozed", [timedelta(), 40 * MINUTE, 15 * HOUR])
def test_it_tells_the_same_whether_looked_at_every_minute_or_when_due(hours, snoozed):
    lives = []
    for every in (MINUTE, None):
        life = Life(
            every=every,
            calendar=hours,
            repeat=(10 * MINUTE, 7 * HOUR),
            keep=5 * MINUTE,
            hold=3 * MINUTE,
            escalate=Escalation(25 * MINUTE, "#managers"),
        )
        life.look(a=None)
        life.until(FRIDAY + 5 * MINUTE)
        if snoozed:
            life.press(Snooze("U1", life.now + snoozed, life.now))
            life.sweep()
        life.look(a=None, b=Severity.CRITICAL)
        life.until(FRIDAY + 30 * MINUTE)
        life.look(b=Severity.CRITICAL)
        life.until(MONDAY + 2 * HOUR)
        life.look()
        life.until(MONDAY + 3 * HOUR)
        lives.append(life)
    assert lives[0].told == lives[1].told
    assert {kind for _, kind, _ in lives[0].told} >= {K.CARD, K.REMINDER}
