"""`/pbx ivr NUMBER`: call a number and play an announcement or run a menu, under the whole call policy."""

from bot.cards import Answer
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.operations.calling_out import answered
from bot.operations.plans import IVR
from providers.capabilities import SupportsIvrCall


async def _run(context: Context, words: str) -> Answer:
    return await answered(context, SupportsIvrCall, IVR, words)


COMMAND = command(
    "ivr",
    "Call a number and play an announcement or run a menu",
    "NUMBER [words] [on ACCOUNT]",
    "+380671234567 menu=7000 Your order is ready",
    _run,
    topic=True,
    notes=(
        "Only people listed under permissions.ivr may, after Confirm; the rules of calls hold for the number.",
        "The words after the number are the vendor's: which menu, which announcement. They begin with a letter.",
    ),
)
