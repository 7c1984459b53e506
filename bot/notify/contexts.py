"""Loads what a row of the outbox says now: the context of its notification, and its message."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.alerts.model import AlertState, Incident, NotificationKind, Phase
from bot.engine.engine import Engine
from bot.engine.outgoing import row_id
from bot.notify.incident_message import IncidentMessage, incident_message
from bot.notify.notification_context import NotificationContext
from bot.store import OutboxRow, Store
from bot.watches.registry import watches


class NotificationContexts:
    """Loads rows' contexts from the store and from the engine's rules, and changes nothing."""

    def __init__(self, store: Store, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock

    async def message(self, row: OutboxRow) -> IncidentMessage | None:
        """Returns the row's message as it reads now; None where there is nothing to send any more.

        Raises `StoreError`.
        """
        context = await self.context(row)
        if context is None or await self._obsolete(row, context.incident):
            return None
        return incident_message(row.notice, context)

    async def context(self, row: OutboxRow) -> NotificationContext | None:
        """Returns all that is known now about a row's incident; None where the incident or its watch is gone.

        Raises `StoreError`.
        """
        alert_state, _ = await self._store.alert_state(row.alert, row.account)
        incident = alert_state.incidents.get(row.notice.incident)
        return await self.of(alert_state, incident) if incident is not None else None

    async def of(self, alert_state: AlertState, incident: Incident) -> NotificationContext | None:
        """Returns all that is known now of an incident; None where its watch is gone. Raises `StoreError`."""
        rule = self._engine.rule_of(alert_state)
        if rule is None:
            return None
        previous = await self._store.message(incident.previous) if incident.previous else None
        own = await self._store.message(incident.id)
        return NotificationContext(
            incident=incident,
            policy=rule.policy,
            watch=rule.watch if incident.watch in {"", rule.watch.name} else watches().get(incident.watch, rule.watch),
            now=self._clock(),
            blind_since=alert_state.blind_since,
            previous=previous.ref if previous is not None else None,
            links={incident.id: own.ref} if own is not None else {},
            down=alert_state.down,
        )

    async def _obsolete(self, row: OutboxRow, incident: Incident) -> bool:
        """Returns whether a later row says it, or nobody need be notified any more."""
        kind = row.notice.kind
        if kind is NotificationKind.ESCALATION_COPY:
            # One that may have been posted has to be found, so that its last words reach it.
            return incident.phase is not Phase.FIRING and row.doubt_until is None
        if kind is NotificationKind.ESCALATION_END:
            copy = replace(row.notice, kind=NotificationKind.ESCALATION_COPY)
            posted = await self._store.message(f"{incident.id}:escalation")
            return posted is None and await self._store.row(row_id(copy, incident)) is None
        return row.id != row_id(row.notice, incident)
