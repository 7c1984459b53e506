"""The one way to change something at a vendor: offered, clicked, taken, sent once, reported, written down.

Every rule is asked again at the click. The click is committed in the store before the request leaves, and nothing is
repeated. Knows no Slack: who asks is in the context, and the outcome is a `Result`.
"""

import secrets
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.call_policy import cap_refusal
from bot.cards import Button, Card, Line, Tone
from bot.dialog.context import Context
from bot.dialog.phrases import failure
from bot.operations.call_checks import today
from bot.operations.declaration import (
    OFFER_TTL,
    NothingToDoError,
    Operation,
    PlanT,
    Preview,
    Reply,
    Report,
    RequestT,
    Result,
    RuleRefusedError,
    Status,
)
from bot.operations.registry import packed, unpacked
from bot.store import EXPIRED, AuditRecord, StoreError
from providers.errors import ErrorKind, ProviderError
from providers.masking import concealed
from providers.model import CallOutcome, CallResult
from providers.sdk.throttle import asking

log = structlog.get_logger(__name__)

LEASE_TTL = timedelta(seconds=60)  # one request keeps others of the same subject out for so long
_GONE = "This is over, and nothing was done: ask again."
_STATUS = {
    CallOutcome.ACCEPTED: Status.ACCEPTED,
    CallOutcome.REJECTED: Status.REJECTED,
    CallOutcome.UNKNOWN: Status.UNKNOWN,
}


async def offer(context: Context, operation: Operation[RequestT, PlanT], request: RequestT) -> Result:
    """Returns what would be done, with a button that is good for ten minutes and one click, for the person who asked.

    Raises `WordsError`, `ProviderError` and `StoreError`.
    """
    preview = await _prepared(context, operation, request)
    if isinstance(preview, Result):
        return preview
    token = await _put(context, operation, preview.plan)
    controls = (
        Button("confirm", preview.confirm, token, preview.style),
        Button("cancel", "Cancel", token),
    )
    small = ("Good for 10 minutes and one click", *preview.small)
    card = Card(preview.question, preview.tone, preview.body, small, controls)
    return Result(Status.OFFERED, card, operation.name, preview.plan.account, token=token)


async def at_once(context: Context, operation: Operation[RequestT, PlanT], request: RequestT) -> Result:
    """Carries the request out with no click between, and returns its result. Raises what `offer` raises."""
    preview = await _prepared(context, operation, request)
    if isinstance(preview, Result):
        return preview
    token = await _put(context, operation, preview.plan)
    return replace(await _carried_out(context, token, operation, preview.plan), replace=False)


async def confirm(context: Context, token: str) -> Result:
    """Carries out an offer at its click, after every rule once more, and returns its result.

    Raises `ProviderError` and `StoreError` before the request leaves, never after.
    """
    stored = await context.store.operation(token)
    found = unpacked(stored.payload) if stored is not None else None
    if stored is None or found is None:
        return Result(Status.OVER, Card(_GONE, Tone.INFO), replace=True)
    operation, plan = found
    if stored.user != context.actor.user_id:
        record = "refused: another person's preview"
        await audit(context, operation, plan.account, plan.target, record)
        return _refused(operation, Card(operation.words.not_yours, Tone.WARNING), plan.account, record)
    if stored.state != "pending" or stored.expires_at <= context.clock():
        return await _late(context, token, operation, plan)
    refusal = await refused(context, operation, plan.account, plan.target)
    if refusal is not None:
        return refusal
    if plan.account not in context.accounts.opened:
        words = f"There is no account {plan.account} any more, and nothing was done."
        return Result(Status.NOT_DONE, Card(words, Tone.WARNING), operation.name, plan.account)
    try:
        if operation.check is not None:
            await operation.check(context, plan)
    except RuleRefusedError as error:
        return await _written_refusal(context, operation, error.about(plan.account, plan.target))
    return await _carried_out(context, token, operation, plan)


