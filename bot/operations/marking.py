"""Mark one of our caller IDs: find it, ask, do it once, read it back, and say what the vendor lists then."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.alerts.model import Kind, Observed
from bot.cards import Answer, Button, Card, Confirm, Line, Person, Row, Section, Style, Text, Tone
from bot.dialog.context import Context, Permission
from bot.dialog.fan_out import ask_one
from bot.dialog.phrases import count, failure
from bot.operations.plans import MARK, MarkPlan
from bot.readings.accounts import Able, OpenAccount, listed
from bot.store import AuditRecord, StoreError
from bot.text.phone_numbers import digits, same
from providers.capabilities import SupportsNumbers, SupportsNumberStatus
from providers.errors import ErrorKind, ProviderError
from providers.model import NumberStatus, PhoneNumber, Rows

log = structlog.get_logger(__name__)

GOOD_FOR = timedelta(minutes=10)
_TAIL = 4  # digits
ALONE = timedelta(seconds=60)  # how long one marking keeps others of the same number out


@dataclass(frozen=True, slots=True)
class Mark:
    """What a button says: this number of this account is to become that."""

    account: str
    number: str
    status: NumberStatus

    def value(self) -> str:
        """For a button."""
        return json.dumps({"account": self.account, "number": self.number, "status": self.status.value})

    @classmethod
    def of(cls, value: str) -> "Mark | None":
        """From a button; None where it cannot be read."""
        try:
            read = json.loads(value)
            mark = cls(read["account"], read["number"], NumberStatus(read["status"]))
        except (ValueError, KeyError, TypeError):
            return None
        return mark if mark.status in {NumberStatus.ACTIVE, NumberStatus.SPAM} else None


def listed_as(rows: Sequence[PhoneNumber]) -> str:
    """How the vendor lists a number: its own word, or its words where it lists it twice."""
    return listed(dict.fromkeys(row.raw_status or row.status.value for row in rows)) or "not at all"


def rows_of(numbers: Rows[PhoneNumber], number: str, region: str | None = None) -> list[PhoneNumber]:
    """The rows of one number, compared in digits; with a `region`, also as it is dialled at home."""
    end = digits(number)[-_TAIL:]
    alike = (row for row in numbers if digits(row.number).endswith(end))  # however they begin, they end alike
    return [row for row in alike if same(row.number, number, region)]


def warning(numbers: Rows[PhoneNumber], number: str, status: NumberStatus) -> str:
    """What marking this number leaves behind: that 9 active ones become 8."""
    row = next(iter(rows_of(numbers, number)), None)
    pool = [n for n in numbers if row is None or n.group == row.group]
    active = {n.number for n in pool if n.status is NumberStatus.ACTIVE}
    after = active - {number} if status is NumberStatus.SPAM else active | {number}
    where = f" of {row.group}" if row is not None and row.group else ""
    words = f"Active numbers{where}: {len(active)} → {len(after)}."
    if active and not after:
        return f"This is the LAST active number{where}: nothing is left to call from. {words}"
    return words


def button(account: OpenAccount, numbers: Rows[PhoneNumber], row: PhoneNumber) -> Button:
    """*Mark as active* or *Mark as spam* beside a number, with its question."""
    status = NumberStatus.SPAM if row.status is NumberStatus.ACTIVE else NumberStatus.ACTIVE
    words = f"Mark as {status.value}"
    text = f"Mark {row.number} as {status.value} on {account.label}? {warning(numbers, row.number, status)}"
    if status is NumberStatus.SPAM:
        text += f" {account.title} may stop using it."
    ask_first = Confirm(title=f"{words}?", text=text, yes=words)
    style = Style.DANGER if status is NumberStatus.SPAM else Style.PLAIN
    return Button("mark_number", words, Mark(account.name, row.number, status).value(), style, ask_first)


async def offer(
    context: Context, account: OpenAccount, numbers: Rows[PhoneNumber], row: PhoneNumber, status: NumberStatus
) -> Answer:
    """What will be done, with **Confirm**: good for ten minutes and one click, for the one who asked."""
    plan = MarkPlan(account.name, account.title, row.number, status, listed_as([row]), context.actor.channel_id)
    token = secrets.token_urlsafe(18)
    await context.store.put_pending(token, plan.payload(), GOOD_FOR, user=context.actor.user_id)
    left = warning(numbers, row.number, status)
    rows = [Row(f"{account.label} lists it as {plan.was} now"), Row(left)]
    if status is NumberStatus.SPAM:
        rows.append(Row(f"{account.title} may stop using it"))
    last = "LAST" in left
    card = Card(
        f"Mark {row.number} as {status.value}?",
        Tone.CRITICAL if last else Tone.WARNING if status is NumberStatus.SPAM else Tone.INFO,
        (Section(tuple(rows)),),
        ("Good for 10 minutes and one click",),
        (
            Button("confirm_mark", "Confirm", token, Style.DANGER if last else Style.PRIMARY),
            Button("cancel", "Cancel", token),
        ),
    )
    return Answer(card)


async def confirmed(context: Context, token: str) -> Answer:
    """The click on **Confirm**: permission once more, then the deed, once."""
    deed = await context.store.deed(token)
    plan = MarkPlan.of(deed.payload) if deed is not None else None
    if deed is None or plan is None:
        return Answer(Card("This is over, and nothing was marked: ask again.", Tone.INFO), replace=True)
    if deed.user != context.actor.user_id:
        await _written(context, plan, "refused: another person's preview")
        words = "You are not allowed to confirm this: only the person who asked may. Ask for your own."
        return Answer(Card(words, Tone.WARNING))
    refusal = await allowed(context, plan.account, plan.number)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    if await context.store.take_pending(token, context.actor.user_id) is None:
        now = await context.store.deed(token)
        if now is not None and now.state != "pending":
            return Answer(Card(f"This was confirmed already{_outcome(now.outcome)}.", Tone.INFO))
        return Answer(Card("This was good for 10 minutes, and nothing was marked: ask again.", Tone.INFO), replace=True)
    return Answer(await _done(context, plan, token), replace=True)


async def marked_at_once(context: Context, mark: Mark) -> Card:
    """A click on a button that has asked already: read, mark where it is needed, read back."""
    refusal = await allowed(context, mark.account, mark.number)
    if refusal is not None:
        return Card(refusal, Tone.WARNING)
    account, numbers = await _numbers(context, mark.account)
    rows = rows_of(numbers, mark.number)
    trouble = unfit(account, rows, mark.status)
    if trouble is not None:
        await keep(context, mark.account, numbers)
        return trouble
    plan = MarkPlan(
        account.name,
        account.title,
        rows[0].number,
        mark.status,
        listed_as(rows),
        context.actor.channel_id,
    )
    token = secrets.token_urlsafe(18)
    await context.store.put_pending(token, plan.payload(), GOOD_FOR, user=context.actor.user_id)
    if await context.store.take_pending(token, context.actor.user_id) is None:
        return Card("This could not be begun, and nothing was marked: try again.", Tone.WARNING)
    return await _done(context, plan, token)


def unfit(account: OpenAccount, rows: Sequence[PhoneNumber], status: NumberStatus) -> Card | None:
    """Why this number is not marked: it is none of ours, stands twice, or is so already. None: go on."""
    if not rows:
        return Card(f"{account.label} does not list that number, so it cannot be marked.", Tone.WARNING)
    if len({row.status for row in rows}) > 1:
        words = f"{account.label} lists {rows[0].number} {count(len(rows), 'time')}, as {listed_as(rows)}."
        return Card(f"{words} Sort that out in the vendor's panel; it is not marked from here.", Tone.WARNING)
    if all(row.status is status for row in rows):
        words = f"{account.title} lists {rows[0].number} as {listed_as(rows)} already: nothing to do."
        return Card(words, Tone.GOOD)
    return None


async def allowed(context: Context, account: str, number: str) -> Line | None:
    """Why this person may not mark numbers; written into the audit where they may not."""
    return await context.access.refusal(
        context.actor, Permission.MARK_NUMBERS, deed=MARK, account=account, target=number
    )


async def keep(context: Context, account: str, numbers: Rows[PhoneNumber]) -> bool:
    """Take a fresh look into the books, so that an alert sees it at once; False where the store is away."""
    try:
        reading = Observed(numbers, context.clock())
        await context.store.record(account, Kind.NUMBERS, reading, keep=context.settings.history)
        await context.engine.observe(account, Kind.NUMBERS)
    except StoreError as error:
        log.warning("a fresh look could not be kept", account=account, error=str(error))
        return False
    return True


async def _numbers(context: Context, name: str) -> tuple[OpenAccount, Rows[PhoneNumber]]:
    """The list as it is now; raises `ProviderError`."""
    context.accounts.require(name, SupportsNumberStatus, "mark numbers")
    provider = context.accounts.require(name, SupportsNumbers, "show numbers")
    account = context.accounts.opened[name]
    return account, await ask_one(Able(account, provider), lambda p: p.numbers())


async def _done(context: Context, plan: MarkPlan, token: str) -> Card:
    """The deed, once, then what the vendor says of it. The deed is settled and written down whatever comes."""
    guard = f"mark:{plan.account}:{plan.number}"
    if await context.store.lease(guard, token, ALONE) is None:
        await _settle(context, plan, token, "not sent: another marking was under way")
        return Card(f"Somebody else is marking {plan.number} just now: look again in a moment.", Tone.INFO)
    try:
        card, outcome = await _send(context, plan)
    finally:
        await _release(context, guard, token)
    await _settle(context, plan, token, outcome)
    return card


async def _send(context: Context, plan: MarkPlan) -> tuple[Card, str]:
    trouble: ProviderError | None = None
    try:
        provider = context.accounts.require(plan.account, SupportsNumberStatus, "mark numbers")
        await provider.set_number_status(plan.number, plan.status)
    except ProviderError as error:
        if error.kind is not ErrorKind.UNKNOWN_OUTCOME:
            words = ("Not marked: ", *failure(error, context.clock()))
            return Card(words, Tone.WARNING), f"refused: {error.kind.value}"
        trouble = error
    try:
        _, numbers = await _numbers(context, plan.account)
    except ProviderError as error:
        return _unread(plan, error, sent=trouble is None)
    kept = await keep(context, plan.account, numbers)
    card, outcome = _told(context, plan, rows_of(numbers, plan.number), trouble)
    note = () if kept else ("The bot's store does not answer: alerts are paused and will follow.",)
    return replace(card, context=(*card.context, *note)), outcome


def _told(context: Context, plan: MarkPlan, rows: list[PhoneNumber], trouble: ProviderError | None) -> tuple[Card, str]:
    """What is so now, read back; not what was asked for."""
    now, was = listed_as(rows), plan.was
    who: Line = ("Asked by ", _person(context), f" on {plan.account}")
    if rows and all(row.status is plan.status for row in rows):
        words = f"Done — {plan.title} now lists {plan.number} as {now} (was {was})."
        return Card(words, Tone.GOOD, context=(who,)), f"done: {now} (was {was})"
    if trouble is not None:
        words = (
            f"{plan.title} still lists {plan.number} as {now}, and it is not known whether it took the request. "
            f"{trouble.user_text}"
        )
        rows_ = (Row((f"{plan.title} lists {plan.number} as ", Text(now, bold=True), " just now")),)
        return Card(words, Tone.UNKNOWN, (Section(rows_),), (who,)), f"unknown: listed as {now}"
    words = f"{plan.title} accepted the request but still lists {plan.number} as {now}."
    again = Button("mark_number", f"Mark as {plan.status.value} again", _again(plan))
    return Card(words, Tone.WARNING, context=(who,), controls=(again,)), f"accepted, but listed as {now}"


def _unread(plan: MarkPlan, error: ProviderError, *, sent: bool) -> tuple[Card, str]:
    lead = f"{plan.title} accepted the request" if sent else "It is not known whether this was done"
    words = f"{lead}, but how {plan.number} is listed now could not be read: {error.user_text}"
    return Card(words, Tone.UNKNOWN), "unknown: could not be read back"


def _again(plan: MarkPlan) -> str:
    return Mark(plan.account, plan.number, plan.status).value()


def _person(context: Context) -> Person:
    return Person(context.actor.user_id)


def _outcome(outcome: str) -> str:
    return f" ({outcome.rstrip('.')})" if outcome else ", and is under way"


async def _settle(context: Context, plan: MarkPlan, token: str, outcome: str) -> None:
    """Close the deed and write it down. What was done stays done where the store is away now."""
    try:
        await context.store.settle_deed(token, outcome)
        await _written(context, plan, outcome)
    except StoreError as error:
        log.error("a deed could not be written down", deed=MARK, outcome=outcome, error=str(error))


async def _written(context: Context, plan: MarkPlan, outcome: str) -> None:
    actor = context.actor
    await context.store.audit(
        AuditRecord(context.clock(), actor.user_id, MARK, plan.account, plan.number, outcome, actor.channel_id)
    )


async def _release(context: Context, guard: str, token: str) -> None:
    try:
        await context.store.release(guard, token)
    except StoreError as error:
        log.warning("a lease could not be given back", error=str(error))
