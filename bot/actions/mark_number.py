"""**Mark as active**, **Mark as spam**: the button has asked already. Done once, read back, told to the presser."""

from bot.cards import Answer, Card, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.marking import Mark, marked_at_once


async def _run(context: Context, press: Press) -> Answer:
    mark = Mark.of(press.value)
    if mark is None:
        return Answer(Card("This button is from an older version, and nothing was marked: ask again.", Tone.INFO))
    return Answer(await marked_at_once(context, mark))


ACTION = Action("mark_number", _run)