async def cancel(context: Context, token: str) -> Result:
    """Uses up an offer at the click on **Cancel**, and returns its result: nothing is done. Raises `StoreError`."""
    stored = await context.store.operation(token)
    found = unpacked(stored.payload) if stored is not None else None
    name, account = (found[0].name, found[1].account) if found is not None else ("", "")
    if stored is not None and stored.user != context.actor.user_id:
        words = "You are not allowed to cancel this: only the person who asked may."
        return Result(Status.REFUSED, Card(words, Tone.WARNING), name, account)
    if stored is not None and await context.store.take_pending(token, context.actor.user_id) is not None:
        await context.store.settle_operation(token, "cancelled", Status.CANCELLED.value)
        card = Card("Cancelled: nothing was done.", Tone.INFO)
        return Result(Status.CANCELLED, card, name, account, record="cancelled", replace=True)
    stored = await context.store.operation(token)
    if stored is not None and stored.state != "pending" and stored.status != EXPIRED:
        words = f"It is too late to cancel: {stored.outcome.rstrip('.')}."
        if not stored.outcome:
            words = found[0].words.too_late if found is not None else "It is too late to cancel."
        return Result(Status.USED, Card(words, Tone.INFO), name, account, record=stored.outcome)
    return Result(Status.OVER, Card("This is over, and nothing was done.", Tone.INFO), name, account, replace=True)


async def refused(context: Context, operation: Operation[RequestT, PlanT], account: str, target: str) -> Result | None:
    """Returns the refusal, written into the audit, where this person may not; None where they may.

    `target` is fit for the audit. Raises `StoreError`.
    """
    sentence = await context.access.refusal(
        context.actor, operation.permission, operation=operation.name, account=account, target=target
    )
    if sentence is None:
        return None
    return _refused(operation, Card(sentence, Tone.WARNING), account, "refused")


async def audit(
    context: Context, operation: Operation[RequestT, PlanT], account: str, target: str, record: str
) -> None:
    """Writes an outcome into the audit; `target` is masked. Raises `StoreError`."""
    actor = context.actor
    await context.store.audit(
        AuditRecord(context.clock(), actor.user_id, operation.name, account, target, record, actor.channel_id)
    )


async def _prepared(
    context: Context, operation: Operation[RequestT, PlanT], request: RequestT
) -> Preview[PlanT] | Result:
    """Returns the preview; or the refusal, written down, or why there is nothing to do."""
    account, target = operation.subject(request)
    refusal = await refused(context, operation, account, target)
    if refusal is not None:
        return refusal
    try:
        return await operation.prepare(context, request)
    except RuleRefusedError as error:
        about = error.about(error.account or account, error.target or target)
        return await _written_refusal(context, operation, about)
    except NothingToDoError as error:
        return Result(Status.NOT_DONE, error.card, operation.name, account)


async def _put(context: Context, operation: Operation[RequestT, PlanT], plan: PlanT) -> str:
    token = secrets.token_urlsafe(18)
    await context.store.put_pending(token, packed(operation, plan), OFFER_TTL, user=context.actor.user_id)
    return token


async def _carried_out(context: Context, token: str, operation: Operation[RequestT, PlanT], plan: PlanT) -> Result:
    """Takes the offer, counts it where it counts, and asks the vendor once. The click is committed before that."""
    actor = context.actor
    if await context.store.take_pending(token, actor.user_id) is None:
        return await _late(context, token, operation, plan)
    try:
        held_back = await _held_back(context, token, operation, plan)
    except StoreError:  # nothing has left, and nothing will
        unsent = Report(Status.NOT_DONE, Card(""), "not sent: the store did not answer")
        await _settle(context, token, operation, plan, unsent)
        raise
    report = held_back or await _sent(context, token, operation, plan)
    await _settle(context, token, operation, plan, report)
    return Result(report.status, report.card, operation.name, plan.account, token, report.record, replace=True)


async def _held_back(context: Context, token: str, operation: Operation[RequestT, PlanT], plan: PlanT) -> Report | None:
    """Returns why the request does not leave although the offer is taken: the day's limit, or another one under way."""
    limit = context.settings.calls.per_user_per_day
    if operation.counted and not await context.store.count_call(context.actor.user_id, today(context), limit):
        card = Card(cap_refusal(limit, limit) or "", Tone.WARNING)
        return Report(Status.REFUSED, card, "refused: per_user_per_day")
    if operation.exclusive is not None:
        wanted = operation.exclusive(plan)
        if await context.store.lease(wanted.lease, token, LEASE_TTL) is None:
            return Report(Status.NOT_DONE, wanted.card, wanted.record)
    return None


