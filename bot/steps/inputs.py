"""The inputs that several steps have, and how they are read."""

from collections.abc import Mapping

from bot.dialog.context import Context
from bot.dialog.parsing import one_account
from bot.dialog.step import Parameter, ParameterType, StepError
from bot.readings.accounts import OpenAccount

ACCOUNT = Parameter("account", "Account", "The account's name in Ringwatch, such as sales.", needed=True)
ANY_ACCOUNT = Parameter("account", "Account", "The account's name in Ringwatch. Without it, whichever fits.")
PERSON = Parameter(
    "person",
    "Person",
    "Who is asked, in a direct message. That person's press decides, under that person's permission.",
    ParameterType.PERSON,
    needed=True,
)


def account_of(context: Context, inputs: Mapping[str, str]) -> OpenAccount:
    """Returns the account that the inputs name; raises `StepError` where they name none, `WordsError` for no such."""
    return one_account(context, needed(inputs, ACCOUNT.name))


def needed(inputs: Mapping[str, str], name: str) -> str:
    """Returns an input; raises `StepError` where it is blank."""
    value = inputs.get(name, "")
    if not value:
        raise StepError(f"The input {name} is missing: fill it in where the step is configured.")
    return value
