"""`/pbx reload`: every replica reads its configuration anew."""

from bot.cards import Answer, Card, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.request import Request
from bot.settings import Permission
from bot.store import AuditRecord

OPERATION = "reload"


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if words:
        raise WordsError("reload takes no words.")
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    if context.reload is None:
        return Answer(Card("The configuration cannot be read anew from here: send SIGHUP.", Tone.WARNING))
    told = await context.reload()
    actor = context.actor
    record = AuditRecord(context.clock(), actor.user_id, OPERATION, "", "", told[:200], actor.channel_id)
    await context.store.audit(record)
    return Answer(Card(told, Tone.INFO))


COMMAND = command(
    "reload",
    "Every replica reads its configuration anew",
    "",
    "",
    _run,
    topic=True,
    notes=("Only people listed under permissions.admin may.",),
)
