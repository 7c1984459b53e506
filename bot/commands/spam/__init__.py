"""`/spam`: our caller IDs, the spam ones first, and marking one of them."""

from bot.cards import Answer
from bot.commands.spam.card import card
from bot.commands.spam.marking import prepare, read
from bot.commands.spam.query import query
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request
from bot.settings import Permission


async def _run(context: Context, request: Request) -> Answer:
    typed = read(request.words)
    if typed is not None:
        return (await prepare(context, typed)).answer
    result = await query(context, request)
    may = await context.access.may(context.actor, Permission.MARK_NUMBERS)
    shown = card(result, request, may=may)
    return Answer(shown, share=bool(result.replies.good), replace=request.page > 0)


COMMAND = command(
    "spam",
    "Our caller IDs, the spam ones first, and marking one",
    "[ACCOUNT] · NUMBER · active NUMBER",
    "active +12025550143",
    _run,
    notes=(
        "A NUMBER alone is marked as spam, after Confirm; with the word active, as active.",
        "Where several accounts have the number, add on ACCOUNT.",
    ),
)
