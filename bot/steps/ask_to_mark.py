"""*Ask to mark a number*: a person gets the preview of `/spam` in a direct message; that person's press decides."""

from collections.abc import Mapping

from bot.commands.spam.marking import Marking, prepare
from bot.dialog.context import Context
from bot.dialog.step import Parameter, PersonQuestion, Step, StepError
from bot.steps.inputs import ANY_ACCOUNT, PERSON, needed
from bot.steps.question import OUTCOME, question
from bot.text.phone_numbers import NotANumberError, plain, tidied
from providers.model import NumberStatus

NUMBER = Parameter("number", "Number", "A caller ID of yours.", needed=True)
STATUS = Parameter("status", "Status", "active or spam.", needed=True)
_STATUSES = {status.value: status for status in (NumberStatus.ACTIVE, NumberStatus.SPAM)}


async def _run(context: Context, inputs: Mapping[str, str]) -> PersonQuestion:
    number, word = tidied(needed(inputs, NUMBER.name)), needed(inputs, STATUS.name)
    status = _STATUSES.get(word.casefold())
    if status is None:
        raise StepError(f"A number is marked as active or as spam, not as “{word}”.")
    try:
        plain(number)
    except NotANumberError as why:
        raise StepError(str(why)) from why
    offered = await prepare(context, Marking(number, status, inputs.get(ANY_ACCOUNT.name) or None))
    return question(context, offered, "")


STEP = Step(
    "ask_to_mark",
    "Ask to mark a number",
    "Asks a person to mark a caller ID as active or spam, and waits for ten minutes",
    (PERSON, NUMBER, STATUS, ANY_ACCOUNT),
    (OUTCOME,),
    _run,
)
