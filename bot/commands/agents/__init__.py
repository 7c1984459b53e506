"""`/agents`: who is there and doing what."""

from bot.cards import Answer
from bot.commands.agents.card import card
from bot.commands.agents.query import query
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request


async def _run(context: Context, request: Request) -> Answer:
    result = await query(context, request)
    return Answer(card(result), share=bool(result.seats))


COMMAND = command(
    "agents",
    "Who is signed in, doing what, for how long and with whom",
    "[ACCOUNT|GROUP|AGENT]",
    "Team-1",
    _run,
    notes=("An agent is named by name or extension. The beginning of a name is enough where only one fits.",),
)
