"""The marking of one of our caller IDs: what was typed, whose number it is, and the offer."""

from dataclasses import dataclass

from bot.cards import Card, Section, Tone
from bot.commands.spam.card import said
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import WordsError, one_account, region_of
from bot.dialog.replies import Replies
from bot.operations.caller_ids import rows_of
from bot.operations.declaration import Result, Status
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkRequest
from bot.operations.workflow import audit, offer, refused
from bot.text.names import listed
from bot.text.phone_numbers import NotANumberError, plain, tidied
from providers.capabilities import SupportsNumbers, SupportsNumberStatus
from providers.masking import masked
from providers.model import NumberStatus, PhoneNumber, Rows


@dataclass(frozen=True, slots=True)
class Marking:
    """A number to be marked, as it was typed. `account` None: none was named."""

    number: str
    status: NumberStatus
    account: str | None


def read(words: str) -> Marking | None:
    """Parses ``[active|spam] NUMBER [on ACCOUNT]``, in any order; returns None where no number is meant.

    Raises `WordsError` where the number is missing or is none.
    """
    status, account, number = NumberStatus.SPAM, None, list[str]()
    typed = words.split()
    while typed:
        word = typed.pop(0)
        if word.casefold() in {"active", "spam"}:
            status = NumberStatus(word.casefold())
        elif word.casefold() == "on" and typed and number:
            account = typed.pop(0)
        elif any(c.isdigit() for c in word) or number:
            number.append(word)
        else:
            return None
    if not number:
        if words.casefold() in {"active", "spam"}:
            raise WordsError("Which number? Write it after the word.")
        return None
    text = tidied(" ".join(number))
    try:
        plain(text)
    except NotANumberError as why:
        if not text[:1].isdigit() and text[:1] not in {"+", "("}:
            return None
        raise WordsError(str(why)) from why
    return Marking(text, status, account)


async def prepare(context: Context, typed: Marking) -> Result:
    """Returns the offer to mark it, or why there is none. Raises `WordsError` where several accounts have it."""
    refusal = await refused(context, MARK_NUMBER, typed.account or "", masked(typed.number))
    if refusal is not None:
        return refusal
    within = [one_account(context, typed.account)] if typed.account else list(context.accounts)
    able = [a for a in within if a.supports(SupportsNumberStatus) and a.supports(SupportsNumbers)]
    if not able:
        who = context.accounts.who_can(SupportsNumberStatus, "mark numbers")
        return _not_done(Card(f"{listed(a.label for a in within)} cannot mark numbers. {who}", Tone.INFO))
    asked = await ask(context, SupportsNumbers, lambda p: p.numbers(), what="show caller IDs", within=able)
    regions = {account.name: region_of(context, account) for account in able}
    found = [
        (told.account, told.value, rows)
        for told in asked.good
        if (rows := rows_of(told.value, typed.number, regions[told.account.name]))
    ]
    if not found:
        return _not_done(await _unknown(context, typed, asked))
    if len(found) > 1:
        choices = tuple(f"{typed.number} on {account.name}" for account, _, _ in found)
        raise WordsError("Several accounts have that number: say which one.", choices)
    account, numbers, rows = found[0]
    return await offer(context, MARK_NUMBER, MarkRequest(account.name, rows[0].number, typed.status, numbers))


def _not_done(card: Card) -> Result:
    return Result(Status.NOT_DONE, card, MARK_NUMBER.name)


async def _unknown(context: Context, typed: Marking, asked: Replies[Rows[PhoneNumber]]) -> Card:
    failures = tuple(failed.row(asked.now, said) for failed in asked.failed)
    body = (Section(failures, "Could not be asked"),) if failures else ()
    if not asked.good:
        return Card("No account could be asked, so nothing is marked.", Tone.UNKNOWN, body)
    where = listed(t.account.label for t in asked.good)
    await audit(context, MARK_NUMBER, "", "a number not ours", "refused: not ours")
    words = f"That is not one of our numbers on {where}, and only our own are marked."
    return Card(words, Tone.WARNING, body)
