"""**Confirm** under `/spam NUMBER`: the deed, once, for the one who asked."""

from bot.actions import Action
from bot.cards import Answer
from bot.commands.marking import confirmed
from bot.desk import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await confirmed(context, press.value)


ACTION = Action("confirm_mark", _run)
