"""Topics of `/pbx` that the connected systems bring along: which list, file or change the words mean, and where."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.cards import Answer, Row, Section
from bot.dialog.command import Command
from bot.dialog.context import Context
from bot.dialog.paging import Paging
from bot.dialog.parsing import WordsError, command, one_account, wrong
from bot.dialog.request import Request
from bot.dialog.vendor_files import given
from bot.dialog.vendor_offers import Offered, VendorChange
from bot.dialog.vendor_tables import shown
from bot.operations.edit import EDIT, EditRequest
from bot.operations.workflow import offer
from bot.readings.accounts import Able, OpenAccount
from bot.text.names import listed
from providers.capabilities import SupportsVendorTables

Cap = TypeVar("Cap")


@dataclass(frozen=True, slots=True)
class _Typed:
    """The words after the topic. `account` None: none was named."""

    account: OpenAccount | None
    rest: tuple[str, ...]


def topic_command(context: Context, offered: Offered, own: Command | None) -> Command:
    """Returns the command of a topic that accounts offer.

    `own` is this house's command for it, None where there is none.
    """
    if own is not None:
        return _beside(offered, own)

    async def run(context: Context, request: Request) -> Answer:
        answer = await _brought(context, offered, request.words)
        if answer is not None:
            return answer
        typed = _typed(context, offered, request.words)
        if not offered.tables:
            ways = tuple(row.line for row in offered.rows(context.slash("pbx")) if isinstance(row.line, str))
            raise WordsError(f"{offered.topic.capitalize()} cannot be listed, yet there is this.", ways)
        able = _one(offered.tables, typed.account)
        return await _shown(context, offered, able, typed, request)

    notes = tuple(row.line for row in offered.rows(context.slash("pbx")) if isinstance(row.line, str))
    usage = "[[on] ACCOUNT] [words]"
    return command(offered.topic, offered.summary(), usage, offered.example, run, topic=True, notes=notes)


def _beside(offered: Offered, own: Command) -> Command:
    """Returns this house's own command, with what vendors bring along for its topic."""

    async def run(context: Context, request: Request) -> Answer:
        try:
            answer = await _brought(context, offered, request.words)
            if answer is None and own.question is not None:
                answer = await _instead(context, offered, own.question, request)
        except WordsError as error:
            return Answer(wrong(context, own, str(error), error.choices))
        if answer is not None:
            return answer
        answer = await own.run(context, request)
        return _with_ways(context, offered, own, answer) if request.words.strip().casefold() == "help" else answer

    return replace(own, run=run)


def _with_ways(context: Context, offered: Offered, own: Command, answer: Answer) -> Answer:
    """Returns the help of this house's command, with what vendors bring along."""
    pbx, rows = context.slash("pbx"), list(offered.rows(context.slash("pbx")))
    for able in offered.tables:
        if own.question is not None and not able.account.supports(own.question):
            rows.insert(
                0, Row(f"{pbx} {offered.topic} on {able.account.name} [words]: {able.account.title}'s own list")
            )
    if answer.card is None or not rows:
        return answer
    return replace(answer, card=replace(answer.card, body=(*answer.card.body, Section(tuple(rows), "And"))))


async def _brought(context: Context, offered: Offered, words: str) -> Answer | None:
    """Returns the change or the file that the words ask for; None where they ask for neither."""
    typed = _typed(context, offered, words)
    meant = [change for change in offered.changes if _begins(typed.rest, change.verb)]
    longest = max((len(change.verb) for change in meant), default=0)
    meant = [change for change in meant if len(change.verb) == longest]
    if meant:
        change = _one_change(meant, typed.account)
        edit, account = change.edit, change.able.account.name
        request = EditRequest(account, edit.topic, edit.verb, typed.rest[longest:], change.usage)
        return (await offer(context, EDIT, request)).answer
    form = typed.rest[0].casefold() if typed.rest else ""
    files = [file for file in offered.files if file.form == form]
    if files:
        able = _one([file.able for file in files], typed.account)
        return await given(context, able, offered.topic, form, list(typed.rest[1:]))
    return None


async def _instead(context: Context, offered: Offered, question: type[object], request: Request) -> Answer | None:
    """Returns the vendor's own list where this house's command has nobody to ask; else None."""
    typed = _typed(context, offered, request.words)
    within = list(context.accounts) if typed.account is None else [typed.account]
    tables = [able for able in offered.tables if able.account.name in {account.name for account in within}]
    if not tables or any(account.supports(question) for account in within) or typed.rest == ("help",):
        return None
    return await _shown(context, offered, _one(tables, typed.account), typed, request)


async def _shown(
    context: Context, offered: Offered, able: Able[SupportsVendorTables], typed: _Typed, request: Request
) -> Answer:
    """Returns the vendor's own list, whose pages are asked for through ``/pbx``."""
    paging = Paging("pbx", Request(f"{offered.topic} {request.words}", request.page))
    return await shown(context, able, offered.topic, " ".join(typed.rest), paging)


def _typed(context: Context, offered: Offered, words: str) -> _Typed:
    """Parses ``[[on] ACCOUNT] words``, or ``words on ACCOUNT``.

    The words of a change or a file are never an account.
    """
    pieces = words.split()
    first = pieces[0].casefold() if pieces else ""
    if first == "on":
        if len(pieces) == 1:
            raise WordsError("After “on” comes an account.")
        return _Typed(one_account(context, pieces[1]), tuple(pieces[2:]))
    known = {change.verb[0] for change in offered.changes if change.verb} | set(offered.forms)
    if first and first not in known and context.accounts.find(first):
        return _Typed(one_account(context, first), tuple(pieces[1:]))
    if len(pieces) > 1 and pieces[-2].casefold() == "on" and context.accounts.find(pieces[-1]):
        return _Typed(one_account(context, pieces[-1]), tuple(pieces[:-2]))
    return _Typed(None, tuple(pieces))


def _begins(words: Sequence[str], verb: Sequence[str]) -> bool:
    return bool(verb) and tuple(word.casefold() for word in words[: len(verb)]) == tuple(verb)


def _one_change(meant: Sequence[VendorChange], account: OpenAccount | None) -> VendorChange:
    name = _only([change.able.account for change in meant], account)
    return next(change for change in meant if change.able.account.name == name)


def _one(ables: Sequence[Able[Cap]], account: OpenAccount | None) -> Able[Cap]:
    name = _only([able.account for able in ables], account)
    return next(able for able in ables if able.account.name == name)


def _only(able: Sequence[OpenAccount], account: OpenAccount | None) -> str:
    """Returns the one account that is meant and can; raises `WordsError` where none is, or several are."""
    found = {one.name: one for one in able if account is None or one.name == account.name}
    if len(found) == 1:
        return next(iter(found))
    if account is not None:
        raise WordsError(f"{account.label} cannot do that; {listed(one.label for one in able)} can.")
    raise WordsError("Several accounts can do that: name one.", tuple(one.label for one in found.values()))
