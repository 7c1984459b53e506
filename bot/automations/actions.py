"""What each action does, by the very ways that a person's press takes."""

from dataclasses import dataclass
from datetime import timedelta

from bot.alerts.automations import (
    AcknowledgeIncident,
    MarkNumbers,
    PauseCalls,
    Performed,
    PhoneNumber,
    SilenceTarget,
)
from bot.alerts.model import Acknowledge, Incident
from bot.call_policy import Allowed
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError
from bot.dialog.phrases import in_words
from bot.operations.call import CALL
from bot.operations.call_checks import evaluated
from bot.operations.call_plan import PlaceCallRequest
from bot.operations.declaration import Operation, PlanT, RequestT, Result
from bot.operations.ivr import IVR, IvrRequest
from bot.operations.mark_number import MARK_NUMBER
from bot.operations.mark_plan import MarkRequest
from bot.operations.workflow import at_once
from bot.store import Silence
from providers.capabilities import SupportsIvrCall
from providers.errors import ProviderError
from providers.model import NumberStatus

ACTOR = "automation {}"
ONE_CALL_WITHIN = timedelta(minutes=10)  # to one number, whichever automation asks


@dataclass
class CarryOut:
    """One action under way, for an incident on an account. `written`: its workflow has written it down."""

    context: Context
    account: str
    incident: Incident
    written: bool = False

    async def outcome(self, action: Performed) -> str:
        """Carries it out; returns what came of it, the end of a sentence. Raises `StoreError`."""
        match action:
            case MarkNumbers(status):
                return await self._mark(NumberStatus(status))
            case PauseCalls(paused):
                return await self._pause(paused=paused)
            case SilenceTarget(target, lasts):
                return await self._silence(target, lasts)
            case AcknowledgeIncident():
                return await self._acknowledge()
            case PhoneNumber():
                return await self._phone(action)

    async def _mark(self, status: NumberStatus) -> str:
        self.written = True
        outcomes = []
        for member in self.incident.affected or tuple(self.incident.members.values()):
            request = MarkRequest(self.account, member.subject, status)
            outcomes.append(await self._asked(MARK_NUMBER, request))
        return " ".join(outcomes) or "there is no number to mark"

    async def _pause(self, *, paused: bool) -> str:
        store, now = self.context.store, self.context.clock()
        already = await store.calls_paused() is not None
        if already is paused:
            return "it was so already"
        await (store.pause_calls(self.context.actor.user_id, now) if paused else store.resume_calls())
        return "done"

    async def _silence(self, target: str, lasts: timedelta) -> str:
        now, by = self.context.clock(), self.context.actor.user_id
        await self.context.store.put_silence(Silence(target, now + lasts, by, f"{by} said so", now))
        return "done"

    async def _acknowledge(self) -> str:
        pressed = Acknowledge(self.context.actor.user_id, self.context.clock())
        applied = await self.context.engine.apply(self.incident.id, pressed)
        return "done" if applied.changed else "it was acknowledged or over already"

    async def _phone(self, action: PhoneNumber) -> str:
        account = self.context.accounts.opened.get(action.account)
        verdict = evaluated(self.context, action.number, [account] if account is not None else [])
        number = verdict.number.e164 if isinstance(verdict, Allowed) else action.number
        lease = f"phone:{number}"
        owner = f"{self.context.actor.user_id} {self.incident.id}"
        if await self.context.store.lease(lease, owner, ONE_CALL_WITHIN) is None:
            return "not called: somebody was called at this number less than ten minutes ago"
        self.written = True
        if account is not None and account.supports(SupportsIvrCall):
            return await self._asked(IVR, IvrRequest(action.number, tuple(action.say.split()), action.account))
        return await self._asked(CALL, PlaceCallRequest(action.say, agent=action.number, account=action.account))

    async def _asked(self, operation: Operation[RequestT, PlanT], request: RequestT) -> str:
        try:
            result = await at_once(self.context, operation, request)
        except ProviderError as error:
            return f"not done: {error.user_text}"
        except WordsError as error:
            return f"not done: {error}"
        return _said(result)


def _said(result: Result) -> str:
    return in_words(result.card.verdict)
