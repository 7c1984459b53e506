"""`/pbx alerts why NAME`: on each account, the clause or hour that raised it or held it back. It changes nothing.

The clauses and the state are what the live steps make of what was read last.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Observed, Reading
from bot.cards import Answer, Card, Line, Link, Part, Row, Section, Text, Tone
from bot.commands.alerts.standing import Case, Standing, State, capital, standing, told
from bot.dialog.alert_test import button
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.dialog.phrases import ago, commas, moment
from bot.engine.evaluation import EvaluationInput, Rule, blind, step, watch_input_of
from bot.settings import Alert, Permission, UnknownAlertError, find_alert
from bot.settings.problems import nearest
from bot.text.names import listed
from bot.watches import Clause

MAX_CLAUSES = 10
MAX_SAMPLES = 5
SAMPLE_WINDOWS = (timedelta(days=1), timedelta(days=7))  # how far back samples are searched for
_HOLDS = {True: "holds", False: "does not hold", None: "cannot be told"}


def meant(context: Context, word: str) -> Alert:
    """Returns the alert that a word means; raises `WordsError`."""
    try:
        return find_alert(context.settings, word)
    except UnknownAlertError as error:
        if error.fits:
            raise WordsError(f"Several alerts begin with “{word}”.", error.fits) from error
    names = [alert.name for alert in context.settings.alerts]
    near = nearest(word, names)
    hint = f"Did you mean “{near}”?" if near else f"Alerts: {listed(names) or 'none is configured'}."
    raise WordsError(f"There is no alert “{word[:40]}”. {hint}")


async def why(context: Context, alert: Alert) -> Answer:
    """Returns the answer, the worst account first. Raises `StoreError`."""
    rules = context.engine.rules_of(alert.name)
    if not rules:
        return Answer(Card(f"{alert.name} watches nothing: no account can feed it.", Tone.WARNING))
    cases = await asyncio.gather(*(case_of(context, rule) for rule in rules))
    order = list(State)
    found = sorted(((case, standing(case)) for case in cases), key=lambda pair: order.index(pair[1].state))
    body: list[Section] = []
    for case, stood in found:
        body += await _sections(context, case, stood, alone=len(found) == 1)
    may_test = await context.access.may(context.actor, Permission.ADMIN)
    controls = (button(context, alert),) if may_test else ()
    card = Card(_verdict(alert.name, found), found[0][1].tone, tuple(body), _small_print(alert), controls)
    return Answer(card, share=True)


async def case_of(context: Context, rule: Rule) -> Case:
    """Returns what the live steps make of one account now. Raises `StoreError`."""
    now = context.clock()
    alert_state, _ = await context.store.alert_state(*rule.home)
    silences = tuple(s for s in await context.store.silences(now) if s.target in rule.home)
    mistake = context.engine.failing().get(rule.home, "")
    case = Case(rule, alert_state, now, silences=silences, mistake=mistake)
    evaluation_input = await context.engine.evaluation_input(rule)
    if evaluation_input is None:
        return case
    if mistake:
        return replace(case, evaluation_input=evaluation_input)
    if not rule.too_old(evaluation_input.latest_readings, now):
        alert_state, _ = step(alert_state, rule, evaluation_input)
    return replace(
        case,
        evaluation_input=evaluation_input,
        alert_state=alert_state,
        clauses=_clauses(rule, alert_state, evaluation_input),
    )


def _clauses(rule: Rule, alert_state: AlertState, evaluation_input: EvaluationInput) -> tuple[Clause, ...]:
    if rule.watch.clauses is None or blind(rule, evaluation_input.latest_readings):
        return ()
    return rule.watch.clauses(watch_input_of(rule, alert_state, evaluation_input), rule.keys)


def _verdict(name: str, found: Sequence[tuple[Case, Standing]]) -> Line:
    case, stood = found[0]
    if len(found) == 1:
        return (f"{name} on {case.rule.policy.account}: ", *stood.words, ".")
    by_state: dict[str, list[str]] = {}
    for one, other in found:
        by_state.setdefault(other.state, []).append(one.rule.policy.account)
    return f"{name}: {'; '.join(f'{state} on {listed(names)}' for state, names in by_state.items())}."


async def _sections(context: Context, case: Case, stood: Standing, *, alone: bool) -> list[Section]:
    account = case.rule.policy.account
    rows: list[Row] = [] if alone else [Row((*capital(stood.words), "."))]
    rows += [Row(note) for note in stood.notes]
    rows += [Row(link) for link in await _links(context, case)]
    rows.append(Row(await _evaluations(context, case)))
    samples = await _samples(context, case)
    parts = ((rows, ""), (_clause_rows(case), "the clauses now"), (samples, "what was seen"))
    return [Section(tuple(found), commas((account, words))) for found, words in parts if found]


async def _links(context: Context, case: Case) -> list[Line]:
    """Returns where the open messages stand."""
    found = [await context.store.message(incident.id) for incident in case.open]
    return [Link(sent.ref.permalink, "Its message") for sent in found if sent is not None and sent.ref.permalink]


async def _evaluations(context: Context, case: Case) -> Line:
    """Returns when it was evaluated last, and when it is next."""
    rule, now = case.rule, case.now
    latest_readings = (
        case.evaluation_input.latest_readings
        if case.evaluation_input is not None
        else await context.store.latest_readings(rule.policy.account)
    )
    seen = [s.blind or s.observed for kind, s in latest_readings.items() if rule.concerns(kind)]
    last = max((reading.at for reading in seen if reading is not None), default=None)
    intervals = {(rule.policy.account, kind): every for kind, every in rule.every.items()}
    polls = await context.store.next_polls(intervals)
    dues = [at for (account, kind), at in polls.items() if account == rule.policy.account and rule.concerns(kind)]
    upcoming = min((at for at in (*dues, case.alert_state.due) if at is not None), default=None)
    before: tuple[Part, ...] = ("Last evaluation ", moment(last, now), f" ({ago(now, last)})") if last else ()
    if upcoming is None:
        return (*before, "." if before else "Never evaluated.")
    word = ", the next " if before else "The next evaluation "
    return (*before, word, *(("at once",) if upcoming <= now else ("at ", moment(upcoming, now))), ".")


# --- clauses and samples


def _clause_rows(case: Case) -> list[Row]:
    """Returns the clauses, those of subjects for which something holds first.

    A watch's own count of the rest stays last.
    """
    near = {clause.subject for clause in case.clauses if clause.holds}
    clauses = sorted(case.clauses, key=lambda clause: (not clause.subject, clause.subject not in near))
    named = [clause for clause in clauses if clause.subject]
    rows = [Row((Text(_HOLDS[c.holds], bold=True), f" · {told(case, c)}")) for c in named[:MAX_CLAUSES]]
    rest = [clause.words for clause in clauses if not clause.subject]
    hidden = [f"and {len(named) - MAX_CLAUSES} more"] if len(named) > MAX_CLAUSES else []
    return [*rows, *([Row("; ".join((*hidden, *rest)))] if hidden or rest else [])]


async def _samples(context: Context, case: Case) -> list[Row]:
    """Returns the last readings that differ, the newest first, each with when it was so."""
    rule, sample = case.rule, case.rule.watch.sample
    if sample is None:
        return []
    rows: list[Row] = []
    for kind in rule.watch.kinds or sorted(rule.polled):
        for text, first, last in await _runs(context, case, kind, lambda value: sample(value, rule.keys)):
            until = () if first == last else (" to ", moment(last, case.now))
            rows.append(Row((moment(first, case.now), *until, f" · {text}")))
    return rows


async def _runs(
    context: Context, case: Case, kind: Kind, sample: Callable[[object], str]
) -> list[tuple[str, datetime, datetime]]:
    """Returns what was seen, and from when to when it was the same; the newest first."""
    runs: list[tuple[str, datetime, datetime]] = []
    for reach in SAMPLE_WINDOWS:
        runs = []
        for reading in await context.store.history(case.rule.policy.account, kind, case.now - reach):
            text = _said(reading, sample)
            if runs and runs[-1][0] == text:
                runs[-1] = (text, runs[-1][1], reading.at)
            else:
                runs.append((text, reading.at, reading.at))
        if len(runs) > MAX_SAMPLES:
            break
    return runs[: -MAX_SAMPLES - 1 : -1]


def _said(reading: Reading, sample: Callable[[object], str]) -> str:
    return sample(reading.value) if isinstance(reading, Observed) else f"not seen: {reading.error}"


def _small_print(alert: Alert) -> tuple[Line, ...]:
    return (commas((alert.watch, alert.severity.value)),)
