"""**Cancel** under a preview: the offer is used up, and nothing is done."""

from bot.actions import Action
from bot.cards import Answer
from bot.commands.placing import cancelled
from bot.desk import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await cancelled(context, press.value)


ACTION = Action("cancel", _run)
