"""What is clear and held open says so; and what is blind says whether more is to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.alerts.hours import Never
from bot.alerts.machine import close
from bot.alerts.model import Evaluation, Finding, NotificationKind
from bot.store.alert_state_codec import decoded, encoded

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
K = NotificationKind


def test_it_notes_since_when_a_member_is_clear_and_edits_without_haste(told):
    t = told(keep=10 * MINUTE)
    t.breach("sales")
    t.now += MINUTE
    assert t.clear() == [K.CARD]
    assert not t.notifications[-1].urgent
    assert t.last.members["sales"].clear_since == NOON + MINUTE
    t.now += MINUTE
    assert t.clear() == [], "said already"


def test_it_takes_it_back_when_it_is_so_again(told):
    t = told(keep=10 * MINUTE)
    t.breach("sales")
    t.clear()
    t.now += MINUTE
    assert t.breach("sales") == [K.CARD]
    assert t.last.members["sales"].clear_since is None


def test_it_leaves_what_is_not_known_as_it_was(told):
    t = told(keep=10 * MINUTE)
    t.breach("a", "b")
    t.breach("b")
    t.sweep(Evaluation(unknown=frozenset("ab")))
    t.blind()
    assert [t.last.members[name].clear_since for name in "ab"] == [NOON, None]


def test_it_is_gone_and_no_more_clear_since_once_it_left(told):
    t = told(keep=MINUTE)
    t.breach("a", "b")
    t.breach("b")
    t.wait(MINUTE)
    assert t.last.members["a"].left_at == NOON + MINUTE
    assert t.last.members["a"].clear_since is None
    assert [m.subject for m in t.last.affected] == ["b"]


def test_it_notes_it_of_what_flaps_too(told):
    t = told()
    for _ in range(6):
        t.breach("sales")
        t.clear()
        t.now += MINUTE
    assert t.last.open
    assert t.last.members["sales"].clear_since == NOON + 5 * MINUTE
    assert [m.subject for m in t.last.affected] == ["sales"]


def test_it_does_not_stand_in_the_future_when_the_clock_is_set_back(told):
    t = told(keep=10 * MINUTE)
    t.breach("sales")
    t.clear()
    t.now -= HOUR
    t.clear()
    assert t.last.members["sales"].clear_since == t.now


def test_it_keeps_the_level_of_each_look(told):
    t = told()
    t.breach("sales", level=2)
    assert t.last.members["sales"].level == 2
    t.sweep(Evaluation((Finding("sales", level=1),)))
    assert t.last.members["sales"].level == 1


def test_it_says_once_that_its_account_is_told_down_and_takes_it_back(told):
    t = told()
    t.breach("sales")
    assert t.blind() == [K.CARD]
    assert not t.alert_state.down
    t.policy = replace(t.policy, calendar=Never())
    assert t.blind() == [K.CARD]
    assert t.alert_state.down
    assert decoded(encoded(t.alert_state)) == t.alert_state
    assert t.blind() == []
    t.policy = replace(t.policy, calendar=None)
    assert t.breach("sales") == [K.CARD]
    assert (t.alert_state.down, t.alert_state.blind_since) == (False, None)


def test_it_is_not_down_once_it_is_watched_no_longer(told):
    t = told(calendar=Never())
    t.blind()
    assert t.alert_state.down
    assert close(t.alert_state, "no longer watched", t.policy, t.now)[0].down is False


def test_it_is_not_down_for_what_is_seen(told):
    t = told(calendar=Never())
    t.sweep(Evaluation())
    assert not t.alert_state.down
