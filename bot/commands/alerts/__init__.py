"""`/pbx alerts`: the open ones, worst first, what is pending and what is silenced; `why NAME` and `test NAME`."""

import asyncio
from collections.abc import Sequence

from bot.alerts.model import AlertState, Incident, Severity
from bot.cards import Answer, Card, Line, Link, Part, Person, Row, Section, Text, Tone
from bot.commands.alerts.standing import pending, phase
from bot.commands.alerts.why import case_of, meant, why
from bot.dialog.alert_test import offer
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.phrases import commas, count, moment, span
from bot.engine.evaluation import Rule
from bot.store import StoreError

SUBJECTS = 5


async def _run(context: Context, words: str) -> Answer:
    verb, _, name = words.partition(" ")
    try:
        match verb.casefold(), name.strip():
            case "", _:
                return await _listed(context)
            case ("why" | "test") as asked, "":
                raise WordsError(f"Which alert? Write its name after {asked}.")
            case "why", one:
                return await why(context, meant(context, one))
            case "test", one:
                return await offer(context, meant(context, one))
    except StoreError as error:
        words = f"The bot's store does not answer: alerts are paused, and nothing can be said of them now. {error}"
        return Answer(Card(words, Tone.UNKNOWN))
    raise WordsError("alerts lists the open ones; after it come why NAME or test NAME, or nothing.")


async def _listed(context: Context) -> Answer:
    found = [(alert_state, incident) for _, alert_state, incident in await context.engine.open_incidents()]
    waiting = await _waiting(context)
    rows = [Row(line) for line in await asyncio.gather(*(_line(context, *pair) for pair in found))]
    concerned = {name for alert_state, _ in found for name in (alert_state.alert, alert_state.account)}
    concerned |= {name for rule, _ in waiting for name in rule.home}
    quiet = await _silences(context, concerned)
    body = [
        Section(tuple(section), heading)
        for section, heading in (
            (rows, "Worst first"),
            ([Row(line) for _, line in waiting], "Pending"),
            (quiet, "Silenced"),
        )
        if section
    ]
    verdict = f"{count(len(found), 'alert is', 'alerts are')} open" if found else "No alert is open"
    held = f", {len(waiting)} {'is' if len(waiting) == 1 else 'are'} pending" if waiting else ""
    configured = count(len(context.settings.alerts), "alert")
    tone = _tone([incident for _, incident in found], calm=not waiting)
    return Answer(Card(f"{verdict}{held}; {configured} configured.", tone, tuple(body)), share=True)


def _tone(found: Sequence[Incident], *, calm: bool) -> Tone:
    if not found:
        return Tone.GOOD if calm else Tone.INFO
    return Tone.CRITICAL if any(i.severity is Severity.CRITICAL for i in found) else Tone.WARNING


async def _line(context: Context, alert_state: AlertState, incident: Incident) -> Line:
    now = context.clock()
    plain = incident.test or [member.subject for member in incident.affected] == [alert_state.account]
    subjects = [] if plain else [member.subject for member in incident.affected]
    shown = ", ".join(subjects[:SUBJECTS])
    more = f" and {len(subjects) - SUBJECTS} more" if len(subjects) > SUBJECTS else ""
    test = "a test" if incident.test else ""
    what = commas((test, alert_state.account, incident.severity.value, f"{shown}{more}"))
    parts: list[Part] = [Text(alert_state.alert, bold=True), f" · {what} · since ", moment(incident.opened_at, now)]
    parts += [f" ({span(now - incident.opened_at)}) · ", *(phase(incident, now) or (incident.phase.value,))]
    message = await context.store.message(incident.id)
    if message is not None and message.ref.permalink:
        parts += [" · ", Link(message.ref.permalink, "message")]
    return tuple(parts)


async def _waiting(context: Context) -> list[tuple[Rule, Line]]:
    """What holds and is not raised yet, with when it will be."""
    found: list[tuple[Rule, Line]] = []
    for alert_state in await context.store.alert_states():
        for rule in context.engine.rules_of(alert_state.alert):
            if rule.policy.account == alert_state.account and any(
                s.incident is None for s in alert_state.subjects.values()
            ):
                case = await case_of(context, rule)
                if case.pending:
                    name = Text(alert_state.alert, bold=True)
                    found.append((rule, (name, f" · {alert_state.account} · ", *pending(case).words)))
    return found


async def _silences(context: Context, concerned: set[str]) -> list[Row]:
    """The silences that hide something now."""
    now = context.clock()
    return [
        Row((Text(s.target, bold=True), " until ", moment(s.until, now), " by ", Person(s.by), f": {s.why}"))
        for s in await context.store.silences(now)
        if s.target in concerned
    ]


COMMAND = command(
    "alerts",
    "The open alerts, and why one was raised or was not",
    "[why NAME | test NAME]",
    "why low-balance",
    _run,
    topic=True,
    notes=("test sends a message marked TEST; only people listed under permissions.admin may.",),
)
