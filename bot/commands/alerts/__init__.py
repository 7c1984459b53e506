"""`/pbx alerts`: the open ones, worst first, what is pending and what is silenced; `why NAME` and `test NAME`."""

from bot.cards import Answer, Card, Tone
from bot.commands.alerts.card import card
from bot.commands.alerts.query import query
from bot.commands.alerts.why import meant, why
from bot.dialog.alert_test import offer
from bot.dialog.context import Context
from bot.dialog.parsing import WordsError, command
from bot.dialog.request import Request
from bot.store import StoreError


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    verb, _, name = words.partition(" ")
    try:
        match verb.casefold(), name.strip():
            case "", _:
                return Answer(card(await query(context, request)), share=True)
            case ("why" | "test") as asked, "":
                raise WordsError(f"Which alert? Write its name after {asked}.")
            case "why", one:
                return await why(context, meant(context, one))
            case "test", one:
                return await offer(context, meant(context, one))
    except StoreError as error:
        words = f"The bot's store does not answer: alerts are paused, and nothing can be said of them now. {error}"
        return Answer(Card(words, Tone.UNKNOWN))
    raise WordsError("alerts lists the open ones; after it come why NAME or test NAME, or nothing.")


COMMAND = command(
    "alerts",
    "The open alerts, and why one was raised or was not",
    "[why NAME | test NAME]",
    "why low-balance",
    _run,
    topic=True,
    notes=("test sends a message marked TEST; only people listed under permissions.admin may.",),
)
