"""**Cancel** under a preview: the offer is used up, and nothing is done."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.placing import cancelled


async def _run(context: Context, press: Press) -> Answer:
    return await cancelled(context, press.value)


ACTION = Action("cancel", _run)
