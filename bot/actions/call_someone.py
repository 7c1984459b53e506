"""**Call someone**, from anywhere in Slack: the form of `/call` opens empty."""

from bot.cards import Answer
from bot.commands.call import form
from bot.dialog.action import Action, Shortcut, ShortcutKind
from bot.dialog.context import Context, Press
from bot.operations.call import CALL
from bot.operations.call_plan import PlaceCallRequest
from bot.operations.workflow import refused


async def _run(context: Context, _press: Press) -> Answer:
    refusal = await refused(context, CALL, "", "")
    return refusal.answer if refusal is not None else Answer(form=form(PlaceCallRequest()))


ACTION = Action(
    "call_someone",
    _run,
    shortcut=Shortcut(ShortcutKind.GLOBAL, "Call someone", "Opens the call form"),
)
