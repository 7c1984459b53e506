"""Connects two numbers so that neither sees the other, both under the whole call policy."""

from dataclasses import dataclass

from bot.cards import Row
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.operations.call_checks import (
    account_that_can,
    allowed_number,
    may_call_now,
    number_row,
    placed_row,
)
from bot.operations.declaration import Operation, Preview, RuleRefusedError
from bot.operations.vendor_plan import Outcomes, VendorPlan, interrupted_card, small
from bot.settings import Permission
from providers.capabilities import SupportsMaskedCall
from providers.masking import masked
from providers.model import CallResult

_WHAT = "connect two numbers"


@dataclass(frozen=True, slots=True)
class MaskedCallRequest:
    """A requested connection: both numbers as they were typed. `account` "": the one that can."""

    first: str
    second: str
    account: str = ""


def _subject(request: MaskedCallRequest) -> tuple[str, str]:
    return request.account, f"{masked(request.first)}, {masked(request.second)}"


async def _prepare(context: Context, request: MaskedCallRequest) -> Preview[VendorPlan]:
    account = account_that_can(context, request.account, SupportsMaskedCall, _WHAT)
    try:
        placed = await may_call_now(context)
        first = allowed_number(context, request.first, account)
        second = allowed_number(context, request.second, account)
    except RuleRefusedError as error:
        raise error.about(account.name) from None
    if first.e164 == second.e164:
        raise WordsError("Both numbers are the same.")
    plan = VendorPlan(
        account.name,
        account.title,
        f"Connect {first.e164} and {second.e164}",
        f"{masked(first.e164)}, {masked(second.e164)}",
        (first.e164, second.e164),
        context.actor.channel_id,
    )
    rows = (
        number_row("First: ", first),
        number_row("Second: ", second),
        Row("Neither sees the other's number"),
        placed_row(context, placed),
    )
    return Preview(plan, f"Connect these two numbers through {account.name}?", rows, small=small(plan))


async def _check(context: Context, plan: VendorPlan) -> None:
    await may_call_now(context)
    for number in plan.words[:2]:
        allowed_number(context, number)


async def _send(context: Context, plan: VendorPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsMaskedCall, "connect two numbers")
    return await provider.masked_call(plan.words[0], plan.words[1])


OPERATION = MASKED_CALL = Operation(
    name="mask",
    permission=Permission.MASK,
    subject=_subject,
    prepare=_prepare,
    check=_check,
    send=_send,
    outcome_card=Outcomes(
        "accepted it and calls both numbers",
        "The two numbers may or may not be called.",
        "Look at the vendor's call list before asking again.",
    ).card,
    interrupted_card=interrupted_card,
    pack=VendorPlan.pack,
    unpack=VendorPlan.unpack,
    counted=True,
)
