"""`/spam`: our caller IDs, the spam ones first, and marking one of them."""

from dataclasses import dataclass

from bot.alerts.model import Kind
from bot.cards import Answer, Button, Card, Line, Part, Row, Section, Text, Tone
from bot.dialog.context import Context, Permission
from bot.dialog.fan_out import Asked, ages, ask, cannot_rows, nobody
from bot.dialog.paging import Turn
from bot.dialog.parsing import WordsError, accounts_of, command, one_account
from bot.dialog.phrases import commas, count
from bot.operations.caller_ids import button, listed_as, rows_of
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkRequest
from bot.operations.workflow import audit, offer, refused
from bot.readings.accounts import OpenAccount, listed
from bot.text.phone_numbers import NotANumberError, masked, plain
from providers.capabilities import SupportsNumbers, SupportsNumberStatus
from providers.model import NumberStatus, PhoneNumber, Rows

PAGE = 40  # rows with a button; Slack takes 50 blocks in a message

_ORDER = (NumberStatus.SPAM, NumberStatus.UNKNOWN, NumberStatus.DISABLED, NumberStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class Marking:
    """A number to be marked, as it was typed."""

    number: str
    status: NumberStatus
    account: str | None


@dataclass(frozen=True, slots=True)
class _Line:
    account: OpenAccount
    numbers: Rows[PhoneNumber]
    row: PhoneNumber


async def _run(context: Context, words: str) -> Answer:
    typed = read(words)
    if typed is not None:
        return await _mark(context, typed)
    words, offset = Turn.offset_of(words)
    within = accounts_of(context, words)
    asked = await ask(context, SupportsNumbers, lambda p: p.numbers(), kind=Kind.NUMBERS, within=within)
    may = await context.access.may(context.actor, Permission.MARK_NUMBERS)
    return Answer(_card(context, asked, words, offset, may=may), share=bool(asked.good), replace=offset > 0)


def read(words: str) -> Marking | None:
    """``[active|spam] NUMBER [on ACCOUNT]``, the words in any order; None where no number is meant."""
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
    text = " ".join(number)
    try:
        plain(text)
    except NotANumberError as why:
        if not text[0].isdigit() and text[0] not in "+(":
            return None
        raise WordsError(str(why)) from why
    return Marking(text, status, account)


async def _mark(context: Context, typed: Marking) -> Answer:
    refusal = await refused(context, MARK_NUMBER, typed.account or "", masked(typed.number))
    if refusal is not None:
        return refusal.answer
    within = [one_account(context, typed.account)] if typed.account else list(context.accounts)
    able = [a for a in within if a.supports(SupportsNumberStatus) and a.supports(SupportsNumbers)]
    if not able:
        who = context.accounts.who_can(SupportsNumberStatus, "mark numbers")
        return Answer(Card(f"{listed(a.label for a in within)} cannot mark numbers. {who}", Tone.INFO))
    asked = await ask(context, SupportsNumbers, lambda p: p.numbers(), within=able)
    region = context.settings.calls.region
    found = [
        (told.account, told.value, rows)
        for told in asked.good
        if told.value is not None and (rows := rows_of(told.value, typed.number, region))
    ]
    if not found:
        return Answer(await _unknown(context, typed, asked))
    if len(found) > 1:
        choices = tuple(f"{typed.number} on {account.name}" for account, _, _ in found)
        raise WordsError("Several accounts have that number: say which one.", choices)
    account, numbers, rows = found[0]
    request = MarkRequest(account.name, rows[0].number, typed.status, numbers)
    return (await offer(context, MARK_NUMBER, request)).answer


async def _unknown(context: Context, typed: Marking, asked: Asked[Rows[PhoneNumber]]) -> Card:
    now = context.clock()
    failures = tuple(t.failure(now, _said) for t in asked.failed)
    body = (Section(failures, "Could not be asked"),) if failures else ()
    if not asked.good:
        return Card("No account could be asked, so nothing is marked.", Tone.UNKNOWN, body)
    where = listed(t.account.label for t in asked.good)
    await audit(context, MARK_NUMBER, "", "a number not ours", "refused: not ours")
    words = f"That is not one of our numbers on {where}, and only our own are marked."
    return Card(words, Tone.WARNING, body)


def _card(context: Context, asked: Asked[Rows[PhoneNumber]], words: str, offset: int, *, may: bool) -> Card:
    now = context.clock()
    lines = [_Line(t.account, t.value, row) for t in asked.good if t.value is not None for row in t.value]
    lines.sort(key=lambda line: (_ORDER.index(line.row.status), line.account.name))
    several = len(asked.told) > 1
    shown = lines[offset : offset + PAGE]
    body = [Section(tuple(t.failure(now, _said) for t in asked.failed), "Could not be asked")] if asked.failed else []
    if shown:
        rows = tuple(_row(line, several=several, may=may) for line in shown)
        last = offset + len(shown)
        heading = "Caller IDs" if len(shown) == len(lines) else f"Caller IDs {offset + 1}–{last} of {len(lines)}"
        body.append(Section(rows, heading))
    unread = [t for t in asked.good if t.value is not None and t.value.unreadable]
    if unread:
        told = (
            Row(f"{t.account.label}: {count(t.value.unreadable, 'row')} could not be read") for t in unread if t.value
        )
        body.append(Section(tuple(told), "Not readable"))
    cannot = cannot_rows(context, asked.cannot, SupportsNumbers, "show caller IDs", Kind.NUMBERS)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(context, asked, lines)
    turns = Turn("spam", words, offset).buttons(PAGE, len(lines))
    return Card(verdict, tone, tuple(body), ages(asked, now), turns)


def _verdict(context: Context, asked: Asked[Rows[PhoneNumber]], lines: list[_Line]) -> tuple[Line, Tone]:
    blind = f"; {count(len(asked.failed), 'account')} could not be asked" if asked.failed else ""
    if not asked.told:
        return nobody(context, asked.cannot, SupportsNumbers, "show caller IDs"), Tone.INFO
    if not asked.good:
        return "The caller IDs are not known: no account could be asked.", Tone.UNKNOWN
    if not lines:
        return f"No caller IDs are listed{blind}.", Tone.WARNING if blind else Tone.INFO
    ours: dict[tuple[str, str], set[NumberStatus]] = {}
    for line in lines:
        ours.setdefault((line.account.name, line.row.number), set()).add(line.row.status)
    spam = [states for states in ours.values() if NumberStatus.SPAM in states]
    active = [states for states in ours.values() if NumberStatus.ACTIVE in states]
    if spam:
        marked = "is" if len(spam) == 1 else "are"
        lead = f"{len(spam)} of {count(len(ours), 'caller ID')} {marked} marked spam; {len(active)} active"
        return f"{lead}{blind}.", Tone.WARNING
    lead = f"None of {count(len(ours), 'caller ID')} is marked spam; {len(active)} active"
    return f"{lead}{blind}.", Tone.WARNING if blind else Tone.GOOD


def _row(line: _Line, *, several: bool, may: bool) -> Row:
    row, twins = line.row, rows_of(line.numbers, line.row.number)
    status = row.status.value if row.status is not NumberStatus.UNKNOWN else f"status “{row.raw_status}”"
    where = commas((line.account.name if several else "", row.group or ""))
    parts: list[Part] = [Text(row.number, bold=True), f" · {status}", f" · {where}" if where else ""]
    if len({twin.status for twin in twins}) > 1:
        return Row((*parts, f" · listed {count(len(twins), 'time')}, as {listed_as(twins)}: not marked from here"))
    control: Button | None = None
    if may and line.account.supports(SupportsNumberStatus):
        control = button(line.account, line.numbers, row)
    return Row(tuple(parts), control)


def _said(value: Rows[PhoneNumber]) -> str:
    spam = sum(row.status is NumberStatus.SPAM for row in value)
    return f"{spam} of {count(len(value), 'caller ID')} marked spam"


COMMAND = command(
    "spam",
    "Our caller IDs, the spam ones first, and marking one",
    "[ACCOUNT] · NUMBER · active NUMBER",
    "active +12025550143",
    _run,
    notes=(
        "A NUMBER alone is marked as spam, after Confirm; with the word active, as active.",
        "Where several accounts have the number, add on ACCOUNT.",
    ),
)
