"""**Send a test**: a message marked TEST through the real path. The button has asked already."""

from bot.actions import Action
from bot.cards import Answer
from bot.commands.alert_trial import sent
from bot.desk import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await sent(context, press.value)


ACTION = Action("test_alert", _run)
