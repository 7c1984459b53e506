"""`/pbx recording`: the sound of one call, to the person who asked and to nobody else."""

import re

from bot.cards import Answer, Card, File, Tone
from bot.dialog.context import Context
from bot.dialog.fan_out import ask_one
from bot.dialog.parsing import WordsError, account_and_rest, command, those_that_can
from bot.dialog.request import Request
from bot.readings.accounts import Able, OpenAccount
from bot.settings import Permission
from bot.store import AuditRecord
from providers.capabilities import SupportsRecordings
from providers.errors import ErrorKind, ProviderError
from providers.model import Recording

OPERATION = "recording"
_CALL_ID = re.compile(r"(?!.*\.\.)[0-9A-Za-z][0-9A-Za-z._:/-]{0,99}", re.ASCII)
_PLAYS = {"gsm": " It is GSM sound: VLC, SoX and FFmpeg play it."}


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    typed = account_and_rest(context, words)
    able = those_that_can(context, typed.accounts, SupportsRecordings, "give recordings")
    call_id = typed.rest
    if not _CALL_ID.fullmatch(call_id):
        raise WordsError("Which call? Its id is what the list of calls shows at the end of each line.")
    refusal = await context.access.refusal(context.actor, Permission.RECORDINGS, operation=OPERATION, target=call_id)
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    account, found = await _first(able, call_id)
    await _written(context, account.name, call_id)
    file = File(
        name=f"{re.sub(r'[^0-9A-Za-z.-]', '_', call_id)}.{found.extension}",
        title=f"Recording of call {call_id} on {account.name}",
        content=found.content,
        comment=f"Recording of call {call_id} on {account.label}, as you asked.{_PLAYS.get(found.extension, '')}",
    )
    card = Card(f"The recording of call {call_id} is in your direct messages.", Tone.GOOD)
    return Answer(card, file=file)


async def _first(able: list[OpenAccount], call_id: str) -> tuple[OpenAccount, Recording]:
    """Returns the first account that has it; raises the last refusal where none has."""
    trouble: ProviderError | None = None
    for account in able:
        if not isinstance(account.provider, SupportsRecordings):
            continue
        try:
            return account, await ask_one(Able(account, account.provider), lambda p: p.recording(call_id))
        except ProviderError as error:
            if trouble is None or error.kind is not ErrorKind.NOT_FOUND:
                trouble = error
    raise trouble or ProviderError(ErrorKind.NOT_FOUND, "No account has a recording of that call.")


async def _written(context: Context, account: str, call_id: str) -> None:
    """Writes it into the audit before it is handed over: without that, nobody listens."""
    actor = context.actor
    await context.store.audit(
        AuditRecord(context.clock(), actor.user_id, OPERATION, account, call_id, "given", actor.channel_id)
    )


COMMAND = command(
    "recording",
    "The recording of one call, to you alone",
    "CALL_ID [on ACCOUNT]",
    "1714121428.13",
    _run,
    topic=True,
    notes=("Only people listed under permissions.recordings may. It comes as a direct message.",),
)
