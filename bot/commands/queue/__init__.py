"""`/queue`: who waits, and how long."""

from bot.cards import Answer
from bot.commands.queue.card import card
from bot.commands.queue.query import query
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request


async def _run(context: Context, request: Request) -> Answer:
    result = await query(context, request)
    return Answer(card(result), share=bool(result.live or result.hours))


COMMAND = command(
    "queue",
    "Who waits in which queue, and how long",
    "[ACCOUNT|QUEUE]",
    "Support",
    _run,
    notes=("Where a vendor cannot tell who waits, that is said: it is not the same as nobody.",),
)
