"""Hangs up a call that is up: how it is shown, what is asked first, and the one request."""

import json
from dataclasses import dataclass

from bot.cards import Card, Customer, Line, Part, Quoted, Row, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.parsing import WordsError, region_of
from bot.dialog.phrases import commas
from bot.operations.declaration import NothingToDoError, Operation, Preview
from bot.operations.vendor_plan import Outcomes, VendorPlan, interrupted_card, small
from bot.readings.accounts import Able, OpenAccount
from bot.settings import Permission
from bot.text.durations import span
from bot.text.phone_numbers import digits
from providers.capabilities import SupportsActiveCalls, SupportsHangup
from providers.errors import ProviderError
from providers.masking import concealed
from providers.model import ActiveCall, CallResult, CallState, Direction

_STATES = {
    CallState.QUEUED: "waiting in a queue",
    CallState.RINGING: "ringing",
    CallState.DIALING: "dialing",
    CallState.TALKING: "talking",
    CallState.HELD: "on hold",
}
_MAX_EXTENSION_DIGITS = 6  # digits: what is no longer is an extension, not a customer
_MAX_TARGET_CHARACTERS = 80  # characters of a call's id in the audit


@dataclass(frozen=True, slots=True)
class HangUpRequest:
    """A requested hang-up. `call_id` is the call's id, or the extension that is in it."""

    account: str
    call_id: str

    def value(self) -> str:
        """Returns the request as a button carries it."""
        return json.dumps([self.account, self.call_id])

    @classmethod
    def of(cls, value: str) -> "HangUpRequest | None":
        """Parses a button's value; returns None where it cannot be read."""
        try:
            account, call_id = json.loads(value)
        except (ValueError, TypeError):
            return None
        return cls(account, call_id) if isinstance(account, str) and isinstance(call_id, str) else None


def state(call: ActiveCall) -> str:
    """Returns what the call is doing, in our words or the vendor's."""
    return _STATES.get(call.state) or f"“{call.raw_state}”"


def parties(call: ActiveCall, region: str | None = None) -> tuple[Part, ...]:
    """Returns who speaks with whom; the other side's number is a customer's, our own is shown in full."""
    caller, callee = call.caller or "unknown", call.callee or call.queue or "nobody yet"
    theirs = {Direction.INBOUND: (True, False), Direction.OUTBOUND: (False, True), Direction.INTERNAL: (False, False)}
    left, right = theirs.get(call.direction, (True, True))
    return (_party(caller, region, theirs=left), " → ", _party(callee, region, theirs=right))


def _party(number: str, region: str | None, *, theirs: bool) -> Part:
    return Customer(number, region) if theirs and len(digits(number)) > _MAX_EXTENSION_DIGITS else number


def line(call: ActiveCall, region: str | None = None) -> Line:
    """Returns one call as a line of a list. Its id stands last: it is what hangup takes."""
    details = commas(
        (
            state(call),
            span(call.lasted) if call.lasted is not None else "",
            f"queue {call.queue}" if call.queue else "",
            f"extension {call.extension}" if call.extension not in {None, "", call.caller, call.callee} else "",
            "recorded" if call.recorded else "",
        )
    )
    return (*parties(call, region), f" · {details} · id ", Quoted(call.call_id))


def _subject(request: HangUpRequest) -> tuple[str, str]:
    return request.account, concealed(request.call_id)[:_MAX_TARGET_CHARACTERS]


async def _prepare(context: Context, request: HangUpRequest) -> Preview[VendorPlan]:
    """Returns the preview; raises `NothingToDoError` where no such call is up."""
    context.accounts.require(request.account, SupportsHangup, "hang up calls")
    account = context.accounts.opened[request.account]
    found, unseen = await _read_back(account, request.call_id)
    if found is None and not unseen and account.supports(SupportsActiveCalls):
        words = f"No such call is up on {account.label} now, so there is nothing to hang up."
        raise NothingToDoError(Card(words, Tone.INFO))
    call_id = found.call_id if found is not None else request.call_id
    plan = VendorPlan(
        account.name,
        account.title,
        f"Hang up {_words(found) if found is not None else 'a call'} on {account.label}",
        concealed(call_id)[:_MAX_TARGET_CHARACTERS],
        (call_id,),
        context.actor.channel_id,
    )
    shown = line(found, region_of(context, account)) if found is not None else ("Call id ", Quoted(call_id))
    rows = [Row(shown), *([Row(unseen)] if unseen else [])]
    return Preview(plan, f"Hang up this call on {account.name}?", tuple(rows), small=small(plan))


def _words(call: ActiveCall) -> str:
    """Returns who speaks with whom, as it is kept with the plan."""
    return "".join(part.number if isinstance(part, Customer) else str(part) for part in parties(call))


async def _read_back(account: OpenAccount, wanted: str) -> tuple[ActiveCall | None, str]:
    """Returns the call that is meant, and why it could not be looked up ("": it could)."""
    try:
        return await _found(account, wanted), ""
    except ProviderError as error:
        return None, f"The calls that are up could not be looked at: {error.user_text}"


async def _found(account: OpenAccount, wanted: str) -> ActiveCall | None:
    """Returns the call of that id, else the one call of that extension; None where there is none, or no list."""
    if not isinstance(account.provider, SupportsActiveCalls):
        return None
    calls = await ask_one(Able(account, account.provider), lambda p: p.active_calls())
    exact = [call for call in calls if call.call_id == wanted]
    if exact:
        return exact[0]
    ours = [call for call in calls if wanted in {call.extension, call.caller, call.callee}]
    if len(ours) > 1:
        raise WordsError(
            f"Several calls of {wanted} are up: write the id of one.",
            tuple(f"id {call.call_id} · {state(call)}" for call in ours[:20]),
        )
    return ours[0] if ours else None


async def _send(context: Context, plan: VendorPlan) -> CallResult:
    provider = context.accounts.require(plan.account, SupportsHangup, "hang up calls")
    return await provider.hang_up(plan.words[0])


OPERATION = HANG_UP = Operation(
    name="hangup",
    permission=Permission.HANGUP,
    subject=_subject,
    prepare=_prepare,
    send=_send,
    outcome_card=Outcomes(
        "took the hang-up",
        "The call may or may not have been hung up.",
        "Look at the calls that are up before asking again.",
    ).card,
    interrupted_card=interrupted_card,
    pack=VendorPlan.pack,
    unpack=VendorPlan.unpack,
)
