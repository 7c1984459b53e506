"""Each change of phase, numbered, for an alert's webhook; and the table that they are taken from."""

from datetime import UTC, datetime, timedelta

from bot.alerts.machine import RESOLVED, TABLE, Event, close
from bot.alerts.model import Acknowledge, NotificationKind, Phase, Severity, Snooze, Unacknowledge

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def changes(t):
    """What the address was told, in order."""
    return [n for n in t.notifications if n.kind is NotificationKind.CHANGE]


def test_it_tells_each_change_of_phase_with_its_number_when_and_by_whom(told):
    t = told(outlets=("webhook",))
    t.breach("sales")
    t.now += MINUTE
    t.press(Acknowledge("U1", t.now))
    t.now += MINUTE
    t.press(Unacknowledge("U2", t.now))
    t.press(Snooze("U3", t.now + HOUR, t.now))
    t.sweep(t.seen)
    t.wait(HOUR)
    t.clear()
    assert [(n.change, n.phase, n.reason, n.by) for n in changes(t)] == [
        (1, Phase.FIRING, "opened", None),
        (2, Phase.ACKNOWLEDGED, "acknowledged", "U1"),
        (3, Phase.FIRING, "acknowledgement taken back", "U2"),
        (4, Phase.SNOOZED, "snoozed", "U3"),
        (5, Phase.FIRING, "snooze over", None),
        (6, Phase.RESOLVED, "resolved", None),
    ]
    assert [n.at - NOON for n in changes(t)] == [0 * HOUR, MINUTE, 2 * MINUTE, 2 * MINUTE, *[HOUR + 2 * MINUTE] * 2]
    assert t.last.changes == 6


def test_it_tells_that_a_snooze_was_over_because_it_got_worse(told):
    t = told(outlets=("webhook",))
    t.breach("sales")
    t.press(Snooze("U1", None, NOON))
    t.breach("sales", level=1)
    assert [(n.phase, n.reason) for n in changes(t)[1:]] == [
        (Phase.SNOOZED, "snoozed"),
        (Phase.FIRING, "it got worse"),
    ]


def test_it_tells_no_change_where_the_phase_stays(told):
    t = told(outlets=("webhook",), repeat=(MINUTE,))
    t.breach("sales")
    t.breach("sales", severity=Severity.CRITICAL)
    t.wait(HOUR)
    t.blind()
    t.press(Acknowledge("U1", t.now))
    t.press(Acknowledge("U2", t.now))
    t.press(Snooze("U1", t.now + HOUR, t.now))
    t.press(Snooze("U1", t.now + 2 * HOUR, t.now))
    t.press(Unacknowledge("U1", t.now))
    assert [n.phase for n in changes(t)] == [Phase.FIRING, Phase.ACKNOWLEDGED, Phase.SNOOZED]


def test_it_goes_back_to_acknowledged_where_somebody_had_it_before_the_snooze(told):
    t = told(outlets=("webhook",))
    t.breach("sales")
    t.press(Acknowledge("U1", t.now))
    t.press(Snooze("U1", t.now + HOUR, t.now))
    t.wait(HOUR)
    assert [n.phase for n in changes(t)][2:] == [Phase.SNOOZED, Phase.ACKNOWLEDGED]


def test_it_numbers_each_incident_by_itself(told):
    t = told(outlets=("webhook",))
    t.breach("a")
    t.now += 2 * MINUTE
    t.breach("a", "b")
    t.clear()
    assert [(n.incident, n.change) for n in changes(t)] == [
        (incident.id, change) for change in (1, 2) for incident in t.incidents
    ]


def test_it_tells_that_what_is_watched_no_longer_is_over(told):
    t = told(outlets=("webhook",))
    t.breach("sales")
    t.alert_state, notifications = close(t.alert_state, "no longer watched", t.policy, t.now)
    assert [(n.change, n.phase) for n in notifications if n.kind is NotificationKind.CHANGE] == [(2, Phase.RESOLVED)]


def test_it_counts_nothing_where_nobody_is_told(told):
    t = told()
    t.breach("sales")
    t.press(Acknowledge("U1", t.now))
    t.clear()
    assert changes(t) == []
    assert t.last.changes == 0


def test_it_can_end_wherever_it_stands_and_never_begins_again():
    stands = {move.to for move in TABLE.values()} - {RESOLVED}
    assert {stand for stand, event in TABLE if event is Event.ENDED} == stands
    assert all(stand != RESOLVED for stand, _ in TABLE)
    assert [move.to.phase for (stand, _), move in TABLE.items() if stand is None] == [Phase.FIRING]


def test_it_ends_snoozes_in_the_phase_that_was_before_them():
    for (stand, event), move in TABLE.items():
        if event in {Event.TIME_UP, Event.WORSE}:
            assert stand.phase is Phase.SNOOZED
            assert move.tells is NotificationKind.WAKE
            assert move.to.phase is (Phase.ACKNOWLEDGED if stand.held else Phase.FIRING)
