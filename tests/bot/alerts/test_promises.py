"""What is promised of an alert, one promise a test, told by hand: seconds, minutes and days in no time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.hours import parse_hours
from bot.alerts.model import (
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
from bot.watches.balance.facts import BalanceFacts

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OFFICE = parse_hours("mon-fri 09:00-18:00", ZoneInfo("UTC"))
K = NotificationKind


def test_it_raises_at_once_without_for(told):
    t = told()
    assert t.breach("sales") == [K.CARD]
    assert t.last.opened_at == NOON


def test_it_waits_for_its_time_and_raises_to_the_second(told):
    t = told(hold=5 * MINUTE)
    assert t.breach("sales") == []
    assert t.wait(5 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.CARD]
    assert t.last.opened_at == NOON + 5 * MINUTE


def test_it_counts_for_from_when_the_watch_says_it_began(told):
    t = told(hold=5 * MINUTE)
    t.breach("sales", since=NOON - 4 * MINUTE)
    assert t.wait(MINUTE) == [K.CARD]


def test_it_starts_anew_when_it_was_clear_before_its_time(told):
    t = told(hold=5 * MINUTE)
    t.breach("sales")
    t.wait(4 * MINUTE)
    t.clear()
    t.breach("sales")
    assert t.wait(4 * MINUTE) == []


def test_it_neither_raises_nor_starts_anew_while_blind(told):
    t = told(hold=5 * MINUTE)
    t.breach("sales")
    t.now += MINUTE
    t.blind()
    assert t.wait(20 * MINUTE) == []
    assert t.breach("sales") == [K.CARD]


def test_it_says_not_seen_since_when_blind_and_takes_it_back(told):
    t = told()
    t.breach("sales")
    assert t.blind() == [K.CARD]
    assert t.alert_state.blind_since is not None
    t.now += MINUTE
    assert t.blind() == []
    assert t.breach("sales") == [K.CARD]
    assert t.alert_state.blind_since is None


def test_it_holds_unknown_subjects_as_they_are(told):
    t = told(hold=MINUTE)
    t.breach("a")
    t.wait(MINUTE)
    t.breach("a", "b")
    assert t.sweep(Evaluation(unknown=frozenset("ab"))) == []
    assert t.wait(DAY / 2) == []
    assert len(t.open) == 1
    assert [m.subject for m in t.last.affected] == ["a"]


def test_it_is_one_message_for_all_that_is_raised_within_a_minute(told):
    t = told()
    t.breach("a")
    t.now += MINUTE
    assert t.breach("a", "b") == [K.CARD]
    t.now += SECOND
    assert t.breach("a", "b", "c") == [K.CARD]
    assert [[m.subject for m in i.affected] for i in t.open] == [["a", "b"], ["c"]]


@pytest.mark.parametrize("undo", [False, True])
def test_it_opens_a_message_of_its_own_after_an_acknowledgement(told, undo):
    t = told()
    t.breach("a")
    t.press(Acknowledge("U1", t.now))
    if undo:
        t.press(Unacknowledge("U1", t.now))
    t.breach("a", "b")
    assert [[m.subject for m in i.affected] for i in t.open] == [["a"], ["b"]]


def test_it_opens_a_message_of_its_own_after_a_snooze_is_over(told):
    t = told()
    t.breach("a")
    t.press(Snooze("U1", t.now + 5 * SECOND, t.now))
    t.wait(10 * SECOND)
    t.breach("a", "b")
    assert [[m.subject for m in i.affected] for i in t.open] == [["a"], ["b"]]


def test_it_is_resolved_when_the_last_has_left(told):
    t = told()
    t.breach("a", "b")
    t.now += MINUTE
    assert t.breach("b") == [K.CARD]
    assert [m.subject for m in t.last.affected] == ["b"]
    assert t.clear(b="signed in again") == [K.CARD]
    assert t.last.phase is Phase.RESOLVED
    assert t.last.resolved_because == "signed in again"


def test_it_takes_the_highest_severity_and_keeps_it(told):
    t = told()
    t.breach("a")
    t.sweep(Evaluation((Finding("a"), Finding("b", severity=Severity.CRITICAL))))
    t.breach("a")
    assert t.last.severity is Severity.CRITICAL


def test_it_tells_a_rise_but_no_fall(told):
    t = told()
    t.breach("sales")
    t.now += HOUR
    assert t.breach("sales", severity=Severity.CRITICAL) == [K.CARD, K.RISE]
    assert K.RISE not in t.breach("sales")
    assert K.RISE not in t.breach("sales", severity=Severity.CRITICAL)


def test_it_is_silent_of_a_rise_while_snoozed(told):
    t = told()
    t.breach("sales")
    t.press(Snooze("U1", NOON + HOUR, NOON))
    assert t.breach("sales", severity=Severity.CRITICAL) == [K.CARD]


def test_it_tells_a_rise_also_to_who_has_acknowledged_and_has_it_still(told):
    t = told(repeat=(MINUTE,), escalate=Escalation(MINUTE))
    t.breach("sales")
    t.press(Acknowledge("U1", NOON))
    assert t.breach("sales", severity=Severity.CRITICAL) == [K.CARD, K.RISE]
    assert (t.last.phase, t.last.acknowledged_by) == (Phase.ACKNOWLEDGED, "U1")
    assert t.wait(DAY) == []


def test_it_stays_for_keep_and_forgets_a_blip(told):
    t = told(keep=2 * MINUTE)
    t.breach("sales")
    t.now += MINUTE
    assert t.clear() == [K.CARD]
    assert t.wait(2 * MINUTE - SECOND) == []
    t.breach("sales")
    t.clear()
    assert t.wait(2 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.CARD]
    assert len(t.incidents) == 1
    assert not t.open


def test_it_does_not_remind_of_what_is_clear_and_only_kept(told):
    t = told(keep=HOUR, repeat=(10 * MINUTE,), escalate=Escalation(20 * MINUTE, "#managers"))
    t.breach("sales")
    t.clear()
    assert t.wait(50 * MINUTE) == []
    assert t.breach("sales") == [K.CARD, K.REMINDER, K.ESCALATION, K.ESCALATION_COPY]


def test_it_links_a_problem_that_comes_back_to_the_last_however_long_ago(told):
    t = told()
    t.breach("sales")
    first = t.last.id
    t.clear()
    t.wait(3 * DAY)
    assert t.breach("sales") == [K.CARD]
    assert t.last.previous == first
    assert t.last.raises_today == 1


def test_it_counts_todays_raises_in_the_alerts_zone(told):
    t = told(zone=ZoneInfo("Asia/Tokyo"))  # noon in UTC is 21:00 there
    for _ in range(3):
        t.breach("sales")
        t.clear()
        t.now += HOUR + MINUTE
    assert t.incidents[1].raises_today == 2
    t.breach("sales")
    assert t.last.raises_today == 1


def test_it_posts_the_sixth_raise_and_then_stays_open_through_every_clear(told):
    t = told()
    for _ in range(6):
        assert t.breach("sales") == [K.CARD]
        sixth = t.last
        t.clear()
        t.now += MINUTE
    assert len(t.incidents) == 6
    assert sixth.members["sales"].flapping
    assert not t.incidents[4].members["sales"].flapping
    for _ in range(20):
        assert t.breach("sales") in ([], [K.CARD])
        t.now += MINUTE
        t.clear()
        t.now += 14 * MINUTE
        assert [m.subject for m in t.last.affected] == ["sales"]
    assert len(t.incidents) == 6
    t.breach("sales")
    t.clear()
    assert t.wait(15 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.CARD]
    assert not t.open


def test_it_posts_anew_once_flapping_is_over(told):
    t = told()
    for _ in range(6):
        t.breach("sales")
        t.clear()
        t.now += SECOND
    t.wait(HOUR)
    assert t.breach("sales") == [K.CARD]
    assert len(t.incidents) == 7
    assert not t.last.members["sales"].flapping


def test_it_says_who_acknowledged_and_the_second_press_changes_nothing(told):
    t = told()
    t.breach("sales")
    assert t.press(Acknowledge("U1", t.now)) == [K.CARD]
    before = t.alert_state
    for n in range(50):
        assert t.press(Acknowledge(f"U{n}", t.now + SECOND)) == []
    assert t.alert_state == before
    assert t.last.acknowledged_by == "U1"


def test_it_snoozes_once_for_fifty_presses(told):
    t = told()
    t.breach("sales")
    assert t.press(Snooze("U1", t.now + HOUR, t.now)) == [K.CARD]
    for n in range(50):
        at = t.now + n * timedelta(milliseconds=20)
        assert t.press(Snooze("U1", at + HOUR, at)) == []


def test_it_can_be_snoozed_for_another_time(told):
    t = told()
    t.breach("sales")
    t.press(Snooze("U1", t.now + HOUR / 2, t.now))
    assert t.press(Snooze("U2", t.now + 2 * HOUR, t.now)) == [K.CARD]
    assert t.last.snoozed_until == t.now + 2 * HOUR


def test_it_is_snoozed_by_nobody_once_it_is_over_or_taken(told):
    for over in (lambda t: t.press(Acknowledge("U2", NOON)), lambda t: t.clear(), lambda t: t.wait(HOUR)):
        t = told()
        t.breach("sales")
        t.press(Snooze("U1", NOON + HOUR, NOON))
        t.sweep(t.seen)
        over(t)
        assert (t.last.snoozed_by, t.last.snoozed_until) == (None, None)


def test_it_cannot_be_snoozed_until_a_time_that_is_past(told):
    t = told()
    t.breach("sales")
    assert t.press(Snooze("U1", NOON, NOON)) == []
    assert t.last.phase is Phase.FIRING


def test_it_ignores_presses_on_what_is_over(told):
    t = told()
    t.breach("sales")
    t.clear()
    for pressed in (Acknowledge("U1", t.now), Snooze("U1", t.now + HOUR, t.now), Unacknowledge("U1", t.now)):
        assert t.press(pressed) == []


def test_it_stays_acknowledged_through_blindness_and_blips_within_keep(told):
    t = told(keep=MINUTE, repeat=(MINUTE,), escalate=Escalation(MINUTE))
    t.breach("sales")
    t.press(Acknowledge("U1", t.now))
    t.blind()
    t.breach("sales")
    t.clear()
    t.breach("sales")
    assert t.wait(DAY) == []
    assert t.last.phase is Phase.ACKNOWLEDGED


def test_it_reminds_at_the_gaps_and_the_last_one_repeats(told):
    t = told(repeat=(HOUR, 4 * HOUR))
    t.breach("sales")
    at = []
    for minute in range(14 * 60):
        at += [minute + 1] * t.wait(MINUTE).count(K.REMINDER)
    assert at == [60, 5 * 60, 9 * 60, 13 * 60]


def test_it_counts_reminders_anew_after_an_acknowledgement_is_taken_back(told):
    t = told(repeat=(HOUR, 4 * HOUR))
    t.breach("sales")
    t.wait(2 * HOUR)
    t.press(Acknowledge("U1", t.now))
    t.press(Unacknowledge("U1", t.now))
    assert t.wait(HOUR - SECOND) == []
    assert t.wait(SECOND) == [K.REMINDER]


@pytest.mark.parametrize("repeat", [(), (10 * MINUTE,)])
def test_it_tells_that_a_snooze_is_over_when_the_problem_stands(told, repeat):
    t = told(repeat=repeat, escalate=Escalation(15 * MINUTE))
    t.breach("sales")
    t.now += MINUTE
    t.press(Snooze("U1", t.now + 2 * HOUR, t.now))
    t.sweep(t.seen)
    assert t.wait(2 * HOUR - SECOND) == []
    assert t.wait(SECOND) == [K.CARD, K.WAKE]
    assert t.last.phase is Phase.FIRING
    assert K.ESCALATION not in t.wait(15 * MINUTE - SECOND)
    assert K.ESCALATION in t.wait(SECOND)


def test_it_is_resolved_and_the_snooze_over_when_the_problem_ends_first(told):
    t = told()
    t.breach("sales")
    t.press(Snooze("U1", t.now + HOUR, t.now))
    assert t.clear() == [K.CARD]
    assert t.last.phase is Phase.RESOLVED
    assert t.wait(2 * HOUR) == []


def test_it_does_not_wake_anyone_for_what_is_clear_and_only_kept(told):
    t = told(keep=2 * HOUR)
    t.breach("sales")
    t.press(Snooze("U1", t.now + HOUR, t.now))
    t.now += 30 * MINUTE
    t.clear()
    assert K.WAKE not in t.wait(HOUR)
    assert K.WAKE in t.breach("sales")


def test_it_escalates_once_unless_acknowledged(told):
    t = told(escalate=Escalation(15 * MINUTE, "#managers", ("S1",)))
    t.breach("sales")
    assert t.wait(15 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.ESCALATION, K.ESCALATION_COPY]
    assert t.wait(DAY / 2) == []
    calm = told(escalate=Escalation(15 * MINUTE, "#managers"))
    calm.breach("sales")
    calm.press(Acknowledge("U1", calm.now))
    assert calm.wait(DAY / 2) == []


def test_it_edits_the_escalations_copy_once_more_and_only_once(told):
    t = told(escalate=Escalation(15 * MINUTE, "#managers"))
    t.breach("sales")
    t.wait(15 * MINUTE)
    assert t.press(Acknowledge("U1", t.now)) == [K.CARD, K.ESCALATION_END]
    assert t.clear() == [K.CARD]
    u = told(escalate=Escalation(15 * MINUTE, "#managers"))
    u.breach("sales")
    u.wait(15 * MINUTE)
    assert u.clear() == [K.CARD, K.ESCALATION_END]


@pytest.mark.parametrize("pressed", [Snooze("U1", NOON + HOUR, NOON + MINUTE), None])
def test_it_edits_the_copy_once_also_of_what_was_snoozed_or_given_back(told, pressed):
    t = told(escalate=Escalation(MINUTE, "#managers"))
    t.breach("sales")
    t.wait(MINUTE)
    if pressed is not None:
        t.press(pressed)
        assert t.clear() == [K.CARD, K.ESCALATION_END]
    else:
        assert t.press(Acknowledge("U1", t.now)) == [K.CARD, K.ESCALATION_END]
        t.press(Unacknowledge("U1", t.now))
        assert t.clear() == [K.CARD]


def test_it_escalates_anew_when_an_acknowledgement_is_taken_back(told):
    t = told(escalate=Escalation(15 * MINUTE, "#managers"))
    t.breach("sales")
    t.wait(15 * MINUTE)
    t.press(Acknowledge("U1", t.now))
    t.press(Unacknowledge("U1", t.now))
    assert t.wait(15 * MINUTE - SECOND) == []
    assert t.wait(SECOND) == [K.ESCALATION, K.ESCALATION_COPY]
    assert t.clear() == [K.CARD, K.ESCALATION_END]


def test_it_has_no_copy_where_the_escalation_has_no_channel(told):
    t = told(escalate=Escalation(MINUTE))
    t.breach("sales")
    assert t.wait(MINUTE) == [K.ESCALATION]
    assert t.clear() == [K.CARD]


def test_it_is_held_back_outside_hours_and_raised_at_the_opening_as_one(told):
    t = told(calendar=OFFICE, hold=MINUTE)
    t.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    t.breach("a")
    t.wait(HOUR)
    t.breach("a", "b")
    assert t.wait(2 * DAY) == []
    assert t.wait(DAY) == [K.CARD]
    assert [i.opened_at for i in t.incidents] == [datetime(2026, 11, 23, 9, 0, tzinfo=UTC)]
    assert len(t.last.affected) == 2


def test_it_is_forgotten_when_it_does_not_hold_at_the_opening(told):
    t = told(calendar=OFFICE)
    t.now = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
    t.breach("a")
    t.wait(HOUR)
    t.clear()
    assert t.wait(3 * DAY) == []


def test_it_reminds_escalates_and_rises_in_hours_alone_but_edits_and_resolves_always(told):
    t = told(calendar=OFFICE, repeat=(HOUR,), escalate=Escalation(7 * HOUR))
    t.breach("a")
    t.now = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
    t.sweep(t.seen)
    assert t.wait(2 * DAY) == []
    assert t.breach("a", severity=Severity.CRITICAL) == [K.CARD]
    at_opening = t.wait(datetime(2026, 11, 23, 9, 0, tzinfo=UTC) - t.now)
    assert sorted(at_opening) == sorted([K.REMINDER, K.ESCALATION])
    t.now = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    assert t.clear() == [K.CARD]


def test_it_makes_no_storm_and_no_standstill_of_a_clock_that_jumps(told):
    for jump in (HOUR, -HOUR):
        t = told(repeat=(10 * MINUTE,))
        t.breach("sales")
        t.wait(5 * MINUTE)
        t.now += jump
        kinds = t.sweep(t.seen)
        assert kinds.count(K.REMINDER) <= 1
        kinds += t.wait(30 * MINUTE)
        assert 2 <= kinds.count(K.REMINDER) <= 4


def test_it_loses_no_for_to_a_clock_set_back(told):
    t = told(hold=5 * MINUTE)
    t.breach("sales")
    t.now -= HOUR
    t.breach("sales")
    assert t.wait(5 * MINUTE) == [K.CARD]


def test_it_edits_when_what_is_shown_changes_and_not_else(told):
    t = told()
    t.sweep(Evaluation((Finding("sales", BalanceFacts(Decimal("38.20"))),)))
    assert t.sweep(Evaluation((Finding("sales", BalanceFacts(Decimal("38.20"))),))) == []
    assert t.sweep(Evaluation((Finding("sales", BalanceFacts(Decimal("38.10"))),))) == [K.CARD]


def test_it_keeps_a_resolved_incident_for_its_last_words_and_then_forgets(told):
    t = told()
    t.breach("sales")
    t.clear()
    t.wait(DAY - SECOND)
    assert t.incidents
    t.wait(2 * SECOND)
    assert not t.incidents
    t.wait(60 * DAY)
    assert not t.alert_state.subjects


def test_it_gives_each_message_an_id_of_its_own(told):
    t = told()
    ids = set()
    for n in range(10):
        t.breach(f"s{n}")
        t.press(Acknowledge("U1", t.now))
        ids.add(t.last.id)
    assert len(ids) == 10
    assert not any(":" in name for name in ids)
