"""The form of `/call`: a wrong number is refused in it, a good one is answered by the preview."""

from collections.abc import Mapping

from bot.cards import Answer, Card, Row, Section, Tone
from bot.dialog.action import Action
from bot.dialog.context import Context, Permission, Press
from bot.dialog.parsing import WordsError
from bot.operations.call_policy import Allowed, judge
from bot.operations.call_words import Wish
from bot.operations.placing import answered
from bot.operations.plans import CALL
from bot.text.phone_numbers import masked


async def _run(context: Context, press: Press) -> Answer:
    wish = Wish.of(press.value, press.fields.get("number", ""))
    refusal = await context.access.refusal(context.actor, Permission.CALL, deed=CALL, target=masked(wish.number))
    if refusal is not None:
        return Answer(Card(refusal, Tone.WARNING))
    try:
        return await answered(context, wish)
    except WordsError as error:
        rows = tuple(Row(choice) for choice in error.choices)
        return Answer(Card(str(error), Tone.WARNING, (Section(rows, "You may mean"),) if rows else ()))


def _check(context: Context, fields: Mapping[str, str]) -> Mapping[str, str]:
    """The rules alone; what needs a vendor or the store follows when it is submitted."""
    verdict = judge(fields.get("number", ""), context.settings.calls)
    return {} if isinstance(verdict, Allowed) else {"number": verdict.sentence}


ACTION = Action("call_form", _run, _check)
