"""The automations as an outlet: each row is one action, carried out at most once, written down, and told in the thread.

What is decided stands in the alert's state. What an action may do is asked where a person's would be.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.alerts.automation_state import Decision
from bot.alerts.automations import WHOLE, Automation, Performed, PostMessage, PostWebhook
from bot.alerts.model import Incident
from bot.automations.actions import ACTOR, CarryOut
from bot.dialog.context import Actor, Context
from bot.engine.engine import Engine
from bot.notify.automation_words import automation_of, decision_words, described
from bot.notify.port import Outcome, Outgoing, OutletLimits, SendFate, SendResult
from bot.settings import Permission
from bot.store import AUTOMATION, AuditRecord, OutboxRow, Store

log = structlog.get_logger(__name__)

LIMITS = OutletLimits(
    deadline=timedelta(minutes=2),  # a vendor that answers late, for several numbers
    first_pause=timedelta(seconds=1),
    longest_pause=timedelta(minutes=1),
    side_by_side=4,
)
_MAX_OUTCOME_CHARACTERS = 200  # characters
NOT_KNOWN = "it is not known whether this was done: it was begun, and is not begun again"


class AutomationAccess:
    """Who configures an automation has allowed what it does; the call policy is asked all the same."""

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> None:
        """Returns None: it may."""

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """Returns whether it may: always."""
        return True


class AutomationOutlet:
    """Carries out what was decided."""

    name = AUTOMATION
    limits = LIMITS

    def __init__(
        self,
        *,
        store: Store,
        engine: Engine,
        context: Callable[[Actor], Context],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._engine = engine
        self._context = context
        self._clock = clock

    def queue(self, row: OutboxRow) -> str:
        """Returns the incident: an automation's actions are carried out in their order."""
        return row.notice.incident

    def count(self, row: OutboxRow, outcome: Outcome) -> None:
        """Counts nothing: what was done stands in the audit."""

    async def send(self, outgoing: Outgoing) -> SendResult:
        """Carries the row out, and notes what came of it. Raises `StoreError`: then nobody knows."""
        row, incident = outgoing.row, outgoing.context.incident
        automation = automation_of(outgoing.context.policy.automations, row.notice.automation)
        state = incident.automations.get(row.notice.automation)
        if automation is None or state is None or state.decision is None:
            return SendResult(SendFate.OBSOLETE, "the automation is configured no longer")
        if str(row.notice.action) in state.outcomes:
            return SendResult(SendFate.DELIVERED)
        if row.notice.action == WHOLE or state.decision is not Decision.ACT:
            outcome = decision_words(automation, state.decision, incident)
            await self._write_down(row, automation, "decision", outcome)
        else:
            action = _performed(automation, row.notice.action)
            if action is None:
                return SendResult(SendFate.OBSOLETE, "the automation has changed, and has no such action any more")
            outcome = await self._carry_out(row, automation, action, incident)
        acted = state.decision is Decision.ACT
        await self._store.note_decision(automation.name, self._clock(), outcome[:_MAX_OUTCOME_CHARACTERS], acted=acted)
        await self._engine.record_action(row.alert, row.account, row.notice, automation, outcome)
        return SendResult(SendFate.DELIVERED)

    async def lost(self, outgoing: Outgoing) -> SendResult:
        """Says that it is not known. Raises `StoreError`."""
        row = outgoing.row
        automation = automation_of(outgoing.context.policy.automations, row.notice.automation)
        if automation is None:
            return SendResult(SendFate.OBSOLETE, "the automation is configured no longer")
        state = outgoing.context.incident.automations.get(automation.name)
        if state is not None and str(row.notice.action) not in state.outcomes:
            action = _performed(automation, row.notice.action)
            words = described(action, outgoing.context.incident) if action is not None else "decision"
            await self._write_down(row, automation, words, "unknown")
            await self._engine.record_action(row.alert, row.account, row.notice, automation, NOT_KNOWN)
        return SendResult(SendFate.DELIVERED)

    async def _carry_out(self, row: OutboxRow, automation: Automation, action: Performed, incident: Incident) -> str:
        actor = ACTOR.format(automation.name)
        doing = CarryOut(self._context(Actor(actor, row.channel)), row.account, incident)
        outcome = await doing.outcome(action)
        if not doing.written:  # a vendor's operation is written down by its own workflow
            await self._write_down(row, automation, described(action, incident), outcome)
        return outcome

    async def _write_down(self, row: OutboxRow, automation: Automation, operation: str, outcome: str) -> None:
        now, actor = self._clock(), ACTOR.format(automation.name)
        await self._store.audit(
            AuditRecord(now, actor, operation, row.account, row.notice.incident, outcome[:_MAX_OUTCOME_CHARACTERS])
        )


def _performed(automation: Automation, place: int) -> Performed | None:
    if not 0 <= place < len(automation.actions):
        return None
    action = automation.actions[place]
    return None if isinstance(action, PostMessage | PostWebhook) else action
