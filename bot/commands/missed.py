"""`/pbx missed`: incoming calls that nobody answered: the vendor's own list, else picked from its finished calls."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from bot.cards import Answer, Card, Customer, Line, Part, Row, Section, Tone, When
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.paging import Paging
from bot.dialog.parsing import WordsError, account_and_rest, command, region_of, zone_of
from bot.dialog.periods import Period, period
from bot.dialog.phrases import as_of, commas, count
from bot.dialog.request import Request
from bot.dialog.unsupported import nobody_here
from bot.dialog.vendor_offers import offers
from bot.dialog.vendor_tables import shown
from bot.readings.accounts import Able, OpenAccount
from bot.text.durations import span
from providers.capabilities import SupportsCalls
from providers.errors import ErrorKind, ProviderError
from providers.model import CallRecord, Direction
from providers.sdk.call_legs import leg_of, untaken

TOPIC = "missed"
PAGE_ROWS = 40  # rows of one message
MAX_VENDOR_PAGES = 6  # of the vendor's list that are read
_IN = Direction.INBOUND


@dataclass(frozen=True, slots=True)
class _Missed:
    """The missed calls that were found. `whole` False: the vendor has more calls of this period than were read."""

    calls: list[CallRecord]
    looked: int
    unreadable: int
    whole: bool


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    offered = offers(context).get(TOPIC)
    tables = {able.account.name: able for able in offered.tables} if offered is not None else {}
    if not tables and not context.accounts.supporting(SupportsCalls):
        return Answer(Card(nobody_here(context, "list missed calls", SupportsCalls, TOPIC), Tone.INFO))
    typed = account_and_rest(context, words)
    able = [a for a in typed.accounts if a.name in tables or a.supports(SupportsCalls)]
    if not able:
        who = context.accounts.who_can(SupportsCalls, "list missed calls")
        raise ProviderError(ErrorKind.UNSUPPORTED, f"{typed.accounts[0].label} cannot list missed calls. {who}")
    if len(able) > 1:
        raise WordsError("Several accounts can tell: name one.", tuple(a.label for a in able))
    account, paging = able[0], Paging("pbx", Request(f"{TOPIC} {words}", request.page))
    if account.name in tables:
        return await shown(context, tables[account.name], TOPIC, typed.rest, paging)
    wanted = period(typed.rest or "today", context.clock(), zone_of(context, account))
    if wanted is None:
        raise WordsError(f"“{typed.rest[:40]}” is no period: write today, yesterday, 2h or 7d.")
    provider = context.accounts.require(account.name, SupportsCalls, "list missed calls")
    found = await ask_one(Able(account, provider), partial(_query, wanted))
    return Answer(_card(context, account, wanted, found, paging), share=bool(found.calls), replace=request.page > 0)


async def _query(wanted: Period, provider: SupportsCalls) -> _Missed:
    """Reads page after page, all within the one deadline of a question."""
    legs: list[CallRecord] = []
    unreadable = 0
    for number in range(1, MAX_VENDOR_PAGES + 1):
        page = await provider.calls(wanted.since, wanted.until, page=number)
        legs, unreadable = [*legs, *page.rows], unreadable + page.rows.unreadable
        if not page.more:
            return _Missed(missed_of(legs), len(legs), unreadable, whole=True)
    return _Missed(missed_of(legs), len(legs), unreadable, whole=False)


def missed_of(legs: Iterable[CallRecord]) -> list[CallRecord]:
    """Returns the calls that came in and nobody took, newest first; one whose end is not known is left out."""
    incoming = ([leg.row for leg in call] for call in untaken(map(leg_of, legs)))
    found = (max(inbound, key=_rang) for call in incoming if (inbound := [c for c in call if c.direction is _IN]))
    return sorted(found, key=lambda call: call.started_at.timestamp() if call.started_at else 0.0, reverse=True)


def _rang(call: CallRecord) -> timedelta:
    return call.duration or timedelta()


def _card(context: Context, account: OpenAccount, wanted: Period, found: _Missed, paging: Paging) -> Card:
    now, lead = context.clock(), f"{account.name}, {wanted.words}"
    calls = found.calls[paging.request.page : paging.request.page + PAGE_ROWS]
    home = region_of(context, account)
    body = [Section(tuple(Row(_line(call, home)) for call in calls), "Newest first")] if calls else []
    if found.unreadable:
        body.append(Section((Row(f"{count(found.unreadable, 'row')} could not be read"),)))
    looked = f"picked from {count(found.looked, 'finished call')}"
    small: tuple[Line, ...] = ((*as_of(now, now), f" · {account.label} · {looked}"),)
    if not found.whole:
        small = (*small, "The vendor has more calls of this period than were looked through: name a shorter one.")
    some = "" if found.whole else "at least "
    verdict = f"{lead}: {some}{count(len(found.calls), 'missed call')}."
    if not found.calls:
        verdict = f"{lead}: no missed calls{'' if found.whole else ' among the newest'}."
    tone = Tone.WARNING if found.unreadable or not found.whole else Tone.INFO
    return Card(verdict, tone, tuple(body), small, paging.buttons(PAGE_ROWS, len(found.calls)))


def _line(call: CallRecord, region: str | None) -> Line:
    when: Part = When(call.started_at, "day") if call.started_at is not None else "time not told"
    waited = call.wait if call.wait is not None else call.duration
    tail = commas(
        (
            f"to {call.callee}" if call.callee else "",
            f"queue {call.queue}" if call.queue else "",
            f"rang {span(waited)}" if waited is not None else "",
            call.disposition.value.replace("_", " "),
        )
    )
    return (when, " · ", Customer(call.caller, region) if call.caller else "number withheld", f" · {tail}")


COMMAND = command(
    TOPIC,
    "Incoming calls that nobody answered",
    "[[on] ACCOUNT] [today|yesterday|2h|7d]",
    "on sales yesterday",
    _run,
    topic=True,
    notes=(
        "Without a period: today. Where the vendor keeps no list of them, they are picked from its finished calls.",
    ),
)
