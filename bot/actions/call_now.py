"""**Call now**: one click, one call, for the one who asked."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.placing import confirmed


async def _run(context: Context, press: Press) -> Answer:
    return await confirmed(context, press.value)


ACTION = Action("call_now", _run)
