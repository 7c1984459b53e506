"""`/pbx audit`: who did what, when, and what came of it, refusals included. For administrators."""

from bot.cards import Answer, Card, Line, Part, Row, Section, Tone, When, by_whom
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.phrases import commas, count
from bot.dialog.request import Request
from bot.settings import Permission
from bot.store import AuditRecord

DEFAULT_RECORDS = 30
MAX_RECORDS = 100


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if words and not (words.isdecimal() and 0 < int(words) <= MAX_RECORDS):
        raise WordsError(f"“{words}” is no number of entries between 1 and {MAX_RECORDS}.")
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation="audit")
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    records = await context.store.audit_log(int(words) if words else DEFAULT_RECORDS)
    if not records:
        return Answer(Card("Nothing was done or refused yet.", Tone.INFO))
    rows = tuple(Row(_line(record)) for record in records)
    verdict = f"The newest {count(len(records), 'entry', 'entries')} of deeds and refusals."
    return Answer(Card(verdict, Tone.INFO, (Section(rows, "Newest first"),)))


def _line(record: AuditRecord) -> Line:
    what = commas((record.operation, record.target, record.account))
    parts: list[Part] = [When(record.at, "day"), " · "]
    parts.append(by_whom(record.user) if record.user else "the bot")
    return (*parts, f" · {what} · {record.outcome}")


COMMAND = command(
    "audit",
    "Deeds and refusals: when, who, what, outcome",
    "[HOW MANY]",
    "50",
    _run,
    topic=True,
    notes=("Only people listed under permissions.admin may. Customers' numbers are masked.",),
)
