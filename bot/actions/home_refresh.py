"""**Refresh** on the Home tab: whoever presses there gets the page anew, so there is nothing else to do."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press


async def _run(_context: Context, _press: Press) -> Answer:
    return Answer()


ACTION = Action("home_refresh", _run)
