"""Calls a number and plays an announcement or runs a menu, under the whole call policy."""

from dataclasses import dataclass

from bot.cards import Row, Text
from bot.dialog.context import Context
from bot.operations.call_checks import (
    account_that_can,
    allowed_number,
    known_or_allowed,
    may_call_now,
    no,
    number_row,
    placed_row,
)
from bot.operations.declaration import Operation, Preview, RuleRefusedError
from bot.operations.vendor_plan import Outcomes, VendorPlan, interrupted_card, small
from bot.readings.accounts import OpenAccount
from bot.settings import Permission
from providers.capabilities import SupportsIvrCall
from providers.masking import masked
from providers.model import CallResult

_WHAT = "start an IVR call"


@dataclass(frozen=True, slots=True)
class IvrRequest:
    """A requested IVR call: the number as it was typed, and the vendor's words. `account` "": the one that can."""

    number: str
    words: tuple[str, ...] = ()
    account: str = ""


def _subject(request: IvrRequest) -> tuple[str, str]:
    return request.account, masked(request.number)


async def _prepare(context: Context, request: IvrRequest) -> Preview[VendorPlan]:
    account = account_that_can(context, request.account, SupportsIvrCall, _WHAT)
    try:
        placed = await may_call_now(context)
        number = allowed_number(context, request.number, account)
        words = await _led(context, account, request.words)
    except RuleRefusedError as error:
        raise error.about(account.name) from None
    rest = " ".join(words)
    plan = VendorPlan(
        account.name,
        account.title,
        f"IVR call to {number.e164}{' with ' if rest else ''}{rest}",
        masked(number.e164),
        (number.e164, *words),
        context.actor.channel_id,
    )
    spoken = (Row((Text("With: ", bold=True), rest)),) if rest else ()
    rows = (number_row("Call: ", number), *spoken, placed_row(context, placed))
    return Preview(plan, f"Place this IVR call through {account.name}?", rows, small=small(plan))


async def _led(context: Context, account: OpenAccount, words: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the words, with each number that the call is led to as it was allowed."""
    made = list(words)
    provider = context.accounts.require(account.name, SupportsIvrCall, _WHAT)
    for at, number in provider.leads_to(words).items():
        made[at] = words[at].removesuffix(number) + await known_or_allowed(context, number, account)
    return tuple(made)


async def _check(context: Context, plan: VendorPlan) -> None:
    await may_call_now(context)
    allowed_number(context, plan.words[0])
    account = context.accounts.opened[plan.account]
    if account.supports(SupportsIvrCall) and await _led(context, account, plan.words[1:]) != plan.words[1:]:
        raise no("changed", "The number is read otherwise now, and nothing was done: ask again.")


async def _send(context: Context, plan: VendorPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsIvrCall, "place IVR calls")
    return await provider.ivr_call(plan.words[0], plan.words[1:])


OPERATION = IVR = Operation(
    name="ivr",
    permission=Permission.IVR,
    subject=_subject,
    prepare=_prepare,
    check=_check,
    send=_send,
    outcome_card=Outcomes(
        "accepted the call",
        "The call may or may not have been placed.",
        "Look at the vendor's call list before asking again.",
    ).card,
    interrupted_card=interrupted_card,
    pack=VendorPlan.pack,
    unpack=VendorPlan.unpack,
    counted=True,
)
