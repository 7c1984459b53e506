"""**Mark as active**, **Mark as spam**: the button has asked already. Done once, read back, reported to the presser."""

from bot.cards import Answer, Card, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkRequest
from bot.operations.workflow import at_once


async def _run(context: Context, press: Press) -> Answer:
    request = MarkRequest.of(press.value)
    if request is None:
        return Answer(Card("This button is from an older version, and nothing was marked: ask again.", Tone.INFO))
    return (await at_once(context, MARK_NUMBER, request)).answer


ACTION = Action("mark_number", _run)
