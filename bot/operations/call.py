"""Places a call: an agent's phone is rung, then a number is called. It leaves at most once, or is reported as lost."""

from dataclasses import replace

from bot.alerts.kinds import Kind
from bot.call_policy import caller_refusal
from bot.cards import Card, Customer, Line, Row, Section, Text, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.operations.call_checks import allowed_number, known_or_allowed, may_call_now, no
from bot.operations.call_plan import CallPlan, PlaceCallRequest
from bot.operations.call_preview import prepare
from bot.operations.declaration import OFFER_TTL, Operation, Reply, Result, Status, Words
from bot.operations.workflow import at_once, offer
from bot.settings import Permission
from providers.capabilities import SupportsPlaceCall
from providers.masking import masked
from providers.model import CallOutcome, CallResult

BEFORE_AGAIN = "Check your phone and the vendor's call list before dialling again."


async def begin(context: Context, request: PlaceCallRequest) -> Result:
    """Returns the preview, or the placed call where `calls.confirm` is off, or the refusal.

    Raises `WordsError` where the words are wrong, `ProviderError` and `StoreError`.
    """
    start = offer if context.settings.calls.confirm else at_once
    result = await start(context, CALL, request)
    if result.misread:
        raise WordsError(result.misread)
    return result


def _subject(request: PlaceCallRequest) -> tuple[str, str]:
    return "", masked(request.number)  # whatever account it names is not known to be one


async def _check(context: Context, plan: CallPlan) -> None:
    """Asks the policy again for both phones, and the caller ID by a newer reading.

    It was checked for the preview, and what a poll has seen since then counts.
    """
    await may_call_now(context)
    allowed_number(context, plan.number)
    account = context.accounts.opened[plan.account]
    if not plan.listed and await known_or_allowed(context, plan.extension, account) != plan.extension:
        raise no("changed", "Who is rung first is read otherwise now, and nothing was placed: ask again.")
    if plan.caller is None:
        return
    seen = (await context.store.latest_reading(plan.account, Kind.NUMBERS)).observed
    if seen is not None and context.clock() - seen.at < OFFER_TTL:
        why = caller_refusal(plan.caller, seen.value, plan.account)
        if why is not None:
            raise no("caller ID", why, plan.account)


async def _send(context: Context, plan: CallPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsPlaceCall, "place calls")
    result = await provider.place_call(plan.request())
    # what a vendor adds to its yes is neither shown nor written down
    return replace(result, note="") if result.outcome is CallOutcome.ACCEPTED else result


def _outcome_card(plan: CallPlan, reply: Reply) -> Card:
    note = reply.note.strip().rstrip(".")
    match reply.status:
        case Status.ACCEPTED:
            ref = (f"Call id {reply.call_id}",) if reply.call_id else ()
            return _card(plan, f"Accepted by {plan.title}: the phone of {plan.agent} rings first.", Tone.GOOD, ref)
        case Status.REJECTED:
            return _card(plan, f"Refused by {plan.title}: {note or 'no reason was given'}.", Tone.WARNING)
        case Status.NOT_DONE:
            return _card(plan, (f"No call was placed: {reply.note}", *reply.left_alone), Tone.WARNING)
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


def _interrupted_card(plan: CallPlan) -> Card:
    rows = (
        Row(("To: ", Customer(plan.number))),
        Row(f"Rung first: {plan.agent} on {plan.account} ({plan.title})"),
    )
    return Card(
        f"Your call may or may not have been placed: the bot stopped while it was under way. {BEFORE_AGAIN}",
        Tone.UNKNOWN,
        (Section(rows),),
    )


OPERATION = CALL = Operation(
    name="call",
    permission=Permission.CALL,
    subject=_subject,
    prepare=prepare,
    check=_check,
    send=_send,
    outcome_card=_outcome_card,
    interrupted_card=_interrupted_card,
    pack=CallPlan.pack,
    unpack=CallPlan.unpack,
    counted=True,
    words=Words(
        not_yours="You are not allowed to use this preview: only the person who asked for it may.",
        used="This preview was used already: {outcome}.",
        under_way="This preview was used already, and its call is under way.",
        expired="This preview was good for 10 minutes, and nothing was placed: ask again.",
        too_late="It is too late to cancel, and its call is under way.",
    ),
)
