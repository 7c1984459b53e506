"""Our caller IDs, the spam ones first."""

from dataclasses import dataclass

from bot.alerts.kinds import Kind
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import accounts_of
from bot.dialog.replies import Replies
from bot.dialog.request import Request
from bot.readings.accounts import AccountName
from providers.capabilities import SupportsNumbers, SupportsNumberStatus
from providers.model import NumberStatus, PhoneNumber, Rows

_ORDER = (NumberStatus.SPAM, NumberStatus.UNKNOWN, NumberStatus.DISABLED, NumberStatus.ACTIVE)


@dataclass(frozen=True, slots=True)
class ListedNumber:
    """A row of an account's list, the list that it is of, and whether that account can mark its numbers."""

    account: AccountName
    row: PhoneNumber
    numbers: Rows[PhoneNumber]
    markable: bool


@dataclass(frozen=True, slots=True)
class NumbersResult:
    """Every caller ID of the accounts that answered, all pages of it; and what all accounts replied."""

    numbers: tuple[ListedNumber, ...]
    replies: Replies[Rows[PhoneNumber]]


async def query(context: Context, request: Request) -> NumbersResult:
    """Asks the account that the words name, all where they name none; returns the caller IDs. Raises `WordsError`."""
    within = accounts_of(context, request.words)
    replies = await ask(
        context, SupportsNumbers, lambda p: p.numbers(), what="show caller IDs", kind=Kind.NUMBERS, within=within
    )
    markable = {able.account.name for able in context.accounts.supporting(SupportsNumberStatus, within)}
    found = [
        ListedNumber(told.account, row, told.value, told.account.name in markable)
        for told in replies.good
        for row in told.value
    ]
    found.sort(key=lambda one: (_ORDER.index(one.row.status), one.account.name))
    return NumbersResult(tuple(found), replies)
