"""**Call now**: one click, one call, for the one who asked."""

from bot.actions import Action
from bot.cards import Answer
from bot.commands.placing import confirmed
from bot.desk import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await confirmed(context, press.value)


ACTION = Action("call_now", _run)
