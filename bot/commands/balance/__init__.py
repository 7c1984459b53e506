"""`/balance`: what every account holds, how fast it goes, and when it runs out."""

from bot.cards import Answer
from bot.commands.balance.card import card
from bot.commands.balance.query import query
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request


async def _run(context: Context, request: Request) -> Answer:
    result = await query(context, request)
    return Answer(card(result), share=bool(result.balances))


COMMAND = command(
    "balance",
    "What every account holds, and when it runs out",
    "[ACCOUNT]",
    "sales",
    _run,
    notes=(
        "Without an account: all of them, worst first.",
        "It goes on as the last days went, each as its day of the week goes, at today's pace.",
        "In brackets: a fifth more and a fifth less. Before two days are known, the last 60 min alone are taken.",
    ),
)
