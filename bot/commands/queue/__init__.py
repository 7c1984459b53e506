"""`/queue`: who waits, and how long. A vendor that cannot tell is said to be such: nobody waiting is another answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.alerts.model import Kind
from bot.cards import Answer, Card, Customer, Line, Part, Row, Section, Text, Tone
from bot.commands.queue import finished
from bot.commands.queue.backing import Backing, backings, small_print
from bot.dialog.context import Context
from bot.dialog.fan_out import Asked, ages, ask, cannot_rows
from bot.dialog.parsing import WordsError, command
from bot.dialog.phrases import count, span
from bot.queues.clearing_rate import FORMULA
from bot.queues.statistics import QueueStatistics
from bot.readings.accounts import OpenAccount, fitting, listed
from providers.capabilities import SupportsQueueCalls, SupportsQueues
from providers.model import Queue, QueueCall, Rows

WHAT = "show who waits"


@dataclass(frozen=True, slots=True)
class _Live:
    """A queue of an account, as it is now."""

    account: str
    queue: Queue


@dataclass(frozen=True, slots=True)
class _Past:
    """An account's last hour, by queue."""

    account: OpenAccount
    queues: dict[str, QueueStatistics]
    unreadable: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """All that was asked: who waits now, and what ended in the last hour where nobody can tell that."""

    asked: Asked[Rows[Queue]]
    past: Asked[Rows[QueueCall]]
    cannot: tuple[OpenAccount, ...]
    live: list[_Live]
    hours: list[_Past]
    backing: Mapping[str, Backing]  # by account


async def _run(context: Context, words: str) -> Answer:
    word = words.removeprefix("on ").strip() if words.casefold().startswith("on ") else words
    named = context.accounts.find(word) if word else []
    within = named if len(named) == 1 else list(context.accounts)
    seen = await _look(context, within)
    if word and len(named) != 1:
        seen = _named(context, seen, word)
    elif word and not seen.asked.told and not seen.past.told:  # that account has no queues; one elsewhere may be meant
        wider = _named(context, await _look(context, list(context.accounts)), word)
        seen = wider if wider.live or wider.hours else seen
    return Answer(_card(context, seen), share=bool(seen.live or seen.hours))


async def _look(context: Context, within: list[OpenAccount]) -> _Seen:
    """Ask all side by side: who waits; where that cannot be told, what ended in the last hour."""
    now = context.clock()
    later = [a for a in within if a.supports(SupportsQueueCalls) and not a.supports(SupportsQueues)]
    asked, past = await asyncio.gather(
        ask(context, SupportsQueues, lambda p: p.queues(), kind=Kind.QUEUES, within=within),
        ask(context, SupportsQueueCalls, lambda p: p.queue_calls(now - finished.HOUR), within=later),
    )
    live = [_Live(t.account.name, queue) for t in asked.good for queue in t.value or ()]
    hours = [
        _Past(t.account, finished.by_queue(finished.within(t.value, now)), t.value.unreadable)
        for t in past.good
        if t.value is not None
    ]
    cannot = tuple(account for account in asked.cannot if account not in later)
    backing = await backings(context, asked.good, away=asked.store_away)
    return _Seen(asked, past, cannot, live, hours, backing)


def _named(context: Context, seen: _Seen, word: str) -> _Seen:
    """What was seen of the one queue that a word means; raises `WordsError` where none fits, or several do."""
    accounts = {a.name: f"account {a.label}" for a in context.accounts}
    names = {one.queue.name: f"queue {one.queue.name} on {one.account}" for one in seen.live}
    for past in seen.hours:
        names |= {name: f"queue {name} on {past.account.name}" for name in past.queues}
    found = fitting(word, {**names, **accounts})
    if not found:
        failed = [t.account.label for t in seen.asked.failed] + [t.account.label for t in seen.past.failed]
        blind = f" {listed(failed)} could not be asked." if failed else ""
        known = f"Queues: {listed(names)}." if names else _nobody(context, seen)
        raise WordsError(f"There is no account or queue “{word}”. {known}{blind}")
    if len({name.casefold() for name in found}) > 1:
        raise WordsError(f"Several names begin with “{word}”.", tuple({**accounts, **names}[n] for n in found))
    wanted = found[0].casefold()
    live = [one for one in seen.live if one.queue.name.casefold() == wanted]
    hours = [
        _Past(past.account, {n: f for n, f in past.queues.items() if n.casefold() == wanted}, past.unreadable)
        for past in seen.hours
    ]
    return replace(seen, live=live, hours=[past for past in hours if past.queues])


def _nobody(context: Context, seen: _Seen) -> str:
    if seen.asked.told or seen.past.told:
        return "No queue is known." if seen.asked.good or seen.past.good else "No account could be asked."
    return context.accounts.who_can(SupportsQueues, WHAT)


