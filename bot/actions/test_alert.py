"""**Send a test**: a message marked TEST through the real path. The button has asked already."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.alert_test import sent
from bot.dialog.context import Context, Press


async def _run(context: Context, press: Press) -> Answer:
    return await sent(context, press.value)


ACTION = Action("test_alert", _run)
