"""Marks one of our caller IDs as active or as spam: once, read back, and reported as the vendor lists it then."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import Observed
from bot.cards import Button, Card, Line, Row, Section, Style, Text, Tone, by_whom
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.parsing import region_of
from bot.dialog.phrases import count
from bot.operations.caller_ids import listed_as, rows_of, warning
from bot.operations.declaration import Exclusive, NothingToDoError, Operation, Preview, Reply, Report, Status, Words
from bot.operations.mark_plan import MarkPlan, MarkRequest
from bot.readings.accounts import Able, OpenAccount
from bot.settings import Permission
from bot.store import StoreError
from providers.capabilities import SupportsNumbers, SupportsNumberStatus
from providers.errors import ProviderError
from providers.model import CallOutcome, CallResult, NumberStatus, PhoneNumber, Rows

log = structlog.get_logger(__name__)

_WHAT = "mark numbers"


def _subject(request: MarkRequest) -> tuple[str, str]:
    return request.account, request.number


async def _prepare(context: Context, request: MarkRequest) -> Preview[MarkPlan]:
    """Returns the preview; raises `NothingToDoError` where the number is none of ours, twice there, or so already."""
    context.accounts.require(request.account, SupportsNumberStatus, _WHAT)
    account = context.accounts.opened[request.account]
    numbers = request.numbers if request.numbers is not None else await _numbers(context, request.account)
    rows = rows_of(numbers, request.number, region_of(context, account))
    trouble = _unfit(account, rows, request.status)
    if trouble is not None:
        if request.numbers is None:
            await _keep(context, request.account, numbers)
        raise NothingToDoError(trouble)
    number, status = rows[0].number, request.status
    plan = MarkPlan(account.name, account.title, number, status, listed_as(rows), context.actor.channel_id)
    left = warning(numbers, number, status)
    lines = [Row(f"{account.label} lists it as {plan.was} now"), Row(left)]
    if status is NumberStatus.SPAM:
        lines.append(Row(f"{account.title} may stop using it"))
    last = "LAST" in left
    return Preview(
        plan,
        f"Mark {number} as {status.value}?",
        tuple(lines),
        Tone.CRITICAL if last else Tone.WARNING if status is NumberStatus.SPAM else Tone.INFO,
        style=Style.DANGER if last else Style.PRIMARY,
    )


def _unfit(account: OpenAccount, rows: Sequence[PhoneNumber], status: NumberStatus) -> Card | None:
    """Returns why this number is not marked; None: go on."""
    if not rows:
        return Card(f"{account.label} does not list that number, so it cannot be marked.", Tone.WARNING)
    if len({row.status for row in rows}) > 1:
        words = f"{account.label} lists {rows[0].number} {count(len(rows), 'time')}, as {listed_as(rows)}."
        return Card(f"{words} Sort that out in the vendor's panel; it is not marked from here.", Tone.WARNING)
    if all(row.status is status for row in rows):
        words = f"{account.title} lists {rows[0].number} as {listed_as(rows)} already: nothing to do."
        return Card(words, Tone.GOOD)
    return None


async def _numbers(context: Context, name: str) -> Rows[PhoneNumber]:
    """Returns the list as it is now; raises `ProviderError`."""
    provider = context.accounts.require(name, SupportsNumbers, "show numbers")
    return await ask_one(Able(context.accounts.opened[name], provider), lambda p: p.numbers())


async def _keep(context: Context, account: str, numbers: Rows[PhoneNumber]) -> bool:
    """Hands in a fresh reading, so that an alert sees it at once; returns False where the store is away."""
    try:
        await context.intake.accept(account, Kind.NUMBERS, Observed(numbers, context.clock()))
    except StoreError as error:
        log.warning("a fresh reading could not be kept", account=account, error=str(error))
        return False
    return True


async def _send(context: Context, plan: MarkPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsNumberStatus, _WHAT)
    await provider.set_number_status(plan.number, plan.status)
    return CallResult(CallOutcome.ACCEPTED)


async def _read_back(context: Context, plan: MarkPlan, reply: Reply) -> Report:
    """Reports what is so now, not what was asked for."""
    try:
        numbers = await _numbers(context, plan.account)
    except ProviderError as error:
        return _unread(plan, reply, error.user_text)
    except Exception as error:  # an adapter's own mistake leaves the outcome unread, not unreported
        log.exception("adapter failed while reading back", account=plan.account)
        return _unread(plan, reply, f"The adapter failed with {type(error).__name__}.")
    kept = await _keep(context, plan.account, numbers)
    report = _seen(context, plan, reply, rows_of(numbers, plan.number))
    note = () if kept else ("The bot's store does not answer: alerts are paused and will follow.",)
    return replace(report, card=replace(report.card, context=(*report.card.context, *note)))


def _seen(context: Context, plan: MarkPlan, reply: Reply, rows: list[PhoneNumber]) -> Report:
    now, was = listed_as(rows), plan.was
    who: Line = ("Asked by ", by_whom(context.actor.user_id), f" on {plan.account}")
    if rows and all(row.status is plan.status for row in rows):
        words = f"Done — {plan.title} now lists {plan.number} as {now} (was {was})."
        return Report(Status.ACCEPTED, Card(words, Tone.GOOD, context=(who,)), f"done: {now} (was {was})")
    if reply.status is Status.UNKNOWN:
        row = Row((f"{plan.title} lists {plan.number} as ", Text(now, bold=True), " just now"))
        words = (
            f"{plan.title} still lists {plan.number} as {now}, and it is not known whether it took the request. "
            f"{reply.note}"
        )
        verdict = _lost(plan, reply) if reply.broken else words
        card = Card(verdict, Tone.UNKNOWN, (Section((row,)),), (who,))
        return Report(Status.UNKNOWN, card, f"unknown: listed as {now}")
    words = f"{plan.title} accepted the request but still lists {plan.number} as {now}."
    again = Button(
        "mark_number",
        f"Mark as {plan.status.value} again",
        MarkRequest(plan.account, plan.number, plan.status).value(),
    )
    card = Card(words, Tone.WARNING, context=(who,), controls=(again,))
    return Report(Status.UNKNOWN, card, f"accepted, but listed as {now}")


def _unread(plan: MarkPlan, reply: Reply, why: str) -> Report:
    lead = "It is not known whether this was done"
    if reply.status is Status.ACCEPTED:
        lead = f"{plan.title} accepted the request"
    words = f"{lead}, but how {plan.number} is listed now could not be read: {why}"
    if reply.broken:
        words = f"{_lost(plan, reply)} How it is listed now could not be read: {why}"
    return Report(Status.UNKNOWN, Card(words, Tone.UNKNOWN), "unknown: could not be read back")


def _lost(plan: MarkPlan, reply: Reply) -> str:
    return f"{plan.number} may or may not be marked as {plan.status.value} now. {reply.note}"


def _outcome_card(plan: MarkPlan, reply: Reply) -> Card:
    """Returns the card of what is not read back: a refusal, and what nobody could look up."""
    if reply.status is Status.NOT_DONE:
        return Card((f"Not marked: {reply.note}", *reply.left_alone), Tone.WARNING)
    look = f"Look at the list of {plan.account} ({plan.title}) before marking it again."
    return Card(f"{_lost(plan, reply)} {look}", Tone.UNKNOWN)


def _interrupted_card(plan: MarkPlan) -> Card:
    return Card(
        f"{plan.number} may or may not be marked as {plan.status.value} now: the bot stopped while it was under way. "
        f"Look at the list of {plan.account} ({plan.title}) before marking it again.",
        Tone.UNKNOWN,
    )


def _exclusive(plan: MarkPlan) -> Exclusive:
    card = Card(f"Somebody else is marking {plan.number} just now: look again in a moment.", Tone.INFO)
    return Exclusive(f"mark:{plan.account}:{plan.number}", card, "not sent: another marking was under way")


OPERATION = MARK_NUMBER = Operation(
    name="mark_number",
    permission=Permission.MARK_NUMBERS,
    subject=_subject,
    prepare=_prepare,
    send=_send,
    outcome_card=_outcome_card,
    interrupted_card=_interrupted_card,
    pack=MarkPlan.pack,
    unpack=MarkPlan.unpack,
    read_back=_read_back,
    exclusive=_exclusive,
    conceals=False,
    words=Words(
        not_yours="You are not allowed to confirm this: only the person who asked may. Ask for your own.",
        expired="This was good for 10 minutes, and nothing was marked: ask again.",
    ),
)
