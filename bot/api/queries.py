"""The queries of the read API: each makes its answer of the latest readings alone. All raise `StoreError`."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeVar

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading, Observed
from bot.api.model import (
    AccountsAnswer,
    AccountView,
    AgentsAnswer,
    AgentsFigures,
    AgentsView,
    AgentView,
    BalanceFigures,
    BalancesAnswer,
    BalanceView,
    NumbersAnswer,
    NumbersFigures,
    NumbersView,
    NumberView,
    QueuesAnswer,
    QueuesFigures,
    QueuesView,
    QueueView,
)
from bot.commands.balance.query import outlook_of
from bot.commands.queue.backing import Backing
from bot.dialog.context import Context
from bot.dialog.parsing import zone_of
from bot.engine.evaluation import POLL_GRACE
from bot.queues.agent_counts import AgentCounts
from bot.queues.lines import lines_of
from bot.readings.accounts import OpenAccount
from bot.text.phone_numbers import digits
from providers.errors import ErrorKind
from providers.masking import concealed, masked
from providers.model import Agent, Balance, NumberStatus, PhoneNumber, Queue

V = TypeVar("V")


def accounts(context: Context) -> AccountsAnswer:
    """Returns every account, in the order of the configuration."""
    return AccountsAnswer(
        tuple(
            AccountView(
                account.name,
                account.title,
                tuple(kind.value for kind in Kind if _interval(account, kind) is not None),
                str(zone_of(context, account)),
                account.settings.currency,
            )
            for account in context.accounts
        )
    )


async def balances(context: Context) -> BalancesAnswer:
    """Returns the money of each account."""

    async def figures(account: OpenAccount, seen: Observed) -> BalanceFigures:
        balance: Balance = seen.value
        left = balance.left
        return BalanceFigures(
            as_of=seen.at,
            amount=float(balance.money.amount),
            credit=_credit(balance),
            left=float(left) if isinstance(left, Decimal) else left,
            currency=balance.money.currency,
            runs_out=(await outlook_of(context, account, seen)).forecast.empty,
        )

    return BalancesAnswer(*await _views(context, Kind.BALANCE, figures, BalanceView))


def _credit(balance: Balance) -> float | Literal["unlimited"] | None:
    credit = balance.credit
    if credit is None or credit == "unlimited":
        return credit
    return float(credit.amount) if credit.currency == balance.money.currency else None


async def agents(context: Context) -> AgentsAnswer:
    """Returns the agents of each account."""

    async def figures(_account: OpenAccount, seen: Observed) -> AgentsFigures:
        counts = AgentCounts.of(seen.value)
        return AgentsFigures(
            as_of=seen.at,
            signed_in=counts.signed_in,
            on_call=counts.on_call,
            free=counts.free,
            offline=counts.offline,
            unknown=counts.unknown,
            unreadable=seen.value.unreadable,
            agents=tuple(map(_agent, seen.value)),
        )

    return AgentsAnswer(*await _views(context, Kind.AGENTS, figures, AgentsView))


def _agent(agent: Agent) -> AgentView:
    return AgentView(
        state=agent.state,
        signed_in=agent.signed_in,
        since=agent.since,
        peer=masked(agent.peer) if agent.peer else None,
        vendor_extension=agent.extension,
        vendor_name=_quoted(agent.name),
        vendor_group=_quoted(agent.group),
        vendor_status=concealed(agent.raw_state),
    )


async def queues(context: Context) -> QueuesAnswer:
    """Returns the queues of each account."""

    async def figures(account: OpenAccount, seen: Observed) -> QueuesFigures:
        backing = Backing(
            context.clock(),
            lines_of(seen.value),
            agents=await context.store.latest_reading(account.name, Kind.AGENTS),
        )
        told = [queue.waiting for queue in seen.value]
        known = not seen.value.unreadable and all(waiting is not None for waiting in told)
        calls = [call for waiting in told for call in waiting or ()]
        return QueuesFigures(
            as_of=seen.at,
            waiting=len(calls) if known else None,
            longest_wait_seconds=_longest(call.waiting for call in calls) if known else None,
            unreadable=seen.value.unreadable,
            queues=tuple(_queue(queue, backing, seen) for queue in seen.value),
        )

    return QueuesAnswer(*await _views(context, Kind.QUEUES, figures, QueuesView))


def _queue(queue: Queue, backing: Backing, seen: Observed) -> QueueView:
    waits = None if queue.waiting is None else [call.waiting for call in queue.waiting]
    free = backing.free_agents([queue])
    counted = seen if queue.free_agents is not None else backing.agents.observed
    return QueueView(
        waiting=None if waits is None else len(waits),
        longest_wait_seconds=None if waits is None else _longest(waits),
        free_agents=free,
        free_agents_as_of=counted.at if free is not None and counted is not None else None,
        waited_seconds=int(queue.waited.total_seconds()) if queue.waited is not None else None,
        vendor_id=queue.ref,
        vendor_name=concealed(queue.name),
    )


def _longest(waits: Iterable[timedelta]) -> int:
    return int(max(waits, default=timedelta()).total_seconds())


async def numbers(context: Context) -> NumbersAnswer:
    """Returns the caller IDs of each account: ours, and so in full."""

    async def figures(_account: OpenAccount, seen: Observed) -> NumbersFigures:
        statuses = [row.status for row in seen.value]
        return NumbersFigures(
            as_of=seen.at,
            spam=statuses.count(NumberStatus.SPAM),
            active=statuses.count(NumberStatus.ACTIVE),
            unreadable=seen.value.unreadable,
            numbers=tuple(map(_number, seen.value)),
        )

    return NumbersAnswer(*await _views(context, Kind.NUMBERS, figures, NumbersView))


def _number(row: PhoneNumber) -> NumberView:
    found = digits(row.number)
    plus = "+" if row.number.lstrip().startswith("+") else ""
    return NumberView(
        number=f"{plus}{found}" if found else None,
        status=row.status,
        vendor_number=row.number,
        vendor_status=concealed(row.raw_status),
        vendor_group=_quoted(row.group),
    )


def _quoted(words: str | None) -> str | None:
    return None if words is None else concealed(words)


# --- an account that is seen, and one that is not


async def _views(
    context: Context,
    kind: Kind,
    figures: Callable[[OpenAccount, Observed], Awaitable[Any]],
    view: Callable[..., V],
) -> tuple[tuple[V, ...], tuple[str, ...]]:
    """Returns a view of each account that is polled for this kind, and the names of those that are not.

    Its figures stand in it while it is seen; else since when it is not, and what was read last.
    """

    async def one(account: OpenAccount, every: timedelta) -> V:
        latest = await context.store.latest_reading(account.name, kind)
        found = await figures(account, latest.observed) if latest.observed is not None else None
        unseen = _unseen(latest, every, context)
        if found is None or unseen is not None:
            return view(account.name, None, *(unseen or _SEEN), last=found)
        return view(account.name, found.as_of, *_SEEN, **{name: getattr(found, name) for name in _shown(found)})

    polled = {account.name: (account, _interval(account, kind)) for account in context.accounts}
    able = [one(account, every) for account, every in polled.values() if every is not None]
    return tuple(await asyncio.gather(*able)), tuple(name for name, (_, every) in polled.items() if every is None)


_SEEN = (None, None, None)


def _shown(figures: Any) -> list[str]:
    return [one.name for one in fields(figures) if one.name != "as_of"]


def _unseen(
    latest: LatestReading, every: timedelta, context: Context
) -> tuple[datetime, ErrorKind | Literal["overdue"], str | None] | None:
    """Returns since when an account is not seen, and why; None where it is, or was not asked yet."""
    if latest.blind is not None:
        return latest.blind_since or latest.blind.at, latest.blind.kind, latest.blind.error
    if latest.observed is not None and context.clock() - latest.observed.at > every + POLL_GRACE:
        return latest.observed.at + every, "overdue", None
    return None


def _interval(account: OpenAccount, kind: Kind) -> timedelta | None:
    """Returns how often an account is polled for this; None where it is not, or its vendor cannot tell."""
    return account.settings.poll.get(kind) if kind.question_for(account.provider) is not None else None