async def _sent(context: Context, token: str, operation: Operation[RequestT, PlanT], plan: PlanT) -> Report:
    """Sends the one request and reports its outcome, read back where that can be done.

    Raises nothing but a cancellation.
    """
    try:
        reply = await _reply(context, operation, plan)
        if operation.read_back is not None and reply.status in {Status.ACCEPTED, Status.UNKNOWN}:
            try:
                return await operation.read_back(context, plan, reply)
            except Exception as error:  # the request has left: its outcome is reported and written down whatever comes
                log.exception("reading back failed", account=plan.account, operation=operation.name)
                note = f"Reading back failed with {type(error).__name__}."
                reply = Reply(Status.UNKNOWN, note, reply.call_id, broken=True)
        return Report(reply.status, operation.outcome_card(plan, reply), reply.record)
    finally:
        if operation.exclusive is not None:
            await _release(context, operation.exclusive(plan).lease, token)


async def _reply(context: Context, operation: Operation[RequestT, PlanT], plan: PlanT) -> Reply:
    asking.set("person")
    try:
        result = await operation.send(context, plan)
    except ProviderError as error:
        if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
            why, *left_alone = failure(error, context.clock())
            return Reply(
                Status.NOT_DONE, _fit(operation, str(why)), left_alone=tuple(left_alone), error=error.kind.value
            )
        result = CallResult(CallOutcome.UNKNOWN, note=error.user_text)
    except Exception as error:  # after the click nobody can say what an adapter's mistake left behind
        log.exception("adapter failed", account=plan.account, operation=operation.name)
        return _broken(error)
    return Reply(_STATUS[result.outcome], _fit(operation, result.note), result.call_id)


def _broken(error: Exception) -> Reply:
    return Reply(Status.UNKNOWN, f"The adapter failed with {type(error).__name__}.", broken=True)


def _fit(operation: Operation[RequestT, PlanT], note: str) -> str:
    return concealed(note) if operation.conceals else note


async def _late(context: Context, token: str, operation: Operation[RequestT, PlanT], plan: PlanT) -> Result:
    """Returns the result where somebody, or the time, was faster. The card of a faster click stays where it is."""
    words, stored = operation.words, await context.store.operation(token)
    if stored is None or stored.state == "pending" or stored.status == EXPIRED:
        return Result(Status.OVER, Card(words.expired, Tone.INFO), operation.name, plan.account, replace=True)
    sentence: Line = words.under_way
    if stored.outcome:
        sentence = words.used.format(outcome=stored.outcome.rstrip("."))
    return Result(Status.USED, Card(sentence, Tone.INFO), operation.name, plan.account, record=stored.outcome)


def _refused(operation: Operation[RequestT, PlanT], card: Card, account: str, record: str) -> Result:
    return Result(Status.REFUSED, card, operation.name, account, record=record)


async def _written_refusal(context: Context, operation: Operation[RequestT, PlanT], error: RuleRefusedError) -> Result:
    record = f"refused: {error.rule}"
    await audit(context, operation, error.account, error.target, record)
    return replace(_refused(operation, error.card, error.account, record), misread=error.misread)


async def _settle(
    context: Context, token: str, operation: Operation[RequestT, PlanT], plan: PlanT, report: Report
) -> None:
    """Closes it and writes it down. What was done stays reported where the store is away now."""
    try:
        await context.store.settle_operation(token, report.record, report.status.value)
        await audit(context, operation, plan.account, plan.target, report.record)
    except StoreError as error:
        outcome = report.record
        log.error("an outcome could not be written down", operation=operation.name, outcome=outcome, error=str(error))


async def _release(context: Context, lease: str, token: str) -> None:
    try:
        await context.store.release(lease, token)
    except StoreError as error:
        log.warning("a lease could not be given back", error=str(error))
