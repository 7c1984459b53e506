"""The alerts as they stand: open, pending, silenced. It changes nothing."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from bot.alerts.model import Incident
from bot.commands.alerts.standing import Case
from bot.commands.alerts.why import case_of
from bot.dialog.context import Context
from bot.dialog.request import Request
from bot.store import Silence


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An incident that is not resolved; `link` is where its message stands, None where it is not posted yet."""

    alert: str
    account: str
    incident: Incident
    link: str | None


@dataclass(frozen=True, slots=True)
class AlertsResult:
    """The alerts open at `now`, worst first; what holds and is not raised yet; the silences that hide any of it.

    `configured` counts the alerts that there are, open or not.
    """

    now: datetime
    open: tuple[OpenAlert, ...]
    pending: tuple[Case, ...]
    silences: tuple[Silence, ...]
    configured: int


async def query(context: Context, _request: Request) -> AlertsResult:
    """Returns the alerts from the store; no vendor is asked. Raises `StoreError`."""
    now = context.clock()
    found = [(alert_state, incident) for _, alert_state, incident in await context.engine.open_incidents()]
    links = await asyncio.gather(*(_link(context, incident) for _, incident in found))
    opened = tuple(
        OpenAlert(alert_state.alert, alert_state.account, incident, link)
        for (alert_state, incident), link in zip(found, links, strict=True)
    )
    pending = await _pending(context)
    concerned = {name for each in opened for name in (each.alert, each.account)}
    concerned |= {name for case in pending for name in case.rule.home}
    silences = tuple(silence for silence in await context.store.silences(now) if silence.target in concerned)
    return AlertsResult(now, opened, pending, silences, len(context.settings.alerts))


async def _link(context: Context, incident: Incident) -> str | None:
    message = await context.store.message(incident.id)
    return message.ref.permalink if message is not None else None


async def _pending(context: Context) -> tuple[Case, ...]:
    """Returns what holds and is not raised yet."""
    found: list[Case] = []
    for alert_state in await context.store.alert_states():
        for rule in context.engine.rules_of(alert_state.alert):
            if rule.policy.account == alert_state.account and any(
                s.incident is None for s in alert_state.subjects.values()
            ):
                case = await case_of(context, rule)
                if case.pending:
                    found.append(case)
    return tuple(found)
