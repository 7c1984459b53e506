"""**Mark a number…** on the Home tab: the form that asks for it."""

from bot.cards import Answer, Field, Form
from bot.dialog.action import Action
from bot.dialog.context import Context, Press
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.workflow import refused

FORM = Form(
    "mark_form",
    "Mark a number",
    "Continue",
    (
        Field("number", "Number", hint="A caller ID of yours. You see what will be done before it is."),
        Field("status", "Status", hint="active or spam", initial="spam"),
        Field("account", "Account", optional=True, hint="Only where several accounts have the number."),
    ),
)


async def _run(context: Context, _press: Press) -> Answer:
    refusal = await refused(context, MARK_NUMBER, "", "")
    return refusal.answer if refusal is not None else Answer(form=FORM)


ACTION = Action("mark_someone", _run)
