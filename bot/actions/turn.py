"""**More** and **Back**: another page of a list, in place of the one that was shown."""

from bot.cards import Answer, Card, Tone
from bot.commands import commands, topics
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.dialog.paging import Paging


async def _run(context: Context, press: Press) -> Answer:
    paging = Paging.of(press.value)
    command = {**topics(), **commands()}.get(paging.command) if paging is not None else None
    if paging is None or command is None:
        return Answer(Card("This button is from an older version: ask again.", Tone.INFO))
    return await command.run(context, paging.request)


ACTION = Action("turn", _run)
