"""`/pbx calls`: finished calls of one account, newest first, by number, agent and period."""

from dataclasses import dataclass

from bot.cards import Answer, Card, Customer, Figure, Part, Quoted, Row, Section, Table, Tone, When, table
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.paging import Paging
from bot.dialog.parsing import WordsError, account_and_rest, command, one_that_can, region_of, zone_of
from bot.dialog.periods import Period, period
from bot.dialog.phrases import agent_name, as_of, commas, count, money
from bot.dialog.request import Request
from bot.readings.accounts import Able, OpenAccount
from bot.text.durations import span
from bot.text.names import fitting
from bot.text.phone_numbers import digits, tidied
from providers.capabilities import SupportsAgents, SupportsCalls
from providers.model import CallRecord, Direction, Disposition, Page
from providers.sdk.call_legs import leg_of, one_call_each

PAGE_ROWS = 50  # rows of one message
_PLACES_PER_PAGE = 100_000  # a place in the list: the vendor's page times this, and the row in it
_MAX_EXTENSION_DIGITS = 6  # digits: what is no longer is an extension, not a number
_SPOKEN = {
    Disposition.ANSWERED: "answered",
    Disposition.NO_ANSWER: "no answer",
    Disposition.BUSY: "busy",
    Disposition.FAILED: "failed",
    Disposition.CANCELED: "cancelled",
    Disposition.CONGESTION: "lines busy",
    Disposition.ABANDONED: "hung up while waiting",
    Disposition.TIMED_OUT: "waited too long",
    Disposition.VOICEMAIL: "voicemail",
}


@dataclass(frozen=True, slots=True)
class _Filter:
    """The filter of calls. `agent` is an extension; None: any."""

    span: Period
    agent: str | None = None
    number: str | None = None


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    page, offset = max(1, request.page // _PLACES_PER_PAGE), request.page % _PLACES_PER_PAGE
    typed = account_and_rest(context, words)
    account = one_that_can(context, typed.accounts, SupportsCalls, "list finished calls")
    provider = context.accounts.require(account.name, SupportsCalls, "list finished calls")
    wanted = await _filter(context, account, typed.rest)
    since, until = wanted.span.since, wanted.span.until
    found = await ask_one(
        Able(account, provider),
        lambda p: p.calls(since, until, caller=wanted.agent, callee=wanted.number, page=page),
    )
    card = _card(context, account, wanted, found, Paging("calls", Request(words, page * _PLACES_PER_PAGE + offset)))
    return Answer(card, share=bool(found.rows), replace=request.page > _PLACES_PER_PAGE)


async def _filter(context: Context, account: OpenAccount, words: str) -> _Filter:
    now, zone = context.clock(), zone_of(context, account)
    chosen, rest = None, []
    for word in words.split():
        found = period(word, now, zone)
        if found is not None and chosen is None:
            chosen = found
        else:
            rest.append(word)
    text = tidied(" ".join(rest))
    span_ = chosen or period("today", now, zone)
    if span_ is None:
        raise WordsError("Write a period as today, yesterday, 2h or 7d.")
    if not text:
        return _Filter(span_)
    if not any(c.isalpha() for c in text) and len(digits(text)) > _MAX_EXTENSION_DIGITS:
        return _Filter(span_, number=digits(text))
    return _Filter(span_, agent=await _extension(account, text))


async def _extension(account: OpenAccount, word: str) -> str:
    """Returns the extension of the agent who is meant; digits are taken as they are."""
    if word.isdecimal():
        return word
    if not isinstance(account.provider, SupportsAgents):
        raise WordsError(f"“{word}” is no number and no period, and {account.label} lists no agents.")
    agents = await ask_one(Able(account, account.provider), lambda p: p.agents())
    names = {agent.name: agent for agent in agents if agent.name}
    names |= {agent.extension: agent for agent in agents}
    found = fitting(word, names)
    if len(found) == 1:
        return names[found[0]].extension
    if found:
        raise WordsError(f"Several agents begin with “{word}”.", tuple(agent_name(names[n]) for n in found[:20]))
    raise WordsError(f"“{word}” is no agent of {account.label}, no number and no period.")


def _card(context: Context, account: OpenAccount, wanted: _Filter, found: Page[CallRecord], paging: Paging) -> Card:
    now = context.clock()
    page, offset = divmod(paging.request.page, _PLACES_PER_PAGE)
    shown = found.rows.items[offset : offset + PAGE_ROWS]
    more_here, more = offset + PAGE_ROWS < len(found.rows), bool(found.more)
    first = page == 1 and offset == 0
    tone = Tone.WARNING if found.rows.unreadable else Tone.INFO
    home = region_of(context, account)
    body: list[Section | Table] = []
    if shown:
        header = ("When", "Agent", "Way", "Number", "Ended", "Talk", "Cost", "Recorded", "Id")
        body.append(table(header, [_cells(call, home) for call in shown], "Newest first"))
    if found.rows.unreadable:
        body.append(Section((Row(f"{count(found.rows.unreadable, 'row')} could not be read"),)))
    buttons = (
        []
        if first
        else [
            paging.to("Back", max(_PLACES_PER_PAGE, paging.request.page - (PAGE_ROWS if offset else _PLACES_PER_PAGE)))
        ]
    )
    if more_here or more:
        buttons.append(
            paging.to("More", paging.request.page + PAGE_ROWS if more_here else (page + 1) * _PLACES_PER_PAGE)
        )
    verdict = _verdict(account, wanted, shown, first=first, more=more_here or more)
    return Card(verdict, tone, tuple(body), ((*as_of(now, now), f" · {account.label}"),), tuple(buttons))


def _verdict(account: OpenAccount, wanted: _Filter, shown: tuple[CallRecord, ...], *, first: bool, more: bool) -> str:
    about = commas((f"agent {wanted.agent}" if wanted.agent else "", "one number" if wanted.number else ""), " and ")
    lead = f"{account.name}, {wanted.span.words}{f', {about}' if about else ''}"
    if not shown:
        return f"{lead}: no finished calls." if first else f"{lead}: nothing more."
    calls = one_call_each(map(leg_of, shown))
    answered = sum(any(leg.taken for leg in call) for call in calls)
    which = "finished call" if first else "older finished call"
    tail = "; there are more" if more else ""
    return f"{lead}: {count(len(calls), which)}, {answered} answered{tail}."


def _cells(call: CallRecord, region: str | None) -> tuple[Part, ...]:
    inbound = call.direction is Direction.INBOUND
    other = call.caller if inbound else call.callee
    return (
        When(call.started_at, "day") if call.started_at is not None else "time not told",
        commas((call.agent or "", call.extension or ""), " ") or "no agent",
        "←" if inbound else "→",
        Customer(other, region) if other else "nobody",
        _SPOKEN.get(call.disposition) or f"“{call.raw_disposition}”",
        Figure(f"talked {span(call.talk)}", call.talk.total_seconds()) if call.talk else "",
        Figure(money(call.cost), float(call.cost.amount)) if call.cost is not None else "",
        "recorded" if call.recorded else "",
        Quoted(f"id {call.call_id}"),
    )


COMMAND = command(
    "calls",
    "Finished calls, newest first",
    "[[on] ACCOUNT] [NUMBER|AGENT] [today|yesterday|2h|7d]",
    "on sales 1101 yesterday",
    _run,
    topic=True,
    question=SupportsCalls,
    notes=("Without a period: today. A call's id is what recording wants.",),
)
