"""`/pbx help`: what can be asked here, and which version answers."""

from bot import __version__
from bot.cards import Answer, Card, Row, Section, Tone
from bot.commands import commands
from bot.commands.pbx import contents, of_topic
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request


async def _run(context: Context, request: Request) -> Answer:
    words = request.words
    if words:
        if words.casefold() in commands():
            return await commands()[words.casefold()].run(context, Request("help"))
        return await of_topic(context, words, Request("help"))
    pbx = context.slash("pbx")
    notes = (
        Row(f"Every command also works as {pbx} NAME …, whatever it is called in this workspace."),
        Row("The word help after a command shows its whole usage. Names may be shortened where only one fits."),
    )
    card = Card(
        f"Ringwatch {__version__}: ask about balances, agents, numbers and calls.",
        Tone.INFO,
        (contents(context), Section(notes)),
    )
    return Answer(card)


COMMAND = command("help", "What can be asked, and the version", "[TOPIC]", "calls", _run, topic=True, also=("version",))
