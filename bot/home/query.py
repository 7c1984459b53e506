"""What is open, and how each account stands, as it was read last."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.kinds import Kind
from bot.alerts.model import LatestReading
from bot.commands.balance.query import Outlook, outlook_of
from bot.dialog.context import Context
from bot.notify.contexts import NotificationContexts
from bot.notify.notification_context import NotificationContext
from bot.readings.accounts import OpenAccount

SHOWN_KINDS = (Kind.BALANCE, Kind.AGENTS, Kind.QUEUES, Kind.NUMBERS)


@dataclass(frozen=True, slots=True)
class AccountAtAGlance:
    """One account: what was read last of each kind that its vendor tells. `outlook` None: no balance is known."""

    account: OpenAccount
    latest: Mapping[Kind, LatestReading]
    told: tuple[Kind, ...]
    outlook: Outlook | None


@dataclass(frozen=True, slots=True)
class FloorResult:
    """The floor at `now`: the open incidents, worst first, and the accounts in the order of the configuration."""

    now: datetime
    incidents: tuple[NotificationContext, ...]
    accounts: tuple[AccountAtAGlance, ...]


async def query(context: Context) -> FloorResult:
    """Returns the floor. Raises `StoreError`."""
    contexts = NotificationContexts(context.store, context.engine, context.clock)
    found = await context.engine.open_incidents()
    incidents = await asyncio.gather(*(contexts.of(state, incident) for _, state, incident in found))
    accounts = await asyncio.gather(*(_account(context, account) for account in context.accounts))
    return FloorResult(context.clock(), tuple(one for one in incidents if one is not None), tuple(accounts))


async def _account(context: Context, account: OpenAccount) -> AccountAtAGlance:
    latest = await context.store.latest_readings(account.name)
    told = tuple(
        kind for kind in SHOWN_KINDS if any(account.supports(one.capability) for one in kind.definition.questions)
    )
    balance = latest.get(Kind.BALANCE, LatestReading())
    seen = balance.observed if balance.blind is None else None
    outlook = await outlook_of(context, account, seen) if seen is not None else None
    return AccountAtAGlance(account, latest, told, outlook)
