"""**Silence…** on the Home tab: the form that asks what, for how long, and why."""

from bot.cards import Answer, Card, Field, Form, Tone
from bot.commands.silence import OPERATION
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.settings import Permission

FORM = Form(
    "silence_form",
    "Silence",
    "Silence",
    (
        Field("target", "What", hint="An account or an alert, by its name."),
        Field("length", "For how long", hint="30m, 2h or 1d", initial="2h"),
        Field("why", "Why", hint="Shown to whoever wonders."),
    ),
)


async def _run(context: Context, _press: Press) -> Answer:
    refusal = await context.access.refusal(context.actor, Permission.ADMIN, operation=OPERATION)
    return Answer(Card(refusal, Tone.WARNING)) if refusal is not None else Answer(form=FORM)


ACTION = Action("silence_something", _run)
