"""`/pbx hangup CALL`: end a call that is up, after Confirm, for those who may."""

from bot.cards import Answer, Card, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask
from bot.dialog.parsing import WordsError, account_and_rest, command, those_that_can
from bot.dialog.request import Request
from bot.dialog.unsupported import nobody_here
from bot.operations.hang_up import HANG_UP, HangUpRequest
from bot.operations.workflow import offer
from bot.readings.accounts import OpenAccount
from providers.capabilities import SupportsActiveCalls, SupportsHangup

WHAT = "hang up calls"
_MAX_ID_CHARACTERS = 200  # characters of an id


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    able = [a.account for a in context.accounts.supporting(SupportsHangup)]
    if not able:
        return Answer(Card(nobody_here(context, WHAT, SupportsHangup), Tone.INFO))
    typed = account_and_rest(context, words)
    chosen = those_that_can(context, typed.accounts, SupportsHangup, WHAT)
    if not typed.rest or " " in typed.rest or len(typed.rest) > _MAX_ID_CHARACTERS:
        raise WordsError(f"Which call? Its id stands at the end of each line of {context.slash('pbx')} active.")
    account = chosen[0] if len(chosen) == 1 else await _which(context, chosen, typed.rest)
    return (await offer(context, HANG_UP, HangUpRequest(account.name, typed.rest))).answer


async def _which(context: Context, able: list[OpenAccount], call_id: str) -> OpenAccount:
    """Returns the account whose calls have this id; raises `WordsError` where that is not one."""
    seen = await ask(context, SupportsActiveCalls, lambda p: p.active_calls(), what=WHAT, within=able)
    found = [told.account.name for told in seen.good if any(call.call_id == call_id for call in told.value)]
    if len(found) == 1:
        return context.accounts.opened[found[0]]
    raise WordsError("Several accounts can hang up: add on ACCOUNT.", tuple(account.label for account in able))


COMMAND = command(
    "hangup",
    "End a call that is up",
    "CALL [on ACCOUNT]",
    "SIP/trunk-36a9b",
    _run,
    topic=True,
    notes=("CALL is the id that active shows. Only people listed under permissions.hangup may, after Confirm.",),
)
