"""`/pbx resume calls`: calls may be placed again."""

from bot.cards import Answer, Card, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.request import Request
from bot.settings import Permission
from bot.store import AuditRecord

OPERATION = "resume calls"


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if words.casefold() != "calls":
        raise WordsError("Only calls can be resumed: write resume calls.")
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    if await context.store.calls_paused() is None:
        return Answer(Card("Calls are not paused: nothing to do.", Tone.INFO))
    actor = context.actor
    await context.store.resume_calls()
    record = AuditRecord(context.clock(), actor.user_id, OPERATION, "", "", "done", actor.channel_id)
    await context.store.audit(record)
    return Answer(Card("Calls may be placed again.", Tone.GOOD))


COMMAND = command(
    "resume",
    "Calls may be placed again",
    "calls",
    "calls",
    _run,
    topic=True,
    notes=("Only people listed under permissions.admin may.",),
)
