"""**Call this number**, of any message: the form of `/call` opens with the first number that stands in it."""

from bot.cards import Answer
from bot.commands.call import form
from bot.dialog.action import Action, Shortcut, ShortcutKind
from bot.dialog.context import Context, Press
from bot.operations.call import CALL
from bot.operations.call_plan import PlaceCallRequest
from bot.operations.workflow import refused
from bot.text.names import listed
from bot.text.phone_numbers import numbers_in

NOTHING_FOUND = "No phone number was found in that message: write the one that you mean."


async def _run(context: Context, press: Press) -> Answer:
    refusal = await refused(context, CALL, "", "")
    if refusal is not None:
        return refusal.answer
    found = numbers_in(press.value, context.settings.calls.region)
    others = f"Also in that message: {listed(found[1:])}" if len(found) > 1 else ""
    return Answer(form=form(PlaceCallRequest(*found[:1]), intro=others if found else NOTHING_FOUND))


ACTION = Action(
    "call_number",
    _run,
    shortcut=Shortcut(ShortcutKind.MESSAGE, "Call this number", "Opens the call form with the number of this message"),
)
