"""`/call`: who is rung, who is called, what is shown; then one click. The rules are in `bot.operations.call_policy`."""

from bot.cards import Answer, Card, Field, Form, Tone
from bot.dialog.context import Context, Permission
from bot.dialog.parsing import command
from bot.operations.call_words import Wish, read
from bot.operations.placing import answered
from bot.operations.plans import CALL
from bot.operations.previewing import NumberMissingError
from bot.text.phone_numbers import masked


async def _run(context: Context, words: str) -> Answer:
    wish = read(words)
    refusal = await context.access.refusal(context.actor, Permission.CALL, deed=CALL, target=masked(wish.number))
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    if not wish.number and " " not in wish.caller:
        return Answer(form=form(wish))
    try:
        return await answered(context, wish)
    except NumberMissingError:
        return Answer(form=form(wish))


def form(wish: Wish) -> Form:
    """What asks for the number."""
    field = Field(
        "number",
        "Number",
        placeholder="+380 67 123 45 67",
        hint="With + and the country code, or as it is dialled at home. You see who is called before it is placed.",
    )
    return Form("call_form", "Call a number", "Continue", (field,), wish.value())


COMMAND = command(
    "call",
    "Ring an agent's phone, then call a number",
    "NUMBER [as AGENT] [from CALLER_ID] [on ACCOUNT]",
    "+380 67 123 45 67 as 1101",
    _run,
    notes=(
        "Without a number, a form asks for it. The words may stand in any order.",
        "You see who is rung, who is called and which caller ID is shown before anything is placed.",
        "Emergency, premium and satellite numbers are never dialled.",
    ),
)
