"""**Hang up** beside a call that is up: what will be done, with its **Confirm**. It ends no call by itself."""

from bot.cards import Answer, Card, Row, Section, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.parsing import WordsError
from bot.operations.hang_up import HANG_UP, HangUpRequest
from bot.operations.workflow import offer


async def _run(context: Context, press: Press) -> Answer:
    request = HangUpRequest.of(press.value)
    if request is None:
        return Answer(Card("This button is from an older version, and nothing was done: ask again.", Tone.INFO))
    try:
        return (await offer(context, HANG_UP, request)).answer
    except WordsError as error:
        rows = tuple(Row(choice) for choice in error.choices)
        return Answer(Card(str(error), Tone.WARNING, (Section(rows, "You may mean"),) if rows else ()))


ACTION = Action("hang_up", _run)
