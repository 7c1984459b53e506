"""`/pbx alerts`: the open ones, worst first, each with a link to its message."""

from bot.alerts.model import Incident, Ledger, Phase, Severity
from bot.cards import Answer, Card, Line, Link, Part, Person, Row, Section, Text, Tone
from bot.commands.phrases import commas, count, moment, span
from bot.commands.words import WordsError, command
from bot.desk import Context
from bot.store import StoreError

SUBJECTS = 5


async def _run(context: Context, words: str) -> Answer:
    if words.casefold().startswith("why"):
        words = "Why an alert was raised is told in its message alone in this version."
        return Answer(Card(words, Tone.INFO))
    if words:
        raise WordsError("alerts takes no words: it lists the open ones.")
    found = [(ledger, incident) for _, ledger, incident in await context.engine.open_incidents()]
    configured = count(len(context.settings.alerts), "alert")
    if not found:
        return Answer(Card(f"No alert is open; {configured} configured.", Tone.GOOD), share=True)
    found.sort(key=lambda pair: (-pair[1].severity.rank, pair[1].opened_at))
    rows = [Row(await _line(context, ledger, incident)) for ledger, incident in found]
    worst = found[0][1].severity
    tone = Tone.CRITICAL if worst is Severity.CRITICAL else Tone.WARNING
    verdict = f"{count(len(found), 'alert is', 'alerts are')} open; {configured} configured."
    return Answer(Card(verdict, tone, (Section(tuple(rows), "Worst first"),)), share=True)


async def _line(context: Context, ledger: Ledger, incident: Incident) -> Line:
    now = context.clock()
    subjects = [member.subject for member in incident.affected]
    shown = ", ".join(subjects[:SUBJECTS])
    more = f" and {len(subjects) - SUBJECTS} more" if len(subjects) > SUBJECTS else ""
    what = commas((ledger.account, incident.severity.value, f"{shown}{more}"))
    parts: list[Part] = [Text(ledger.alert, bold=True), f" · {what} · for {span(now - incident.opened_at)} · "]
    parts += _phase(incident, context)
    try:
        message = await context.store.message(incident.id)
    except StoreError:
        message = None
    if message is not None and message.ref.permalink:
        parts += [" · ", Link(message.ref.permalink, "message")]
    return tuple(parts)


def _phase(incident: Incident, context: Context) -> list[Part]:
    if incident.phase is Phase.ACKNOWLEDGED and incident.acknowledged_by:
        return ["acknowledged by ", Person(incident.acknowledged_by)]
    if incident.phase is Phase.SNOOZED and incident.snoozed_until is not None:
        return ["snoozed until ", moment(incident.snoozed_until, context.clock())]
    return [incident.phase.value]


COMMAND = command("alerts", "The open alerts", "", "", _run, topic=True)
