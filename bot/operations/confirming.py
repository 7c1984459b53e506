"""A deed at a vendor that asks first: offered with **Confirm**, done at most once, told in three values, written down.

It decides nothing about who or what is allowed but asks those who do, again at the click. It repeats nothing.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot.cards import Answer, Button, Card, Line, Row, Section, Style, Tone
from bot.dialog.context import Context, Permission
from bot.operations.call_policy import cap_refusal
from bot.operations.plans import EDIT, HANGUP, IVR, MASK, VendorPlan
from bot.operations.previewing import RefusedError, judged, may_call_now, today
from bot.store import AuditRecord, StoreError
from bot.text.phone_numbers import concealed, told
from providers.capabilities import SupportsEdits, SupportsHangup, SupportsIvrCall, SupportsMaskedCall
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallResult
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of deed is spoken of. `numbers`: how many of its words are numbers under the call policy."""

    permission: Permission
    accepted: str
    lost: str
    look: str
    numbers: int = 0


_KINDS = {
    HANGUP: _Kind(
        Permission.HANGUP,
        "took the hang-up",
        "The call may or may not have been hung up.",
        "Look at the calls that are up before asking again.",
    ),
    EDIT: _Kind(
        Permission.VENDOR_EDIT,
        "accepted the change",
        "The change may or may not have been made.",
        "Look at how it stands before asking again.",
    ),
    IVR: _Kind(
        Permission.IVR,
        "accepted the call",
        "The call may or may not have been placed.",
        "Look at the vendor's call list before asking again.",
        numbers=1,
    ),
    MASK: _Kind(
        Permission.MASK,
        "accepted it and calls both numbers",
        "The two numbers may or may not be called.",
        "Look at the vendor's call list before asking again.",
        numbers=2,
    ),
}


async def allowed(context: Context, deed: str, account: str, target: str) -> Line | None:
    """Why this person may not; written into the audit where they may not."""
    permission = _KINDS[deed].permission
    return await context.access.refusal(context.actor, permission, deed=deed, account=account, target=target)


async def offer(
    context: Context, plan: VendorPlan, question: str, rows: tuple[Row, ...], *, tone: Tone = Tone.WARNING
) -> Answer:
    """What will be done, with **Confirm**: good for ten minutes and one click, for the one who asked."""
    token = secrets.token_urlsafe(18)
    await context.store.put_pending(token, plan.payload(), GOOD_FOR, user=context.actor.user_id)
    controls = (Button("confirm_deed", "Confirm", token, Style.DANGER), Button("cancel", "Cancel", token))
    small = ("Good for 10 minutes and one click", f"{plan.account} ({plan.title})")
    return Answer(Card(question, tone, (Section(rows),), small, controls))


async def confirmed(context: Context, token: str) -> Answer:
    """The click on **Confirm**: every rule once more, then the deed, once."""
    deed = await context.store.deed(token)
    plan = VendorPlan.of(deed.payload) if deed is not None else None
    if deed is None or plan is None:
        return Answer(Card("This is over, and nothing was done: ask again.", Tone.INFO), replace=True)
    if deed.user != context.actor.user_id:
        await written(context, plan.deed, plan.account, plan.target, "refused: another person's preview")
        words = "You are not allowed to confirm this: only the person who asked for it may."
        return Answer(Card(words, Tone.WARNING))
    if deed.state != "pending" or deed.expires_at <= context.clock():
        return await _too_late(context, token)
    refusal = await allowed(context, plan.deed, plan.account, plan.target)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    numbers = _dialled(context, plan)
    try:
        await within_policy(context, numbers)
    except RefusedError as error:
        await written(context, plan.deed, plan.account, plan.target, f"refused: {error.rule}")
        return Answer(error.card)
    return await _do(context, token, plan)


def _dialled(context: Context, plan: VendorPlan) -> tuple[str, ...]:
    """The numbers that the deed has called, or will have called."""
    account = context.accounts.opened.get(plan.account)
    if plan.deed != EDIT or account is None or not isinstance(account.provider, SupportsEdits):
        return plan.words[: _KINDS[plan.deed].numbers]
    number = account.provider.dials(plan.topic, plan.verb, plan.words)
    return (number,) if number else ()


