"""A snooze "until it gets worse": silent until a severity or a level is above what it was, or until it ends."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.model import (
    WORSE,
    Acknowledge,
    Escalation,
    Evaluation,
    Finding,
    NotificationKind,
    Phase,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.store.alert_state_codec import decoded, encoded

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFFICE = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))
K = NotificationKind


@pytest.fixture
def snoozed(told):
    """An alert on one subject, at level 1, that was snoozed until it gets worse."""

    def of(by="U1", **policy):
        t = told(**policy)
        t.breach("sales", level=1)
        t.press(Snooze(by, None, NOON))
        t.sweep(t.seen)
        return t

    return of


def test_it_says_nothing_while_it_is_no_worse(snoozed):
    t = snoozed(repeat=(MINUTE,), escalate=Escalation(MINUTE, "#managers"))
    assert (t.last.phase, t.last.snoozed_by, t.last.snoozed_until) == (Phase.SNOOZED, "U1", None)
    assert t.wait(3 * DAY) == []
    for level in (0, 1):
        assert set(t.breach("sales", level=level)) <= {K.CARD}
    assert t.last.phase is Phase.SNOOZED


@pytest.mark.parametrize("worse", [{"level": 2}, {"severity": Severity.CRITICAL, "level": 0}])
def test_it_tells_like_a_reminder_that_it_got_worse(snoozed, worse):
    t = snoozed(repeat=(HOUR,), escalate=Escalation(15 * MINUTE))
    t.now += HOUR
    assert t.breach("sales", **worse) == [K.CARD, K.WAKE]
    assert t.notifications[-1].reason == WORSE
    assert (t.last.phase, t.last.snoozed_by) == (Phase.FIRING, None)
    assert t.wait(15 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.ESCALATION], "escalation counts from there"
    assert t.wait(45 * MINUTE) == [K.REMINDER]


def test_it_says_of_the_next_snooze_that_its_time_is_up(snoozed):
    t = snoozed()
    t.breach("sales", level=2)
    t.press(Snooze("U1", NOON + HOUR, NOON))
    t.sweep(t.seen)
    assert t.wait(HOUR) == [K.CARD, K.WAKE]
    assert t.notifications[-1].reason == "snooze over"


def test_it_measures_by_the_worst_of_all_when_it_was_snoozed(told):
    t = told()
    t.sweep(Evaluation((Finding("a", level=2), Finding("b"))))
    t.press(Snooze("U1", None, NOON))
    t.sweep(Evaluation((Finding("a"), Finding("b", level=2))))
    assert t.last.phase is Phase.SNOOZED
    t.sweep(Evaluation((Finding("a"), Finding("b", level=3))))
    assert t.last.phase is Phase.FIRING


def test_it_is_worse_again_though_it_had_been_as_bad_before_the_snooze(told):
    t = told()
    t.breach("sales", severity=Severity.CRITICAL)
    t.breach("sales")
    t.press(Snooze("U1", None, NOON))
    assert t.breach("sales", severity=Severity.CRITICAL) == [K.CARD, K.WAKE]


def test_it_is_over_when_the_problem_ends_first(snoozed):
    t = snoozed()
    assert t.clear() == [K.CARD]
    assert t.last.phase is Phase.RESOLVED


def test_it_is_woken_neither_by_blindness_nor_by_a_restart(snoozed):
    t = snoozed()
    t.blind()
    t.alert_state = decoded(encoded(t.alert_state))
    assert t.wait(DAY) == []
    t.breach("sales", level=1)
    assert t.last.phase is Phase.SNOOZED
    assert K.WAKE in t.breach("sales", level=2)


def test_it_wakes_at_the_opening_where_it_got_worse_while_closed(snoozed):
    t = snoozed(calendar=OFFICE)
    t.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    assert t.breach("sales", severity=Severity.CRITICAL) == [K.CARD]
    assert t.last.phase is Phase.FIRING
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert t.wait(monday - SECOND - t.now) == []
    assert t.wait(SECOND) == [K.WAKE]
    assert t.notifications[-1].reason == WORSE


def test_it_goes_back_to_who_has_it_when_it_got_worse(told):
    t = told()
    t.breach("sales")
    t.press(Acknowledge("U1", NOON))
    t.press(Snooze("U2", None, NOON + SECOND))
    t.now += MINUTE
    assert t.breach("sales", level=1) == [K.CARD, K.WAKE]
    assert (t.last.phase, t.last.acknowledged_by) == (Phase.ACKNOWLEDGED, "U1")


def test_it_stays_snoozed_when_the_acknowledgement_is_taken_back(told):
    t = told()
    t.breach("sales")
    t.press(Acknowledge("U1", NOON))
    t.press(Snooze("U2", None, NOON))
    t.press(Unacknowledge("U1", NOON))
    assert t.last.phase is Phase.SNOOZED
    assert t.wait(DAY) == []


def test_it_is_one_snooze_for_fifty_presses_and_changes_into_one_with_a_time(snoozed):
    t = snoozed()
    for n in range(50):
        assert t.press(Snooze(f"U{n}", None, NOON + n * SECOND)) == []
    assert t.last.snoozed_by == "U1"
    assert t.press(Snooze("U2", NOON + HOUR, NOON)) == [K.CARD]
    t.breach("sales", level=3)
    assert t.last.phase is Phase.SNOOZED, "the time holds now"
    assert t.press(Snooze("U2", None, NOON)) == [K.CARD]
    t.wait(DAY)
    assert t.last.phase is Phase.SNOOZED