def _card(context: Context, seen: _Seen) -> Card:
    now = context.clock()
    body: list[Section] = []
    failures = [t.failure(now, _said) for t in seen.asked.failed] + [t.failure(now, str) for t in seen.past.failed]
    if failures:
        body.append(Section(tuple(failures), "Could not be asked"))
    ordered = sorted(seen.live, key=lambda one: (-_longest(one.queue), -_waiting(one.queue), one.queue.name))
    if ordered:
        body.append(Section(tuple(Row(_line(one, seen.backing[one.account])) for one in ordered), "Queues"))
    unread = [t for t in seen.asked.good if t.value is not None and t.value.unreadable]
    if unread:
        rows = (f"{t.account.label}: {count(t.value.unreadable, 'row')} could not be read" for t in unread if t.value)
        body.append(Section(tuple(Row(words) for words in rows), "Not readable"))
    body += [finished.section(past.account.label, past.queues, past.unreadable) for past in seen.hours]
    cannot = cannot_rows(context, seen.cannot, SupportsQueues, WHAT, Kind.QUEUES)
    if cannot:
        told = seen.asked.told or seen.past.told  # else the verdict says who can
        body.append(Section(cannot if told else cannot[:-1], "Cannot tell"))
    if not seen.asked.told and not seen.past.told:
        return Card(f"Queues cannot be shown: {_nobody(context, seen)}", Tone.INFO, tuple(body))
    if not seen.asked.good and not seen.past.good:
        return Card("The queues are not known: no account could be asked.", Tone.UNKNOWN, tuple(body))
    small = [*ages(seen.asked, now), *(line for line in ages(seen.past, now) if line not in ages(seen.asked, now))]
    here = {one.account: seen.backing[one.account] for one in seen.live}
    small += small_print(here, {account.name: account.label for account in context.accounts})
    if any(here[one.account].clears(one.queue.name) is not None for one in seen.live):
        small.append(FORMULA)
    if seen.hours:
        small.append(finished.FORMULA)
    return Card(*_verdict(seen), tuple(body), tuple(small))


def _verdict(seen: _Seen) -> tuple[str, Tone]:
    past = finished.verdict([each for one in seen.hours for each in one.queues.values()]) if seen.hours else ""
    if not seen.live and seen.hours:
        return f"Who waits now is not told. {past}", Tone.INFO
    callers = [caller for one in seen.live for caller in one.queue.waiting or ()]
    blind = bool(seen.asked.failed) or any(t.value is not None and t.value.unreadable for t in seen.asked.good)
    if callers:
        longest = max(callers, key=lambda caller: caller.waiting)
        about = "≈ " if longest.approx else ""
        words = f"{count(len(callers), 'caller')} waiting, the longest for {about}{span(longest.waiting)}."
        alone = [
            one.queue.name
            for one in seen.live
            if one.queue.waiting and seen.backing[one.account].nobody(one.queue.name)
        ]
        nobody = f"Nobody is signed in for {listed(dict.fromkeys(alone))}." if alone else ""
        return " ".join(filter(None, (words, nobody, past))), Tone.CRITICAL if alone else Tone.WARNING
    if not seen.live:
        return "No queues are listed.", Tone.UNKNOWN if blind else Tone.INFO
    if all(one.queue.waiting is None for one in seen.live):
        return "Who waits cannot be told.", Tone.UNKNOWN
    hidden = blind or any(one.queue.waiting is None for one in seen.live)
    words = "Nobody is waiting where it can be told." if hidden else "Nobody is waiting."
    return " ".join(filter(None, (words, past))), Tone.UNKNOWN if hidden else Tone.GOOD


def _waiting(queue: Queue) -> int:
    return -1 if queue.waiting is None else len(queue.waiting)


def _longest(queue: Queue) -> timedelta:
    """The longest wait; a queue that cannot tell sorts with the empty ones, behind them."""
    return max((caller.waiting for caller in queue.waiting or ()), default=timedelta())


def _line(one: _Live, backing: Backing) -> Line:
    queue = one.queue
    parts: list[Part] = [Text(queue.name, bold=True), f" ({one.account}): "]
    if queue.waiting is None:
        parts.append("who waits cannot be told")
    elif not queue.waiting:
        parts.append("nobody waiting")
    else:
        longest = max(queue.waiting, key=lambda caller: caller.waiting)
        about = "≈ " if longest.approx else ""
        parts += [
            f"{len(queue.waiting)} waiting, longest {about}{span(longest.waiting)} (",
            Customer(longest.caller),
            ")",
        ]
    behind = backing.words(queue)
    return (*parts, f" · {behind}") if behind else tuple(parts)


def _said(value: Rows[Queue]) -> str:
    return count(sum(max(0, _waiting(queue)) for queue in value), "caller") + " waiting"


COMMAND = command(
    "queue",
    "Who waits in which queue, and how long",
    "[ACCOUNT|QUEUE]",
    "Support",
    _run,
    notes=("Where a vendor cannot tell who waits, that is said: it is not the same as nobody.",),
)
