"""The state of one alert on one account, and which clause or hour made it so, in words. Pure: it changes nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.alerts.model import AlertState, Incident, Phase, Severity, Subject
from bot.alerts.policy import Policy
from bot.alerts.times import kept, stands
from bot.cards import Line, Part, Tone, by_whom
from bot.dialog.phrases import moment
from bot.engine.evaluation import EvaluationInput, Rule, blind, policy_at
from bot.store import Silence
from bot.text.durations import span
from bot.text.names import listed
from bot.watches import Clause

MAX_NAMED_SUBJECTS = 5  # subjects in one sentence
MAX_QUOTED_CLAUSES = 2  # clauses in one sentence


class State(StrEnum):
    """The state of an alert on an account, in words, the worst first."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    KEPT = "kept open"
    FAILING = "not judged"
    PENDING = "pending"
    HELD = "held back"
    BLIND = "blind"
    UNSEEN = "not looked at yet"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class Case:
    """One alert on one account, with all that says why.

    `alert_state` is as the next evaluation would leave it; `evaluation_input` is None before the first one. `mistake`:
    it could not be evaluated when it was due last ("": it could).
    """

    rule: Rule
    alert_state: AlertState
    now: datetime
    evaluation_input: EvaluationInput | None = None
    clauses: tuple[Clause, ...] = ()
    silences: tuple[Silence, ...] = ()
    mistake: str = ""

    @property
    def policy(self) -> Policy:
        """Returns the policy as it applies now: closed while it is silenced or its account is down."""
        return self.rule.policy if self.evaluation_input is None else policy_at(self.rule, self.evaluation_input)

    @property
    def open(self) -> list[Incident]:
        """Returns the open incidents, worst first; tests are left out."""
        found = [i for i in self.alert_state.incidents.values() if i.open and not i.test]
        return sorted(found, key=lambda i: (-i.severity.rank, i.opened_at))

    @property
    def pending(self) -> dict[str, Subject]:
        """Returns the subjects for which it holds and is not raised, by name."""
        subjects = self.alert_state.subjects.items()
        return {name: s for name, s in subjects if s.breached_since is not None and s.incident is None}


@dataclass(frozen=True, slots=True)
class Standing:
    """The state in words, without its name and its full stop, and what else there is to say."""

    state: State
    tone: Tone
    words: tuple[Part, ...]
    notes: tuple[Line, ...] = ()


def standing(case: Case) -> Standing:
    """Returns the state of an alert on an account; what stands beside the worst is in its notes."""
    first, *more = _cases(case)
    notes: list[Line] = [(*capital(other.words), ".") for other in more]
    return Standing(first.state, first.tone, first.words, (*notes, *_notes(case, first.state)))


def _cases(case: Case) -> list[Standing]:
    found = [_raised(case, incident) for incident in case.open]
    if case.mistake:
        mistake = f"not judged, because of a mistake of ours ({case.mistake}); the log has more"
        found.append(Standing(State.FAILING, Tone.UNKNOWN, (mistake,)))
    if case.pending:
        found.append(pending(case))
    if found:
        return found
    if case.evaluation_input is None:
        kinds = listed(kind.value for kind in case.rule.watch.kinds) or "the account"
        return [Standing(State.UNSEEN, Tone.UNKNOWN, (f"not looked at yet: no answer about {kinds} has come in",))]
    if blind(case.rule, case.evaluation_input.latest_readings):
        words = (
            "blind",
            *_since_blind(case, case.evaluation_input),
            "nothing is raised or resolved until it is seen again",
        )
        return [Standing(State.BLIND, Tone.UNKNOWN, words)]
    why = _because(case, None, holds=False) or ": its rule does not hold"
    return [Standing(State.CLEAR, Tone.GOOD, ("clear", why))]


# --- what is raised


