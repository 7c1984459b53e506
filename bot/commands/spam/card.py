"""The card of caller IDs: the spam ones first, each with its button for those who may mark."""

from collections.abc import Sequence

from bot.cards import Button, Card, Line, Part, Row, Section, Table, Text, Tone, table
from bot.commands.spam.query import ListedNumber, NumbersResult
from bot.dialog.paging import Paging
from bot.dialog.phrases import count
from bot.dialog.replies import ages, cannot_rows, nobody
from bot.dialog.request import Request
from bot.operations.caller_ids import button, listed_as, rows_of
from providers.model import NumberStatus, PhoneNumber, Rows

PAGE_ROWS = 40  # rows with a button; Slack takes 50 blocks in a message


def card(result: NumbersResult, request: Request, *, may: bool) -> Card:
    """Returns the page that `request` asks for; `may`: whether the one who asks may mark numbers."""
    replies, lines, offset = result.replies, result.numbers, request.page
    several = len(replies.asked) > 1
    shown = lines[offset : offset + PAGE_ROWS]
    failures = tuple(failed.row(replies.now, said) for failed in replies.failed)
    body: list[Section | Table] = [Section(failures, "Could not be asked")] if failures else []
    if lines and not offset:
        body.append(_table(lines, several=several))
    if shown:
        rows = tuple(_row(line, several=several, may=may) for line in shown)
        last = offset + len(shown)
        heading = "Caller IDs" if len(shown) == len(lines) else f"Caller IDs {offset + 1}–{last} of {len(lines)}"
        body.append(Section(rows, heading))
    unread = [told for told in replies.good if told.value.unreadable]
    if unread:
        words = (f"{told.account.label}: {count(told.value.unreadable, 'row')} could not be read" for told in unread)
        body.append(Section(tuple(Row(each) for each in words), "Not readable"))
    cannot = cannot_rows(replies.cannot, replies.who)
    if cannot:
        body.append(Section(cannot, "Cannot tell"))
    verdict, tone = _verdict(result)
    return Card(verdict, tone, tuple(body), ages(replies), Paging("spam", request).buttons(PAGE_ROWS, len(lines)))


def _table(lines: Sequence[ListedNumber], *, several: bool) -> Table:
    rows = [
        (
            line.row.number,
            _status(line.row),
            line.row.group or "",
            line.account.name if several else "",
        )
        for line in lines
    ]
    return table(("Caller ID", "Status", "Group", "Account"), rows, "All caller IDs")


def _status(row: PhoneNumber) -> str:
    return row.status.value if row.status is not NumberStatus.UNKNOWN else f"status “{row.raw_status}”"


def _verdict(result: NumbersResult) -> tuple[Line, Tone]:
    asked, lines = result.replies, result.numbers
    blind = f"; {count(len(asked.failed), 'account')} could not be asked" if asked.failed else ""
    if not asked.asked:
        return nobody(asked.cannot, asked.who), Tone.INFO
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


def _row(line: ListedNumber, *, several: bool, may: bool) -> Row:
    row, twins = line.row, rows_of(line.numbers, line.row.number)
    parts: list[Part] = [Text(row.number, bold=True), f" · {line.account.name}" if several else ""]
    if len({twin.status for twin in twins}) > 1:
        return Row((*parts, f" · listed {count(len(twins), 'time')}, as {listed_as(twins)}: not marked from here"))
    control: Button | None = None
    if may and line.markable:
        control = button(line.account, line.numbers, row)
    return Row(tuple(parts), control)


def said(value: Rows[PhoneNumber]) -> str:
    """Returns a list of caller IDs in a few words."""
    spam = sum(row.status is NumberStatus.SPAM for row in value)
    return f"{spam} of {count(len(value), 'caller ID')} marked spam"
