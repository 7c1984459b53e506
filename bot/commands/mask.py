"""`/pbx mask FIRST SECOND`: connect two numbers so that neither sees the other, both under the whole call policy."""

from bot.cards import Answer
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.operations.calling_out import answered
from bot.operations.plans import MASK
from providers.capabilities import SupportsMaskedCall


async def _run(context: Context, words: str) -> Answer:
    return await answered(context, SupportsMaskedCall, MASK, words)


COMMAND = command(
    "mask",
    "Connect two numbers; neither sees the other's",
    "FIRST [and] SECOND [on ACCOUNT]",
    "+380671234567 and +380501234567",
    _run,
    topic=True,
    notes=("Only people listed under permissions.mask may, after Confirm; the rules of calls hold for both numbers.",),
)