async def within_policy(context: Context, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """The numbers as E.164, where calls may be placed now and each one may be called; raises `RefusedError`."""
    if not numbers:
        return ()
    await may_call_now(context)
    return tuple(judged(context, number).e164 for number in numbers)


async def _do(context: Context, token: str, plan: VendorPlan) -> Answer:
    """Take the deed, count it where it calls, and ask the vendor once. The click is committed before that."""
    actor, kind = context.actor, _KINDS[plan.deed]
    if plan.account not in context.accounts.opened:
        return Answer(Card(f"There is no account {plan.account} any more, and nothing was done.", Tone.WARNING))
    if await context.store.take_pending(token, actor.user_id) is None:
        return await _too_late(context, token)
    limit = context.settings.calls.per_user_per_day
    if kind.numbers and not await context.store.count_call(actor.user_id, today(context), limit):
        await _settle(context, token, plan, "refused: per_user_per_day")
        return Answer(Card(cap_refusal(limit, limit) or "", Tone.WARNING), replace=True)
    asking.set("person")
    try:
        result = await _send(context, plan)
    except ProviderError as error:
        if error.kind is ErrorKind.UNKNOWN_OUTCOME:
            result = CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        else:
            await _settle(context, token, plan, f"refused: {error.kind.value}")
            return Answer(_card(plan, f"Nothing was done: {concealed(error.user_text)}", Tone.WARNING), replace=True)
    except Exception as error:  # after the click nobody can say what an adapter's mistake left behind
        log.exception("adapter failed during a deed", account=plan.account, deed=plan.deed)
        result = CallResult(CallOutcome.UNKNOWN, note=f"The adapter failed with {type(error).__name__}.")
    await _settle(context, token, plan, _word(result))
    return Answer(_told(plan, result), replace=True)


async def _send(context: Context, plan: VendorPlan) -> CallResult:
    """The one request."""
    name, words = plan.account, plan.words
    match plan.deed:
        case "hangup":
            return await context.accounts.require(name, SupportsHangup, "hang up calls").hang_up(words[0])
        case "vendor_edit":
            editor = context.accounts.require(name, SupportsEdits, "change settings")
            return await editor.edit(plan.topic, plan.verb, words)
        case "ivr":
            caller = context.accounts.require(name, SupportsIvrCall, "place IVR calls")
            return await caller.ivr_call(words[0], words[1:])
        case _:
            masking = context.accounts.require(name, SupportsMaskedCall, "connect two numbers")
            return await masking.masked_call(words[0], words[1])


async def _too_late(context: Context, token: str) -> Answer:
    """Somebody, or the time, was faster. What a faster click is told stays where it is."""
    deed = await context.store.deed(token)
    if deed is not None and deed.state != "pending":
        outcome = f" ({deed.outcome})" if deed.outcome else ", and is under way"
        return Answer(Card(f"This was confirmed already{outcome}.", Tone.INFO))
    words = "This was good for 10 minutes, and nothing was done: ask again."
    return Answer(Card(words, Tone.INFO), replace=True)


def _told(plan: VendorPlan, result: CallResult) -> Card:
    kind, note = _KINDS[plan.deed], concealed(result.note.strip().rstrip("."))
    match result.outcome:
        case CallOutcome.ACCEPTED:
            return _card(plan, f"Done: {plan.title} {kind.accepted}.", Tone.GOOD, note)
        case CallOutcome.REJECTED:
            return _card(plan, f"Refused by {plan.title}: {note or 'no reason was given'}.", Tone.WARNING)
        case _:
            why = f"{note}. " if note else ""
            return _card(plan, f"{kind.lost} {why}{kind.look}", Tone.UNKNOWN)


def _card(plan: VendorPlan, verdict: str, tone: Tone, note: str = "") -> Card:
    said = (Row(f"{plan.title} said: {note}"),) if note else ()
    return Card(verdict, tone, (Section((Row(told(plan.what)), *said)),), (f"{plan.account} ({plan.title})",))


def _word(result: CallResult) -> str:
    """The outcome for the books."""
    words = {
        CallOutcome.ACCEPTED: f"accepted{f', call id {result.call_id}' if result.call_id else ''}",
        CallOutcome.REJECTED: "refused by the vendor",
    }.get(result.outcome, "unknown")
    return f"{words}: {concealed(result.note)}"[:200] if result.note else words


async def _settle(context: Context, token: str, plan: VendorPlan, outcome: str) -> None:
    """Close the deed and write it down; what left stays told where the store is away now."""
    try:
        await context.store.settle_deed(token, outcome)
        await written(context, plan.deed, plan.account, plan.target, outcome)
    except StoreError as error:
        log.error("a deed could not be written down", deed=plan.deed, outcome=outcome, error=str(error))


async def written(context: Context, deed: str, account: str, target: str, outcome: str) -> None:
    """Into the audit; `target` is masked."""
    actor = context.actor
    await context.store.audit(
        AuditRecord(context.clock(), actor.user_id, deed, account, target, outcome, actor.channel_id)
    )
