"""`/pbx mask FIRST SECOND`: connect two numbers so that neither sees the other, both under the whole call policy."""

from bot.cards import Answer, Card, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, account_and_rest, command, those_that_can
from bot.dialog.request import Request
from bot.dialog.unsupported import nobody_here
from bot.operations.masked import MASKED_CALL, MaskedCallRequest
from bot.operations.workflow import offer
from bot.text.phone_numbers import tidied
from providers.capabilities import SupportsMaskedCall


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if not context.accounts.supporting(SupportsMaskedCall):
        return Answer(Card(nobody_here(context, "connect two numbers", SupportsMaskedCall), Tone.INFO))
    typed = account_and_rest(context, words)
    those_that_can(context, typed.accounts, SupportsMaskedCall, "connect two numbers")
    wanted = read(typed.rest, typed.accounts[0].name if typed.named else "")
    return (await offer(context, MASKED_CALL, wanted)).answer


def read(words: str, account: str = "") -> MaskedCallRequest:
    """Parses two numbers: each one word, the second with its +, or ``and`` between them; raises `WordsError`."""
    pieces = ["and" if word.casefold() in {"and", "with", "to", "&", "/"} else word for word in words.split()]
    ands = [at for at, word in enumerate(pieces) if word == "and"]
    plus = [at for at, word in enumerate(pieces) if tidied(word).startswith(("+", "(+")) and at]
    if len(ands) == 1:
        first, second = pieces[: ands[0]], pieces[ands[0] + 1 :]
    elif not ands and len(pieces) == 2:
        first, second = pieces[:1], pieces[1:]
    elif not ands and len(plus) == 1:
        first, second = pieces[: plus[0]], pieces[plus[0] :]
    else:
        first, second = [], []
    if not first or not second:
        raise WordsError("Two numbers are needed; where they are written with spaces, put “and” between them.")
    return MaskedCallRequest(" ".join(first), " ".join(second), account)


COMMAND = command(
    "mask",
    "Connect two numbers; neither sees the other's",
    "FIRST [and] SECOND [on ACCOUNT]",
    "+380671234567 and +380501234567",
    _run,
    topic=True,
    notes=("Only people listed under permissions.mask may, after Confirm; the rules of calls hold for both numbers.",),
)
