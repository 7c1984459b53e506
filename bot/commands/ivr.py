"""`/pbx ivr NUMBER`: call a number and play an announcement or run a menu, under the whole call policy."""

from bot.cards import Answer, Card, Tone
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, account_and_rest, command, those_that_can
from bot.dialog.request import Request
from bot.dialog.unsupported import nobody_here
from bot.operations.ivr import IVR, IvrRequest
from bot.operations.workflow import offer
from bot.text.phone_numbers import tidied
from providers.capabilities import SupportsIvrCall

_PHONE = frozenset("0123456789+()-.\u00a0\u202f")


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if not context.accounts.supporting(SupportsIvrCall):
        return Answer(Card(nobody_here(context, "start an IVR call", SupportsIvrCall), Tone.INFO))
    typed = account_and_rest(context, words)
    those_that_can(context, typed.accounts, SupportsIvrCall, "start an IVR call")
    wanted = read(typed.rest, typed.accounts[0].name if typed.named else "")
    return (await offer(context, IVR, wanted)).answer


def read(words: str, account: str = "") -> IvrRequest:
    """Parses the number, which stands first and may have spaces, and the vendor's words; raises `WordsError`."""
    pieces = words.split()
    end = _run_of_numbers(pieces)
    if not end:
        raise WordsError("Which number is to be called? It stands first.")
    return IvrRequest(" ".join(pieces[:end]), tuple(pieces[end:]), account)


def _run_of_numbers(words: list[str]) -> int:
    """Returns how many of the first words are pieces of a phone number."""
    return next((at for at, word in enumerate(words) if not set(tidied(word)) <= _PHONE), len(words))


COMMAND = command(
    "ivr",
    "Call a number and play an announcement or run a menu",
    "NUMBER [words] [on ACCOUNT]",
    "+380671234567 menu=7000 Your order is ready",
    _run,
    topic=True,
    notes=(
        "Only people listed under permissions.ivr may, after Confirm; the rules of calls hold for the number.",
        "The words after the number are the vendor's: which menu, which announcement. They begin with a letter.",
    ),
)
