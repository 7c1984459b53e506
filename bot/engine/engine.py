"""The one door for changes of state: load, evaluate, step, commit; on a conflict, again from the start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

import structlog

from bot.alerts.automations import Automation
from bot.alerts.kinds import Kind
from bot.alerts.machine import UNWATCHED, begin_test, close, end_test, press, record_action
from bot.alerts.model import AlertState, Incident, LatestReading, Notification, NotificationKind, Press
from bot.alerts.policy import Policy
from bot.alerts.times import test_over_at
from bot.engine.aggregates import Aggregates
from bot.engine.evaluation import EvaluationInput, Rule, blind, last_policy, policy_at, ready, step
from bot.engine.outgoing import outbox_rows, row_id
from bot.store import Silence, Store, StoreError
from bot.watches import Aggregate, HistoryWindow, WatchKeys
from bot.watches.registry import watches

DELIVERY_CHECK_INTERVAL = timedelta(hours=1)  # until the next check whether a message was delivered
MAX_CONFLICTS = 20  # more than that in a row is no race but a fault

log = structlog.get_logger(__name__)

Home = tuple[str, str]  # an alert and an account
Step = Callable[[AlertState], tuple[AlertState, Sequence[Notification]]]


@dataclass(frozen=True, slots=True)
class Applied:
    """The result of a press.

    `changed` False: it was so already, or the incident is resolved or unknown; `incident` None: unknown.
    """

    changed: bool
    incident: Incident | None


@dataclass(frozen=True, slots=True)
class AccountState:
    """What all rules of an account are evaluated with when a reading has come in: loaded once for all of them."""

    latest_readings: Mapping[Kind, LatestReading]
    silences: Sequence[Silence]


class Engine:
    """Takes every change of an incident. It keeps nothing but its rules, and what it can load again."""

    def __init__(
        self,
        store: Store,
        rules: Iterable[Rule],
        clock: Callable[[], datetime],
        *,
        told: Callable[[], None] = lambda: None,
        outlets: tuple[str, ...] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._told = told  # called when outbox rows were committed
        self.replace(rules, outlets)

    def replace(self, rules: Iterable[Rule], outlets: tuple[str, ...] = ()) -> None:
        """Evaluates these rules from now on, and all of them at the next tick.

        `outlets` are told every change, that of an alert without a rule too.
        """
        self._all_due = True
        self._outlets = outlets
        self._rules: Mapping[Home, Rule] = {rule.home: rule for rule in rules}
        self._watching: dict[str, list[Rule]] = {}
        for rule in self._rules.values():
            self._watching.setdefault(rule.policy.account, []).append(rule)
        self._aggregates = Aggregates(self._store)
        self._failing: dict[Home, str] = {}

    def rules_of(self, alert: str) -> list[Rule]:
        """Returns the rules of an alert, one for each account that it watches; empty where there is no such alert."""
        return [rule for rule in self._rules.values() if rule.policy.alert == alert]

    def failing(self) -> Mapping[Home, str]:
        """Returns the alerts whose last evaluation failed, by alert and account, with the exception's name."""
        return self._failing

    async def observe(self, account: str, kind: Kind) -> None:
        """Evaluates the account's rules that this kind concerns, once a reading of it has been recorded.

        Raises `StoreError`; a rule that fails otherwise is logged and keeps no other from its turn.
        """
        looking = [rule for rule in self._watching.get(account, ()) if rule.concerns(kind)]
        if looking:
            latest_readings, silences = (
                await self._store.latest_readings(account),
                await self._store.silences(self._clock()),
            )
            for rule in looking:
                await self._try(rule, seen=AccountState(latest_readings, silences))

    async def tick(self, now: datetime) -> None:
        """Evaluates what is due by `now` without a new reading, and closes what no rule watches.

        Raises `StoreError`.
        """
        homes = await self._store.due_alert_states(now)
        if self._all_due:
            homes = list(self._rules)
            self._all_due = False
        for home in homes:
            rule = self._rules.get(home)
            if rule is not None:
                await self._try(rule, again=True)
            else:
                await self._close(*home)

    async def apply(self, incident_id: str, pressed: Press) -> Applied:
        """Applies a person's press to an incident, and returns its result. Raises `StoreError`."""
        home = await self._store.incident_home(incident_id)
        rule = self._rules.get(home) if home is not None else None
        if rule is None:
            return Applied(changed=False, incident=None)
        alert_state, changed = await self._commit(
            rule.policy, lambda was: press(was, incident_id, pressed, rule.policy)
        )
        return Applied(changed, alert_state.incidents.get(incident_id))

    async def record_action(
        self, alert: str, account: str, notification: Notification, automation: Automation, outcome: str
    ) -> None:
        """Notes what came of an automation's action on an incident, once, and has it told. Raises `StoreError`."""
        rule = self._rules.get((alert, account))
        if rule is not None:
            place, now = notification.action, self._clock()
            await self._commit(
                rule.policy,
                lambda was: record_action(
                    was, notification.incident, automation, place, outcome, policy=rule.policy, now=now
                ),
            )

    async def test(self, alert: str, by: str | None) -> Incident | None:
        """Begins a test of an alert on the first account that it watches, and returns its incident.

        None where it watches none. `by` is a Slack user id. Raises `StoreError`.
        """
        rule = next(iter(self.rules_of(alert)), None)
        if rule is None:
            return None
        begun: list[str] = []

        def step(was: AlertState) -> tuple[AlertState, Sequence[Notification]]:
            alert_state, notifications = begin_test(was, rule.policy, self._clock(), by)
            begun[:] = [notifications[0].incident]
            return alert_state, notifications

        alert_state, _ = await self._commit(rule.policy, step)
        return alert_state.incidents[begun[0]]

    async def end_test(self, incident_id: str) -> None:
        """Ends a test at once; does nothing where it is unknown or over. Raises `StoreError`."""
        home = await self._store.incident_home(incident_id)
        rule = self._rules.get(home) if home is not None else None
        if rule is not None:
            policy = rule.policy
            await self._commit(policy, lambda was: end_test(was, incident_id, policy, self._clock()))

    async def close_unwatched(self) -> None:
        """Closes the incidents of every alert and account that no rule watches any more. Raises `StoreError`."""
        for alert_state in await self._store.alert_states():
            if (alert_state.alert, alert_state.account) not in self._rules:
                await self._close(alert_state.alert, alert_state.account)

    async def open_incidents(self) -> list[tuple[Rule | None, AlertState, Incident]]:
        """Returns every open incident with its state and its rule, worst first, then the oldest.

        The rule is None where none is configured any more. Raises `StoreError`.
        """
        found = [
            (self._rules.get((alert_state.alert, alert_state.account)), alert_state, incident)
            for alert_state in await self._store.alert_states()
            for incident in alert_state.incidents.values()
            if incident.open
        ]
        return sorted(found, key=lambda item: (-item[2].severity.rank, item[2].opened_at))

    def rule_of(self, alert_state: AlertState) -> Rule | None:
        """Returns the rule of an alert on an account.

        For one that is configured no longer it is derived from the state, to close it; None where its watch is gone as
        well.
        """
        rule = self._rules.get((alert_state.alert, alert_state.account))
        if rule is not None:
            return rule
        watch = watches().get(alert_state.watch)
        return None if watch is None else Rule(last_policy(alert_state), watch, WatchKeys())

    async def _try(self, rule: Rule, *, again: bool = False, seen: AccountState | None = None) -> None:
        try:
            await self._evaluate(rule, again=again, seen=seen)
        except StoreError:
            raise
        except Exception as error:  # one rule that fails must not keep the others from being evaluated
            self._failing[rule.home] = type(error).__name__
            log.exception("an alert could not be judged", alert=rule.policy.alert, account=rule.policy.account)
        else:
            self._failing.pop(rule.home, None)

    async def _close(self, alert: str, account: str) -> None:
        told = {*self._outlets, *(outlet for rule in self.rules_of(alert) for outlet in rule.policy.outlets)}
        outlets = tuple(sorted(told))

        def step(was: AlertState) -> tuple[AlertState, Sequence[Notification]]:
            return close(was, UNWATCHED, last_policy(was, outlets=outlets), self._clock())

        alert_state, _ = await self._store.alert_state(alert, account)
        await self._commit(last_policy(alert_state, outlets=outlets), step)

    async def _evaluate(self, rule: Rule, *, again: bool, seen: AccountState | None) -> None:
        """Evaluates the latest readings and commits the step; `again`: without a new reading."""
        evaluation_input = await self.evaluation_input(rule, seen)
        if evaluation_input is None or (again and rule.too_old(evaluation_input.latest_readings, evaluation_input.now)):
            if again:  # not polled yet, or the next poll is under way: time alone ends a test
                await self._end_tests(rule)
            return
        await self._commit(policy_at(rule, evaluation_input), lambda was: step(was, rule, evaluation_input))

    async def _end_tests(self, rule: Rule) -> None:
        alert_state, _ = await self._store.alert_state(*rule.home)
        for incident in alert_state.incidents.values():
            over = test_over_at(incident)
            if over is not None and over <= self._clock():
                await self.end_test(incident.id)

    async def history(self, account: str, window: HistoryWindow, zone: tzinfo) -> Aggregate:
        """Returns the aggregate of the account's readings within the window, until now.

        It is shared by all who ask, so change nothing in it. Raises `StoreError`.
        """
        return await self._aggregates.of(account, window, zone, self._clock())

    async def evaluation_input(self, rule: Rule, seen: AccountState | None = None) -> EvaluationInput | None:
        """Returns all that the rule is evaluated with now; None where a kind that it needs was not polled yet.

        `seen` saves the loading. Raises `StoreError`.
        """
        account = rule.policy.account
        known = await self._store.latest_readings(account) if seen is None else seen.latest_readings
        latest_readings = {k: s for k, s in known.items() if k in rule.polled}
        if not ready(rule, latest_readings):
            return None
        now = self._clock()
        silences = await self._store.silences(now) if seen is None else seen.silences
        ends = [s.until for s in silences if s.target in rule.home]
        return EvaluationInput(
            now=now,
            latest_readings=latest_readings,
            past=None if rule.past is None else await self.history(account, rule.past, rule.zone),
            silenced_until=max(ends, default=None),
            down=blind(rule, latest_readings) and await self._known_down(account),
        )

    async def _known_down(self, account: str) -> bool:
        """Returns whether an alert that watches the account itself has an open incident: people know it is down."""
        for rule in list(self._watching.get(account, ())):
            if not rule.watch.kinds:
                alert_state, _ = await self._store.alert_state(*rule.home)
                if any(incident.open and not incident.test for incident in alert_state.incidents.values()):
                    return True
        return False

    async def _commit(self, policy: Policy, step: Step) -> tuple[AlertState, bool]:
        """Takes the step on what is in the store until no other writer was faster.

        Returns the state, and whether it changed.
        """
        for _ in range(MAX_CONFLICTS):
            was, version = await self._store.alert_state(policy.alert, policy.account)
            alert_state, notifications = step(was)
            alert_state = await self._undelivered_kept(was, alert_state)
            if alert_state == was and not notifications:
                return alert_state, False
            now = self._clock()
            rows = outbox_rows(notifications, alert_state.incidents, policy, now)
            if await self._store.commit(alert_state, version, rows):
                if rows:
                    self._told()
                return alert_state, True
        raise StoreError(f"The state of {policy.alert} on {policy.account} could not be written: too many writers.")

    async def _undelivered_kept(self, was: AlertState, alert_state: AlertState) -> AlertState:
        """Returns the state with the incidents kept whose message waits in the outbox: Slack may be away for days."""
        kept = dict(alert_state.incidents)
        for incident in was.incidents.values():
            if incident.id not in kept:
                card = Notification(NotificationKind.CARD, incident.id, "")
                if await self._store.row(row_id(card, incident)) is not None:
                    kept[incident.id] = incident
        if len(kept) == len(alert_state.incidents):
            return alert_state
        later = self._clock() + DELIVERY_CHECK_INTERVAL
        return replace(alert_state, incidents=kept, due=min(alert_state.due or later, later))
