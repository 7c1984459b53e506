"""The one door for changes of state: load, judge, step, commit; on a conflict, again from the start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot.alerts.hours import Quiet
from bot.alerts.machine import UNWATCHED, close, press, sweep
from bot.alerts.model import (
    Incident,
    Judgement,
    Kind,
    Ledger,
    Notice,
    NoticeKind,
    Opening,
    Phase,
    Policy,
    Press,
    Sight,
)
from bot.bulletins import Bulletin, Telling, bulletin
from bot.store import OutboxRow, Store, StoreError
from bot.watches import Scene, Watch, WatchKeys
from bot.watches.registry import watches

CONFLICTS = 20  # more than that in a row is no race but a fault
GRACE = timedelta(seconds=30)  # beyond its interval before a look is too old to be judged anew

log = structlog.get_logger(__name__)

Step = Callable[[Ledger], tuple[Ledger, Sequence[Notice]]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert on one account, with what judges it.

    `polled` are the kinds that the account is polled for, `every` how often, where that is known.
    """

    policy: Policy
    watch: Watch
    keys: WatchKeys
    currency: str | None = None
    polled: frozenset[Kind] = frozenset(Kind)
    every: Mapping[Kind, timedelta] = field(default_factory=dict)

    def looks_at(self, kind: Kind) -> bool:
        """Whether a reading of this kind is its business; a watch without kinds judges seeing itself."""
        return kind in self.watch.kinds or not self.watch.kinds

    def too_old(self, sights: Mapping[Kind, Sight], now: datetime) -> bool:
        """Whether a poll is overdue: after a long stop, what was seen before it says nothing of now."""
        return any(
            now - _looked_at(sights[kind], now) > every + GRACE
            for kind, every in self.every.items()
            if kind in sights and self.looks_at(kind)
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """What a press came to. `changed` False: it was so already, or the incident is resolved or unknown."""

    changed: bool
    incident: Incident | None


class Engine:
    """Every change of an incident goes through here. It keeps nothing but its rules."""

    def __init__(self, store: Store, rules: Iterable[Rule], clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self.replace(rules)

    def replace(self, rules: Iterable[Rule]) -> None:
        """Judge by other rules from now on; all of them at the next tick."""
        self._all_due = True
        self._rules: Mapping[tuple[str, str], Rule] = {(r.policy.alert, r.policy.account): r for r in rules}

    async def observe(self, account: str, kind: Kind) -> None:
        """A reading of this kind has been recorded: judge what looks at it."""
        for rule in list(self._rules.values()):
            if rule.policy.account == account and rule.looks_at(kind):
                await self._try(rule)

    async def tick(self, now: datetime) -> None:
        """Judge anew what is due though nothing has been read."""
        homes = await self._store.due_ledgers(now)
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
        """A person's press on an incident."""
        home = await self._store.incident_home(incident_id)
        rule = self._rules.get(home) if home is not None else None
        if rule is None:
            return Applied(changed=False, incident=None)
        ledger, changed = await self._commit(rule.policy, lambda was: press(was, incident_id, pressed, rule.policy))
        return Applied(changed, ledger.incidents.get(incident_id))

    async def close_unwatched(self) -> None:
        """End what no rule watches any more, and say so in its message."""
        for ledger in await self._store.ledgers():
            if (ledger.alert, ledger.account) not in self._rules:
                await self._close(ledger.alert, ledger.account)

    async def open_incidents(self) -> list[tuple[Rule | None, Ledger, Incident]]:
        """Every incident that is not resolved, worst first, then the oldest."""
        found = [
            (self._rules.get((ledger.alert, ledger.account)), ledger, incident)
            for ledger in await self._store.ledgers()
            for incident in ledger.incidents.values()
            if incident.open
        ]
        return sorted(found, key=lambda item: (-item[2].severity.rank, item[2].opened_at))

    async def bulletin(self, row: OutboxRow) -> Bulletin | None:
        """How an outbox row reads now; None where there is nothing to tell any more."""
        ledger, _ = await self._store.ledger(row.alert, row.account)
        incident = ledger.incidents.get(row.notice.incident)
        if incident is None:
            return None
        rule = self._rules.get((row.alert, row.account)) or _as_it_was(ledger)
        if rule is None or await self._moot(row, incident):
            return None
        previous = await self._store.message(incident.previous) if incident.previous else None
        own = await self._store.message(incident.id)
        telling = Telling(
            incident=incident,
            policy=rule.policy,
            watch=rule.watch if incident.watch in {"", rule.watch.name} else watches().get(incident.watch, rule.watch),
            now=self._clock(),
            blind_since=ledger.blind_since,
            previous=previous.ref if previous is not None else None,
            links={incident.id: own.ref} if own is not None else {},
        )
        return bulletin(row.notice, telling)

    async def _moot(self, row: OutboxRow, incident: Incident) -> bool:
        """Whether a later row tells it, or nobody need be told any more."""
        kind = row.notice.kind
        if kind is NoticeKind.ESCALATION_COPY:
            # One that may have been posted has to be found, so that its last words reach it.
            return incident.phase is not Phase.FIRING and row.doubt_until is None
        if kind is NoticeKind.ESCALATION_END:
            copy = replace(row.notice, kind=NoticeKind.ESCALATION_COPY)
            posted = await self._store.message(f"{incident.id}:escalation")
            return posted is None and await self._store.row(_row_id(copy, incident)) is None
        return row.id != _row_id(row.notice, incident)

    async def _try(self, rule: Rule, *, again: bool = False) -> None:
        try:
            await self._judge(rule, again=again)
        except StoreError:
            raise
        except Exception:  # one rule that fails must not keep the others from being judged
            log.exception("an alert could not be judged", alert=rule.policy.alert, account=rule.policy.account)

    async def _close(self, alert: str, account: str) -> None:
        def step(was: Ledger) -> tuple[Ledger, Sequence[Notice]]:
            return close(was, UNWATCHED, _last_policy(was), self._clock())

        ledger, _ = await self._store.ledger(alert, account)
        await self._commit(_last_policy(ledger), step)

    async def _judge(self, rule: Rule, *, again: bool) -> None:
        """Judge what was seen last; `again`: though nothing new has been read."""
        policy = rule.policy
        sights = {k: s for k, s in (await self._store.sights(policy.account)).items() if k in rule.polled}
        if any(kind not in sights for kind in rule.watch.kinds) or not sights:
            return  # not looked at yet
        now = self._clock()
        if again and rule.too_old(sights, now):
            return  # the next poll is under way
        blind = any(sights[kind].blind is not None for kind in rule.watch.kinds)
        policy = await self._unless_silenced(policy, now)

        def step(was: Ledger) -> tuple[Ledger, Sequence[Notice]]:
            ledger, ended = _handed_over(was, policy, now)
            judgement = None if blind else self._judgement(rule, ledger, sights, now)
            after, notices = sweep(ledger, judgement, policy, now)
            return after, (*ended, *notices)

        await self._commit(policy, step)

    async def _unless_silenced(self, policy: Policy, now: datetime) -> Policy:
        """The policy, closed for as long as its account or its alert is silenced."""
        ends = [s.until for s in await self._store.silences(now) if s.target in {policy.alert, policy.account}]
        return replace(policy, calendar=Quiet(max(ends), policy.calendar)) if ends else policy

    @staticmethod
    def _judgement(rule: Rule, ledger: Ledger, sights: Mapping[Kind, Sight], now: datetime) -> Judgement:
        calendar = rule.policy.calendar
        opening: Opening | None = calendar.opening(now) if calendar is not None else None
        raised = frozenset(name for name, subject in ledger.subjects.items() if subject.incident is not None)
        scene = Scene(
            account=rule.policy.account,
            now=now,
            sights=sights,
            raised=raised,
            known=frozenset(name for name, subject in ledger.subjects.items() if subject.breached_since is not None),
            memory=ledger.memory,
            calendar=calendar,
            opening=opening,
            currency=rule.currency,
        )
        return rule.watch.judge(scene, rule.keys)

    async def _commit(self, policy: Policy, step: Step) -> tuple[Ledger, bool]:
        """Take the step on what is in the store, until nobody was faster; whether it changed anything."""
        for _ in range(CONFLICTS):
            was, version = await self._store.ledger(policy.alert, policy.account)
            ledger, notices = step(was)
            if ledger == was and not notices:
                return ledger, False
            now = self._clock()
            rows = [_row(notice, ledger.incidents[notice.incident], policy, now) for notice in notices]
            if await self._store.commit(ledger, version, rows):
                return ledger, True
        raise StoreError(f"The state of {policy.alert} on {policy.account} could not be written: too many writers.")


def _looked_at(sight: Sight, now: datetime) -> datetime:
    seen = sight.blind or sight.observed
    return now if seen is None else seen.at


def _row_id(notice: Notice, incident: Incident) -> str:
    """The same however often the step is taken; another one for the next reminder or rise."""
    tail = ""
    if notice.kind in {NoticeKind.REMINDER, NoticeKind.WAKE}:
        tail = f":{incident.reminders}"
    elif notice.kind is NoticeKind.RISE:
        tail = f":{incident.severity.value}"
    return f"{notice.kind.value}:{incident.id}{tail}"


def _row(notice: Notice, incident: Incident, policy: Policy, now: datetime) -> OutboxRow:
    channel = policy.channel
    if notice.kind in {NoticeKind.ESCALATION_COPY, NoticeKind.ESCALATION_END} and policy.escalate is not None:
        channel = policy.escalate.channel or channel
    return OutboxRow(
        id=_row_id(notice, incident),
        notice=notice,
        alert=policy.alert,
        account=policy.account,
        channel=channel,
        severity=incident.severity,
        created_at=now,
        due_at=now,
    )


def _handed_over(ledger: Ledger, policy: Policy, now: datetime) -> tuple[Ledger, Sequence[Notice]]:
    """Where the alert has another watch than before: what the old one raised ends, the new one begins afresh."""
    if ledger.watch in {"", policy.watch}:
        return ledger, ()
    return close(ledger, UNWATCHED, _last_policy(ledger), now)


def _as_it_was(ledger: Ledger) -> Rule | None:
    """The rule of an alert that is configured no longer, for its last words."""
    watch = watches().get(ledger.watch)
    if watch is None:
        return None
    return Rule(_last_policy(ledger), watch, WatchKeys())


def _last_policy(ledger: Ledger) -> Policy:
    return Policy(ledger.alert, ledger.account, watch=ledger.watch, channel=ledger.channel)
