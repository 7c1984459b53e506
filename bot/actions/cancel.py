"""**Cancel** under an offer: it is used up, and nothing is done."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.workflow import cancel


async def _run(context: Context, press: Press) -> Answer:
    return (await cancel(context, press.value)).answer


ACTION = Action("cancel", _run)
