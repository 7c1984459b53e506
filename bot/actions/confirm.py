"""**Confirm**, **Call now**: what was offered is done, once, for the one who asked."""

from bot.cards import Answer
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.workflow import confirm


async def _run(context: Context, press: Press) -> Answer:
    return (await confirm(context, press.value)).answer


# offers of the version before stay good for their ten minutes
ACTION = Action("confirm", _run, also=("call_now", "confirm_deed", "confirm_mark"))
