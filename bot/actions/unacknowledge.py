"""**Undo acknowledge**: nobody has it after all."""

from bot.alerts.model import Unacknowledge
from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.press_replies import unchanged


async def _run(context: Context, press: Press) -> Answer:
    applied = await context.engine.apply(press.value, Unacknowledge(press.actor.user_id, context.clock()))
    return Answer() if applied.changed else unchanged(context, applied.incident, "take back")


ACTION = Action("unacknowledge", _run)