def _raised(case: Case, incident: Incident) -> Standing:
    now, subjects = case.now, [member.subject for member in incident.affected]
    tone = Tone.CRITICAL if incident.severity is Severity.CRITICAL else Tone.WARNING
    held = phase(incident, now)
    since = (*held, *((", ",) if held else ()), "firing since ", moment(incident.opened_at, now), _for(case, subjects))
    if not stands(incident, case.alert_state.subjects):
        return Standing(State.KEPT, tone, (*since, *_kept(case, subjects)))
    state = {Phase.ACKNOWLEDGED: State.ACKNOWLEDGED, Phase.SNOOZED: State.SNOOZED}.get(incident.phase, State.FIRING)
    return Standing(state, tone, (*since, _because(case, subjects, holds=True)))


def phase(incident: Incident, now: datetime) -> tuple[Part, ...]:
    """Returns who holds it, and until when; nothing while it is firing."""
    if incident.phase is Phase.ACKNOWLEDGED and incident.acknowledged_by:
        at = (" at ", moment(incident.acknowledged_at, now)) if incident.acknowledged_at is not None else ()
        return ("acknowledged by ", by_whom(incident.acknowledged_by), *at)
    if incident.phase is Phase.SNOOZED:
        who = (" by ", by_whom(incident.snoozed_by)) if incident.snoozed_by else ()
        until = incident.snoozed_until
        return ("snoozed", *who, *((" until ", moment(until, now)) if until else (" until it gets worse",)))
    return ()


def _kept(case: Case, names: Iterable[str]) -> tuple[Part, ...]:
    """Returns why it is open though it is clear, and until when."""
    clear = [(s, s.clear_since) for name in names if (s := case.alert_state.subjects.get(name)) is not None]
    ends = [(at + kept(case.rule.policy, flapping=s.flapping), s.flapping) for s, at in clear if at is not None]
    since = max((at for _, at in clear if at is not None), default=None)
    if since is None:
        return ()
    ends_at, flapping = max(ends)
    why = "it comes and goes" if flapping else f"keep {span(case.rule.policy.keep)}"
    until: tuple[Part, ...] = ("at the next look",) if ends_at <= case.now else ("at ", moment(ends_at, case.now))
    return (", kept open: clear since ", moment(since, case.now), ", and resolved ", *until, f" if it stays so ({why})")


# --- what holds and is not raised


def pending(case: Case) -> Standing:
    """Returns since when it holds, when it is raised, and what holds it back."""
    now, rule, found = case.now, case.rule, case.pending
    since = min(s.breached_since for s in found.values() if s.breached_since is not None)
    words: tuple[Part, ...] = ("pending since ", moment(since, now), _for(case, found))
    why = _because(case, found, holds=True)
    if case.evaluation_input is not None and blind(rule, case.evaluation_input.latest_readings):
        unseen = "whether it still holds is not known, and nothing is raised until it is seen again"
        return Standing(
            State.PENDING, Tone.UNKNOWN, (*words, ", blind", *_since_blind(case, case.evaluation_input), unseen)
        )
    over = max(since + rule.policy.hold, now)
    at = _allowed(over, case.policy)
    if at is None or at > over:
        until = (" until ", moment(at, now), ", and raised then if it still holds") if at is not None else ()
        return Standing(State.HELD, Tone.WARNING, (*words, f", {_holder(case, over)}", *until, why))
    when: tuple[Part, ...] = ("at the next look",) if at <= now else ("at ", moment(at, now))
    hold = f" (for {span(rule.policy.hold)})" if rule.policy.hold else ""
    return Standing(State.PENDING, Tone.WARNING, (*words, ", raised ", *when, f" if it still holds{hold}", why))


def _holder(case: Case, at: datetime) -> str:
    """Returns why it may not be raised then."""
    if (
        case.evaluation_input is not None
        and case.evaluation_input.down
        and blind(case.rule, case.evaluation_input.latest_readings)
    ):
        return f"held back while {case.policy.account} is down"
    silenced = (
        case.evaluation_input is not None
        and case.evaluation_input.silenced_until is not None
        and case.evaluation_input.silenced_until > at
    )
    return "silenced" if silenced else "held back outside its hours"


def _allowed(at: datetime, policy: Policy) -> datetime | None:
    """Returns the same moment, or the next opening where the alert is closed then; None where none is known."""
    if policy.calendar is None or policy.calendar.opening(at) is not None:
        return at
    return policy.calendar.next_opening(at)


