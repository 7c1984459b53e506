"""**Acknowledge**: somebody has it. The message says by whom and when."""

from bot.alerts.model import Acknowledge
from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.press_replies import unchanged


async def _run(context: Context, press: Press) -> Answer:
    applied = await context.engine.apply(press.value, Acknowledge(press.actor.user_id, context.clock()))
    return Answer() if applied.changed else unchanged(context, applied.incident, "acknowledge")


ACTION = Action("acknowledge", _run)
