"""Place a call at the click: a call leaves at most once, or is told as lost.

Every rule is asked again at the click. The click is committed in the store before the request leaves.
"""

import secrets

import structlog

from bot.alerts.model import Kind
from bot.cards import Answer, Card, Customer, Line, Row, Section, Text, Tone
from bot.dialog.context import Context, Permission
from bot.dialog.parsing import WordsError
from bot.dialog.phrases import failure
from bot.operations.call_policy import caller_refusal, cap_refusal
from bot.operations.call_words import Wish
from bot.operations.plans import CALL, CallPlan
from bot.operations.previewing import (
    GOOD_FOR,
    Preview,
    RefusedError,
    judged,
    may_call_now,
    no,
    offer,
    prepare,
    today,
)
from bot.store import AuditRecord, StoreError
from bot.text.phone_numbers import concealed, masked
from providers.capabilities import SupportsPlaceCall
from providers.errors import ErrorKind, ProviderError
from providers.model import CallOutcome, CallResult
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

BEFORE_AGAIN = "Check your phone and the vendor's call list before dialling again."


async def at_once(context: Context, preview: Preview) -> Answer:
    """Without a preview, where `calls.confirm` is off: the same way, with no click between."""
    token = secrets.token_urlsafe(18)
    await context.store.put_pending(token, preview.plan.payload(), GOOD_FOR, user=context.actor.user_id)
    return await _place(context, token, preview.plan)


async def confirmed(context: Context, token: str) -> Answer:
    """The click on **Call now**."""
    deed = await context.store.deed(token)
    plan = CallPlan.of(deed.payload) if deed is not None else None
    if deed is None or plan is None:
        return Answer(Card("This preview is over, and nothing was placed: ask again.", Tone.INFO), replace=True)
    if deed.user != context.actor.user_id:
        await written(context, plan.account, plan.target, "refused: another person's preview")
        words = "You are not allowed to use this preview: only the person who asked for it may."
        return Answer(Card(words, Tone.WARNING))
    if deed.state != "pending" or deed.expires_at <= context.clock():
        return await _too_late(context, token)
    refusal = await context.access.refusal(
        context.actor, Permission.CALL, deed=CALL, account=plan.account, target=plan.target
    )
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    try:
        await may_call_now(context)
        judged(context, plan.number)
        await _still_ours(context, plan)
    except RefusedError as error:
        await written(context, plan.account, plan.target, f"refused: {error.rule}")
        return Answer(error.card)
    return await _place(context, token, plan)


async def _still_ours(context: Context, plan: CallPlan) -> None:
    """The caller ID was checked for the preview; what a poll has seen since then counts."""
    if plan.caller is None:
        return
    seen = (await context.store.latest_reading(plan.account, Kind.NUMBERS)).observed
    if seen is not None and context.clock() - seen.at < GOOD_FOR:
        why = caller_refusal(plan.caller, seen.value, plan.account)
        if why is not None:
            raise no("caller ID", why, plan.account)


async def _place(context: Context, token: str, plan: CallPlan) -> Answer:
    """Take the deed, count it, and ask the vendor once. The deed is committed before the request leaves."""
    actor = context.actor
    provider = context.accounts.require(plan.account, SupportsPlaceCall, "place calls")
    if await context.store.take_pending(token, actor.user_id) is None:
        return await _too_late(context, token)
    limit = context.settings.calls.per_user_per_day
    if not await context.store.count_call(actor.user_id, today(context), limit):
        await _settle(context, token, plan, "refused: per_user_per_day")
        return Answer(Card(cap_refusal(limit, limit) or "", Tone.WARNING), replace=True)
    asking.set("person")
    try:
        result = await provider.place_call(plan.request())
    except ProviderError as error:
        if error.kind is ErrorKind.UNKNOWN_OUTCOME:
            result = CallResult(CallOutcome.UNKNOWN, note=error.user_text)
        else:
            await _settle(context, token, plan, f"refused: {error.kind.value}")
            why, *until = failure(error, context.clock())
            words = (f"No call was placed: {concealed(str(why))}", *until)
            return Answer(_card(plan, words, Tone.WARNING), replace=True)
    except Exception as error:  # after the click nobody can say what an adapter's mistake left behind
        log.exception("adapter failed while placing a call", account=plan.account)
        result = CallResult(CallOutcome.UNKNOWN, note=f"The adapter failed with {type(error).__name__}.")
    await _settle(context, token, plan, _word(result))
    return Answer(_told(plan, result), replace=True)


