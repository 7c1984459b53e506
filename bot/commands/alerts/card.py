"""The card of alerts: the open ones, worst first, what is pending with when it is raised, what is silenced."""

from collections.abc import Sequence
from datetime import datetime

from bot.alerts.model import Severity
from bot.cards import Card, Line, Link, Part, Row, Section, Text, Tone, by_whom
from bot.commands.alerts.query import AlertsResult, OpenAlert
from bot.commands.alerts.standing import Case, pending, phase
from bot.dialog.phrases import commas, count, moment
from bot.store import Silence
from bot.text.durations import span

MAX_SUBJECTS = 5


def card(result: AlertsResult) -> Card:
    """Returns what is open, pending and silenced; each under its heading where there is any."""
    now = result.now
    body = tuple(
        Section(tuple(Row(line) for line in lines), heading)
        for lines, heading in (
            ([_open(each, now) for each in result.open], "Worst first"),
            ([_pending(case) for case in result.pending], "Pending"),
            ([_silence(silence, now) for silence in result.silences], "Silenced"),
        )
        if lines
    )
    many = len(result.pending)
    verdict = f"{count(len(result.open), 'alert is', 'alerts are')} open" if result.open else "No alert is open"
    held = f", {many} {'is' if many == 1 else 'are'} pending" if many else ""
    tone = _tone(result.open, calm=not many)
    return Card(f"{verdict}{held}; {count(result.configured, 'alert')} configured.", tone, body)


def _tone(found: Sequence[OpenAlert], *, calm: bool) -> Tone:
    if not found:
        return Tone.GOOD if calm else Tone.INFO
    return Tone.CRITICAL if any(each.incident.severity is Severity.CRITICAL for each in found) else Tone.WARNING


def _open(one: OpenAlert, now: datetime) -> Line:
    incident = one.incident
    plain = incident.test or [member.subject for member in incident.affected] == [one.account]
    subjects = [] if plain else [member.subject for member in incident.affected]
    shown = ", ".join(subjects[:MAX_SUBJECTS])
    more = f" and {len(subjects) - MAX_SUBJECTS} more" if len(subjects) > MAX_SUBJECTS else ""
    test = "a test" if incident.test else ""
    what = commas((test, one.account, incident.severity.value, f"{shown}{more}"))
    parts: list[Part] = [Text(one.alert, bold=True), f" · {what} · since ", moment(incident.opened_at, now)]
    parts += [f" ({span(now - incident.opened_at)}) · ", *(phase(incident, now) or (incident.phase.value,))]
    if one.link:
        parts += [" · ", Link(one.link, "message")]
    return tuple(parts)


def _pending(case: Case) -> Line:
    name = Text(case.rule.policy.alert, bold=True)
    return (name, f" · {case.rule.policy.account} · ", *pending(case).words)


def _silence(silence: Silence, now: datetime) -> Line:
    until: tuple[Part, ...] = (" until ", moment(silence.until, now), " by ", by_whom(silence.by))
    return (Text(silence.target, bold=True), *until, f": {silence.why}")
