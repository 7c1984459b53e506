"""`/pbx pause calls`: nobody places a call until it is resumed, on any replica, from the next click on."""

from bot.cards import Answer, Card, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.phrases import moment
from bot.dialog.request import Request
from bot.settings import Permission
from bot.store import AuditRecord

OPERATION = "pause calls"


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if words.casefold() != "calls":
        raise WordsError("Only calls can be paused: write pause calls.")
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    paused = await context.store.calls_paused()
    if paused is not None:
        by, at = paused
        said = ("Calls are paused already, by ", by_whom(by), " since ", moment(at, context.clock()), ".")
        return Answer(Card(said, Tone.INFO))
    actor, now = context.actor, context.clock()
    await context.store.pause_calls(actor.user_id, now)
    await context.store.audit(AuditRecord(now, actor.user_id, OPERATION, "", "", "done", actor.channel_id))
    words = f"Calls are paused: nobody can place one until {context.slash('pbx')} resume calls."
    return Answer(Card(words, Tone.WARNING))


COMMAND = command(
    "pause",
    "Nobody places calls until they are resumed",
    "calls",
    "calls",
    _run,
    topic=True,
    notes=("Only people listed under permissions.admin may.",),
)
