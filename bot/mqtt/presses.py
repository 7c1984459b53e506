"""Carries out what came in from the broker: by the very ways that a press in Slack takes, with `mqtt` as the actor.

A broker knows no person: what may be done is what `mqtt.allow` lists, whoever wrote it.
"""

from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.alerts.kinds import Kind
from bot.alerts.model import Acknowledge, Press, Snooze, Unacknowledge
from bot.cards import Line
from bot.commands.pause import COMMAND as PAUSE_CALLS
from bot.commands.resume import COMMAND as RESUME_CALLS
from bot.dialog.context import Actor, Context
from bot.dialog.parsing import WordsError
from bot.dialog.phrases import in_words
from bot.dialog.request import Request
from bot.mqtt.commands import SNOOZE, UNACKNOWLEDGE, AlertCommand, CallsCommand, MarkCommand, MqttCommand
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkRequest
from bot.operations.workflow import at_once
from bot.settings import MqttAllowed, Permission, Settings
from bot.store import AuditRecord, StoreError
from bot.text.phone_numbers import digits
from providers.errors import ProviderError
from providers.model import Rows

log = structlog.get_logger(__name__)

ACTOR = "mqtt"
MAX_COMMANDS = 60  # commands a minute: more is no hand, and would push the rest out of the audit
_WINDOW = timedelta(minutes=1)
_ALLOWING: Mapping[Permission, MqttAllowed] = {
    Permission.MARK_NUMBERS: MqttAllowed.MARK_NUMBERS,
    Permission.ADMIN: MqttAllowed.PAUSE_CALLS,
}


class MqttAccess:
    """Implements `bot.dialog.context.Access` by what `mqtt.allow` lists."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings

    async def refusal(
        self, actor: Actor, permission: Permission, *, operation: str = "", account: str = "", target: str = ""
    ) -> Line | None:
        """Returns None where it is listed, else a sentence. What comes in is asked, and written down, before that."""
        return None if await self.may(actor, permission) else "This is not allowed by MQTT: see mqtt.allow."

    async def may(self, actor: Actor, permission: Permission) -> bool:
        """Returns whether it is listed."""
        return permission in _ALLOWING and allowed(self._settings(), _ALLOWING[permission])


def allowed(settings: Settings, what: MqttAllowed) -> bool:
    """Returns whether this may be done from the broker."""
    return settings.mqtt is not None and what in settings.mqtt.allow


class Presses:
    """Carries out commands, one after another. `context` makes what each may use."""

    def __init__(self, context: Callable[[], Context], settings: Callable[[], Settings]) -> None:
        self._context = context
        self._settings = settings
        self._lately: deque[datetime] = deque()

    async def press(self, command: MqttCommand) -> None:
        """Carries one out, or refuses it, and writes down what came of it. Raises nothing but a cancellation."""
        context = self._context()
        if self._flooded(context.clock()):
            log.warning("commands by MQTT come too often, and are left out", at_most=MAX_COMMANDS)
            return
        try:
            if not allowed(self._settings(), command.needs):
                log.warning("a command by MQTT was refused", operation=command.verb, account=command.account)
                await _write_down(context, command, "refused: mqtt.allow")
                return
            outcome = await self._outcome(context, command)
        except (StoreError, ProviderError, WordsError) as error:
            log.warning("a command by MQTT was not carried out", operation=command.verb, error=str(error))
        except Exception:  # a mistake in one must not end those that come after it
            log.exception("a command by MQTT failed", operation=command.verb, account=command.account)
        else:
            log.info("a command by MQTT", operation=command.verb, account=command.account, outcome=outcome)

    def _flooded(self, now: datetime) -> bool:
        while self._lately and not timedelta() <= now - self._lately[0] < _WINDOW:
            self._lately.popleft()
        if len(self._lately) >= MAX_COMMANDS:
            return True
        self._lately.append(now)
        return False

    async def _outcome(self, context: Context, command: MqttCommand) -> str:
        match command:
            case AlertCommand():
                return await _alert(context, command)
            case MarkCommand():
                return await _mark(context, command)
            case CallsCommand(paused):
                answer = await (PAUSE_CALLS if paused else RESUME_CALLS).run(context, Request("calls"))
                return "" if answer.card is None else in_words(answer.card.verdict)


async def _alert(context: Context, command: AlertCommand) -> str:
    """Presses on every message of the alert on the account that is open."""
    state, _ = await context.store.alert_state(command.alert, command.account)
    here = [incident for incident in state.incidents.values() if incident.open]
    now, changed = context.clock(), 0
    for incident in here:
        applied = await context.engine.apply(incident.id, _press(command, now))
        changed += applied.changed
    outcome = "done" if changed else "it was so already" if here else "nothing is open"
    if here:
        await _write_down(context, command, outcome)
    return outcome


def _press(command: AlertCommand, now: datetime) -> Press:
    if command.verb == SNOOZE and command.lasts is not None:
        return Snooze(ACTOR, now + command.lasts, now)
    return Unacknowledge(ACTOR, now) if command.verb == UNACKNOWLEDGE else Acknowledge(ACTOR, now)


async def _mark(context: Context, command: MarkCommand) -> str:
    """Marks the number as the account lists it, and reads it back: the workflow writes it down."""
    latest = await context.store.latest_reading(command.account, Kind.NUMBERS)
    rows = latest.observed.value if latest.observed is not None else None
    listed = rows if isinstance(rows, Rows) else ()
    number = next((row.number for row in listed if digits(row.number) == command.digits), command.digits)
    result = await at_once(context, MARK_NUMBER, MarkRequest(command.account, number, command.status))
    return in_words(result.card.verdict)


async def _write_down(context: Context, command: MqttCommand, outcome: str) -> None:
    record = AuditRecord(context.clock(), ACTOR, command.verb, command.account, command.target, outcome)
    await context.store.audit(record)
