"""*Read a balance*: the money of an account, and when it is forecast to be gone."""

from collections.abc import Mapping

from bot.commands.balance.card import card
from bot.commands.balance.query import query
from bot.dialog.context import Context
from bot.dialog.phrases import in_words
from bot.dialog.request import Request
from bot.dialog.step import Output, Parameter, ParameterType, Step, StepReply
from bot.steps.inputs import ACCOUNT, account_of
from bot.steps.unseen import unseen


async def _run(context: Context, inputs: Mapping[str, str]) -> StepReply:
    result = await query(context, Request(account_of(context, inputs).name))
    blind = unseen(result.replies)
    if blind is not None:
        return blind
    (summary,) = result.balances
    figures: dict[str, Output] = {"amount": float(summary.balance.money.amount)}
    if summary.balance.money.currency is not None:
        figures["currency"] = summary.balance.money.currency
    if summary.outlook.empty is not None:
        figures["runs_out"] = int(summary.outlook.empty.timestamp())
    return StepReply(True, in_words(card(result).verdict), figures)


STEP = Step(
    "read_balance",
    "Read a balance",
    "The money of an account, and when it is forecast to be gone",
    (ACCOUNT,),
    (
        Parameter("amount", "Amount", "The balance as the vendor writes it.", ParameterType.NUMBER),
        Parameter("currency", "Currency", "Three letters, where it is known."),
        Parameter("runs_out", "Runs out", "When the money is forecast to be gone.", ParameterType.TIMESTAMP),
    ),
    _run,
)
