"""Our caller IDs as a vendor lists them: the rows of one number, and what marking it leaves behind. Pure."""

from collections.abc import Sequence

from bot.cards import Button, Confirm, Style
from bot.operations.mark_plan import MarkRequest
from bot.readings.accounts import AccountName
from bot.text.names import listed
from bot.text.phone_numbers import digits, same
from providers.model import NumberStatus, PhoneNumber, Rows

_TAIL_DIGITS = 4  # digits


def listed_as(rows: Sequence[PhoneNumber]) -> str:
    """Returns how the vendor lists a number: its own word, or its words where it lists it twice."""
    return listed(dict.fromkeys(row.raw_status or row.status.value for row in rows)) or "not at all"


def rows_of(numbers: Rows[PhoneNumber], number: str, region: str | None = None) -> list[PhoneNumber]:
    """Returns the rows of one number, compared in digits; with a `region`, also as it is dialled at home."""
    end = digits(number)[-_TAIL_DIGITS:]
    alike = (row for row in numbers if digits(row.number).endswith(end))  # however they begin, they end alike
    return [row for row in alike if same(row.number, number, region)]


def warning(numbers: Rows[PhoneNumber], number: str, status: NumberStatus) -> str:
    """Returns what marking this number leaves behind: that 9 active ones become 8."""
    row = next(iter(rows_of(numbers, number)), None)
    pool = [n for n in numbers if row is None or n.group == row.group]
    active = {n.number for n in pool if n.status is NumberStatus.ACTIVE}
    after = active - {number} if status is NumberStatus.SPAM else active | {number}
    where = f" of {row.group}" if row is not None and row.group else ""
    words = f"Active numbers{where}: {len(active)} → {len(after)}."
    if active and not after:
        return f"This is the LAST active number{where}: nothing is left to call from. {words}"
    return words


def button(account: AccountName, numbers: Rows[PhoneNumber], row: PhoneNumber) -> Button:
    """Returns the button *Mark as active* or *Mark as spam* for a number, with its question."""
    status = NumberStatus.SPAM if row.status is NumberStatus.ACTIVE else NumberStatus.ACTIVE
    words = f"Mark as {status.value}"
    text = f"Mark {row.number} as {status.value} on {account.label}? {warning(numbers, row.number, status)}"
    if status is NumberStatus.SPAM:
        text += f" {account.title} may stop using it."
    ask_first = Confirm(title=f"{words}?", text=text, yes=words)
    style = Style.PLAIN if status is NumberStatus.SPAM else Style.PRIMARY
    return Button("mark_number", words, MarkRequest(account.name, row.number, status).value(), style, ask_first)
