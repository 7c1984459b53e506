"""The queries of the read API: each makes its answer of the store alone. All raise `StoreError`."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from bot.alerts.kinds import Kind
from bot.alerts.model import AlertState, Incident, LatestReading, Observed
from bot.api.model import (
    AccountView,
    AgentsFigures,
    AgentsView,
    AgentView,
    AlertView,
    BalanceFigures,
    BalanceView,
    IncidentView,
    NumbersFigures,
    NumbersView,
    NumberView,
    QueuesFigures,
    QueuesView,
    QueueView,
)
from bot.commands.balance.query import outlook_of
from bot.commands.queue.backing import Backing
from bot.dialog.context import Context
from bot.dialog.parsing import zone_of
from bot.engine.evaluation import Rule
from bot.notify.contexts import NotificationContexts
from bot.notify.incident_message import verdict
from bot.notify.metadata import MOST_SUBJECTS
from bot.queues.agent_counts import AgentCounts
from bot.queues.lines import lines_of
from bot.readings.accounts import OpenAccount
from providers.masking import masked
from providers.model import Balance, NumberStatus, Queue

T = TypeVar("T")

DEFAULT_PERIOD = timedelta(hours=24)


def accounts(context: Context) -> list[AccountView]:
    """Returns every account, in the order of the configuration."""
    return [
        AccountView(
            account.name,
            account.title,
            tuple(sorted(kind.value for kind, every in account.settings.poll.items() if every is not None)),
            str(zone_of(context, account)),
            account.settings.currency,
        )
        for account in context.accounts
    ]


async def balances(context: Context) -> list[BalanceView]:
    """Returns the money of each account whose vendor reports it."""

    async def figures(account: OpenAccount, seen: Observed) -> BalanceFigures:
        balance: Balance = seen.value
        outlook = (await outlook_of(context, account, seen)).forecast
        credit = balance.credit
        return BalanceFigures(
            as_of=seen.at,
            amount=float(balance.money.amount),
            credit=credit if credit is None or isinstance(credit, str) else float(credit.amount),
            left=float(balance.left) if isinstance(balance.left, Decimal) else balance.left,
            currency=balance.money.currency,
            runs_out=outlook.empty,
        )

    return await _views(context, Kind.BALANCE, figures, BalanceView)


async def agents(context: Context) -> list[AgentsView]:
    """Returns the agents of each account whose vendor reports them."""

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
            agents=tuple(
                AgentView(
                    extension=agent.extension,
                    state=agent.state.value,
                    signed_in=agent.signed_in,
                    since=agent.since,
                    peer=masked(agent.peer) if agent.peer else None,
                    vendor_name=agent.name,
                    vendor_group=agent.group,
                    vendor_status=agent.raw_state,
                )
                for agent in seen.value
            ),
        )

    return await _views(context, Kind.AGENTS, figures, AgentsView)


async def queues(context: Context) -> list[QueuesView]:
    """Returns the queues of each account whose vendor reports them."""

    async def figures(account: OpenAccount, seen: Observed) -> QueuesFigures:
        latest = await context.store.latest_reading(account.name, Kind.AGENTS)
        backing = Backing(context.clock(), lines_of(seen.value), agents=latest)
        told = [queue.waiting for queue in seen.value]
        calls = [call for waiting in told for call in waiting or ()]
        known = not seen.value.unreadable and all(waiting is not None for waiting in told)
        return QueuesFigures(
            as_of=seen.at,
            waiting=len(calls) if known else None,
            longest_wait_seconds=_longest(call.waiting for call in calls) if known else None,
            queues=tuple(_queue(queue, backing) for queue in seen.value),
        )

    return await _views(context, Kind.QUEUES, figures, QueuesView)


def _queue(queue: Queue, backing: Backing) -> QueueView:
    waits = None if queue.waiting is None else [call.waiting for call in queue.waiting]
    return QueueView(
        queue=queue.ref,
        waiting=None if waits is None else len(waits),
        longest_wait_seconds=None if waits is None else _longest(waits),
        free_agents=backing.free_agents([queue]),
        waited_seconds=int(queue.waited.total_seconds()) if queue.waited is not None else None,
        vendor_name=queue.name,
    )


def _longest(waits: Iterable[timedelta]) -> int:
    return int(max(waits, default=timedelta()).total_seconds())


async def numbers(context: Context) -> list[NumbersView]:
    """Returns the caller IDs of each account whose vendor reports them."""

    async def figures(_account: OpenAccount, seen: Observed) -> NumbersFigures:
        statuses = [row.status for row in seen.value]
        return NumbersFigures(
            as_of=seen.at,
            spam=statuses.count(NumberStatus.SPAM),
            active=statuses.count(NumberStatus.ACTIVE),
            unreadable=seen.value.unreadable,
            numbers=tuple(NumberView(row.number, row.status.value, row.raw_status, row.group) for row in seen.value),
        )

    return await _views(context, Kind.NUMBERS, figures, NumbersView)


async def _views(
    context: Context,
    kind: Kind,
    figures: Callable[[OpenAccount, Observed], Any],
    view: Callable[..., T],
) -> list[T]:
    """Returns a view an account: its figures while it is seen, else since when it is not and what was read last."""

    async def one(account: OpenAccount) -> T:
        latest = await context.store.latest_reading(account.name, kind)
        told = await figures(account, latest.observed) if latest.observed is not None else None
        seen = told if told is not None and latest.blind is None else None
        shown = {name: getattr(seen, name) for name in seen.__slots__} if seen is not None else {"as_of": None}
        return view(
            account=account.name,
            blind_since=latest.blind_since,
            blind_reason=latest.blind.error if latest.blind is not None else None,
            last=told,
            **shown,
        )

    able = [a for a in context.accounts if any(a.supports(q.capability) for q in kind.definition.questions)]
    return list(await asyncio.gather(*map(one, able)))


async def alerts(context: Context) -> list[AlertView]:
    """Returns every alert on each account that it watches, as it stands."""
    states = {(state.alert, state.account): state for state in await context.store.alert_states()}
    found = []
    for alert in context.settings.alerts:
        for rule in context.engine.rules_of(alert.name):
            state = states.get(rule.home, AlertState(*rule.home))
            latest = await context.store.latest_readings(rule.policy.account)
            concerned = [reading for kind, reading in latest.items() if rule.concerns(kind)]
            found.append(await _alert(context, rule, state, concerned))
    return found


async def _alert(context: Context, rule: Rule, state: AlertState, latest: list[LatestReading]) -> AlertView:
    standing = [incident for incident in state.incidents.values() if incident.open and not incident.test]
    read_at = [reading.observed.at for reading in latest if reading.observed is not None]
    blind = [reading.blind_since for reading in latest if reading.blind_since is not None]
    return AlertView(
        alert=rule.policy.alert,
        account=rule.policy.account,
        watch=rule.watch.name,
        severity=rule.policy.severity.value,
        open=True if standing else False if read_at and not blind else None,
        as_of=max(read_at, default=None),
        blind_since=min(blind, default=None),
        incidents=tuple([await _incident(context, state, incident) for incident in standing]),
    )


async def incidents(context: Context, since: datetime) -> list[IncidentView]:
    """Returns the incidents that are open, or ended at `since` or later, the newest first."""
    found = [
        await _incident(context, state, incident)
        for state in await context.store.alert_states()
        for incident in state.incidents.values()
        if incident.resolved_at is None or incident.resolved_at >= since
    ]
    return sorted(found, key=lambda one: (one.opened_at, one.incident), reverse=True)


async def _incident(context: Context, state: AlertState, incident: Incident) -> IncidentView:
    known = await NotificationContexts(context.store, context.engine, context.clock).of(state, incident)
    link = known.links.get(incident.id) if known is not None else None
    subjects = sorted(member.subject for member in incident.affected or incident.members.values())
    ended = incident.resolved_at
    return IncidentView(
        incident=incident.id,
        alert=state.alert,
        account=state.account,
        watch=incident.watch or state.watch,
        state=incident.phase.value,
        severity=incident.severity.value,
        opened_at=incident.opened_at,
        acknowledged_at=incident.acknowledged_at,
        acknowledged_by=incident.acknowledged_by,
        snoozed_until=incident.snoozed_until,
        resolved_at=ended,
        duration_seconds=int((ended - incident.opened_at).total_seconds()) if ended is not None else None,
        summary=verdict(known) if known is not None else "",
        subjects=tuple(subjects[:MOST_SUBJECTS]),
        subjects_total=len(subjects),
        link=(link.permalink or None) if link is not None else None,
        test=incident.test,
    )
