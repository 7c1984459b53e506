"""A test incident: it is told like any, is of no look's business, and ends by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import Never, Quiet, parse_hours
from bot.alerts.machine import begin_test, close, end_test, sweep
from bot.alerts.model import (
    Acknowledge,
    Escalation,
    Evaluation,
    NotificationKind,
    Phase,
    Severity,
    Snooze,
    Unacknowledge,
)
from bot.store.alert_state_codec import decoded, encoded

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NIGHT = parse_hours("mon-fri 22:00-23:00", ZoneInfo("UTC"))
LASTS = 2 * MINUTE
K = NotificationKind


def test_it_is_posted_as_firing_with_the_alerts_severity(told):
    t = told(severity=Severity.CRITICAL, calendar=NIGHT)
    assert t.test("U1") == [K.CARD]
    assert (t.last.phase, t.last.severity, t.last.test, list(t.last.members)) == (
        Phase.FIRING,
        Severity.CRITICAL,
        True,
        ["test"],
    )
    assert t.last.id.startswith("low.sales.")
    assert ".test" in t.last.id
    assert t.alert_state.subjects == {}


@pytest.mark.parametrize("calendar", [None, NIGHT, Quiet(NOON + HOUR), Never()])
@pytest.mark.parametrize("seen", [Evaluation(), None])
def test_it_is_over_after_two_minutes_whatever_is_seen_closed_or_silenced(told, calendar, seen):
    t = told(calendar=calendar, repeat=(30 * SECOND,), escalate=Escalation(30 * SECOND, "#managers"))
    t.sweep(seen)
    t.test()
    assert t.alert_state.due == NOON + LASTS
    t.sweep(seen)
    assert t.alert_state.due == NOON + LASTS
    assert t.wait(LASTS - SECOND) == []
    assert t.wait(SECOND) == [K.CARD]
    assert (t.last.phase, t.last.resolved_because) == (Phase.RESOLVED, "the test is over")


def test_it_can_be_ended_at_once_and_only_once(told):
    t = told()
    t.test()
    t.now += SECOND
    t.alert_state, notifications = end_test(t.alert_state, t.last.id, t.policy, t.now)
    assert [n.kind for n in notifications] == [K.CARD]
    assert (t.last.phase, t.last.resolved_because) == (Phase.RESOLVED, "the test is over")
    assert t.alert_state.due == NOON + LASTS, "no later than it was"
    t.sweep(t.seen)
    assert t.alert_state.due == t.now + DAY, "to be forgotten"
    assert end_test(t.alert_state, t.last.id, t.policy, t.now) == (t.alert_state, ())


def test_it_is_looked_at_again_only_to_be_forgotten_where_it_was_ended_and_nothing_else_is_due(told):
    t = told()
    t.test()
    after, _ = end_test(replace(t.alert_state, due=None), t.last.id, t.policy, t.now)
    assert after.due == NOON + DAY


def test_it_ends_no_incident_that_is_none(told):
    t = told()
    t.breach("sales")
    for name in (t.last.id, "gone"):
        assert end_test(t.alert_state, name, t.policy, t.now) == (t.alert_state, ())


def test_it_has_nothing_to_do_with_what_is_found(told):
    t = told()
    t.test()
    t.breach("sales", "test")
    assert [sorted(i.members) for i in t.incidents] == [["test"], ["sales", "test"]]
    assert not t.last.previous
    t.clear()
    assert [i.open for i in t.incidents] == [True, False]
    assert t.blind() == []
    t.wait(LASTS)
    t.breach("test")
    assert t.last.previous == t.incidents[1].id, "not the test"


def test_it_tells_the_end_of_its_snooze_whatever_became_of_a_subject_of_its_name(told):
    t = told(keep=HOUR)
    t.breach("test")
    t.clear()
    t.test()
    t.press(Snooze("U1", NOON + MINUTE, NOON))
    t.sweep(t.seen)
    assert t.wait(MINUTE) == [K.CARD, K.WAKE]


def test_it_neither_repeats_nor_flaps(told):
    t = told()
    for n in range(8):
        t.test()
        t.now += SECOND
        t.alert_state, _ = end_test(t.alert_state, t.last.id, t.policy, t.now)
        assert t.last.previous is None
        assert (t.last.raises_today, t.last.members["test"].flapping) == (1, False)
        assert len(t.incidents) == n + 1


def test_it_can_be_acknowledged_taken_back_and_snoozed(told):
    t = told()
    t.test()
    for pressed in (Acknowledge("U1", NOON), Unacknowledge("U1", NOON), Snooze("U1", NOON + HOUR, NOON)):
        assert t.press(pressed) == [K.CARD]
    assert t.press(Snooze("U1", None, NOON)) == [K.CARD]
    t.sweep(t.seen)
    assert t.wait(LASTS) == [K.CARD]
    assert t.last.phase is Phase.RESOLVED


def test_it_tells_an_address_too_and_who_began_it(told):
    t = told(outlets=("webhook",))
    t.test("U1")
    t.wait(LASTS)
    assert [(n.change, n.phase, n.by) for n in t.notifications if n.kind is K.CHANGE] == [
        (1, Phase.FIRING, "U1"),
        (2, Phase.RESOLVED, None),
    ]


def test_it_keeps_what_is_due_earlier_and_what_is_open(told):
    t = told(hold=MINUTE)
    t.breach("sales")
    t.test()
    assert t.alert_state.due == NOON + MINUTE
    assert t.wait(MINUTE) == [K.CARD]
    assert [i.test for i in t.open] == [True, False]


def test_it_survives_a_restart_and_a_clock_that_is_set_back(told):
    t = told()
    t.test()
    t.alert_state = decoded(encoded(t.alert_state))
    t.now -= HOUR
    t.sweep(t.seen)
    assert t.wait(LASTS - SECOND) == []
    assert t.wait(SECOND) == [K.CARD]


def test_it_ends_with_its_alert(told):
    t = told()
    t.test()
    t.alert_state, notifications = close(t.alert_state, "no longer watched", t.policy, t.now)
    assert [n.kind for n in notifications] == [K.CARD]
    assert t.last.resolved_because == "no longer watched"


def test_it_gives_two_tests_at_one_instant_an_id_each(told):
    t = told()
    t.test()
    t.test()
    assert len({i.id for i in t.incidents}) == 2


def test_it_is_forgotten_after_a_day_and_leaves_nothing(told):
    t = told()
    t.alert_state, _ = begin_test(t.alert_state, t.policy, t.now, None)
    t.wait(LASTS)
    t.wait(DAY)
    assert sweep(t.alert_state, Evaluation(), t.policy, t.now)[0].incidents == {}
    assert t.alert_state.subjects == {}
