"""*Read the caller IDs*: how many the vendor lists as spam, and as active."""

from collections.abc import Mapping

from bot.commands.spam.query import query
from bot.dialog.context import Context
from bot.dialog.request import Request
from bot.dialog.step import Parameter, ParameterType, Step, StepReply
from bot.steps.inputs import ACCOUNT, account_of
from bot.steps.unseen import unseen
from providers.model import NumberStatus


async def _run(context: Context, inputs: Mapping[str, str]) -> StepReply:
    account = account_of(context, inputs)
    result = await query(context, Request(account.name))
    blind = unseen(result.replies)
    if blind is not None:
        return blind
    if any(told.value.unreadable for told in result.replies.good):
        words = f"{account.label}: not every caller ID could be read, so how many are spam is not known."
        return StepReply(False, words)
    statuses = [one.row.status for one in result.numbers]
    spam, active = statuses.count(NumberStatus.SPAM), statuses.count(NumberStatus.ACTIVE)
    words = f"{account.label}: {spam} of {len(statuses)} caller IDs listed as spam, {active} as active."
    return StepReply(True, words, {"spam": spam, "active": active})


STEP = Step(
    "read_numbers",
    "Read the caller IDs",
    "How many caller IDs are listed as spam, and as active",
    (ACCOUNT,),
    (
        Parameter("spam", "Spam", "Caller IDs that the vendor lists as spam.", ParameterType.INTEGER),
        Parameter("active", "Active", "Caller IDs that the vendor lists as active.", ParameterType.INTEGER),
    ),
    _run,
)