async def _too_late(context: Context, token: str) -> Answer:
    """Somebody, or the time, was faster. What a faster click is told stays where it is."""
    deed = await context.store.deed(token)
    if deed is not None and deed.state != "pending":
        return Answer(Card(f"This preview was used already{_outcome(deed.outcome)}.", Tone.INFO))
    words = "This preview was good for 10 minutes, and nothing was placed: ask again."
    return Answer(Card(words, Tone.INFO), replace=True)


def _told(plan: CallPlan, result: CallResult) -> Card:
    note = concealed(result.note.strip().rstrip("."))
    match result.outcome:
        case CallOutcome.ACCEPTED:
            ref = (f"Call id {result.call_id}",) if result.call_id else ()
            return _card(plan, f"Accepted by {plan.title}: the phone of {plan.agent} rings first.", Tone.GOOD, ref)
        case CallOutcome.REJECTED:
            return _card(plan, f"Refused by {plan.title}: {note or 'no reason was given'}.", Tone.WARNING)
        case _:
            why = f"{note}. " if note else ""
            words = f"The call may or may not have been placed. {why}{BEFORE_AGAIN}"
            return _card(plan, words, Tone.UNKNOWN)


def _card(plan: CallPlan, verdict: Line, tone: Tone, small: tuple[Line, ...] = ()) -> Card:
    rows = (
        Row((Text("Call: ", bold=True), Customer(plan.number))),
        Row((Text("Caller ID shown: ", bold=True), plan.caller or f"chosen by {plan.title}")),
    )
    return Card(verdict, tone, (Section(rows),), (*small, f"{plan.account} ({plan.title})"))


def _word(result: CallResult) -> str:
    """The outcome for the books."""
    if result.outcome is CallOutcome.ACCEPTED:
        return f"accepted{f', call id {result.call_id}' if result.call_id else ''}"
    words = "refused by the vendor" if result.outcome is CallOutcome.REJECTED else "unknown"
    return f"{words}: {concealed(result.note)}"[:200] if result.note else words


def _outcome(outcome: str) -> str:
    return f": {outcome.rstrip('.')}" if outcome else ", and its call is under way"


async def _settle(context: Context, token: str, plan: CallPlan, outcome: str) -> None:
    """Close the deed and write it down; a call that left stays told where the store is away now."""
    try:
        await context.store.settle_deed(token, outcome)
        await written(context, plan.account, plan.target, outcome)
    except StoreError as error:
        log.error("a deed could not be written down", deed=CALL, outcome=outcome, error=str(error))


async def written(context: Context, account: str, target: str, outcome: str) -> None:
    """Into the audit; `target` is masked."""
    actor = context.actor
    await context.store.audit(
        AuditRecord(context.clock(), actor.user_id, CALL, account, target, outcome, actor.channel_id)
    )


async def cancelled(context: Context, token: str) -> Answer:
    """The click on **Cancel**, for a call or a marking: the offer is used up."""
    deed = await context.store.deed(token)
    if deed is not None and deed.user != context.actor.user_id:
        words = "You are not allowed to cancel this: only the person who asked may."
        return Answer(Card(words, Tone.WARNING))
    if deed is not None and await context.store.take_pending(token, context.actor.user_id) is not None:
        await context.store.settle_deed(token, "cancelled")
        return Answer(Card("Cancelled: nothing was done.", Tone.INFO), replace=True)
    if deed is not None and deed.state != "pending":
        return Answer(Card(f"It is too late to cancel{_outcome(deed.outcome)}.", Tone.INFO))
    return Answer(Card("This is over, and nothing was done.", Tone.INFO), replace=True)


async def answered(context: Context, wish: Wish) -> Answer:
    """`/call` with a number: the preview, or the call where no preview is wanted, or the refusal, written down.

    Raises `WordsError` where it is the words that are wrong.
    """
    try:
        preview = await prepare(context, wish)
    except RefusedError as error:
        await written(context, error.account, masked(wish.number), f"refused: {error.rule}")
        if error.misread:
            raise WordsError(error.misread) from error
        return Answer(error.card)
    if context.settings.calls.confirm:
        return await offer(context, preview)
    return await at_once(context, preview)
