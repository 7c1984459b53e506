"""**Confirm** under a hang-up, a change of settings, an IVR call or a masked call: once, for the one who asked."""

from bot.actions import Action
from bot.cards import Answer
from bot.commands.confirming import confirmed
from bot.desk import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await confirmed(context, press.value)


ACTION = Action("confirm_deed", _run)