# --- the clauses


def _because(case: Case, subjects: Iterable[str] | None, *, holds: bool) -> str:
    """Returns the clauses that made it so, in quotes; nothing where the watch has none to show."""
    names = None if subjects is None else set(subjects)
    said = [c for c in case.clauses if c.holds is holds and c.subject and (names is None or c.subject in names)]
    if not said:
        return ""
    if not holds:
        near = {c.subject for c in case.clauses if c.holds}  # where some of it holds, and this alone does not
        said.sort(key=lambda c: c.subject not in near)
    quoted = " and ".join(f"“{told(case, clause).rstrip('.')}”" for clause in said[:MAX_QUOTED_CLAUSES])
    if len(said) <= MAX_QUOTED_CLAUSES:
        return f", because {quoted}"
    # a watch lists all that holds, and of the rest as much as anybody reads
    return f", because {quoted}{f' and {len(said) - MAX_QUOTED_CLAUSES} more' if holds else ' and so on'}"


def told(case: Case, clause: Clause) -> str:
    """Returns a clause with what it is about, where that is not plain."""
    plain = clause.subject in {"", case.rule.policy.account}
    named = re.search(rf"(?<!\w){re.escape(clause.subject)}(?!\w)", clause.words)
    return clause.words if plain or named else f"{clause.subject}: {clause.words}"


def _for(case: Case, subjects: Iterable[str]) -> str:
    """Returns whom it concerns, where that is not the account itself."""
    names = [name for name in subjects if name != case.rule.policy.account]
    if not names:
        return ""
    more = f" and {len(names) - MAX_NAMED_SUBJECTS} more" if len(names) > MAX_NAMED_SUBJECTS else ""
    return f" for {', '.join(names[:MAX_NAMED_SUBJECTS])}{more}" if more else f" for {listed(names)}"


# --- what else there is to say


def _since_blind(case: Case, evaluation_input: EvaluationInput) -> tuple[Part, ...]:
    latest_readings = [
        evaluation_input.latest_readings[kind]
        for kind in case.rule.watch.kinds
        if evaluation_input.latest_readings[kind].blind is not None
    ]
    begins = [s.blind_since or s.blind.at for s in latest_readings if s.blind is not None]
    errors = dict.fromkeys(s.blind.error for s in latest_readings if s.blind is not None)
    return (" since ", moment(min(begins), case.now), f" ({' '.join(errors)}): ")


def _notes(case: Case, state: State) -> list[Line]:
    """Returns what keeps it from being raised or notified, whatever the clauses say."""
    notes: list[Line] = []
    policy, evaluation_input, now = case.rule.policy, case.evaluation_input, case.now
    for silence in case.silences:
        who = (f"{silence.target} is silenced by ", by_whom(silence.by), " until ", moment(silence.until, now))
        notes.append((*who, f": {silence.why}"))
    if policy.calendar is not None and policy.calendar.opening(now) is None:
        opens = policy.calendar.next_opening(now)
        notes.append(("Outside its hours", *((" until ", moment(opens, now)) if opens is not None else ()), "."))
    if evaluation_input is not None and evaluation_input.down:
        notes.append(f"{policy.account} is down, which another alert tells: nothing more is said of what is not seen.")
    if evaluation_input is not None and case.open and blind(case.rule, evaluation_input.latest_readings):
        notes.append(("Not seen", *_since_blind(case, evaluation_input), "it stays as it is until it is seen again."))
    if (
        evaluation_input is not None
        and state is not State.BLIND
        and case.rule.too_old(evaluation_input.latest_readings, now)
    ):
        notes.append("The last look is too old to be judged anew: the next poll is waited for.")
    tests = [i for i in case.alert_state.incidents.values() if i.open and i.test]
    notes += [("A test of it stands since ", moment(test.opened_at, now), ".") for test in tests]
    return notes


def capital(words: tuple[Part, ...]) -> tuple[Part, ...]:
    """Returns the words as the beginning of a sentence."""
    first = words[0]
    return (first[:1].upper() + first[1:], *words[1:]) if isinstance(first, str) else words
