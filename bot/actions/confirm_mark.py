"""**Confirm** under `/spam NUMBER`: the deed, once, for the one who asked."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.marking import confirmed


async def _run(context: Context, press: Press) -> Answer:
    return await confirmed(context, press.value)


ACTION = Action("confirm_mark", _run)
