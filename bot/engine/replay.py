"""What an alert would have raised: a rule taken through stored readings by the live steps. Pure, and it writes nothing.

Presses, silences and Slack are not replayed: they change who is notified and when, and beyond that only which of the
subjects that were raised within a minute share a message.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from operator import itemgetter

from bot.alerts.automation_state import Decision
from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Blind, Incident, LatestReading, Reading, Severity
from bot.engine.evaluation import EvaluationInput, Rule, ready, step

WARM_UP = timedelta(days=1)  # evaluated beforehand, so that what stood already is not taken for new


@dataclass(frozen=True, slots=True)
class Raised:
    """One incident as it would have been. `until` None: it would still be open. `because` is its headline."""

    at: datetime
    until: datetime | None
    subjects: tuple[str, ...]
    severity: Severity
    flapping: bool
    because: str


@dataclass(frozen=True, slots=True)
class AutomationDecided:
    """What an automation would have come to. Presses are not replayed, so none that waits for one is here."""

    at: datetime
    automation: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay: `raises` in the time asked for; `standing` were raised before and not over.

    `readings` counts those of that time that the alert needs, `blind` the failed polls among them; `first` is when the
    first was read, None where there is none.
    """

    raises: tuple[Raised, ...] = ()
    standing: tuple[Raised, ...] = ()
    decisions: tuple[AutomationDecided, ...] = ()
    readings: int = 0
    blind: int = 0
    first: datetime | None = None


def wanted(rule: Rule, since: datetime) -> Mapping[Kind, datetime]:
    """Returns the kinds whose readings a replay needs, each with the time from which it needs them."""
    kinds = {*rule.watch.kinds, *rule.watch.also} if rule.watch.kinds else rule.polled
    begins = dict.fromkeys(kinds & rule.polled, since - WARM_UP)
    past = rule.past
    if past is not None:
        begins[past.kind] = since - max(past.reach, WARM_UP)
    return begins


def replay(rule: Rule, readings: Mapping[Kind, Sequence[Reading]], since: datetime, until: datetime) -> Replayed:
    """Replays the rule through the readings, oldest first, and through the times at which it was due in between.

    `readings` begin where `wanted` says; the result is that of `since` to `until`.
    """
    run = _ReplayRun(rule)
    seen: list[Reading] = []
    for at, kind, reading in _in_time(readings):
        if at > until:
            break
        evaluated = at >= since - WARM_UP
        if evaluated:
            run.wait(at)
        run.take(kind, reading)
        if evaluated and rule.concerns(kind):
            run.evaluate(at)
        if at >= since and kind in rule.polled and rule.concerns(kind):
            seen.append(reading)
    run.wait(until + timedelta.resolution)
    found = list(run.found())
    return Replayed(
        raises=tuple(raised for raised in found if raised.at >= since),
        standing=tuple(r for r in found if r.at < since and (r.until is None or r.until > since)),
        decisions=tuple(decided for decided in run.decisions() if decided.at >= since),
        readings=len(seen),
        blind=sum(isinstance(reading, Blind) for reading in seen),
        first=seen[0].at if seen else None,
    )


def _in_time(readings: Mapping[Kind, Sequence[Reading]]) -> Iterator[tuple[datetime, Kind, Reading]]:
    return merge(*([(r.at, kind, r) for r in run] for kind, run in readings.items()), key=itemgetter(0))


@dataclass
class _ReplayRun:
    """A replay under way, with what the store would hold."""

    rule: Rule
    latest_readings: dict[Kind, LatestReading] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    headlines: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alert_state = AlertState(*self.rule.home)
        self.past = self.rule.past
        self.aggregate = self.past.begin(self.rule.zone) if self.past is not None else None

    def take(self, kind: Kind, reading: Reading) -> None:
        """Records one reading."""
        if self.aggregate is not None and self.past is not None and kind is self.past.kind:
            self.aggregate.add(reading)
        if kind in self.rule.polled:
            self.latest_readings[kind] = self.latest_readings.get(kind, LatestReading()).after(reading)

    def wait(self, until: datetime) -> None:
        """Lets time pass: evaluates anew whenever that was due, unless the next poll was overdue by then."""
        while (
            (due := self.alert_state.due) is not None
            and due < until
            and not self.rule.too_old(self.latest_readings, due)
        ):
            self.evaluate(due)

    def evaluate(self, now: datetime) -> None:
        """Takes the live step."""
        if not ready(self.rule, self.latest_readings):
            return
        self.alert_state, _ = step(
            self.alert_state, self.rule, EvaluationInput(now, self.latest_readings, self.aggregate)
        )
        for name, incident in self.alert_state.incidents.items():
            known = self.incidents.get(name)
            if known is None or len(incident.members) > len(known.members):
                self.headlines[name] = self.rule.watch.describe(incident, self.rule.policy.account).headline
        self.incidents.update(self.alert_state.incidents)

    def found(self) -> Iterator[Raised]:
        """Yields every incident, oldest first."""
        for name, incident in self.incidents.items():
            yield Raised(
                at=incident.opened_at,
                until=incident.resolved_at,
                subjects=tuple(incident.members),
                severity=incident.severity,
                flapping=any(member.flapping for member in incident.members.values()),
                because=self.headlines[name],
            )

    def decisions(self) -> Iterator[AutomationDecided]:
        """Yields every decision of an automation, oldest first."""
        made = (
            AutomationDecided(state.decided_at, name, state.decision)
            for incident in self.incidents.values()
            for name, state in incident.automations.items()
            if state.decided_at is not None and state.decision is not None
        )
        yield from sorted(made, key=lambda decided: (decided.at, decided.automation))
