"""The evaluation of one alert on one account. Pure: the live engine, `why` and a replay take the same steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from bot.alerts.hours import Never, Quiet
from bot.alerts.kinds import Kind
from bot.alerts.machine import UNWATCHED, close, sweep
from bot.alerts.model import AlertState, Evaluation, LatestReading, Notification
from bot.alerts.policy import Policy
from bot.watches import HistoryWindow, Watch, WatchInput, WatchKeys

POLL_GRACE = timedelta(seconds=30)  # beyond its interval before a reading is too old to be evaluated anew


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule is one alert on one account, with the watch that evaluates it.

    `polled` are the kinds that the account is polled for, `every` the intervals where they are known. `currency` and
    `zone` are the account's; `currency` None: not known.
    """

    policy: Policy
    watch: Watch
    keys: WatchKeys
    currency: str | None = None
    polled: frozenset[Kind] = frozenset(Kind)
    every: Mapping[Kind, timedelta] = field(default_factory=dict)
    zone: tzinfo = UTC

    @property
    def home(self) -> tuple[str, str]:
        """Returns its alert's name and its account's."""
        return self.policy.alert, self.policy.account

    @property
    def past(self) -> HistoryWindow | None:
        """Returns the window of history that its watch needs; None where it needs none."""
        return self.watch.past(self.keys) if self.watch.past is not None else None

    def concerns(self, kind: Kind) -> bool:
        """Returns whether it is evaluated with readings of this kind.

        A watch without kinds watches the account itself, so with all.
        """
        return kind in self.watch.kinds or not self.watch.kinds

    def too_old(self, latest_readings: Mapping[Kind, LatestReading], now: datetime) -> bool:
        """Returns whether a poll is overdue by more than the grace: then earlier readings say nothing of now."""
        return any(
            now - _read_at(latest_readings[kind], now) > every + POLL_GRACE
            for kind, every in self.every.items()
            if kind in latest_readings and self.concerns(kind)
        )


@dataclass(frozen=True, slots=True)
class EvaluationInput:
    """All that a rule is evaluated with at one moment.

    `past` is the aggregate of its window, None without one. `silenced_until` None: nobody silenced it. `down`: its
    account is down and people know, so nothing more is said of what cannot be seen.
    """

    now: datetime
    latest_readings: Mapping[Kind, LatestReading]
    past: Any = None
    silenced_until: datetime | None = None
    down: bool = False


def ready(rule: Rule, latest_readings: Mapping[Kind, LatestReading]) -> bool:
    """Returns whether every kind that the rule needs was polled at least once, with whatever outcome."""
    return bool(latest_readings) and all(kind in latest_readings for kind in rule.watch.kinds)


def blind(rule: Rule, latest_readings: Mapping[Kind, LatestReading]) -> bool:
    """Returns whether the latest poll of any kind that the rule needs failed."""
    return any(latest_readings[kind].blind is not None for kind in rule.watch.kinds)


def policy_at(rule: Rule, evaluation_input: EvaluationInput) -> Policy:
    """Returns the rule's policy, with its hours closed for as long as it is silenced or its account is down."""
    policy = rule.policy
    if evaluation_input.down and blind(rule, evaluation_input.latest_readings):
        return replace(policy, calendar=Never())
    if evaluation_input.silenced_until is not None and evaluation_input.silenced_until > evaluation_input.now:
        return replace(policy, calendar=Quiet(evaluation_input.silenced_until, policy.calendar))
    return policy


def watch_input_of(rule: Rule, alert_state: AlertState, evaluation_input: EvaluationInput) -> WatchInput:
    """Returns what the rule's watch may read at this moment."""
    calendar = rule.policy.calendar  # a silence is no closing time
    return WatchInput(
        account=rule.policy.account,
        now=evaluation_input.now,
        latest_readings=evaluation_input.latest_readings,
        raised=frozenset(name for name, subject in alert_state.subjects.items() if subject.incident is not None),
        known=frozenset(name for name, subject in alert_state.subjects.items() if subject.breached_since is not None),
        memory=alert_state.memory,
        calendar=calendar,
        opening=calendar.opening(evaluation_input.now) if calendar is not None else None,
        currency=rule.currency,
        zone=rule.zone,
        past=evaluation_input.past,
    )


def evaluated(rule: Rule, alert_state: AlertState, evaluation_input: EvaluationInput) -> Evaluation | None:
    """Returns what the rule's watch finds now; None where it is blind."""
    return (
        None
        if blind(rule, evaluation_input.latest_readings)
        else rule.watch.evaluate(watch_input_of(rule, alert_state, evaluation_input), rule.keys)
    )


def step(
    alert_state: AlertState, rule: Rule, evaluation_input: EvaluationInput
) -> tuple[AlertState, Sequence[Notification]]:
    """Takes one step of a rule, and returns the new alert state and its notifications, in order."""
    after, ended = _handed_over(alert_state, rule.policy, evaluation_input.now)
    after, notifications = sweep(
        after, evaluated(rule, after, evaluation_input), policy_at(rule, evaluation_input), evaluation_input.now
    )
    return after, (*ended, *notifications)


def _handed_over(alert_state: AlertState, policy: Policy, now: datetime) -> tuple[AlertState, Sequence[Notification]]:
    """Closes what another watch raised where the alert has a new one; the new one begins afresh."""
    if alert_state.watch in {"", policy.watch}:
        return alert_state, ()
    return close(alert_state, UNWATCHED, last_policy(alert_state, outlets=policy.outlets), now)


def last_policy(alert_state: AlertState, *, outlets: tuple[str, ...] = ()) -> Policy:
    """Returns the policy of an alert that is configured no longer, as far as its state knows it.

    `outlets` may be configured still.
    """
    return Policy(
        alert_state.alert, alert_state.account, watch=alert_state.watch, channel=alert_state.channel, outlets=outlets
    )


def _read_at(latest_reading: LatestReading, now: datetime) -> datetime:
    seen = latest_reading.blind or latest_reading.observed
    return now if seen is None else seen.at
