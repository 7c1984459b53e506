"""*Ask to call*: a person gets the preview of `/call` in a direct message; that person's press decides."""

from collections.abc import Mapping

from bot.dialog.context import Context
from bot.dialog.parsing import one_account
from bot.dialog.step import Parameter, PersonQuestion, Step
from bot.operations.call import CALL
from bot.operations.call_plan import PlaceCallRequest
from bot.operations.workflow import offer
from bot.steps.inputs import ANY_ACCOUNT, PERSON, needed
from bot.steps.question import OUTCOME, question

NUMBER = Parameter("number", "Number", "Who is called: with + and the country code, or as at home.", needed=True)
REASON = Parameter("reason", "Reason", "Why, as the person who is asked reads it.")


async def _run(context: Context, inputs: Mapping[str, str]) -> PersonQuestion:
    number, word = needed(inputs, NUMBER.name), inputs.get(ANY_ACCOUNT.name, "")
    account = one_account(context, word).name if word else ""
    offered = await offer(context, CALL, PlaceCallRequest(number, account=account))
    return question(context, offered, inputs.get(REASON.name, ""))


STEP = Step(
    "ask_to_call",
    "Ask to call",
    "Asks a person to place a call, and waits for ten minutes",
    (PERSON, NUMBER, ANY_ACCOUNT, REASON),
    (OUTCOME,),
    _run,
)
