"""*Read the alerts*: how many problems are open."""

from collections.abc import Mapping

from bot.commands.alerts.query import query
from bot.dialog.context import Context
from bot.dialog.parsing import one_account
from bot.dialog.phrases import count
from bot.dialog.request import Request
from bot.dialog.step import Parameter, ParameterType, Step, StepReply
from bot.text.names import listed

ACCOUNT = Parameter("account", "Account", "The account's name in Ringwatch. Without it, all accounts.")


async def _run(context: Context, inputs: Mapping[str, str]) -> StepReply:
    word = inputs.get(ACCOUNT.name, "")
    account = one_account(context, word) if word else None
    result = await query(context, Request())
    found = [one for one in result.open if account is None or one.account == account.name]
    where = f" on {account.label}" if account is not None else ""
    named = listed(dict.fromkeys(f"{one.alert} on {one.account}" for one in found))
    words = f"{count(len(found), 'alert')} open{where}{f': {named}' if named else ''}."
    return StepReply(True, words, {"open": len(found)})


STEP = Step(
    "read_alerts",
    "Read the alerts",
    "How many problems are open, acknowledged and snoozed ones too",
    (ACCOUNT,),
    (Parameter("open", "Open", "How many alerts are open.", ParameterType.INTEGER),),
    _run,
)
