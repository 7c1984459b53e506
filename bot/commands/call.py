"""`/call`: who is rung, who is called, what is shown; then one click. The rules are in `bot.call_policy`."""

from bot.cards import Answer, Field, Form
from bot.dialog.context import Context
from bot.dialog.parsing import command
from bot.dialog.request import Request
from bot.operations.call import CALL, begin
from bot.operations.call_plan import PlaceCallRequest
from bot.operations.call_preview import NumberMissingError
from bot.operations.call_words import read
from bot.operations.workflow import refused
from providers.masking import masked


async def _run(context: Context, request: Request) -> Answer:
    wanted = read(request.words)
    if wanted.number or " " in wanted.caller:
        try:
            return (await begin(context, wanted)).answer
        except NumberMissingError:
            return Answer(form=form(wanted))
    refusal = await refused(context, CALL, "", masked(wanted.number))
    return refusal.answer if refusal is not None else Answer(form=form(wanted))


def form(request: PlaceCallRequest, *, intro: str = "") -> Form:
    """Returns the form that asks for the number; the request's own stands in it already."""
    field = Field(
        "number",
        "Number",
        placeholder="+380 67 123 45 67",
        hint="With + and the country code, or as it is dialled at home. You see who is called before it is placed.",
        initial=request.number,
    )
    return Form("call_form", "Call a number", "Continue", (field,), request.value(), intro)


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
