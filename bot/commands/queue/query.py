"""Who waits in which queue; where a vendor cannot report it, what ended in the last hour."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.alerts.kinds import Kind
from bot.commands.queue import finished
from bot.commands.queue.backing import Backing, backings
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import WordsError, region_of
from bot.dialog.replies import Replies, Unable
from bot.dialog.request import Request
from bot.queues.statistics import QueueStatistics
from bot.readings.accounts import AccountName, OpenAccount
from bot.store import StoreError
from bot.text.names import fitting, folded, listed
from providers.capabilities import SupportsQueueCalls, SupportsQueues
from providers.model import Queue, QueueCall, Rows

WHAT = "show who waits"


@dataclass(frozen=True, slots=True)
class LiveQueue:
    """A queue of an account, as it is now; its `waiting` is None where the vendor does not report that."""

    account: str
    queue: Queue
    region: str | None = None  # in which the account writes numbers


@dataclass(frozen=True, slots=True)
class LastHour:
    """The figures of an account's finished queue calls in the last hour, by queue."""

    account: AccountName
    queues: Mapping[str, QueueStatistics]
    unreadable: int


@dataclass(frozen=True, slots=True)
class QueuesResult:
    """Who waits now (`asked`), and what ended in the last hour where that is not reported (`past`).

    `live` and `hours` are of the queues that are meant, `backing` what the store adds, by account. `cannot` are the
    accounts that report neither.
    """

    asked: Replies[Rows[Queue]]
    past: Replies[Rows[QueueCall]]
    cannot: tuple[Unable, ...]
    live: tuple[LiveQueue, ...]
    hours: tuple[LastHour, ...]
    backing: Mapping[str, Backing]

    @property
    def able(self) -> bool:
        """Returns whether any account that is meant reports anything of queues."""
        return bool(self.asked.asked or self.past.asked)


async def query(context: Context, request: Request) -> QueuesResult:
    """Asks the account that the words name, else all for the queue; returns the queues that are meant.

    Raises `WordsError` where nothing is called so.
    """
    words = request.words
    word = words[3:].strip() if words.casefold().startswith("on ") else words
    named = context.accounts.find(word) if word else []
    seen = await of_accounts(context, named if len(named) == 1 else list(context.accounts))
    if not word or (len(named) == 1 and seen.able):
        return seen
    if len(named) != 1:
        return _narrowed(context, seen, word)
    # the account has no queues: a queue elsewhere may be meant, and who has one of that very name is known
    exact = context.accounts.exactly(word) is not None
    elsewhere = await _with_queue(context, word) if exact else list(context.accounts)
    wider = _narrowed(context, await of_accounts(context, elsewhere), word) if elsewhere else seen
    return wider if wider.live or wider.hours else seen


async def _with_queue(context: Context, word: str) -> list[OpenAccount]:
    """Returns the accounts whose last reading lists a queue of this name, or was never made; none without the store."""
    able = [account for account in context.accounts if account.supports(SupportsQueues)]
    try:
        known = await asyncio.gather(*(context.store.latest_reading(a.name, Kind.QUEUES) for a in able))
    except StoreError:
        return []
    name = folded(word)
    return [
        account
        for account, latest in zip(able, known, strict=True)
        if latest.observed is None or any(folded(queue.name) == name for queue in latest.observed.value)
    ]


async def of_accounts(context: Context, within: list[OpenAccount]) -> QueuesResult:
    """Asks these accounts side by side: who waits; where that is not reported, what ended in the last hour."""
    now = context.clock()
    later = [a for a in within if a.supports(SupportsQueueCalls) and not a.supports(SupportsQueues)]
    asked, past = await asyncio.gather(
        ask(context, SupportsQueues, lambda p: p.queues(), what=WHAT, kind=Kind.QUEUES, within=within),
        ask(context, SupportsQueueCalls, lambda p: p.queue_calls(now - finished.HOUR), what=WHAT, within=later),
    )
    regions = {account.name: region_of(context, account) for account in within}
    live = tuple(
        LiveQueue(told.account.name, queue, regions[told.account.name]) for told in asked.good for queue in told.value
    )
    hours = tuple(
        LastHour(told.account, finished.by_queue(finished.within(told.value, now)), told.value.unreadable)
        for told in past.good
    )
    cannot = tuple(unable for unable in asked.cannot if unable.account not in {account.named for account in later})
    backing = await backings(context, asked.good, away=asked.store_away)
    return QueuesResult(asked, past, cannot, live, hours, backing)


def _narrowed(context: Context, seen: QueuesResult, word: str) -> QueuesResult:
    """Returns what is known of the one queue that a word means; raises `WordsError` where none fits, or several do."""
    accounts = {a.name: f"account {a.label}" for a in context.accounts}
    names = {one.queue.name: f"queue {one.queue.name} on {one.account}" for one in seen.live}
    for past in seen.hours:
        names |= {name: f"queue {name} on {past.account.name}" for name in past.queues}
    found = fitting(word, {**names, **accounts})
    if not found:
        failed = [each.account.label for each in (*seen.asked.failed, *seen.past.failed)]
        blind = f" {listed(failed)} could not be asked." if failed else ""
        known = f"Queues: {listed(names)}." if names else _none_known(seen)
        raise WordsError(f"There is no account or queue “{word}”. {known}{blind}")
    if len({folded(name) for name in found}) > 1:
        raise WordsError(f"Several names begin with “{word}”.", tuple({**accounts, **names}[n] for n in found))
    wanted = folded(found[0])
    hours = (replace(past, queues={n: f for n, f in past.queues.items() if folded(n) == wanted}) for past in seen.hours)
    return replace(
        seen,
        live=tuple(one for one in seen.live if folded(one.queue.name) == wanted),
        hours=tuple(past for past in hours if past.queues),
    )


def _none_known(seen: QueuesResult) -> str:
    """Returns why no queue has a name."""
    if seen.able:
        return "No queue is known." if seen.asked.good or seen.past.good else "No account could be asked."
    return seen.asked.who.sentence
